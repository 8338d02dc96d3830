package ssotoken_test

import (
	"errors"
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
		{"embeddings and overrides in a tagline", ada().Tagline("a\u202ab\u202bc\u202cd\u202de\u202e"), ada().Tagline("abcde"),
			"tagline", true},
		{"isolates in a tagline", ada().Tagline("\u2066a\u2067b\u2068c\u2069"), ada().Tagline("abc"), "tagline", true},
		{"implicit marks, joiners and non-joiners in a name",
			name("\u200fליאור\u200e علی\u200cرضا क्\u200dष 👩\u200d🚀\u061c"),
			name("\u200fליאור\u200e علی\u200cرضا क्\u200dष 👩\u200d🚀\u061c"), "", false},
		{"a space after an email", email("ada@example.com "), email("ada@example.com"), "email", true},
		{"a line ending after an email", email("ada@example.com\r\n"), email("ada@example.com"), "email", true},
		{"a tab before an email", email("\tada@example.com"), email("ada@example.com"), "email", true},
		{"the same space twice", plan(spaces.Add("a", "b", "a")), plan(spaces.Add("a", "b")), "spaceIds[2]", true},
		{"one empty space id", plan(spaces.Replace("a", "")), plan(spaces.Replace("a")), "spaceIds[1]", true},
		{"the same change twice", plan(spaces.Apply(spaces.Leave("a"), spaces.Leave("a"))),
			plan(spaces.Apply(spaces.Leave("a"))), "spaces[1].spaceId", true},
		{"a scheme in capitals", picture("HTTPS://example.com/A.png"), picture("https://example.com/A.png"), "picture", true},
		{"escapes stay, and stray percent signs", picture("https://example.com/a%20b%/100%?q=100%"),
			picture("https://example.com/a%20b%/100%?q=100%"), "", false},
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
				if sign(t, got).JWT() != sign(t, want).JWT() {
					t.Errorf("got %s", payload(t, sign(t, got)))
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
		{"joined and left", ada().Spaces(spaces.Apply(spaces.Join("a"), spaces.Leave("a"))), contract.SpacesJoinAndLeave},
		{"REPLACE of no rows", ada().Spaces(spaces.Replace([]string{}...)), contract.SpacesReplaceNothing},
		{"REPLACE of blank rows", ada().Spaces(spaces.Replace("", " ")), contract.SpacesReplaceNothing},
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
		Spaces: []ssotest.Space{{ID: "news"},
			{ID: "help"}}, CustomFields: []ssotest.CustomField{{Name: "Bio", ExternalKeys: []string{"bio_long"}}},
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
		{"two tables joined", ada().Spaces(spaces.Replace("news", "news")), []string{"spaceIds[1] spaces-repeated"},
			ssotest.Member{Spaces: []string{"news"}}},
		{"one empty id", ada().Spaces(spaces.Add("help", "")), []string{"spaceIds[1] space-ids-malformed"},
			ssotest.Member{Spaces: []string{"help", "news"}}},
		{"no entitlement, said", ada().Spaces(spaces.LeaveAll()), nil, ssotest.Member{}},
		{"a long tagline", ada().Tagline(long), []string{"tagline url-too-long"}, ssotest.Member{}},
		{"a long tagline and a longer field",
			ada().Tagline(long).Custom(customfields.Of(customfields.Text("bio_long",
				long+long))), []string{"bio_long url-too-long", "tagline url-too-long"}, ssotest.Member{}},
		{"a bad avatar", ada().Picture("/me.png"), []string{"picture picture-not-http"}, ssotest.Member{}},
		{"an id from SAML", ada().Subject(ssotoken.SubjectFrom(samlID)).VerifiedEmail("saml@example.com"), nil,
			ssotest.Member{ExternalID: ssotoken.SubjectFrom(samlID), Email: "saml@example.com"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPartner(t, func(*http.Request) (ssotoken.Claims, error) { return tt.given.BuildLenient() },
				func(c *ssotoken.LoginConfig) {
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
	if res, _ := p.answer(t, "GET", "/"); res.StatusCode != http.StatusUnprocessableEntity || p.events[0].Kind != ssotoken.Refused {
		t.Errorf("REPLACE of no rows: got %s, %+v", res.Status, p.events)
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
		signer, err := ssotoken.New(ssotoken.Config{Community: address, Key: newKey(t), DevelopmentHTTP: true,
			Now: func() time.Time { return noon }})
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
		if err := inspect.LoginURL(login, inspect.Options{Now: noon, Key: newKey(t)}).Err(); !errors.Is(err, inspect.URLScheme) {
			t.Errorf("the judge: got %v", err)
		}
		if err := inspect.LoginURL(login, inspect.Options{Now: noon, Key: newKey(t), DevelopmentHTTP: true}).Err(); err != nil {
			t.Errorf("the judge in development: got %v", err)
		}
	}
	ftp := ssotoken.Config{Community: "ftp://community", Key: newKey(t), DevelopmentHTTP: true}
	if _, err := ssotoken.New(ftp); !errors.Is(err, contract.Scheme) {
		t.Errorf("ftp: got %v", err)
	}
}
