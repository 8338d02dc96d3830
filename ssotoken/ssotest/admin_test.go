package ssotest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

const settingsPage = "/_fake/admin"

// filled is the form of the settings as a browser sends it unchanged.
func filled(changes url.Values) url.Values {
	form := url.Values{"Name": {"Fake community"}, "LoginButtonText": {"Log in"}, "ClockSkew": {"0"}, "Delay": {"0"}}
	for name, values := range changes {
		form[name] = values
	}
	return form
}

func TestSettingsOfThePageAreInForceAtOnce(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	b := browser(t)
	key := c.Key()
	a := post(t, b, c.URL+settingsPage, filled(url.Values{
		"Name": {"Kite"}, "AuthorizationURL": {" " + partner + "/login "}, "SignUpURL": {partner + "/join"},
		"LogoutURL": {partner + "/out"}, "AccountSettingsURL": {partner + "/me"},
		"NewUsersHomepage": {"/welcome"}, "LoginButtonText": {"Go"}, "OtherLoginMethods": {"on"},
		"RefuseEverything": {"on"}, "RetryRefusedLogins": {"on"},
		"ClockSkew": {"-90"}, "Delay": {"0.25"},
		"Spaces":       {"s1 | Tips | tips\r\n\r\ns2\r\n s3 | A | b | c\n"},
		"CustomFields": {"Company | text | company, organisation\nAnything"},
	}))
	if a.status != http.StatusFound || a.location != settingsPage+"?saved=settings" {
		t.Fatalf("HTTP %d to %q", a.status, a.location)
	}
	got := c.Settings()
	if !got.Key.Equal(key) {
		t.Error("the key changed")
	}
	got.Key = ssotest.Settings{}.Key
	diff(t, "settings", ssotest.Settings{
		Name: "Kite", LoginButtonText: "Go", AuthorizationURL: partner + "/login", SignUpURL: partner + "/join",
		LogoutURL: partner + "/out", AccountSettingsURL: partner + "/me",
		NewUsersHomepage: "/welcome", OtherLoginMethods: true, RefuseEverything: true, RetryRefusedLogins: true,
		ClockSkew: -90 * time.Second, Delay: 250 * time.Millisecond,
		Spaces: []ssotest.Space{
			{ID: "s1", Name: "Tips", Slug: "tips"}, {ID: "s2", Name: "s2", Slug: "s2"},
			{ID: "s3", Name: "A | b", Slug: "c"},
		},
		CustomFields: []ssotest.CustomField{
			{Name: "Company", Type: "text", ExternalKeys: []string{"company", "organisation"}},
			{Name: "Anything"},
		},
	}, got)
	mustContain(
		t, get(t, b, c.URL+settingsPage).body, "s3 | A | b | c", "Company | text | company, organisation",
		`value="-90"`, "refuses every login", "is 90 s behind",
	)
	post(t, b, c.URL+settingsPage+"/calm", nil)
	if s := c.Settings(); s.RefuseEverything || s.RetryRefusedLogins || s.ClockSkew != 0 || s.Delay != 0 {
		t.Errorf("after it was switched off: %+v", s)
	}
}

func TestABadSettingIsSaidAtItsFieldAndNothingIsSaved(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	tests := []struct{ field, value, want string }{
		{"AuthorizationURL", "/login", "is not an absolute http or https URL"},
		{"NewUsersHomepage", "//evil.example", "is not a path"},
		{"Spaces", "a\na", "[1] needs its own ID and slug"},
		{"CustomFields", "A | colour | a", "[0].Type is not a type"},
		{"ClockSkew", "soon", "is not a number of seconds"},
		{"ClockSkew", "NaN", "is not a number of seconds"},
		{"ClockSkew", "3153600001", "is more than a hundred years"},
		{"Delay", "61", "between nothing and a minute"},
		{"Delay", "-1", "between nothing and a minute"},
	}
	for _, tt := range tests {
		t.Run(tt.field+" "+tt.value, func(t *testing.T) {
			a := post(t, browser(t), c.URL+settingsPage, filled(url.Values{"Name": {"Changed"}, tt.field: {tt.value}}))
			if a.status != http.StatusUnprocessableEntity || c.Settings().Name != "Fake community" {
				t.Errorf("HTTP %d, saved %q", a.status, c.Settings().Name)
			}
			mustContain(
				t, a.body, tt.want, "1 field to correct", `id="`+tt.field+`-problem"`,
				tt.field+`-problem" aria-invalid="true"`, `value="Changed"`, `<a href="#`+tt.field+`">Go to the field</a>`,
			)
		})
	}
}

func TestTheKeyIsShownToWhoRevealsItAlone(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	b := browser(t)
	old := c.Key()
	key := func(do, text string) answer {
		return post(t, b, c.URL+settingsPage+"/key", url.Values{"do": {do}, "Key": {text}})
	}
	if body := get(t, b, c.URL+settingsPage).body; strings.Contains(body, old.Reveal()) || !strings.Contains(body, old.Fingerprint()) {
		t.Error("the page has the key, or lacks its fingerprint")
	}
	mustContain(t, key("reveal", "").body, old.Reveal())
	if a := key("regenerate", ""); a.location != settingsPage+"?saved=key" || c.Key().Equal(old) {
		t.Errorf("HTTP %d to %q", a.status, a.location)
	}
	if a := key("use", " short "); a.status != http.StatusUnprocessableEntity || strings.Contains(a.body, " short ") {
		t.Errorf("a bad key: HTTP %d", a.status)
	}
	if key("use", old.Reveal()); !c.Key().Equal(old) {
		t.Error("the key is not the one that was given")
	}
	if a := key("reveal", ""); a.status != http.StatusForbidden || strings.Contains(a.body, old.Reveal()) {
		t.Errorf("a key that was given is shown: HTTP %d", a.status)
	}
	if a := get(t, b, c.URL+settingsPage+"/key"); a.status != http.StatusMethodNotAllowed {
		t.Errorf("GET: HTTP %d", a.status)
	}
}

func TestFormsOfTheToolsAreRefusedFromOtherSites(t *testing.T) {
	c := newCommunity(t, ssotest.Config{Members: []ssotest.Member{{ID: "m", Email: "a@example.com"}}})
	for _, path := range []string{
		settingsPage, settingsPage + "/key", settingsPage + "/calm", "/_fake/mistakes", "/_fake/inspect",
		"/members/m",
	} {
		r := must(http.NewRequest(http.MethodPost, c.URL+path, nil))
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		if a := do(t, browser(t), r); a.status != http.StatusForbidden {
			t.Errorf("POST %s from another site: HTTP %d", path, a.status)
		}
	}
}

func TestACommunityThatRefusesEverythingSaysSo(t *testing.T) {
	c := newCommunity(t, ssotest.Config{Settings: ssotest.Settings{RefuseEverything: true}})
	b := browser(t)
	a, l := login(t, b, c, ada, "")
	if a.status != http.StatusForbidden || l.Status != a.status {
		t.Errorf("HTTP %d, recorded %d", a.status, l.Status)
	}
	mustContain(t, a.body, "set to refuse every login", string(inspect.RefusesAll), "this community refuses every login")
	if len(c.Members()) != 0 {
		t.Error("it made a member all the same")
	}
}

func TestTheCommunitysClockMayBeWrong(t *testing.T) {
	tests := []struct {
		skew time.Duration
		code contract.Code
	}{{0, ""}, {-4 * time.Second, ""}, {-6 * time.Second, inspect.IatFuture}, {59 * time.Second, ""}, {time.Minute, inspect.ExpExpired}}
	for _, tt := range tests {
		c := newCommunity(t, ssotest.Config{Settings: ssotest.Settings{ClockSkew: tt.skew}})
		_, l := login(t, browser(t), c, ada, "")
		if (l.Err != nil) != (tt.code != "") || tt.code != "" && !l.Report.Has(tt.code) || !l.At.Equal(start) {
			t.Errorf("%v: %v at %v", tt.skew, l.Err, l.At)
		}
	}
}

func TestASlowAnswerTakesItsTimeOrEndsWithTheVisitor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := must(ssotest.NewHandler(ssotest.Config{Settings: ssotest.Settings{Delay: 3 * time.Second}}))
		visit := func(r *http.Request) (logins int, took time.Duration) {
			began := time.Now()
			defer func() { // its connection ends
				logins, took = len(h.Attempts()), time.Since(began)
				recover()
			}()
			visit(h, r)
			return len(h.Attempts()), time.Since(began)
		}
		if logins, took := visit(httptest.NewRequest(http.MethodGet, "/api/auth/sso", nil)); logins != 1 || took != 3*time.Second {
			t.Errorf("%d logins, after %v", logins, took)
		}
		r := httptest.NewRequest(http.MethodGet, "/api/auth/sso", nil)
		ctx, leave := context.WithTimeout(r.Context(), time.Second)
		defer leave()
		if logins, took := visit(r.WithContext(ctx)); logins != 1 || took != time.Second {
			t.Errorf("%d logins, after %v", logins, took)
		}
	})
}
