package doctor_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
)

const (
	community = "https://community.example.com"
	keyText   = "pGx4Qm8Zt1Vb7Ns2Kd9Rf3Wh6Yc0LjEa"
	cookie    = "theme=dark; session=good"
	bearer    = "4f9c2e7ab1d84c06"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func newKey(t *testing.T, text string) ssotoken.Key {
	t.Helper()
	key, err := ssotoken.NewKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// A partner is a handler without a flaw, which does not use the SDK's handlers.
// Each test breaks one of its parts.
type partner struct {
	mu       sync.Mutex // requests come side by side
	clock    time.Time
	key      string
	status   int
	headers  map[string]string // of a login
	extra    func(h http.Header, token string)
	claims   map[string]any
	signedIn func(*http.Request) bool
	refuses  func(*http.Request) bool // where nobody navigates
	signIn   http.HandlerFunc
	check    func(referrer string) (redirect string)
	location func(r *http.Request, token, redirect string) string
	body     func(location string) string
	logout   http.HandlerFunc
	over     map[string]bool                               // sessions that have ended
	beside   func(*http.Request, jwt.MapClaims)            // changes the claims of one request
	before   func(http.ResponseWriter, *http.Request) bool // reports whether it has answered
	inPage   bool                                          // the login URL is in the body alone
}

func newPartner() *partner {
	p := &partner{clock: noon, key: keyText, status: http.StatusSeeOther, over: map[string]bool{}}
	p.headers = map[string]string{"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"}
	p.claims = map[string]any{"sub": "user-7", "name": "Ada", "email": "ada@example.com", "iat": noon.Unix(), "exp": noon.Unix() + 60}
	p.signedIn = func(r *http.Request) bool {
		c, err := r.Cookie("session")
		return err == nil && c.Value == "good" && !p.over["good"]
	}
	p.refuses = func(r *http.Request) bool {
		return r.Method != http.MethodGet || r.Header.Get("Sec-Purpose") != ""
	}
	p.signIn = func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("Sign in")) }
	p.check = func(referrer string) string {
		path, err := ssotoken.ParseReturnPath(referrer)
		if err != nil {
			return ""
		}
		return path.String()
	}
	p.location = func(_ *http.Request, token, redirect string) string {
		return loginAt(community, token, redirect)
	}
	p.before = func(http.ResponseWriter, *http.Request) bool { return false }
	p.beside = func(*http.Request, jwt.MapClaims) {}
	p.extra = func(http.Header, string) {}
	p.body = func(string) string { return "" }
	p.logout = func(w http.ResponseWriter, r *http.Request) {
		p.over["good"] = p.over["good"] || p.signedIn(r)
		w.Header().Set("Location", "/")
		w.WriteHeader(http.StatusSeeOther)
	}
	return p
}

func loginAt(origin, token, redirect string) string {
	location := origin + "/api/auth/sso?jwt=" + token
	if redirect != "" {
		location += "&redirect_uri=" + url.QueryEscape(redirect)
	}
	return location
}

func (p *partner) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w.Header().Set("Date", p.clock.UTC().Format(http.TimeFormat))
	switch {
	case p.before(w, r):
	case r.URL.Path == "/logout":
		p.logout(w, r)
	case r.URL.Path == "/json":
		newDoor(p).ServeHTTP(w, r)
	case !p.signedIn(r):
		p.signIn(w, r)
	case p.refuses(r):
		w.WriteHeader(http.StatusForbidden)
	default:
		p.login(w, r)
	}
}

// mint returns a token, and the login URL with it.
func (p *partner) mint(r *http.Request) (token, location string) {
	claims := jwt.MapClaims{}
	maps.Copy(claims, p.claims)
	p.beside(r, claims)
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(p.key))
	if err != nil {
		panic(err) // the claims of a test are JSON
	}
	redirect := ""
	if values := r.URL.Query()["referrer_uri"]; len(values) == 1 {
		redirect = p.check(values[0])
	}
	return token, p.location(r, token, redirect)
}

func (p *partner) login(w http.ResponseWriter, r *http.Request) {
	token, location := p.mint(r)
	for name, value := range p.headers {
		w.Header().Set(name, value)
	}
	p.extra(w.Header(), token)
	if location != "" && !p.inPage {
		w.Header().Set("Location", location)
	}
	if p.inPage {
		w.WriteHeader(http.StatusOK)
	} else {
		w.WriteHeader(p.status)
	}
	w.Write([]byte(p.body(location)))
}

func serve(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

func configFor(t *testing.T, server *httptest.Server) doctor.Config {
	t.Helper()
	return doctor.Config{
		AuthorizationURL: server.URL + "/login", LogoutURL: server.URL + "/logout",
		Community: community, Cookie: cookie, Key: newKey(t, keyText),
		Now: func() time.Time { return noon },
	}
}

func examine(t *testing.T, c doctor.Config) *doctor.Diagnosis {
	t.Helper()
	report, err := doctor.Check(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return report
}
