package provider_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/examples/oidc/provider"
)

const (
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636, appendix B
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	site      = "http://site.example/"
)

// newProvider returns its origin, and a browser that stays at the provider.
func newProvider(t *testing.T) (string, *http.Client) {
	t.Helper()
	var p http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	var err error
	p, err = provider.New(provider.Config{
		Issuer: server.URL, Client: provider.Client{ID: "site", Secret: "s3cret", RedirectURI: site + "back", PostLogoutRedirect: site},
		Accounts: []provider.Account{
			{ID: "1", Name: "Ada Lovelace", Email: "ada@site.example", EmailVerified: true},
		}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	jar, _ := cookiejar.New(nil)
	return server.URL, &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), site) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

func authorize(origin string, change url.Values) string {
	query := url.Values{
		"client_id": {"site"}, "redirect_uri": {site + "back"}, "response_type": {"code"}, "scope": {"openid email"},
		"state": {"st"}, "nonce": {"no"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	for key, values := range change {
		query[key] = values
	}
	return origin + "/authorize?" + query.Encode()
}

func TestTheProviderRefusesWhatASiteMustNotAsk(t *testing.T) {
	tests := []struct {
		name   string
		change url.Values
		status int
		want   string // in the redirect to the site, or on the page
	}{
		{"no PKCE", url.Values{"code_challenge": nil, "code_challenge_method": nil}, 302, "error=invalid_request"},
		{"PKCE without a challenge", url.Values{"code_challenge": nil}, 302, "error=invalid_request"},
		{"plain PKCE", url.Values{"code_challenge_method": {"plain"}}, 302, "error=invalid_request"},
		{"no question", url.Values{"prompt": {"none"}}, 302, "error=interaction_required"},
		{"implicit flow", url.Values{"response_type": {"id_token"}}, 302, "error=unauthorized_client"},
		{"foreign redirect URI", url.Values{"redirect_uri": {"http://evil.example/"}}, 400, "redirect_uri"},
		{"unknown site", url.Values{"client_id": {"other"}}, 400, "client"},
	}
	for _, tt := range tests {
		origin, browser := newProvider(t)
		res, err := browser.Get(authorize(origin, tt.change))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if said := res.Header.Get("Location") + string(body); res.StatusCode != tt.status || !strings.Contains(said, tt.want) {
			t.Errorf("%s: got %d, %s", tt.name, res.StatusCode, said)
		}
	}
}

// code signs in, and returns the authorization code that the site gets.
func code(t *testing.T, origin string, browser *http.Client) string {
	t.Helper()
	page, err := browser.Get(authorize(origin, nil))
	if err != nil {
		t.Fatal(err)
	}
	page.Body.Close()
	back, err := browser.PostForm(page.Request.URL.String(), url.Values{"account": {"1"}})
	if err != nil {
		t.Fatal(err)
	}
	back.Body.Close()
	to, err := back.Location()
	if err != nil || to.Query().Get("state") != "st" {
		t.Fatalf("got %v, %v", to, err)
	}
	return to.Query().Get("code")
}

func TestACodeWorksOnceWithTheSecretAndTheVerifier(t *testing.T) {
	origin, browser := newProvider(t)
	good := code(t, origin, browser)
	tests := []struct {
		name, code, secret, verifier string
		status                       int
	}{
		{"other secret", good, "other", verifier, 401},
		{"other verifier", good, "s3cret", strings.Repeat("x", 43), 400},
		{"no verifier", good, "s3cret", "", 400},
		{"good", good, "s3cret", verifier, 200},
		{"again", good, "s3cret", verifier, 400},
	}
	for _, tt := range tests {
		form := url.Values{
			"grant_type":    {"authorization_code"},
			"code":          {tt.code},
			"redirect_uri":  {site + "back"},
			"code_verifier": {tt.verifier},
		}
		r, _ := http.NewRequest("POST", origin+"/oauth/token", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth("site", tt.secret)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != tt.status {
			t.Errorf("%s: got %s, %s", tt.name, res.Status, body)
		}
	}
}

func TestALogOutLeadsOnlyToTheSite(t *testing.T) {
	origin, browser := newProvider(t)
	res, err := browser.Get(origin + "/end_session?client_id=site&post_logout_redirect_uri=" + url.QueryEscape("http://evil.example/"))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("got %s to %s", res.Status, res.Header.Get("Location"))
	}
}

func TestAFinishedOrUnknownSignInHasAPage(t *testing.T) {
	origin, browser := newProvider(t)
	res, err := browser.Get(origin + "/login?id=unknown")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if res.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), `href="`+site+`"`) {
		t.Errorf("got %s, %s", res.Status, body)
	}
}

func TestAForeignPageSignsNobodyIn(t *testing.T) {
	origin, browser := newProvider(t)
	page, err := browser.Get(authorize(origin, nil))
	if err != nil {
		t.Fatal(err)
	}
	page.Body.Close()
	r, _ := http.NewRequest("POST", page.Request.URL.String(), strings.NewReader("account=1"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("got %s", res.Status)
	}
}
