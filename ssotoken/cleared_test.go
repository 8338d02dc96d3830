package ssotoken_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// The member has a value in each field, and saves a profile that Redirect brings to
// the community.
func TestAFieldThatWasClearedStaysUnlessAnotherValueStandsForIt(t *testing.T) {
	was := ssotest.Member{
		ExternalID: "user-1", Name: "Ada Lovelace", Email: "ada@example.com",
		Tagline: "First programmer", Picture: "https://cdn.example.com/ada.png",
		Fields: map[string]string{"Company": `"Initech"`, "Seats": "3", "Admin": "true", "Skills": `["go"]`, "Renewal": `"2027-03-01"`},
	}
	field := func(name string, kind string, key string) ssotest.CustomField {
		return ssotest.CustomField{Name: name, Type: kind, ExternalKeys: []string{key}}
	}
	of := func(field customfields.Field) *ssotoken.ClaimsBuilder { return ada().Custom(customfields.Of(field)) }
	tests := []struct {
		name    string
		saved   *ssotoken.ClaimsBuilder
		becomes func(*ssotest.Member)
	}{
		{"nothing is sent", ada(), nil},
		{"an empty text", of(customfields.Text("company", "")), nil},
		{"an empty list", of(customfields.Array[string]("skills", nil)), nil},
		{"no date", of(customfields.Date("renewal", time.Time{})), nil},
		{"an empty tagline and picture", ada().Tagline("").Picture(""), nil},
		{"a dash for a text", of(customfields.Text("company", "–")), func(m *ssotest.Member) { m.Fields["Company"] = `"–"` }},
		{"a list of a dash", of(customfields.Array("skills", []string{"–"})), func(m *ssotest.Member) { m.Fields["Skills"] = `["–"]` }},
		{"0", of(customfields.Integer("seats", 0)), func(m *ssotest.Member) { m.Fields["Seats"] = "0" }},
		{"false", of(customfields.Boolean("admin", false)), func(m *ssotest.Member) { m.Fields["Admin"] = "false" }},
		{"a dash as a tagline, a neutral picture", ada().Tagline("–").Picture("https://cdn.example.com/nobody.png"),
			func(m *ssotest.Member) { m.Tagline, m.Picture = "–", "https://cdn.example.com/nobody.png" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			community := ssotest.NewCommunity(t, ssotest.Config{
				Settings: ssotest.Settings{CustomFields: []ssotest.CustomField{
					field("Company", "text", "company"), field("Seats", "number", "seats"), field("Admin", "boolean", "admin"),
					field("Skills", "array", "skills"), field("Renewal", "date", "renewal"),
				}},
				Members: []ssotest.Member{was}, Now: clock,
			})
			login, err := ssotoken.NewLogin(ssotoken.LoginConfig{
				Signer:   newSigner(t, func(c *ssotoken.Config) { c.Community, c.Key = community.URL, community.Key() }),
				Identify: nobody, Observe: func(context.Context, ssotoken.Event) {},
			})
			if err != nil {
				t.Fatal(err)
			}
			account := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				login.Redirect(w, r, build(t, tt.saved))
			}))
			defer account.Close()
			res, err := http.Post(account.URL, "", nil)
			if attempts := community.Attempts(); err != nil || len(attempts) != 1 || attempts[0].Err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			want := was
			want.Fields = maps.Clone(was.Fields)
			if tt.becomes != nil {
				tt.becomes(&want)
			}
			got, _ := community.Member("user-1")
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(ssotest.Member{}, "ID")); diff != "" {
				t.Errorf("member (-want +got):\n%s", diff)
			}
		})
	}
}
