package ssotoken_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// What can't change the meaning is put in order by Build and by BuildLenient, and
// reported by its field.
func TestBuildPutsRealDataInOrder(t *testing.T) {
	name := func(s string) *ssotoken.ClaimsBuilder { return ada().Name(s) }
	email := func(s string) *ssotoken.ClaimsBuilder { return ada().VerifiedEmail(s) }
	picture := func(s string) *ssotoken.ClaimsBuilder { return ada().Picture(s) }
	plan := func(p spaces.Plan) *ssotoken.ClaimsBuilder { return ada().Spaces(p) }
	tests := []struct {
		name       string
		given      *ssotoken.ClaimsBuilder
		want       *ssotoken.ClaimsBuilder
		field      string
		normalized bool
	}{
		{"a clean name", name("Ada Lovelace"), name("Ada Lovelace"), "", false},
		{"a name of other letters", name("李小龍 Ünï"), name("李小龍 Ünï"), "", false},
		{"a tab in a name", name("Ada\tLovelace"), name("Ada Lovelace"), "name", true},
		{"a line ending in a name", name("Ada\r\nLovelace"), name("Ada Lovelace"), "name", true},
		{"white space around a name", name(" Ada Lovelace\n"), name("Ada Lovelace"), "name", true},
		{"two spaces in a name", name("Ada  Lovelace"), name("Ada Lovelace"), "name", true},
		{"a no-break space in a name", name("Ada\u00a0Lovelace"), name("Ada Lovelace"), "name", true},
		{"an ideographic space in a name", name("李\u3000小龍"), name("李 小龍"), "name", true},
		{"a text that turns the text around it", name("Ada \u202eecalevoL\u202c"), name("Ada ecalevoL"), "name", true},
		{"an isolate and white space in a name", name(" Ada\u2066\tLovelace\u2069"), name("Ada Lovelace"), "name", true},
		{"embeddings and overrides in a tagline", ada().Tagline("a\u202ab\u202bc\u202cd\u202de\u202e"), ada().Tagline("abcde"), "tagline", true},
		{"isolates in a tagline", ada().Tagline("\u2066a\u2067b\u2068c\u2069"), ada().Tagline("abc"), "tagline", true},
		{"implicit marks, joiners and non-joiners in a name", name("\u200fליאור\u200e علی\u200cرضا क्\u200dष 👩\u200d🚀\u061c"), name("\u200fליאור\u200e علی\u200cرضا क्\u200dष 👩\u200d🚀\u061c"), "", false},
		{"a space after an email", email("ada@example.com "), email("ada@example.com"), "email", true},
		{"a line ending after an email", email("ada@example.com\r\n"), email("ada@example.com"), "email", true},
		{"a tab before an email", email("\tada@example.com"), email("ada@example.com"), "email", true},
		{"the same space twice", plan(spaces.Add("a", "b", "a")), plan(spaces.Add("a", "b")), "spaceIds[2]", true},
		{"one empty space id", plan(spaces.Replace("a", "")), plan(spaces.Replace("a")), "spaceIds[1]", true},
		{"the same change twice", plan(spaces.Apply(spaces.Leave("a"), spaces.Leave("a"))), plan(spaces.Apply(spaces.Leave("a"))), "spaces[1].spaceId", true},
		{"a scheme in capitals", picture("HTTPS://example.com/A.png"), picture("https://example.com/A.png"), "picture", true},
		{"escapes stay, and stray percent signs", picture("https://example.com/a%20b%/100%?q=100%"), picture("https://example.com/a%20b%/100%?q=100%"), "", false},
		{"a name that is an email address", name("Ada@example.com"), name("Ada@example.com"), "name", true},
		{"white space around a picture", picture(" https://example.com/a.png\n"), picture("https://example.com/a.png"), "picture", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			strict, err := tt.given.Build()
			if err != nil {
				t.Fatal(err)
			}
			lenient, err := tt.given.BuildLenient()
			if err != nil {
				t.Fatal(err)
			}
			want := build(t, tt.want)
			for _, got := range []ssotoken.Claims{strict, lenient} {
				if !got.Equal(want) {
					t.Errorf("got %q %q %q %v", got.Name(), got.Email(), got.Picture(), got.Spaces())
				}
				notes := got.Notes()
				if tt.field == "" {
					if notes != nil {
						t.Errorf("noted %v", notes)
					}
					continue
				}
				if len(notes) != 1 || notes[0].Field != tt.field || errors.Is(notes[0], ssotoken.ErrNormalized) != tt.normalized {
					t.Errorf("noted %v, want %s", notes, tt.field)
				}
			}
		})
	}
}

func TestContradictionsAndBrokenTextStayErrors(t *testing.T) {
	for _, tt := range []struct {
		name  string
		given *ssotoken.ClaimsBuilder
		want  error
	}{
		{"a subject with a space at its end", ada().Subject("7 "), contract.Malformed},
		{"a name of white space", ada().Name(" \t\u00a0"), contract.NameMissing},
		{"a NUL in a name", ada().Name("Ada\x00"), contract.ControlCharacter},
		{"an escape in a name", ada().Name("Ada \x1b[1m"), contract.ControlCharacter},
		{"invalid UTF-8 in a name", ada().Name("Ada\t\xff"), contract.Encoding},
		{"an email of white space", ada().VerifiedEmail(" "), contract.EmailMissing},
		{"a space in an email", ada().VerifiedEmail("ada @example.com"), contract.EmailMalformed},
		{"a line ending in an email", ada().VerifiedEmail("ada@example.com\r\nBcc: x"), contract.ControlCharacter},
		{"201 characters of email", ada().VerifiedEmail(times("x", 189) + "@example.com "), contract.EmailTooLong},
		{"joined and left", ada().Spaces(spaces.Apply(spaces.Join("a"), spaces.Leave("a"))), spaces.ErrContradiction},
		{"REPLACE of no rows", ada().Spaces(spaces.Replace([]string{}...)), spaces.ErrReplaceNothing},
		{"REPLACE of blank rows", ada().Spaces(spaces.Replace("", " ")), spaces.ErrReplaceNothing},
	} {
		if _, err := tt.given.Build(); !errors.Is(err, tt.want) {
			t.Errorf("%s, Build: got %v, want %v", tt.name, err, tt.want)
		}
		if _, err := tt.given.BuildLenient(); !errors.Is(err, tt.want) {
			t.Errorf("%s, BuildLenient: got %v, want %v", tt.name, err, tt.want)
		}
	}
	if _, err := ada().VerifiedEmail(" " + times("x", 188) + "@example.com ").Build(); err != nil {
		t.Errorf("200 characters of email and white space around: %v", err)
	}
}

// Each of these members of a real site logs in, end to end, and the event tells
// what was changed. A query that gave no rows still logs nobody out of their
// spaces.
func TestMembersWithUntidyDataLogIn(t *testing.T) {
	community := ssotest.NewCommunity(t, ssotest.Config{Settings: ssotest.Settings{
		Spaces: []ssotest.Space{{ID: "news"}, {ID: "help"}}, CustomFields: []ssotest.CustomField{{Name: "Bio", ExternalKeys: []string{"bio_long"}}},
	}})
	long := times("långt ", 1000)
	samlID := "https://idp.example.com/tenants/7f3a/users/0123456789abcdef0123456789abcdef"
	tests := []struct {
		name  string
		given *ssotoken.ClaimsBuilder
		notes []string
		after ssotest.Member
	}{
		{"a tab in the name", ada().Name("Ada\tLovelace"), []string{"name normalized"}, ssotest.Member{Name: "Ada Lovelace"}},
		{"a space after the email", ada().VerifiedEmail("ada@example.com "), []string{"email normalized"}, ssotest.Member{}},
		{"two tables joined", ada().Spaces(spaces.Replace("news", "news")), []string{"spaceIds[1] spaces-repeated"}, ssotest.Member{Spaces: []string{"news"}}},
		{"one empty id", ada().Spaces(spaces.Add("help", "")), []string{"spaceIds[1] space-ids-malformed"}, ssotest.Member{Spaces: []string{"help", "news"}}},
		{"no entitlement, said", ada().Spaces(spaces.LeaveAll()), nil, ssotest.Member{}},
		{"a long tagline", ada().Tagline(long), []string{"tagline url-too-long"}, ssotest.Member{}},
		{"a long tagline and a longer field", ada().Tagline(long).Custom(customfields.Of(customfields.Text("bio_long", long+long))), []string{"bio_long url-too-long", "tagline url-too-long"}, ssotest.Member{}},
		{"a bad avatar", ada().Picture("/me.png"), []string{"picture picture-not-http"}, ssotest.Member{}},
		{"an id from SAML", ada().Subject(ssotoken.SubjectFrom(samlID)).VerifiedEmail("saml@example.com"), nil, ssotest.Member{ExternalID: ssotoken.SubjectFrom(samlID), Email: "saml@example.com"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPartner(t, func(*http.Request) (ssotoken.Claims, error) { return tt.given.BuildLenient() }, func(c *ssotoken.LoginConfig) {
				signer, err := ssotoken.New(ssotoken.Config{Community: community.URL, Key: community.Key()})
				if err != nil {
					t.Fatal(err)
				}
				c.Signer = signer
			})
			res, _ := p.answer(t, "GET", "/community/login")
			if res.StatusCode != http.StatusSeeOther || len(p.events) != 1 || p.events[0].Kind != ssotoken.Minted {
				t.Fatalf("got %s, %+v", res.Status, p.events)
			}
			landed, err := http.Get(res.Header.Get("Location"))
			if err != nil || landed.StatusCode != http.StatusOK {
				t.Fatalf("the community: %v, %+v", err, community.Attempts()[0].Err)
			}
			landed.Body.Close()
			var notes []string
			for _, n := range p.events[0].Notes {
				notes = append(notes, n.Field+" "+string(ssotoken.CodeOf(n)))
				if strings.Contains(n.Error(), "långt") {
					t.Errorf("a note holds the value: %v", n)
				}
			}
			if diff := cmp.Diff(tt.notes, notes); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
			want := tt.after
			if want.ExternalID == "" {
				want.ExternalID, want.Email = "user-1", "ada@example.com"
			}
			got, ok := community.Member(want.ExternalID)
			want.ID, want.Name = got.ID, "Ada Lovelace"
			if diff := cmp.Diff(want, got); !ok || diff != "" {
				t.Errorf("the member (-want +got):\n%s", diff)
			}
		})
	}
	p := newPartner(t, func(*http.Request) (ssotoken.Claims, error) { return ada().Spaces(spaces.Replace()).BuildLenient() })
	if res, _ := p.answer(t, "GET", "/"); res.StatusCode != http.StatusInternalServerError || p.events[0].Kind != ssotoken.ClaimsRefused {
		t.Errorf("REPLACE of no rows: got %s, %+v", res.Status, p.events)
	}
}

// Fit counts what a login URL takes to the byte.
func TestALenientLoginURLKeepsToItsLimit(t *testing.T) {
	signer := newSigner(t, func(c *ssotoken.Config) { c.MaxURL = 2000 })
	for n := 900; n < 1400; n++ {
		c, err := ada().Tagline(times("x", n)).Picture("https://example.com/a.png").BuildLenient()
		if err != nil {
			t.Fatal(err)
		}
		login, err := signer.LoginURL(t.Context(), c, ssotoken.ReturnPath{})
		if err != nil || len(login) > 2000 {
			t.Fatalf("tagline of %d: %d bytes, %v", n, len(login), err)
		}
		fitted := signer.Fit(c)
		if kept := fitted.Tagline() != ""; kept != (fitted.Notes() == nil) || fitted.Picture() == "" {
			t.Fatalf("tagline of %d: kept %v, noted %v, picture %q", n, kept, fitted.Notes(), fitted.Picture())
		}
		if fitted.Tagline() == "" && len(login)+(n+len(`,"tagline":""`))*4/3 < 1990 {
			t.Fatalf("tagline of %d was left out without need", n)
		}
	}
	strict := build(t, ada().Tagline(times("x", 3000)))
	if _, err := signer.LoginURL(t.Context(), strict, ssotoken.ReturnPath{}); !errors.Is(err, ssotoken.ErrURLTooLong) || !signer.Fit(strict).Equal(strict) {
		t.Errorf("what Build gave: got %v", err)
	}
	tight := newSigner(t, func(c *ssotoken.Config) { c.MaxURL = 100 })
	bare, err := ada().Tagline("x").BuildLenient()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tight.LoginURL(t.Context(), bare, ssotoken.ReturnPath{}); !errors.Is(err, ssotoken.ErrURLTooLong) {
		t.Errorf("where nothing helps: got %v", err)
	}
}

// The SHA-256 of 51 times "a", and of a SAML NameID, made by other programs.
const (
	subjectOf51   = "v8X-DjYBUsqYxQ-rTtfjB4wX3rwpF3QNUACRO2hsoSk"
	subjectOfSAML = "HIgZDavJCmbGW9H7O65RDU2OBrUvO3mG7I6k43pP4W4"
)

func TestASubjectFromALongIDIsStableAndNobodyElses(t *testing.T) {
	tests := []struct{ id, want string }{
		{"", ""},
		{"user-42", "user-42"},
		{times("x", 50), times("x", 50)},
		{times("🚀", 25), times("🚀", 25)}, // 50 UTF-16 code units
		{times("a", 51), "sha256-" + subjectOf51},
		{"https://idp.example.com/tenants/7f3a/users/0123456789abcdef0123456789abcdef", "sha256-" + subjectOfSAML},
		{"sha256-" + subjectOf51[:42], "sha256-" + subjectOf51[:42]},
	}
	for _, tt := range tests {
		got := ssotoken.SubjectFrom(tt.id)
		if got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.id, got, tt.want)
		}
		if _, err := ada().Subject(got).Build(); err != nil && tt.id != "" {
			t.Errorf("%q: %v", tt.id, err)
		}
	}
	if forged := "sha256-" + subjectOf51; ssotoken.SubjectFrom(forged) == forged {
		t.Error("an id passes for the subject of another")
	}
}

// uuid is a text that marshals itself.
type uuid [2]byte

func (u uuid) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%x-uuid", u[:]), nil }

func TestOneStructHoldsAllOfAMember(t *testing.T) {
	type Base struct {
		ID int64 `sso:"sub"`
	}
	bio := "First programmer"
	type full struct {
		Base
		Name     string    `sso:"name"`
		Email    string    `sso:"email,verified"`
		Bio      *string   `sso:"tagline"`
		Avatar   string    `sso:"picture"`
		Spaces   []string  `sso:"spaceIds,replace"`
		Company  string    `customfield:"company"`
		Since    time.Time `customfield:"since,date"`
		Password string
		Skipped  string `sso:"-"`
	}
	b, err := ssotoken.FromStruct(&full{Base{7}, "Ada", "ada@example.com", &bio, "https://example.com/a.png", []string{"news"}, "Analytical", noon, secret, secret})
	if err != nil {
		t.Fatal(err)
	}
	want := ssotoken.NewClaims().Subject("7").Name("Ada").VerifiedEmail("ada@example.com").Tagline(bio).Picture("https://example.com/a.png").Spaces(spaces.Replace("news")).
		Custom(customfields.Of(customfields.Text("company", "Analytical"), customfields.Date("since", noon)))
	if got := build(t, b); !got.Equal(build(t, want)) {
		t.Errorf("got %+v", got)
	}

	type ids struct {
		ID    uuid     `sso:"sub"`
		Name  *string  `sso:"name"`
		Email string   `sso:"email,verified"`
		Add   []string `sso:"spaceIds,add"`
	}
	b, err = ssotoken.FromStruct(ids{ID: uuid{0xab, 0xcd}, Name: &bio, Email: "a@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if got := build(t, b); got.Subject() != "abcd-uuid" || !got.Spaces().IsZero() {
		t.Errorf("got %q, %v", got.Subject(), got.Spaces())
	}
}

// An id that was not read is no member: 0, and a nil pointer.
func TestAnUnreadStructLacksWhatIsRequired(t *testing.T) {
	type m struct {
		ID    int     `sso:"sub"`
		Name  *string `sso:"name"`
		Email string  `sso:"email,verified"`
	}
	for _, v := range []any{m{}, &m{}, (*m)(nil)} {
		b, err := ssotoken.FromStruct(v)
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.Build()
		if diff := cmp.Diff([]fault{{"sub", contract.SubMissing}, {"name", contract.NameMissing}, {"email", contract.EmailMissing}}, buildFaults(t, err), sameErr); diff != "" {
			t.Errorf("%T (-want +got):\n%s", v, diff)
		}
	}
}

func TestATagThatDoesNotFitIsAnErrorOfTheType(t *testing.T) {
	tests := []struct {
		name string
		v    any
		want error
	}{
		{"no struct", 7, customfields.ErrType},
		{"an email that nobody says is verified", struct {
			E string `sso:"email"`
		}{secret}, customfields.ErrTag},
		{"an unknown claim", struct {
			E string `sso:"locale"`
		}{secret}, customfields.ErrTag},
		{"a time that the signer sets", struct {
			E string `sso:"exp"`
		}{secret}, customfields.ErrTag},
		{"spaces without an operation", struct {
			S []string `sso:"spaceIds"`
		}{[]string{secret}}, customfields.ErrTag},
		{"spaces that are no texts", struct {
			S []int `sso:"spaceIds,add"`
		}{[]int{1}}, customfields.ErrType},
		{"an option that no claim has", struct {
			N string `sso:"name,verified"`
		}{secret}, customfields.ErrTag},
		{"a number as a name", struct {
			N int `sso:"name"`
		}{7}, customfields.ErrType},
		{"a float as a sub", struct {
			S float64 `sso:"sub"`
		}{7}, customfields.ErrType},
		{"an unexported field", struct {
			s string `sso:"sub"`
		}{secret}, customfields.ErrTag},
		{"a bad custom field", struct {
			C chan int `customfield:"c"`
		}{}, customfields.ErrType},
	}
	for _, tt := range tests {
		b, err := ssotoken.FromStruct(tt.v)
		var field *customfields.StructError
		if b != nil || !errors.Is(err, tt.want) || !errors.As(err, &field) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
}

// http for a host that is not this machine is one setting, which says that it is
// for development; the judge has the same.
func TestHTTPForAnotherHostIsADevelopmentSetting(t *testing.T) {
	for _, address := range []string{"http://community:8080", "http://host.docker.internal:8090", "http://192.168.1.20"} {
		if _, err := ssotoken.ParseCommunity(address); !errors.Is(err, contract.Scheme) {
			t.Errorf("%s: got %v", address, err)
		}
		if _, err := ssotoken.New(ssotoken.Config{Community: address, Key: newKey(t)}); !errors.Is(err, contract.Scheme) {
			t.Errorf("%s: got %v", address, err)
		}
		community, err := ssotoken.ParseDevelopmentCommunity(address)
		if err != nil || community.String() != address {
			t.Errorf("got %v, %v", community, err)
		}
		signer, err := ssotoken.New(ssotoken.Config{Community: address, Key: newKey(t), DevelopmentHTTP: true, Now: func() time.Time { return noon }})
		if err != nil {
			t.Fatal(err)
		}
		login, err := signer.LoginURL(t.Context(), build(t, ada()), ssotoken.ReturnPath{})
		if err != nil {
			t.Fatal(err)
		}
		if u, err := url.Parse(login); err != nil || u.Scheme+"://"+u.Host != address {
			t.Errorf("got %v", err)
		}
		if err := inspect.LoginURL(login, inspect.Options{Now: noon, Key: newKey(t)}).Err(); !errors.Is(err, contract.URLScheme) {
			t.Errorf("the judge: got %v", err)
		}
		if err := inspect.LoginURL(login, inspect.Options{Now: noon, Key: newKey(t), DevelopmentHTTP: true}).Err(); err != nil {
			t.Errorf("the judge in development: got %v", err)
		}
	}
	if _, err := ssotoken.ParseDevelopmentCommunity("ftp://community"); !errors.Is(err, contract.Scheme) {
		t.Errorf("ftp: got %v", err)
	}
}
