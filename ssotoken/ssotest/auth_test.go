package ssotest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

const partner = "https://partner.example.com"

func TestLoginButtonGoesToTheAuthorizationURLWithReferrerURI(t *testing.T) {
	tests := []struct{ name, authorization, path, referer, want string }{
		{
			"from the button", partner + "/login", "/auth/login?from=%2Fspaces%3Fa%3Db%2520c", "",
			partner + "/login?referrer_uri=%2Fspaces%3Fa%3Db%2520c",
		},
		{"own query is kept", partner + "/login?tenant=a%20b&x", "/auth/login?from=/s", "", partner + "/login?tenant=a%20b&x&referrer_uri=%2Fs"},
		{"fragment stays last", partner + "/login#form", "/auth/login?from=/s", "", partner + "/login?referrer_uri=%2Fs#form"},
		{"from our page", partner + "/login", "/auth/login", "/members?page=2", partner + "/login?referrer_uri=%2Fmembers%3Fpage%3D2"},
		{"from a foreign page", partner + "/login", "/auth/login", "https://evil.example/x", partner + "/login?referrer_uri=%2F"},
		{"from nowhere", partner + "/login", "/auth/login", "", partner + "/login?referrer_uri=%2F"},
		{"from off the community", partner + "/login", "/auth/login?from=//evil.example", "", partner + "/login?referrer_uri=%2F"},
		{"sign up", partner + "/login", "/auth/signup?from=/s%20t", "", partner + "/join?referrer_uri=%2Fs%20t"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCommunity(t, ssotest.Config{Settings: ssotest.Settings{AuthorizationURL: tt.authorization, SignUpURL: partner + "/join"}})
			r := must(http.NewRequest(http.MethodGet, c.URL+tt.path, nil))
			if strings.HasPrefix(tt.referer, "/") {
				tt.referer = c.URL + tt.referer
			}
			r.Header.Set("Referer", tt.referer)
			if a := do(t, browser(t), r); a.status != http.StatusFound || a.location != tt.want {
				t.Errorf("HTTP %d to\n%s\nwant\n%s", a.status, a.location, tt.want)
			}
		})
	}
}

func TestTheButtonsComeBackToThePageWhereTheyAre(t *testing.T) {
	c := newCommunity(t, ssotest.Config{Settings: ssotest.Settings{AuthorizationURL: partner + "/login", SignUpURL: partner + "/join"}})
	for from, referrer := range map[string]string{
		"/spaces/news?sort=new&q=a+b%20c#top": "%2Fspaces%2Fnews%3Fsort%3Dnew%26q%3Da%2Bb%2520c%23top",
		"/größe":                              "%2Fgr%C3%B6%C3%9Fe", "": "%2F", "//evil.example": "%2F",
	} {
		for address, want := range map[string]string{c.LoginButton(from): partner + "/login", c.SignUpButton(from): partner + "/join"} {
			if a := get(t, browser(t), address); a.location != want+"?referrer_uri="+referrer {
				t.Errorf("%q leads to %s", from, a.location)
			}
		}
	}
}

func TestAnUnknownAddressOfTheLoginIsNotFound(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	for path, want := range map[string]int{
		"/auth/logn": 404, "/auth/": 404, "/auth/login/": 404, "/auth/login/direct/x": 404, "/auth%2flogn": 404,
		"/api/auth/sso/": 404, "/api/x": 404,
		"/auth/login": 200, "/auth/login/direct": 200, "/author": 200, "/authors/auth/x": 200,
	} {
		if a := get(t, browser(t), c.URL+path); a.status != want {
			t.Errorf("%s: HTTP %d, want %d", path, a.status, want)
		}
	}
}

func TestLoginPageIsShownWhenThereAreOtherLoginMethods(t *testing.T) {
	c := newCommunity(t, ssotest.Config{
		Settings: ssotest.Settings{AuthorizationURL: partner + "/login?a=b", OtherLoginMethods: true, LoginButtonText: "Use your Kite account"},
	})
	a := get(t, browser(t), c.URL+"/auth/login?from=/deep")
	if a.status != http.StatusOK {
		t.Errorf("HTTP %d", a.status)
	}
	mustContain(
		t, a.body, `href="https://partner.example.com/login?a=b&amp;referrer_uri=%2Fdeep"`,
		">Use your Kite account</a>", `href="/auth/login/direct"`,
	)
	mustContain(t, get(t, browser(t), c.URL+"/members").body, `href="/auth/login?from=%2fmembers"`, ">Use your Kite account</a>")
}

func TestUnsetURLsAreSaidToBeUnset(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	mustContain(t, get(t, browser(t), c.URL+"/auth/login").body, "No Authorization URL is set")
	mustContain(t, get(t, browser(t), c.URL+"/auth/signup").body, "No Sign Up URL is set")
	if a := get(t, browser(t), c.URL+"/auth/logout"); a.location != "/" {
		t.Errorf("logout leads to %q, want home", a.location)
	}
}

func TestLogoutEndsTheSessionAndGoesToTheLogoutURL(t *testing.T) {
	c := newCommunity(t, ssotest.Config{Settings: ssotest.Settings{LogoutURL: partner + "/logout?a=b"}})
	for _, send := range []func(*http.Client) answer{
		func(b *http.Client) answer { return get(t, b, c.URL+"/auth/logout") },
		func(b *http.Client) answer { return post(t, b, c.URL+"/auth/logout", nil) },
	} {
		b := browser(t)
		accept(t, b, c, ada)
		mustContain(t, get(t, b, c.URL+"/").body, "Logged in as")
		stolen := b.Jar.Cookies(must(url.Parse(c.URL)))
		if a := send(b); a.status != http.StatusFound || a.location != partner+"/logout?a=b" {
			t.Errorf("HTTP %d to %q", a.status, a.location)
		}
		b.Jar.SetCookies(must(url.Parse(c.URL)), stolen)
		mustContain(t, get(t, b, c.URL+"/").body, "Not logged in")
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	b := browser(t)
	accept(t, b, c, ada)
	for _, path := range []string{"/auth/logout", "/auth/login/direct", "/settings"} {
		r := must(http.NewRequest(http.MethodPost, c.URL+path, nil))
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		if a := do(t, b, r); a.status != http.StatusForbidden {
			t.Errorf("POST %s from another site: HTTP %d", path, a.status)
		}
	}
	mustContain(t, get(t, b, c.URL+"/").body, "Logged in as")
}

func TestDirectLoginIsTheWayOutOfALockOut(t *testing.T) {
	c := newCommunity(t, ssotest.Config{
		Settings: ssotest.Settings{AuthorizationURL: partner},
		Members:  []ssotest.Member{{Name: "Admin", Email: "Admin@example.com"}},
	})
	b := browser(t)
	mustContain(t, get(t, b, c.URL+"/auth/login/direct").body, `<option value="Admin@example.com">`)
	if a := post(t, b, c.URL+"/auth/login/direct", url.Values{"email": {"nobody@example.com"}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("unknown member: HTTP %d", a.status)
	}
	if a := post(t, b, c.URL+"/auth/login/direct", url.Values{"email": {"admin@example.com"}}); a.location != "/" {
		t.Errorf("HTTP %d to %q", a.status, a.location)
	}
	mustContain(t, get(t, b, c.URL+"/").body, "<strong>Admin</strong>")
}

func TestAccountSettingsURLReplacesChangingTheEmail(t *testing.T) {
	c := newCommunity(t, ssotest.Config{
		Settings: ssotest.Settings{AuthorizationURL: partner},
		Members:  []ssotest.Member{{Name: "Other", Email: "taken@example.com"}},
	})
	b := browser(t)
	if a := get(t, b, c.URL+"/settings"); a.location != "/auth/login?from=%2Fsettings" {
		t.Errorf("a guest goes to %q", a.location)
	}
	accept(t, b, c, ada)
	mustContain(t, get(t, b, c.URL+"/settings").body, `name="email"`)
	if a := post(t, b, c.URL+"/settings", url.Values{"email": {"Taken@example.com"}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("the email of another member: HTTP %d", a.status)
	}
	if a := post(t, b, c.URL+"/settings", url.Values{"email": {"new@example.com"}}); a.status != http.StatusFound {
		t.Errorf("HTTP %d", a.status)
	}
	if m := member(t, c, "u-7"); m.Email != "new@example.com" {
		t.Errorf("email %s", m.Email)
	}
	c.Configure(func(s *ssotest.Settings) { s.AuthorizationURL, s.AccountSettingsURL = "", partner+"/account" })
	a := get(t, b, c.URL+"/settings")
	mustContain(t, a.body, `href="https://partner.example.com/account"`)
	if strings.Contains(a.body, `name="email"`) {
		t.Error("the email can still be changed here")
	}
	post(t, b, c.URL+"/settings", url.Values{"email": {"newer@example.com"}})
	if m := member(t, c, "u-7"); m.Email != "new@example.com" {
		t.Errorf("email %s", m.Email)
	}
}
