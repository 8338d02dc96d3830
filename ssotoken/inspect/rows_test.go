package inspect_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

// payloads are payloads with findings, for tests about all of them.
var payloads = []string{
	`{` + who + `}`,
	`{` + who + `,"exp":"canary-value"}`,
	claims(`"tagline":["canary-value"]`),
	claims(`"picture":"ftp://canary-value"`),
	claims(`"spaceIds":["canary-value","canary-value"]`),
	claims(`"spaces":[{"spaceId":"canary-value","role":"canary-value","action":"canary-value"}]`),
	claims(`"spacesOperation":"canary-value"`),
	`{"sub":"` + strings.Repeat("canary-value", 9) + `","name":["canary-value"],"email":"canary-value","exp":"canary-value"}`,
}

var allRows = [][]row{formRows, headerRows, jsonRows, expRows, iatRows, nbfRows, missingRows, subRows, nameRows, emailRows,
	profileRows, spaceRows, otherRows}

var formRows = func() []row {
	good := sign(plainHeader, plain)
	parts := strings.Split(good, ".")
	head, body, sig := parts[0], parts[1], parts[2]
	raw, _ := base64.RawURLEncoding.DecodeString(sig)
	// The last of 43 characters has two bits left over.
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	loose := sig[:42] + string(alphabet[strings.IndexByte(alphabet, sig[42])+1])
	// big is the shortest token with a custom claim that has n bytes or more.
	big := func(n int) string {
		token := ""
		for size := 3*n/4 - 250; len(token) < n; size++ {
			token = sign(plainHeader, claims(`"filler":"`+strings.Repeat("x", size)+`"`))
		}
		return token
	}
	return []row{
		{"empty", "", []string{"token-parts"}},
		{"one part", head, []string{"token-parts"}},
		{"two parts", head + "." + body, []string{"token-parts"}},
		{"four parts", good + ".", []string{"token-parts"}},
		{"five parts, as encrypted tokens have", good + ".a.b", []string{"token-parts"}},
		{"at the limit of size", big(16 << 10), []string{}},
		{"over the limit of size", big(16<<10 + 1), []string{"token-too-large"}},
		{"over the limit of size by dots alone", strings.Repeat(".", 16<<10+1), []string{"token-too-large"}},
		{"padding on the header", head + "=." + body + "." + sig, []string{"base64url"}},
		{"padding on the signature", good + "=", []string{"base64url"}},
		{"line feed at the end", good + "\n", []string{"base64url"}},
		{"carriage return at the end", good + "\r", []string{"base64url"}},
		{"line feed inside", head + ".\n" + body + "." + sig, []string{"base64url", "signature-wrong"}},
		{"space before", " " + good, []string{"base64url"}},
		{"ordinary base64", head + "." + body + "." + strings.Repeat("+/", 21) + "A", []string{"base64url"}},
		{"another character", head + "." + body + "." + sig[:42] + "é", []string{"base64url"}},
		{"left-over bits", head + "." + body + "." + loose, []string{"base64url"}},
		{"one character too few", head + "." + body + "." + sig[:41], []string{"base64url"}},
		{"no signature", head + "." + body + ".", []string{"signature-length"}},
		{"half a signature", head + "." + body + "." + base64.RawURLEncoding.EncodeToString(raw[:16]), []string{"signature-length"}},
		{"signature of another token", head + "." + body + "." + strings.Split(sign(plainHeader, claims(`"a":1`)), ".")[2],
			[]string{"signature-wrong"}},
	}
}()

var headerRows = []row{
	{"alg none", sign(`{"alg":"none"}`, plain), []string{"alg-not-hs256 at alg"}},
	{"alg none without a signature", encode(`{"alg":"none"}`) + "." + encode(plain) + ".", []string{"alg-not-hs256 at alg",
		"signature-length"}},
	{"alg hs256", sign(`{"alg":"hs256","typ":"JWT"}`, plain), []string{"alg-not-hs256 at alg"}},
	{"alg HS384", sign(`{"alg":"HS384","typ":"JWT"}`, plain), []string{"alg-not-hs256 at alg"}},
	{"alg RS256", sign(`{"alg":"RS256","typ":"JWT"}`, plain), []string{"alg-not-hs256 at alg"}},
	{"alg with a space", sign(`{"alg":"HS256 ","typ":"JWT"}`, plain), []string{"alg-not-hs256 at alg"}},
	{"alg an array", sign(`{"alg":["HS256"],"typ":"JWT"}`, plain), []string{"alg-not-hs256 at alg"}},
	{"alg missing", sign(`{"typ":"JWT"}`, plain), []string{"alg-not-hs256 at alg"}},
	{"Alg for alg", sign(`{"Alg":"HS256","typ":"JWT"}`, plain), []string{"alg-not-hs256 at alg", "header-unknown at Alg"}},
	{"empty header", sign(`{}`, plain), []string{"alg-not-hs256 at alg"}},
	{"typ in small letters", sign(`{"alg":"HS256","typ":"jwt"}`, plain), []string{"typ-not-jwt at typ"}},
	{"typ of an access token", sign(`{"alg":"HS256","typ":"at+jwt"}`, plain), []string{"typ-not-jwt at typ"}},
	{"typ null", sign(`{"alg":"HS256","typ":null}`, plain), []string{"typ-not-jwt at typ"}},
	{"crit", sign(`{"alg":"HS256","crit":["exp"]}`, plain), []string{"crit-unknown at crit"}},
	{"crit empty", sign(`{"alg":"HS256","crit":[]}`, plain), []string{"crit-unknown at crit"}},
	{"kid", sign(`{"alg":"HS256","typ":"JWT","kid":"1"}`, plain), []string{"header-unknown at kid"}},
	{"duplicate alg", sign(`{"alg":"none","alg":"HS256"}`, plain), []string{"duplicate-name at alg", "alg-not-hs256 at alg"}},
	{"no JSON", sign(`alg`, plain), []string{"header-json"}},
	{"an array", sign(`["HS256"]`, plain), []string{"header-json"}},
	{"not UTF-8", sign("{\"alg\":\"HS256\",\"x\":\"\xff\"}", plain), []string{"header-json"}},
}

var jsonRows = []row{
	{"empty", sign(plainHeader, ""), []string{"payload-json"}},
	{"not JSON", sign(plainHeader, "{"), []string{"payload-json"}},
	{"two objects", sign(plainHeader, plain+plain), []string{"payload-json"}},
	{"trailing comma", sign(plainHeader, `{`+who+`,`+times+`,}`), []string{"payload-json"}},
	{"byte order mark", sign(plainHeader, "\ufeff"+plain), []string{"payload-json"}},
	{"array", sign(plainHeader, `[`+plain+`]`), []string{"payload-json"}},
	{"string", sign(plainHeader, `"sub"`), []string{"payload-json"}},
	{"null", sign(plainHeader, `null`), []string{"payload-json"}},
	{"not UTF-8", sign(plainHeader, claims("\"x\":\"\xc3\x28\"")), []string{"payload-json"}},
	{"nested deep", sign(plainHeader, claims(`"x":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000))), []string{}},
	{"duplicate sub", sign(plainHeader, claims(`"sub":"u-7"`)), []string{"duplicate-name at sub"}},
	{"duplicate by escape", sign(plainHeader, claims(`"\u0073ub":"u-8"`)), []string{"duplicate-name at sub"}},
	{"duplicate in an object", sign(plainHeader, claims(`"x":{"a":1,"a":1}`)), []string{"duplicate-name at x.a"}},
	{"duplicate in an array", sign(plainHeader, claims(`"x":[0,{"y z":[{"a":1,"b":2,"a":3}]}]`)),
		[]string{`duplicate-name at x[1]["y z"][0].a`}},
	{"one name in two objects", sign(plainHeader, claims(`"x":{"a":1},"y":{"a":1}`)), []string{}},
	{"half a surrogate pair", sign(plainHeader, claims(`"x":"\ud83d"`)), []string{"unpaired-surrogate"}},
	{"the other half", sign(plainHeader, claims(`"x":"\ude00"`)), []string{"unpaired-surrogate"}},
	{"halves in the wrong order", sign(plainHeader, claims(`"x":"\ude00\ud83d"`)), []string{"unpaired-surrogate"}},
	{"both halves", sign(plainHeader, claims(`"x":"\ud83d\ude00 and \\ud83d"`)), []string{}},
	{"2^53−1", sign(plainHeader, claims(`"x":9007199254740991,"y":-9007199254740991`)), []string{}},
	{"2^53", sign(plainHeader, claims(`"x":9007199254740992`)), []string{"number-unsafe at x"}},
	{"−2^53, deep", sign(plainHeader, claims(`"x":[{"y":-9007199254740992}]`)), []string{"number-unsafe at x[0].y"}},
	{"1e400", sign(plainHeader, claims(`"x":1e400`)), []string{"number-unsafe at x"}},
}

// timed is a payload with these times and no others.
func timed(times string) string { return sign(plainHeader, `{`+who+times+`}`) }

const issued = `,"iat":1700000000`

var expRows = []row{
	{"missing", timed(issued), []string{"exp-missing at exp"}},
	{"one second left", timed(issued + `,"exp":1700000001`), []string{}},
	{"equal to now", timed(`,"iat":1699999990,"exp":1700000000`), []string{"exp-expired at exp"}},
	{"a second ago", timed(`,"iat":1699999990,"exp":1699999999`), []string{"exp-expired at exp"}},
	{"negative", timed(`,"iat":1699999990,"exp":-1`), []string{"exp-not-integer at exp"}},
	{"60 seconds", timed(issued + `,"exp":1700000060`), []string{}},
	{"61 seconds", timed(issued + `,"exp":1700000061`), []string{"exp-over-advice at exp"}},
	{"an hour", timed(issued + `,"exp":1700003600`), []string{"exp-over-advice at exp"}},
	{"an hour and a second", timed(issued + `,"exp":1700003601`), []string{"exp-too-far at exp"}},
	{"an hour, by a clock 5 seconds ahead", timed(`,"iat":1700000005,"exp":1700003605`), []string{"exp-over-advice at exp"}},
	{"65 seconds, by a clock that may be 5 seconds ahead", timed(`,"exp":1700000065`), []string{"iat-missing at iat"}},
	{"66 seconds away", timed(`,"exp":1700000066`), []string{"iat-missing at iat", "exp-over-advice at exp"}},
	{"an hour and 5 seconds away", timed(`,"exp":1700003605`), []string{"iat-missing at iat", "exp-over-advice at exp"}},
	{"an hour and 6 seconds away", timed(`,"exp":1700003606`), []string{"iat-missing at iat", "exp-too-far at exp"}},
	{"the last minute of 14 days", timed(`,"iat":1698790460,"exp":1700000060`), []string{"exp-too-far at exp"}},
	{"milliseconds", timed(issued + `,"exp":1700000060000`), []string{"exp-milliseconds at exp"}},
	{"the last second that is no millisecond", timed(issued + `,"exp":99999999999`), []string{"exp-too-far at exp"}},
	{"a second later", timed(issued + `,"exp":100000000000`), []string{"exp-milliseconds at exp"}},
	{"beyond int64", timed(issued + `,"exp":99999999999999999999`), []string{"number-unsafe at exp", "exp-not-integer at exp"}},
	{"string", timed(issued + `,"exp":"1700000060"`), []string{"exp-not-integer at exp"}},
	{"fraction", timed(issued + `,"exp":1700000060.5`), []string{"exp-not-integer at exp"}},
	{"fraction of zero", timed(issued + `,"exp":1700000060.0`), []string{"exp-not-integer at exp"}},
	{"exponent", timed(issued + `,"exp":1.7e9`), []string{"exp-not-integer at exp"}},
	{"exponent without a fraction", timed(issued + `,"exp":17E8`), []string{"exp-not-integer at exp"}},
	{"null", timed(issued + `,"exp":null`), []string{"exp-not-integer at exp"}},
	{"true", timed(issued + `,"exp":true`), []string{"exp-not-integer at exp"}},
}

var iatRows = []row{
	{"missing", timed(`,"exp":1700000060`), []string{"iat-missing at iat"}},
	{"5 seconds ahead", timed(`,"iat":1700000005,"exp":1700000065`), []string{}},
	{"the last second that is no millisecond", timed(`,"iat":99999999999,"exp":1700000060`), []string{"iat-future at iat",
		"exp-not-after-iat at exp"}},
	{"a second later", timed(`,"iat":100000000000,"exp":1700000060`), []string{"iat-milliseconds at iat"}},
	{"6 seconds ahead", timed(`,"iat":1700000006,"exp":1700000066`), []string{"iat-future at iat"}},
	{"6 seconds ahead, for an hour", timed(`,"iat":1700000006,"exp":1700003606`), []string{"iat-future at iat", "exp-too-far at exp"}},
	{"equal to exp", timed(`,"iat":1700000003,"exp":1700000003`), []string{"exp-not-after-iat at exp"}},
	{"string", timed(`,"iat":"1700000000","exp":1700000060`), []string{"iat-not-integer at iat"}},
	{"fraction", timed(`,"iat":1700000000.25,"exp":1700000060`), []string{"iat-not-integer at iat"}},
	{"null", timed(`,"iat":null,"exp":1700000060`), []string{"iat-not-integer at iat"}},
	{"milliseconds", timed(`,"iat":1700000000000,"exp":1700000060`), []string{"iat-milliseconds at iat"}},
	{"far before int64", timed(`,"iat":-99999999999999999999,"exp":1700000060`), []string{"number-unsafe at iat", "iat-not-integer at iat"}},
}

var nbfRows = []row{
	{"now", timed(`,` + times + `,"nbf":1700000000`), []string{"nbf-sent at nbf"}},
	{"in a second", timed(`,` + times + `,"nbf":1700000001`), []string{"nbf-sent at nbf", "nbf-future at nbf"}},
	{"string", timed(`,` + times + `,"nbf":"1700000000"`), []string{"nbf-sent at nbf", "nbf-not-integer at nbf"}},
}

func without(claim, value string) string {
	fields := map[string]string{"sub": `"u-7"`, "name": `"Ada Lovelace"`, "email": `"ada@example.com"`}
	fields[claim] = value
	list := times
	for _, name := range []string{"sub", "name", "email"} {
		if fields[name] != "" {
			list += fmt.Sprintf(`,"%s":%s`, name, fields[name])
		}
	}
	return sign(plainHeader, `{`+list+`}`)
}

var missingRows = []row{
	{"sub absent", without("sub", ""), []string{"sub-missing at sub"}},
	{"sub null", without("sub", "null"), []string{"sub-missing at sub"}},
	{"sub empty", without("sub", `""`), []string{"sub-missing at sub"}},
	{"name absent", without("name", ""), []string{"name-missing at name"}},
	{"name empty", without("name", `""`), []string{"name-missing at name"}},
	{"email absent", without("email", ""), []string{"email-missing at email"}},
	{"email null", without("email", "null"), []string{"email-missing at email"}},
	{"all absent", sign(plainHeader, `{`+times+`}`), []string{"sub-missing at sub", "name-missing at name", "email-missing at email"}},
}

func subject(s string) string { return without("sub", `"`+s+`"`) }

var subRows = []row{
	{"49", subject(strings.Repeat("x", 49)), []string{}},
	{"50", subject(strings.Repeat("x", 50)), []string{}},
	{"51", subject(strings.Repeat("x", 51)), []string{"sub-too-long at sub"}},
	{"50 of two bytes", subject(strings.Repeat("é", 50)), []string{}},
	{"51 of two bytes", subject(strings.Repeat("é", 51)), []string{"sub-too-long at sub"}},
	{"25 astral", subject(strings.Repeat("😀", 25)), []string{}},
	{"26 astral", subject(strings.Repeat("😀", 26)), []string{"sub-too-long at sub"}},
	{"51 by an escape", subject(strings.Repeat("x", 50) + `\u0041`), []string{"sub-too-long at sub"}},
	{"NA", subject("NA"), []string{"sub-zero at sub"}},
	{"a sheet's error", subject("#REF!"), []string{"sub-placeholder at sub"}},
	{"a number in brackets", subject("[7]"), []string{}},
	{"blank", subject(" \u00a0"), []string{"sub-missing at sub"}},
	{"NUL", subject(`u\u0000`), []string{"control-character at sub"}},
	{"number", without("sub", "7"), []string{"claim-not-string at sub"}},
	{"zero", without("sub", "0"), []string{"claim-not-string at sub"}},
	{"nil", subject("<nil>"), []string{"sub-placeholder at sub"}},
	{"NULL", subject("NULL"), []string{"sub-placeholder at sub"}},
	{"0", subject("0"), []string{"sub-zero at sub"}},
	{"email", subject("Ada@example.com"), []string{"sub-is-email at sub"}},
}

var nameRows = []row{
	{"blank", without("name", `" \t"`), []string{"name-missing at name", "control-character at name"}},
	{"a space of no width", without("name", `"\u200b"`), []string{"name-missing at name"}},
	{"one letter", without("name", `"A"`), []string{}},
	{"bell", without("name", `"A\u0007"`), []string{"control-character at name"}},
	{"an override", without("name", `"A\u202eda"`), []string{"bidi-control at name"}},
	{"a Hangul filler", without("name", `"\u3164"`), []string{"name-missing at name"}},
	{"a blank of Braille", without("name", `"\u2800\ufe0f\u0301"`), []string{"name-missing at name"}},
	{"an email address", without("name", `"Ada@example.com"`), []string{"name-is-email at name"}},
	{"implicit marks", without("name", `"\u200fA\u200e"`), []string{}},
	{"object", without("name", `{"first":"Ada"}`), []string{"claim-not-string at name"}},
}

func email(s string) string { return without("email", `"`+s+`"`) }

// address has n characters.
func address(n int) string {
	return strings.Repeat("a", n-131) + "@" + strings.Repeat("b", 62) + "." + strings.Repeat("c", 63) + ".org"
}

var emailRows = []row{
	{"199", email(address(199)), []string{}},
	{"200", email(address(200)), []string{}},
	{"201", email(address(201)), []string{"email-too-long at email"}},
	{"tag", email("ada+kites@example.com"), []string{}},
	{"international", email("ädä@exämple.com"), []string{}},
	{"display name", email("Ada <ada@example.com>"), []string{"email-malformed at email"}},
	{"brackets", email("<ada@example.com>"), []string{"email-malformed at email"}},
	{"two @", email("ada@b@example.com"), []string{"email-malformed at email"}},
	{"no @", email("ada.example.com"), []string{"email-malformed at email"}},
	{"space before", email(" ada@example.com"), []string{"email-malformed at email"}},
	{"line feed", email(`ada@example.com\n`), []string{"control-character at email", "email-malformed at email"}},
	{"a domain that no grammar knows", email("ada@example-.com"), []string{}},
	{"two dots in a row", email("ada..l@example.com"), []string{}},
	{"a word joiner", email(`ada\u2060@example.com`), []string{"email-malformed at email"}},
	{"blank", email(" "), []string{"email-missing at email", "email-malformed at email"}},
	{"two addresses", email("ada@example.com, b@example.com"), []string{"email-malformed at email"}},
	{"mailto", email("mailto:ada@example.com"), []string{"email-malformed at email"}},
	{"array", without("email", `["ada@example.com"]`), []string{"claim-not-string at email"}},
}

func with(more string) string { return sign(plainHeader, claims(more)) }

var profileRows = []row{
	{"tagline number", with(`"tagline":7`), []string{"claim-not-string at tagline"}},
	{"tagline null", with(`"tagline":null`), []string{"claim-null at tagline"}},
	{"tagline empty", with(`"tagline":""`), []string{}},
	{"picture http", with(`"picture":"http://img.example.com/a"`), []string{}},
	{"picture relative", with(`"picture":"/a.png"`), []string{"picture-not-http at picture"}},
	{"picture empty", with(`"picture":""`), []string{"picture-not-http at picture"}},
	{"picture without a scheme", with(`"picture":"//img.example.com/a"`), []string{"picture-not-http at picture"}},
	{"picture javascript", with(`"picture":"javascript:alert(1)"`), []string{"picture-not-http at picture"}},
	{"picture data", with(`"picture":"data:image/png;base64,AA"`), []string{"picture-not-http at picture"}},
	{"picture without a host", with(`"picture":"https:///a.png"`), []string{"picture-not-http at picture"}},
	{"picture with only a port", with(`"picture":"https://:80/a.png"`), []string{"picture-not-http at picture"}},
	{"picture with user info", with(`"picture":"https://u:p@img.example.com/a"`), []string{"picture-userinfo at picture"}},
	{"tagline with an isolate", with(`"tagline":"a\u2066b"`), []string{"bidi-control at tagline"}},
	{"tagline of lines", with(`"tagline":"a\r\n\tb"`), []string{}},
	{"tagline with NUL", with(`"tagline":"a\u0000"`), []string{"control-character at tagline"}},
	{"picture with an empty label", with(`"picture":"https://a..b/"`), []string{}},
	{"picture with braces", with(`"picture":"https://a/{b}"`), []string{}},
	{"picture with a space", with(`"picture":"https://a/b c"`), []string{"picture-not-http at picture"}},
	{"picture of 2,049 bytes", with(`"picture":"https://a/` + strings.Repeat("b", 2039) + `"`), []string{"too-long at picture"}},
	{"picture null", with(`"picture":null`), []string{"claim-null at picture"}},
	{"picture object", with(`"picture":{}`), []string{"claim-not-string at picture"}},
}

func entry(id, role, action string) string {
	return fmt.Sprintf(`{"spaceId":%s,"role":%s,"action":%s}`, id, role, action)
}

var (
	joinA  = entry(`"a"`, `"MEMBER"`, `"JOIN"`)
	leaveA = entry(`"a"`, `"MEMBER"`, `"LEAVE"`)
)

var spaceRows = []row{
	{"none", with(`"spaceIds":[]`), []string{}},
	{"a string", with(`"spaceIds":"a"`), []string{"space-ids-malformed at spaceIds"}},
	{"numbers", with(`"spaceIds":["a",7]`), []string{"space-ids-malformed at spaceIds[1]"}},
	{"an empty ID", with(`"spaceIds":["","a"]`), []string{"space-ids-malformed at spaceIds[0]"}},
	{"null", with(`"spaceIds":null,"spaces":null,"spacesOperation":null`), []string{"claim-null at spaceIds",
		"claim-null at spaces", "claim-null at spacesOperation"}},
	{"twice", with(`"spaceIds":["a","b","a"]`), []string{"spaces-repeated at spaceIds[2]"}},
	{"spaces an object", with(`"spaces":` + joinA), []string{"spaces-malformed at spaces"}},
	{"an entry a string", with(`"spaces":["a"]`), []string{"spaces-malformed at spaces[0]"}},
	{"an entry null", with(`"spaces":[null]`), []string{"spaces-malformed at spaces[0]"}},
	{"no keys", with(`"spaces":[{}]`), []string{"spaces-malformed at spaces[0].spaceId", "spaces-role at spaces[0].role",
		"spaces-action at spaces[0].action"}},
	{"more keys", with(`"spaces":[{"spaceId":"a","role":"MEMBER","action":"JOIN","x":1}]`), []string{"spaces-malformed at spaces[0]"}},
	{"role ADMIN", with(`"spaces":[` + entry(`"a"`, `"ADMIN"`, `"JOIN"`) + `]`), []string{"spaces-role at spaces[0].role"}},
	{"role in small letters", with(`"spaces":[` + entry(`"a"`, `"member"`, `"JOIN"`) + `]`), []string{"spaces-role at spaces[0].role"}},
	{"action ADD", with(`"spaces":[` + entry(`"a"`, `"MEMBER"`, `"ADD"`) + `]`), []string{"spaces-action at spaces[0].action"}},
	{"spaceId a number", with(`"spaces":[` + entry(`7`, `"MEMBER"`, `"JOIN"`) + `]`), []string{"spaces-malformed at spaces[0].spaceId"}},
	{"join and leave", with(`"spaces":[` + joinA + `,` + leaveA + `]`), []string{"spaces-join-and-leave at spaces[1]"}},
	{"leave and join", with(`"spaces":[` + leaveA + `,` + joinA + `]`), []string{"spaces-join-and-leave at spaces[1]"}},
	{"leave twice", with(`"spaces":[` + leaveA + `,` + leaveA + `]`), []string{"spaces-repeated at spaces[1]"}},
	{"both claims", with(`"spaceIds":["b"],"spaces":[` + joinA + `]`), []string{"spaces-both at spaces"}},
	{"both claims, one space", with(`"spaceIds":["a"],"spaces":[` + joinA + `]`), []string{"spaces-both at spaces",
		"spaces-repeated at spaces[0]"}},
	{"operation REMOVE", with(`"spaceIds":["a"],"spacesOperation":"REMOVE"`), []string{"spaces-operation at spacesOperation"}},
	{"operation in small letters", with(`"spaceIds":["a"],"spacesOperation":"replace"`), []string{"spaces-operation at spacesOperation"}},
	{"operation ADD", with(`"spaceIds":["a"],"spacesOperation":"ADD"`), []string{}},
	{"operation alone", with(`"spacesOperation":"ADD"`), []string{"spaces-operation-alone at spacesOperation"}},
	{"replace with an empty list", with(`"spaceIds":[],"spacesOperation":"REPLACE"`), []string{"spaces-leave-all at spacesOperation"}},
	{"replace alone", with(`"spacesOperation":"REPLACE"`), []string{"spaces-replace-nothing at spacesOperation"}},
	{"replace by leaving", with(`"spaces":[` + leaveA + `],"spacesOperation":"REPLACE"`),
		[]string{"spaces-replace-nothing at spacesOperation"}},
	{"replace beside spaces", with(`"spaces":[` + joinA + `],"spacesOperation":"REPLACE"`),
		[]string{"spaces-replace-actions at spacesOperation"}},
}

var otherRows = []row{
	{"custom", with(`"company":"x","plan":null,"seats":3,"nickname":"y"`), []string{}},
	{"space_ids", with(`"space_ids":["a"]`), []string{"claim-misspelled at space_ids"}},
	{"spaceIDs", with(`"spaceIDs":["a"]`), []string{"claim-misspelled at spaceIDs"}},
	{"spaceOperation", with(`"spaceOperation":"ADD"`), []string{"claim-misspelled at spaceOperation"}},
	{"two letters off in a long name", with(`"spaceOperations":"ADD"`), []string{"claim-misspelled at spaceOperations"}},
	{"three letters off in a long name", with(`"placeOperation":"ADD"`), []string{}},
	{"one letter off in a name of 7", with(`"pictures":"x"`), []string{"claim-misspelled at pictures"}},
	{"two letters off in a name of 7", with(`"fixtures":"x"`), []string{}},
	{"one letter off in a short name", with(`"game":"x","sun":"x"`), []string{}},
	{"spaces_operation", with(`"spaces_operation":"ADD"`), []string{"claim-misspelled at spaces_operation"}},
	{"space", with(`"space":"a"`), []string{"claim-misspelled at space"}},
	{"Email", with(`"Email":"x"`), []string{"claim-misspelled at Email"}},
	{"user_id", with(`"user_id":"x"`), []string{"claim-misspelled at user_id"}},
	{"avatar", with(`"avatar":"x"`), []string{"claim-misspelled at avatar"}},
	{"tag line", with(`"tag line":"x"`), []string{`claim-misspelled at ["tag line"]`}},
	{"legacy", with(`"role":"x","source":"x","title":"x","bio":"x","locale":"x","groups":[]`), []string{"claim-legacy at role",
		"claim-legacy at source", "claim-legacy at title", "claim-legacy at bio", "claim-legacy at locale", "claim-legacy at groups"}},
	{"unused", with(`"iss":"x","aud":"x","jti":"x"`), []string{"claim-unused at iss", "claim-unused at aud", "claim-unused at jti"}},
	{"reserved", with(`"__proto__":{},"constructor":1,"prototype":1`), []string{"claim-reserved at __proto__",
		"claim-reserved at constructor", "claim-reserved at prototype"}},
}

func TestTokenHasThreePartsOfCanonicalBase64URLWithinItsSize(t *testing.T) { check(t, formRows) }
func TestHeaderHasOnlyAlgHS256AndTypJWT(t *testing.T)                      { check(t, headerRows) }
func TestPayloadIsOneUnambiguousJSONObject(t *testing.T)                   { check(t, jsonRows) }
func TestExpIsAWholeSecondAfterNowAndWithinAnHour(t *testing.T)            { check(t, expRows) }
func TestIatIsAWholeSecondNotInTheFuture(t *testing.T)                     { check(t, iatRows) }
func TestNbfIsNotSentAndHoldsWhenItIs(t *testing.T)                        { check(t, nbfRows) }
func TestSubNameAndEmailAreRequired(t *testing.T)                          { check(t, missingRows) }
func TestSubHasAtMost50Characters(t *testing.T)                            { check(t, subRows) }
func TestNameIsTextThatIsNotBlank(t *testing.T)                            { check(t, nameRows) }
func TestEmailIsAnAddressOfAtMost200Characters(t *testing.T)               { check(t, emailRows) }
func TestTaglineIsTextAndPictureAFullURL(t *testing.T)                     { check(t, profileRows) }
func TestSpacesDoNotContradictThemselves(t *testing.T)                     { check(t, spaceRows) }
func TestOtherClaimsAreCustomFieldCandidates(t *testing.T)                 { check(t, otherRows) }
