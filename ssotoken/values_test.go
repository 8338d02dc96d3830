package ssotoken_test

import (
	"errors"
	"strings"
	"testing"

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
	{"an atom and a name of letters, digits and inner hyphens: RFC 5322, 3.2.3; RFC 5321, 4.1.2", "", `
		ada@example.com a@b.co x@x.x ada.lovelace@example.com a.b.c@example.com ada+news@example.com ada_l@example.com ada-l@example.com -a@example.com
		1@example.com 123@example.com ADA@EXAMPLE.COM ada@sub.example.com ada@a.b.c.d.example.com ada@ex-ample.com ada@e--x.com ada@xn--bcher-kva.example
		ada@123.com ada@1-2.com ada@a1.b2.c3 ada@example.museum ada@example.co.uk ada@3com.com root@localhost ada@intranet ada@x.y`},
	{"every atext: RFC 5322, 3.2.3", "", `
		!#$%&'*+/=?^_{|}~-@example.com o'brien@example.com a/b@example.com a=b@example.com {a}@example.com a~b@example.com $@example.com #1@example.com
		a|b@example.com a^b@example.com &@example.com *@example.com a!b@example.com a%b@example.com _@example.com ~@example.com`},
	{"labels of 63, a local part of over 64, which a reader should take (RFC 5321, 4.5.3.1)", "", `
		a@` + times("b", 63) + `.com a@` + times("b", 63) + `.` + times("c", 63) + ` ` + times("a", 65) + `@example.com ` + times("a", 188) + `@example.com`},
	{"an IPv4 address in brackets: RFC 5321, 4.1.3", "", `ada@[127.0.0.1] ada@[192.0.2.255]`},
	{"letters of any script in both parts: RFC 6531, 3.3", "", `
		дарья@пример.рф ädä@exämple.com josé@correo.es 李@例え.テスト 用户@例子.广告 관리자@예시.한국 अजय@उदाहरण.भारत χρήστης@παράδειγμα.ελ مثال@مثال.إختبار משתמש@דוגמה.קום ผู้ใช้@ตัวอย่าง.ไทย
		ada@bücher.example ada@straße.example ÀÉ@example.com ada@l·l.cat ada@日本・語.jp ada@ça-va.fr ಬೆಂಬಲ@ಡೇಟಾಮೇಲ್.ಭಾರತ ada@٣٤.مثال ada@x〇y.cn`},
	{"a joiner or non-joiner as spelling, in the scripts that have it: RFC 5892, A.1 and A.2; emoji: UTS #51, 2.2", "", `
		می` + "\u200c" + `روم@example.com نامه` + "\u200c" + `ای@نامه` + "\u200c" + `ای.example क्` + "\u200d" + `ष@example.com 👩` + "\u200d" + `🚀@example.com ❤` + "\ufe0f" + `@example.com`},
	{"no addr-spec: RFC 5322, 3.4.1", contract.EmailMalformed, `
		ada @ ada@ @example.com ada.example.com a@b@example.com a..b@example.com .a@example.com a.@example.com ..@example.com <ada@example.com> ada@example.com,b@example.com
		mailto:ada@example.com ada@example.com(Ada) (a)ada@example.com "ada"@example.com "a.b"@example.com ada;b@example.com ada:b@example.com a\b@example.com [a]@example.com a,b@example.com`},
	{"empty labels, which net/mail refuses itself: RFC 5321, 4.1.2", contract.EmailMalformed, `
		ada@.example.com ada@example.com. ada@example..com ada@. ada@.. ada@example.com..`},
	{"no domain and no IPv4 address in brackets: RFC 5321, 4.1.3", contract.EmailMalformed, `ada@[x] ada@[1.2.3] ada@[1.2.3.999] ada@[] ada@[127.0.0.1 ada@127.0.0.1]`},
	{"a hyphen at an end of a label: RFC 5321, 4.1.2, sub-domain", contract.EmailDomain, `
		ada@-example.com ada@example-.com ada@a.-b.com ada@a.b-.com ada@example.-com ada@example.com- ada@- ada@-.com ada@a-.-b ada@--a.com ada@xn-- ada@-пример.рф ada@пример-.рф`},
	{"characters that no host has: RFC 5321, 4.1.2, Let-dig", contract.EmailDomain, `
		ada@ex_ample.com ada@_dmarc.example.com ada@a!b.com ada@a#b.com ada@a$b.com ada@a%b.com ada@a&b.com ada@a'b.com ada@a*b.com ada@a+b.com ada@a/b ada@a=b.com ada@a?b.com
		ada@a^b.com ada@a` + "`" + `b.com ada@a{b}.com ada@a|b.com ada@a~b.com ada@example.com/x ada@example.com?x ada@$ ada@example.c_m`},
	{"a number as the last label: RFC 3696, 2", contract.EmailDomain, `ada@127.0.0.1 ada@192.0.2.255 ada@example.123 ada@123 ada@a.0`},
	{"a label of over 63, also as A-label: RFC 1035, 2.3.4", contract.EmailDomain, `
		a@` + times("b", 64) + `.com a@b.` + times("c", 64) + ` a@` + times("ü", 58) + `.de a@` + times("я", 64) + `.рф`},
	{"over 253 as A-labels, in 200 characters or less", contract.EmailDomain, `a@` + times(times("ab日本cd学e校f見", 3)+".", 4) + `example`},
	{"dots that only look like one: UTS #46 maps them, RFC 5892 has none", contract.EmailDomain, `
		ada@example。com ada@example．com ada@example｡com ada@example․com ada@example﹒com ada@example‥com ada@example…com ada@a۔b.com ada@a·b。c`},
	{"symbols, punctuation and mapped letters, which no U-label has: RFC 5892, 2", contract.EmailDomain, `
		ada@i♥.ws ada@😀.example ada@ｅxample.com ada@𝐞xample.com ada@ℯxample.com ada@ﬁsh.example ada@a⁄b.com ada@a∕b.com ada@a‐b.com ada@a–b.com ada@“a”.com ada@a€.com ada@①.com ada@a¨b.com ada@a´b.com ada@a�b.com`},
	{"a label that starts with a mark: RFC 5891, 4.2.3.2", contract.EmailDomain, "ada@\u0301a.com ada@a.\u064bb.com"},
	{"invisible characters: Default_Ignorable_Code_Point", contract.EmailInvisible, "\u200bada@example.com ad\u200ba@example.com ada\u200b@example.com ada@exam\u200bple.com ada@example.com\u200b \ufeffada@example.com ada@example\ufeff.com " +
		"a\u00adda@example.com ada@ex\u00adample.com a\u2060da@example.com ada@a\u2064b.com a\u180eda@example.com \u3164@example.com \u115f@example.com ada@example\u034f.com a\U000e0061da@example.com ad\ufe0fa@example.com ada@e\ufe01x.com"},
	{"joiners between letters that don't join, or at an end", contract.EmailInvisible, "a\u200dda@example.com a\u200cda@example.com a\u200cم@example.com م\u200ca@example.com ada@ex\u200dample.com ada@ex\u200cample.com \u200da@example.com 李\u200d小@example.com ada@пр\u200cимер.рф 🚀\u200d@example.com"},
	{"bidi controls: UAX #9, 2", contract.EmailInvisible, "\u202eada@example.com ada\u202e@example.com ada@\u202emoc.elpmaxe ada@example.com\u202c a\u202ada@example.com a\u202bda@example.com a\u202dda@example.com \u2066ada@example.com ada\u2067@example.com " +
		"\u2068ada\u2069@example.com ada@exam\u200eple.com \u200fada@example.com a\u061cda@example.com"},
	{"control characters", contract.ControlCharacter, "ada\x00@example.com a\x1bda@example.com ada@exam\x7fple.com ada\u0080@example.com"},
	{"over 200 characters", contract.EmailTooLong, times("a", 189) + "@example.com a@" + times("b.", 99) + "c " + times("🚀", 95) + "@example.com"},
}

var pictures = []verdict{
	{"a domain name, a path and a query: RFC 3986", "", `
		https://example.com http://example.com https://example.com/ https://cdn.example.com/a/b.png https://cdn.example.com/a.png?s=80&d=mp https://cdn.example.com/a.png#top https://cdn.example.com:8443/a.png
		https://example.com:/a https://example.com:0/a https://example.com:65535/a https://EXAMPLE.com/A.PNG https://example.com./a.png https://a/b http://localhost:8080/a.png https://xn--bcher-kva.example/a
		https://a-b.example.com/a-b_c~d.png https://a--b.example/a https://123.example.com/a https://1e100.net/a https://a.b.c.d.e.f/g https://example.com//a https://example.com/../a https://example.com/@ada.png`},
	{"the reserved characters, and escapes: RFC 3986, 2", "", `
		https://example.com/a:b@c!$&'()*+,;=d https://example.com/a%20b%22%3C.png https://example.com/?u=https://other.example/a.png https://example.com/a?b[c]=d https://example.com/a[1].png https://example.com/a?x=100%25
		https://example.com/a?q=100% https://example.com/~ada/%7Bid%7D https://example.com/a;v=1/b https://example.com/(a)`},
	{"what browsers look up beside: underscores and outer hyphens (URL Standard, domain to ASCII with beStrict false)", "", `
		https://my_bucket.s3.example.com/a.png https://_a.example/b https://ada-.blogs.example/a.png https://-a.example/b.png`},
	{"letters of any script, and emoji: RFC 3987; UTS #46", "", `
		https://пример.рф/é.png https://bücher.example/ü https://例え.テスト/画像.png https://example.com/фото.jpg?имя=ада https://i♥.example/a https://❤` + "\ufe0f" + `.example/a https://ex%C3%A9mple.com/a https://l·l.cat/a
		https://example.com/می` + "\u200c" + `روم.png https://नाम.example/क्` + "\u200d" + `ष https://example.com/👩` + "\u200d" + `🚀.png`},
	{"IP addresses: RFC 3986, 3.2.2", "", `https://192.0.2.1/a.png http://127.0.0.1:8080/a https://[2001:db8::1]/a.png https://[::1]:8443/a https://[::ffff:192.0.2.1]/a https://255.255.255.255/`},
	{"labels of 63 and a URL of 2,048", "", `https://` + times("b", 63) + `.example/a https://example.com/` + times("a", contract.MaxPicture-20) + ` https://example.com/` + times("é", contract.MaxPicture/2-10)},
	{"no http or https URL", contract.PictureNotHTTP, `
		/a.png a.png //example.com/a.png example.com/a.png ftp://example.com/a.png data:image/png;base64,AA javascript:alert(1) https:/example.com/a https:example.com/a https:///a.png https:// http:// https://?a https://#a
		https://:443/a https://example.com:65536/a https://example.com:99999999999/a https://example.com:x/a https://example.com:-1/a https://[::1/a file:///a.png blob:https://example.com/a`},
	{"user info", contract.PictureUserInfo, `https://ada@example.com/a.png https://ada:secret@example.com/a.png https://@example.com/a https://:@example.com/a https://ada%40x@example.com/a`},
	{"characters that a URL never has: RFC 3986, appendix A", contract.PictureCharacter, `
		https://example.com/"a".png https://example.com/a<b.png https://example.com/a>b.png https://example.com/<script> https://example.com/a` + "`" + `b.png https://example.com/{id}.png https://example.com/a}b
		https://example.com/a|b.png https://example.com/a^b.png https://example.com/a?q="x" https://example.com/a?q={x} https://example.com/a#"x" https://example.com\a.png https://example.com/a\b https://exa"mple.com/a
		https://exa<mple.com/a https://{host}/a.png https://a|b/c https://"/><img`},
	{"invisible characters and bidi controls", contract.PictureCharacter, "https://exam\u200bple.com/a https://example.com/a\u200b.png https://example.com/a\ufeffb https://example.com/\u202egnp.exe https://\u202eexample.com/a https://example.com\u202e/a " +
		"https://example.com/a?q=\u2066x https://example.com/a\u200db https://ex\u200cample.com/a https://example.com/a\u00adb https://example.com/\u2060a https://ex\u00adample.com/a https://example.com/a#\u200fx https://example.com/\U000e0041"},
	{"empty labels: RFC 1035, 3.1", contract.PictureHost, `
		https://example..com/a https://.example.com/a https://a...b/c https://./a https://../a https://example.com../a https://.com/a https://..:80/a`},
	{"a percent sign or another character that no host has: URL Standard, forbidden domain code points; RFC 1123, 2.1", contract.PictureHost, `
		http://z%25/a http://ex%25ample.com/a https://a,b/c https://a!b.com/c https://a$b.com/ https://a&b.com/ https://a'b.com/ https://(a)/b https://a*b.com/ https://*.example.com/a https://a+b.com/ https://a;b/ https://a=b/ https://a~b.com/
		https://example。com/a https://example．com/a https://exa…mple/a https://a⁄b/c https://“a”.example/b https://ｅxample.com/a https://a%E2%80%8Bb.com/c https://a%E2%80%8Db.com/c https://%FF.example/a https://a%EF%BC%8Eb/c`},
	{"a number that is no IPv4 address: URL Standard, ends in a number", contract.PictureHost, `
		https://256.1.1.1/a https://1.2.3.4.5/a https://1.2.3/a https://1/a https://0x7f.1/a https://example.0x1/a https://a.1/b https://2130706433/a https://1.2.3.04/a`},
	{"an IPv6 address without brackets, a zone in one: RFC 3986, 3.2.2; RFC 6874, which browsers do not take", contract.PictureHost, `https://::1/a http://[fe80::1%25en0]/a`},
	{"lengths: RFC 1035, 2.3.4", contract.PictureHost, `https://` + times("b", 64) + `.example/a https://` + times("ü", 60) + `.example/a https://` + times("a.", 126) + `bc/a`},
	{"over 2,048 bytes", contract.PictureTooLong, `https://example.com/` + times("a", contract.MaxPicture-19) + ` https://example.com/` + times("é", contract.MaxPicture/2)},
	{"control characters", contract.ControlCharacter, "https://example.com/a\x00b https://example.com/\x1b[1m https://exam\x7fple.com/a https://example.com/a\u0080b"},
}

func TestTheBuilderAndTheJudgeSayTheSameOfAnEmail(t *testing.T) {
	sayTheSame(t, contract.Email, addresses, 160, func(s string) *ssotoken.ClaimsBuilder { return ada().VerifiedEmail(s) })
}

func TestTheBuilderAndTheJudgeSayTheSameOfAPicture(t *testing.T) {
	sayTheSame(t, contract.Picture, pictures, 107, func(s string) *ssotoken.ClaimsBuilder { return ada().Picture(s) })
}

func sayTheSame(t *testing.T, claim string, rows []verdict, least int, builder func(string) *ssotoken.ClaimsBuilder) {
	count := 0
	for _, row := range rows {
		for value := range strings.FieldsFuncSeq(row.values, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' }) {
			count++
			claims, err := builder(value).Build()
			var refused *ssotoken.ClaimsError
			switch {
			case row.code == "" && (err != nil || claims.Notes() != nil):
				t.Errorf("%s: %+q: got %v and the notes %v", row.why, value, err, claims.Notes())
			case row.code != "" && (!errors.As(err, &refused) || len(refused.Fields) != 1 || ssotoken.CodeOf(refused.Fields[0]) != row.code):
				t.Errorf("%s: %+q: got %v, want %s", row.why, value, err, row.code)
			}
			report := judged(t, map[string]string{claim: value})
			if row.code == "" && len(report.Findings) > 0 || row.code != "" && !report.Has(row.code) {
				t.Errorf("%s: %+q: the judge finds %v, want %s", row.why, value, report.Findings, row.code)
			}
		}
	}
	if count < least {
		t.Errorf("%d values, not %d", count, least)
	}
	t.Logf("%d values", count)
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
