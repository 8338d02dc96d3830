package ssotoken_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// A verdict is what the contract says of some values of a claim, and why. The
// values have white space between them; none has any inside.
type verdict struct {
	why    string
	code   contract.Code // "" is good
	values string
}

var addresses = []verdict{
	{"common addresses", "", `
		ada@example.com a@b.co ada.lovelace@example.com ada+news@example.com -a@example.com ADA@EXAMPLE.COM root@localhost
		ada@xn--bcher-kva.example ada@a.b.c.d.example.com`},
	{"every atext of RFC 5322, 3.2.3", "", `
		!#$%&'*+/=?^_{|}~-@example.com o'brien@example.com a/b@example.com {a}@example.com $@example.com *@example.com a!b@example.com`},
	{"addresses that receive mail though a grammar forbids them", "", `
		a..b@example.com .a@example.com a.@example.com ada@ex_ample.com ada@example-.com ada@-example.com ada@127.0.0.1 ada@example.com.
		ada@i♥.ws ada@😀.example 李@例え.テスト дарья@пример.рф ada@ｅxample.com
		مثال@مثال.إختبار ಬೆಂಬಲ@ಡೇಟಾಮೇಲ್.ಭಾರತ`},
	{"a long domain, a long local part", "", `
		a@` + times("b", 64) + `.com a@` + times("ü", 60) + `.de ` + times("a", 188) + `@example.com`},
	{"no one @ with something on both sides", contract.EmailMalformed, `
		ada @ @@ ada@ @example.com ada.example.com a@b@example.com ada@@example.com ada@example.com@`},
	{"more than an address", contract.EmailMalformed, `
		<ada@example.com> ada@example.com,b@example.com mailto:ada@example.com ada@example.com(Ada) (a)ada@example.com "ada"@example.com
		ada;b@example.com ada:b@example.com a\b@example.com [a]@example.com ada@[127.0.0.1]`},
	{"invisible characters: Default_Ignorable_Code_Point, format characters, blanks", contract.EmailMalformed,
		"\u200bada@example.com ada@exam\u200bple.com ada@example.com\u200b \ufeffada@example.com a\u00adda@example.com " +
			"a\u2060da@example.com ada@a\u2064b.com a\u180eda@example.com \u3164@example.com \u115f@example.com \u2800@example.com " +
			"ada@example\u034f.com a\U000e0061da@example.com ad\ufe0fa@example.com a\u200dda@example.com م\u200cم@example.com"},
	{"bidi controls: UAX #9, 2", contract.EmailMalformed,
		"\u202eada@example.com ada@\u202emoc.elpmaxe \u2066ada@example.com \u2068ada\u2069@example.com ada@exam\u200eple.com " +
			"a\u061cda@example.com"},
	{"control characters", contract.ControlCharacter, "ada\x00@example.com a\x1bda@example.com ada@exam\x7fple.com ada\u0080@example.com"},
	{"over 200 characters", contract.EmailTooLong, times("a", 189) + "@example.com a@" + times("b.", 99) + "c " + times("🚀", 95) +
		"@example.com"},
}

var pictures = []verdict{
	{"common addresses", "", `
		https://example.com http://example.com https://cdn.example.com/a.png?s=80&d=mp#top https://cdn.example.com:8443/a.png
		https://example.com:/a
		https://EXAMPLE.com/A.PNG http://localhost:8080/a.png https://192.0.2.1/a.png https://[2001:db8::1]:8443/a.png
		https://пример.рф/é.png
		https://example.com/@ada.png https://example.com/a:b@c!$&'()*+,;=d https://example.com/?u=https://other.example/a@b.png`},
	{"what browsers take, or show as a broken picture: the community does not check it", "", `
		https://my_bucket.s3.example.com/a.png https://example.com/{size}.png https://example.com/100%/a https://a..b/c https://256.1.1.1/a
		https://example.com:65536/a
		https://example.com/"a" https://example.com\a@b https://example.com/` + "\u200b" + ` https://` + times("b", 64) + `.example/a`},
	{"a URL of 2,048 bytes", "", `https://example.com/` + times("a", contract.MaxPicture-20) + ` https://example.com/` + times("é",
		contract.MaxPicture/2-10)},
	{"no http or https URL with a host", contract.PictureNotHTTP, `
		/a.png a.png //example.com/a.png example.com/a.png ftp://example.com/a.png data:image/png;base64,AA javascript:alert(1)
		https:/example.com/a
		https:example.com/a https:///a.png https:// http:// https://?a https://#a https://\a https://:443/a https://:
		file:///a.png blob:https://example.com/a`},
	{"user info", contract.PictureUserInfo, `
		https://ada@example.com/a.png https://ada:secret@example.com/a.png https://@example.com/a https://:@example.com/a
		https://:80@a https://a@`},
	{"over 2,048 bytes", contract.TooLong, `https://example.com/` + times("a", contract.MaxPicture-19) + ` https://example.com/` +
		times("é", contract.MaxPicture/2)},
	{"control characters", contract.ControlCharacter,
		"https://example.com/a\x00b https://example.com/\x1b[1m https://exam\x7fple.com/a https://example.com/a\u0080b"},
}

var names = []verdict{
	{"something to see", "", "Ada 李 é é ا 👩\u200d🚀 ❤\ufe0f . 7 " +
		"\u200fליאור علی\u200cرضا क्\u200dष \ue000 \u0e33 \u1100\u1160 @ada ada@ @"},
	{"fillers and blanks", contract.NameMissing,
		"\u3164 \u115f \u1160 \uffa0 \u2800 \u17b4 \u17b5 \U0001d159 \U00013441 \u3164\u3164\u2800"},
	{"only marks", contract.NameMissing, "\u0301 \u0301\u0302 \u20dd \u0903 \U00016fe4 \ufe00"},
	{"invisible characters", contract.NameMissing,
		"\u200b \u200d \u200e \u2060 \ufeff \u00ad \u034f \u061c \u180b \u180e \ufe0f \u2065 \ufff0 \U000e0100 \U000e0041 " +
			"\U0001d173 \u202e \u2066\u2069"},
	{"white space", contract.NameMissing, "\u00a0 \u1680 \u2003 \u2028 \u202f \u205f \u3000 \u0085"},
	{"an email address, which other members would see", contract.NameIsEmail, "ada@example.com ADA@x дарья@пример.рф"},
}

func TestTheBuilderAndTheJudgeSayTheSameOfAnEmail(t *testing.T) {
	sayTheSame(t, contract.Email, addresses, func(s string) *ssotoken.ClaimsBuilder { return ada().VerifiedEmail(s) })
}

func TestTheBuilderAndTheJudgeSayTheSameOfAPicture(t *testing.T) {
	sayTheSame(t, contract.Picture, pictures, func(s string) *ssotoken.ClaimsBuilder { return ada().Picture(s) })
}

func TestTheBuilderAndTheJudgeSayTheSameOfAName(t *testing.T) {
	sayTheSame(t, contract.Name, names, func(s string) *ssotoken.ClaimsBuilder { return ada().Name(s) })
}

func sayTheSame(t *testing.T, claim string, rows []verdict, builder func(string) *ssotoken.ClaimsBuilder) {
	for _, row := range rows {
		for value := range strings.FieldsFuncSeq(row.values, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' }) {
			if got := codesOf(builder(value)); got != row.code {
				t.Errorf("%s: %+q: the builder says %q, want %q", row.why, value, got, row.code)
			}
			report := judged(t, map[string]string{claim: value})
			if row.code == "" && len(report.Findings) > 0 || row.code != "" && !report.Has(row.code) {
				t.Errorf("%s: %+q: the judge finds %v, want %q", row.why, value, report.Findings, row.code)
			}
		}
	}
}

// codesOf are the codes of what the builder refuses, else of what it notes.
func codesOf(b *ssotoken.ClaimsBuilder) contract.Code {
	claims, err := b.Build()
	fields := claims.Notes()
	var refused *ssotoken.ClaimsError
	if errors.As(err, &refused) {
		fields = refused.Fields
	}
	var codes []string
	for _, f := range fields {
		codes = append(codes, string(ssotoken.CodeOf(f)))
	}
	return contract.Code(strings.Join(codes, " "))
}

// A character on its own as a name, and in an email, is the same to both: each that is
// not seen, its neighbours, the ends of each range of marks, and some of the rest.
func TestTheBuilderAndTheJudgeSayTheSameOfEachCharacter(t *testing.T) {
	unseen := []*unicode.RangeTable{unicode.Z, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector}
	for r := range rune(unicode.MaxRune) {
		isNear := unicode.IsOneOf(unseen, r) || unicode.IsOneOf(unseen, r-1) || unicode.IsOneOf(unseen, r+1)
		isEnd := unicode.IsMark(r) != unicode.IsMark(r-1) || unicode.IsMark(r) != unicode.IsMark(r+1)
		if !utf8.ValidRune(r) || !isNear && !isEnd && r%1009 != 0 || 0xe0fff > r && r > 0xe0200 {
			continue
		}
		for claim, b := range map[string]*ssotoken.ClaimsBuilder{
			contract.Name: ada().Name(string(r)), contract.Email: ada().VerifiedEmail("a" + string(r) + "a@example.com"),
		} {
			code := codesOf(b)
			if code == contract.Normalized || code == contract.BidiControl {
				continue
			}
			text := map[string]string{contract.Name: string(r), contract.Email: "a" + string(r) + "a@example.com"}[claim]
			if report := judged(t, map[string]string{claim: text}); code == "" && len(report.Findings) > 0 || code != "" &&
				!report.Has(code) {
				t.Errorf("%s %U: the builder says %q, the judge %v", claim, r, code, report.Findings)
			}
		}
	}
}

// judged is what the judge says of a token of ada's with other claims, which
// golang-jwt makes.
func judged(t *testing.T, claims map[string]string) *inspect.Report {
	t.Helper()
	all := jwt.MapClaims{"sub": "user-1", "name": "Ada Lovelace", "email": "ada@example.com", "iat": noon.Unix(), "exp": noon.Unix() + 60}
	for name, text := range claims {
		all[name] = text
	}
	key := newKey(t)
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, all).SignedString([]byte(key.Reveal()))
	if err != nil {
		t.Fatal(err)
	}
	return inspect.Token(token, inspect.Options{Key: key, Now: noon})
}
