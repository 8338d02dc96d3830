package ssotoken_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// ada is a builder whose required fields are fine.
func ada() *ssotoken.ClaimsBuilder {
	return ssotoken.NewClaims().Subject("user-1").Name("Ada Lovelace").VerifiedEmail("ada@example.com")
}

// fault is one refused field; Err is the sentinel to find in it.
type fault struct {
	Field string
	Err   error
}

var sameErr = cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) || errors.Is(b, a) })

func faults(fields []*ssotoken.FieldError) []fault {
	var out []fault
	for _, f := range fields {
		out = append(out, fault{f.Field, f.Err})
	}
	return out
}

func buildFaults(t *testing.T, err error) []fault {
	t.Helper()
	if err == nil {
		return nil
	}
	var refused *ssotoken.ClaimsError
	if !errors.As(err, &refused) {
		t.Fatalf("got %T %v, want a *ClaimsError", err, err)
	}
	return faults(refused.Fields)
}

// times repeats a character; secret is in the values that are refused, to
// find them in an error.
func times(s string, n int) string { return strings.Repeat(s, n) }

const secret = "hunter2"

func TestSubIsRequiredAndAtMost50UTF16CodeUnits(t *testing.T) {
	tests := []struct {
		name, sub string
		want      error
	}{
		{"ordinary", "user-1", nil},
		{"a number as text", "42", nil},
		{"space inside", "user 1", nil},
		{"49 ASCII", times("a", 49), nil},
		{"50 ASCII", times("a", 50), nil},
		{"51 ASCII", times("a", 51), contract.SubTooLong},
		{"50 digits", times("7", 50), nil},
		{"51 digits", times("7", 51), contract.SubTooLong},
		{"49 two-byte", times("é", 49), nil},
		{"50 two-byte", times("é", 50), nil},
		{"51 two-byte", times("é", 51), contract.SubTooLong},
		{"24 astral: 48 units", times("🚀", 24), nil},
		{"25 astral: 50 units", times("🚀", 25), nil},
		{"25 astral and one: 51 units", times("🚀", 25) + "a", contract.SubTooLong},
		{"26 astral: 52 units", times("🚀", 26), contract.SubTooLong},
		{"empty", "", contract.SubMissing},
		{"blank", " \u00a0\u3000", contract.SubMissing},
		{"tabs and newlines", "\t\n", contract.SubMissing},
		{"zero width space", "\u200b", contract.SubMissing},
		{"newline", secret + "\n1", contract.ControlCharacter},
		{"newline at the end", secret + "\n", contract.ControlCharacter},
		{"NUL", secret + "\x00", contract.ControlCharacter},
		{"delete", secret + "\x7f", contract.ControlCharacter},
		{"C1 control", secret + "\u0085", contract.ControlCharacter},
		{"invalid UTF-8", secret + "\xff", contract.Encoding},
		{"cut character", secret + "é"[:1], contract.Encoding},
		{"surrogate half", secret + "\xed\xa0\x80", contract.Encoding},
		{"space at the start", " " + secret, contract.Malformed},
		{"space at the end", secret + " ", contract.Malformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := ada().Subject(tt.sub).Build()
			expectOnly(t, err, "sub", tt.want)
			if err == nil && c.Subject() != tt.sub {
				t.Errorf("sub changed to %q", c.Subject())
			}
		})
	}
}

func TestNameIsRequiredWithSomethingToSee(t *testing.T) {
	tests := []struct {
		name, value string
		want        error
	}{
		{"one letter", "A", nil},
		{"long", times("n", 5000), nil},
		{"combining and right to left", "عبد الله é", nil},
		{"emoji with joiner", "👩‍🚀", nil},
		{"quotes and HTML", `<b>"Bobby" O'Neil</b> \`, nil},
		{"empty", "", contract.NameMissing},
		{"blank", "  ", contract.NameMissing},
		{"invisible", "\u200b\ufeff\u2060", contract.NameMissing},
		{"NUL", secret + "\x00", contract.ControlCharacter},
		{"invalid UTF-8", secret + "\xc3", contract.Encoding},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := ada().Name(tt.value).Build()
			expectOnly(t, err, "name", tt.want)
			if err == nil && claimIn(t, c, "name") != tt.value {
				t.Errorf("name changed to %q", claimIn(t, c, "name"))
			}
		})
	}
}

func TestEmailIsOneAddressOfAtMost200UTF16CodeUnits(t *testing.T) {
	const at = "@example.com" // 12 code units
	tests := []struct {
		name, email string
		want        error
	}{
		{"ordinary", "ada@example.com", nil},
		{"dots, plus, hyphen", "a.b-c_d+e@mail.ex-ample.co.uk", nil},
		{"every atext", "!#$%&'*+/=?^_`{|}~-@example.com", nil},
		{"upper case", "Ada@Example.COM", nil},
		{"single label", "root@localhost", nil},
		{"international", "дарья@пример.рф", nil},
		{"199 ASCII", times("a", 187) + at, nil},
		{"200 ASCII", times("a", 188) + at, nil},
		{"201 ASCII", times("a", 189) + at, contract.EmailTooLong},
		{"199 two-byte", times("é", 187) + at, nil},
		{"200 two-byte", times("é", 188) + at, nil},
		{"201 two-byte", times("é", 189) + at, contract.EmailTooLong},
		{"200 with astral", times("🚀", 94) + at, nil},
		{"201 with astral", times("🚀", 94) + "a" + at, contract.EmailTooLong},
		{"202 with astral", times("🚀", 95) + at, contract.EmailTooLong},
		{"empty", "", contract.EmailMissing},
		{"blank", " ", contract.EmailMissing},
		{"display name", "Ada <" + secret + "@example.com>", contract.EmailMalformed},
		{"angle brackets", "<" + secret + "@example.com>", contract.EmailMalformed},
		{"comment", secret + "@example.com (Ada)", contract.EmailMalformed},
		{"two", secret + "@example.com,b@example.com", contract.EmailMalformed},
		{"two @", secret + "@b@example.com", contract.EmailMalformed},
		{"no @", secret + ".example.com", contract.EmailMalformed},
		{"no local part", "@" + secret + ".com", contract.EmailMalformed},
		{"no domain", secret + "@", contract.EmailMalformed},
		{"double dot", "a..b@example.com", nil},
		{"dot at the end of the local part", secret + ".@example.com", nil},
		{"dot at the start of the domain", secret + "@.example.com", nil},
		{"dot at the end of the domain", secret + "@example.com.", nil},
		{"space inside", secret + " x@example.com", contract.EmailMalformed},
		{"quoted local part", `"` + secret + ` x"@example.com`, contract.EmailMalformed},
		{"quoted without need", `"` + secret + `"@example.com`, contract.EmailMalformed},
		{"mailto", "mailto:" + secret + "@example.com", contract.EmailMalformed},
		{"header injection", secret + "@example.com\r\nBcc: x@example.com", contract.ControlCharacter},
		{"NUL", secret + "\x00@example.com", contract.ControlCharacter},
		{"invalid UTF-8", secret + "\xff@example.com", contract.Encoding},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := ada().VerifiedEmail(tt.email).Build()
			expectOnly(t, err, "email", tt.want)
			if err == nil && claimIn(t, c, "email") != tt.email {
				t.Errorf("email changed to %q", claimIn(t, c, "email"))
			}
		})
	}
}

func TestTaglineIsPlainTextAndOptional(t *testing.T) {
	tests := []struct {
		name, value, kept string
		want              error
	}{
		{"none", "", "", nil},
		{"blank is left out", " \n", "", nil},
		{"one line", "Mathematician", "Mathematician", nil},
		{"lines and tabs", "a\r\n\tb", "a\r\n\tb", nil},
		{"NUL", secret + "\x00", "", contract.ControlCharacter},
		{"escape", secret + "\x1b[0m", "", contract.ControlCharacter},
		{"invalid UTF-8", secret + "\xff", "", contract.Encoding},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := ada().Tagline(tt.value).Build()
			expectOnly(t, err, "tagline", tt.want)
			if claimIn(t, c, "tagline") != tt.kept {
				t.Errorf("got %q, want %q", claimIn(t, c, "tagline"), tt.kept)
			}
		})
	}
}

func TestPictureIsAFullHTTPOrHTTPSURL(t *testing.T) {
	tests := []struct {
		name, url string
		want      error
	}{
		{"none", "", nil},
		{"https", "https://cdn.example.com/a/b.png", nil},
		{"http", "http://cdn.example.com", nil},
		{"query", "https://cdn.example.com/a.png?s=80&d=mp", nil},
		{"port", "https://cdn.example.com:8443/a.png", nil},
		{"IPv6", "https://[2001:db8::1]/a.png", nil},
		{"escapes and fragment", "https://cdn.example.com/a%20b.png#x", nil},
		{"unicode", "https://пример.рф/é.png", nil},
		{"at sign in the path", "https://cdn.example.com/@ada.png", nil},
		{"relative", "/" + secret + ".png", contract.PictureNotHTTP},
		{"no scheme", "cdn.example.com/" + secret, contract.PictureNotHTTP},
		{"scheme-relative", "//cdn.example.com/" + secret, contract.PictureNotHTTP},
		{"javascript", "javascript:alert('" + secret + "')", contract.PictureNotHTTP},
		{"data", "data:image/png;base64," + secret, contract.PictureNotHTTP},
		{"ftp", "ftp://cdn.example.com/" + secret, contract.PictureNotHTTP},
		{"blank", " ", contract.PictureNotHTTP},
		{"no host", "https:///" + secret, contract.PictureNotHTTP},
		{"nothing", "https://", contract.PictureNotHTTP},
		{"only a port", "https://:443/" + secret, contract.PictureNotHTTP},
		{"port too high", "https://cdn.example.com:65536/" + secret, nil},
		{"port no number", "https://cdn.example.com:x/" + secret, nil},
		{"space inside", "https://cdn.example.com/" + secret + " b.png", contract.PictureNotHTTP},
		{"backslash", `https://cdn.example.com\` + secret, nil},
		{"user", "https://" + secret + "@cdn.example.com/a.png", contract.PictureUserInfo},
		{"user and password", "https://ada:" + secret + "@cdn.example.com/a.png", contract.PictureUserInfo},
		{"NUL", "https://cdn.example.com/\x00" + secret, contract.ControlCharacter},
		{"invalid UTF-8", "https://cdn.example.com/\xff" + secret, contract.Encoding},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := ada().Picture(tt.url).Build()
			expectOnly(t, err, "picture", tt.want)
			if err == nil && claimIn(t, c, "picture") != tt.url {
				t.Errorf("picture changed to %q", claimIn(t, c, "picture"))
			}
		})
	}
}

// expectOnly wants field alone refused, for want, or nothing if that is nil;
// in no case may the error hold the value.
func expectOnly(t *testing.T, err error, field string, want error) {
	t.Helper()
	var wanted []fault
	if want != nil {
		wanted = []fault{{field, want}}
	}
	if diff := cmp.Diff(wanted, buildFaults(t, err), sameErr); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err != nil && strings.Contains(err.Error(), secret) {
		t.Errorf("the error holds the value: %v", err)
	}
}

func TestBuildReportsEveryBadFieldByItsJSONPath(t *testing.T) {
	c, err := ssotoken.NewClaims().
		Subject(times("x", 51)).Name(" ").VerifiedEmail("x").Tagline("\x00").Picture("/me.png").
		Spaces(spaces.Apply(spaces.Join("a"), spaces.Leave("a"), spaces.Join("b c"))).
		Custom(customfields.Of(customfields.Text("sub", "x"), customfields.Number("n", math.NaN()), customfields.Text("", "x"))).
		Build()
	want := []fault{
		{"sub", contract.SubTooLong}, {"name", contract.NameMissing}, {"email", contract.EmailMalformed},
		{"tagline", contract.ControlCharacter}, {"picture", contract.PictureNotHTTP},
		{"spaces[1].spaceId", contract.SpacesJoinAndLeave}, {"spaces[2].spaceId", contract.SpacesMalformed},
		{"", contract.CustomKeyEmpty}, {"n", contract.CustomValue}, {"sub", contract.ClaimReserved},
	}
	if diff := cmp.Diff(want, buildFaults(t, err), sameErr); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if c.Subject() != "" {
		t.Error("got claims beside an error")
	}
	for _, f := range want {
		if !errors.Is(err, f.Err) {
			t.Errorf("errors.Is does not find %v", f.Err)
		}
	}
	var field *ssotoken.FieldError
	if !errors.As(err, &field) || field.Field != "sub" {
		t.Errorf("errors.As found %v, want the first field", field)
	}
}

func TestValidateReportsWhatBuildRefusesAndThenWhatItNotes(t *testing.T) {
	got := ssotoken.NewClaims().Subject("user-1").Name("Ada  Lovelace").VerifiedEmail("x").Picture("/me.png").Validate()
	want := []fault{
		{"email", contract.EmailMalformed}, {"picture", contract.PictureNotHTTP}, {"name", contract.Normalized},
	}
	if diff := cmp.Diff(want, faults(got), sameErr); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if bad := ada().Validate(); bad != nil {
		t.Errorf("a member who is in order has %v", bad)
	}
}

func TestContradictionsInSpacesAreRefused(t *testing.T) {
	tests := []struct {
		name string
		plan spaces.Plan
		want []fault
	}{
		{"REPLACE with nothing to join", spaces.Replace(), []fault{{"spacesOperation", contract.SpacesReplaceNothing}}},
		{"join and leave of one id", spaces.Apply(spaces.Leave("a"), spaces.Join("a")),
			[]fault{{"spaces[1].spaceId", contract.SpacesJoinAndLeave}}},
		{"control character", spaces.Add("a\n"), []fault{{"spaceIds[0]", contract.SpaceIDsMalformed}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ada().Spaces(tt.plan).Build()
			if diff := cmp.Diff(tt.want, buildFaults(t, err), sameErr); diff != "" {
				t.Errorf("Build (-want +got):\n%s", diff)
			}
			_, err = ada().Spaces(tt.plan).BuildLenient()
			if diff := cmp.Diff(tt.want, buildFaults(t, err), sameErr); diff != "" {
				t.Errorf("BuildLenient (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBuildLenientLeavesOutBadOptionalFields(t *testing.T) {
	fine := customfields.Text("team", "red")
	c, err := ada().Tagline("\x00" + secret).Picture("/" + secret).
		Custom(customfields.Of(fine, customfields.Number("n", math.Inf(1)), customfields.Text("email", secret),
			customfields.Text("team", secret))).
		BuildLenient()
	if err != nil {
		t.Fatal(err)
	}
	want := []fault{
		{"tagline", contract.ControlCharacter}, {"picture", contract.PictureNotHTTP},
		{"email", contract.ClaimReserved}, {"n", contract.CustomValue}, {"team", contract.DuplicateName},
	}
	if diff := cmp.Diff(want, faults(c.Notes()), sameErr); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	for _, d := range c.Notes() {
		if errors.Is(d, ssotoken.ErrNormalized) || strings.Contains(d.Error(), secret) {
			t.Errorf("was sent, or holds the value: %v", d)
		}
	}
	plain, err := ada().Custom(customfields.Of(fine)).Build()
	if err != nil || sign(t, c).JWT() != sign(t, plain).JWT() {
		t.Errorf("the rest is not kept: %v", err)
	}
}

func TestBuildLenientRefusesBadRequiredFields(t *testing.T) {
	c, err := ssotoken.NewClaims().Name("Ada").VerifiedEmail("x").Picture("x").BuildLenient()
	if diff := cmp.Diff([]fault{{"sub", contract.SubMissing}, {"email", contract.EmailMalformed}}, buildFaults(t, err),
		sameErr); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	if c.Subject() != "" {
		t.Error("got claims beside an error")
	}
}

func TestABuilderCanBeUsedAgain(t *testing.T) {
	b := ada().Tagline("\x00")
	if _, err := b.Build(); !errors.Is(err, contract.ControlCharacter) {
		t.Fatalf("got %v", err)
	}
	if c, err := b.BuildLenient(); err != nil || len(c.Notes()) != 1 {
		t.Fatalf("got %v %v", c.Notes(), err)
	}
	if _, err := b.Build(); !errors.Is(err, contract.ControlCharacter) {
		t.Error("BuildLenient changed the builder")
	}
	first, err := b.Tagline("one").Build()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Tagline("two").Build(); err != nil || claimIn(t, first, "tagline") != "one" {
		t.Errorf("claims changed with their builder: %q, %v", claimIn(t, first, "tagline"), err)
	}
}

func TestTheZeroClaimsAnswerWithNothing(t *testing.T) {
	var c ssotoken.Claims
	if c.Subject() != "" || c.Notes() != nil {
		t.Error("the zero Claims have a value")
	}
}

func TestTheZeroBuilderIsANewOne(t *testing.T) {
	var b ssotoken.ClaimsBuilder
	if c, err := b.Subject("user-1").Name("Ada").VerifiedEmail("ada@example.com").Build(); err != nil || c.Subject() != "user-1" {
		t.Errorf("got %v", err)
	}
}

// claimIn returns a claim of the token that is a text, or nothing.
func claimIn(t *testing.T, c ssotoken.Claims, name string) string {
	t.Helper()
	if c.Subject() == "" {
		return ""
	}
	var claims map[string]any
	if err := json.Unmarshal([]byte(payload(t, sign(t, c))), &claims); err != nil {
		t.Fatal(err)
	}
	text, _ := claims[name].(string)
	return text
}

// Events name the refused member even if the id is wrong; no printer shows the id.
func TestARefusalKeepsTheSubjectToItself(t *testing.T) {
	const id = "id-of-a-member-7f3e-0001"
	for name, tt := range map[string]struct {
		builder *ssotoken.ClaimsBuilder
		want    string
	}{
		"good": {ssotoken.NewClaims().Subject(id), id},
		"bad":  {ssotoken.NewClaims().Subject(id + " "), id + " "},
		"none": {ssotoken.NewClaims(), ""},
	} {
		_, err := tt.builder.Build()
		var refused *ssotoken.ClaimsError
		if !errors.As(err, &refused) || ssotoken.SubjectOf(refused) != tt.want {
			t.Errorf("%s: got %v", name, err)
		}
		expectNone(t, name, printed(t, refused)+printed(t, *refused), id)
	}
}

func TestAControlCharacterIsSeenWhereverItStands(t *testing.T) {
	const bio = "Writes notes on engines"
	for i := range bio {
		for c := range 0x80 {
			_, err := ada().Tagline(bio[:i] + string(rune(c)) + bio[i:]).Build()
			isControl := c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f
			if errors.Is(err, contract.ControlCharacter) != isControl || err != nil && !isControl {
				t.Fatalf("%#x at %d: got %v", c, i, err)
			}
		}
	}
}
