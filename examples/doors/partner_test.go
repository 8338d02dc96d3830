package doors_test

import (
	"crypto/rand"
	"fmt"
	"html"
	"html/template"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/bettermode-go/sso/examples/doors"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// A partner is a site with its own members and sessions.
type partner struct {
	mu       sync.Mutex
	members  map[string]member // by id
	sessions map[string]string // random id to member's id
}

type member struct{ ID, Name, Email string }

func (m member) claims() (ssotoken.Claims, error) {
	return ssotoken.NewClaims().Subject(m.ID).Name(m.Name).VerifiedEmail(m.Email).Build()
}

func (p *partner) member(r *http.Request) (member, bool) {
	c, err := r.Cookie("session")
	if err != nil {
		return member{}, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	m, ok := p.members[p.sessions[c.Value]]
	return m, ok
}

func (p *partner) identify(r *http.Request) (ssotoken.Claims, error) {
	m, ok := p.member(r)
	if !ok {
		return ssotoken.Claims{}, ssotoken.ErrNoSession
	}
	return m.claims()
}

func (p *partner) start(w http.ResponseWriter, r *http.Request, id string) {
	session := rand.Text()
	p.mu.Lock()
	p.sessions[session] = id
	p.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: "session", Value: session, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, r.URL.RequestURI(), http.StatusSeeOther)
}

func (p *partner) signIn(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		p.start(w, r, r.PostFormValue("id"))
		return
	}
	fmt.Fprint(w, "Sign in")
}

func (p *partner) signUp(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		m := member{ID: "u-2", Name: r.PostFormValue("name"), Email: r.PostFormValue("email")}
		p.mu.Lock()
		p.members[m.ID] = m
		p.mu.Unlock()
		p.start(w, r, m.ID)
		return
	}
	fmt.Fprint(w, "Sign up")
}

func (p *partner) signOut(w http.ResponseWriter, r *http.Request) error {
	if c, err := r.Cookie("session"); err == nil {
		p.mu.Lock()
		delete(p.sessions, c.Value)
		p.mu.Unlock()
	}
	http.SetCookie(w, &http.Cookie{Name: "session", Path: "/", MaxAge: -1})
	return nil
}

func (p *partner) save(w http.ResponseWriter, r *http.Request) (ssotoken.Claims, bool) {
	m, ok := p.member(r)
	if !ok {
		http.Error(w, "Sign in first.", http.StatusForbidden)
		return ssotoken.Claims{}, false
	}
	m.Email = r.PostFormValue("email")
	claims, err := m.claims()
	if err != nil {
		http.Error(w, "This is no email address.", http.StatusUnprocessableEntity)
		return ssotoken.Claims{}, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.members[m.ID] = m
	return claims, true
}

func text(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, s) }
}

// A town is a partner, a community and a visitor's browser.
type town struct {
	t         *testing.T
	community *ssotest.Community
	site      string // origin
	browser   *http.Client
}

func newTown(t *testing.T) *town {
	t.Helper()
	community := ssotest.NewCommunity(t, ssotest.Config{Settings: ssotest.Settings{Spaces: []ssotest.Space{{ID: "s-1",
		Name: "News", Slug: "news"}}}})
	signer, err := ssotoken.New(ssotoken.Config{Community: community.URL, Key: community.Key()})
	if err != nil {
		t.Fatal(err)
	}
	p := &partner{members: map[string]member{"u-1": {"u-1", "Ada Lovelace", "ada@partner.example"}}, sessions: map[string]string{}}
	handler, err := doors.New(signer, doors.Site{
		Identify: p.identify,
		SignIn:   http.HandlerFunc(p.signIn),
		SignUp:   http.HandlerFunc(p.signUp),
		SignOut:  p.signOut,
		Account:  text("Your account"),
		Save:     p.save,
		News:     func(frame template.HTML) http.Handler { return text("<h1>News</h1>" + string(frame)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", handler)
	mux.Handle("GET /{$}", text("Home"))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	community.Configure(func(s *ssotest.Settings) {
		s.AuthorizationURL, s.SignUpURL = server.URL+"/community/login", server.URL+"/community/sign-up"
		s.LogoutURL, s.AccountSettingsURL = server.URL+"/community/logout", server.URL+"/account"
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &town{t, community, server.URL, &http.Client{Jar: jar}}
}

func (tn *town) get(address string) (*http.Response, string) {
	tn.t.Helper()
	return tn.read(tn.browser.Get(address))
}

func (tn *town) post(address string, form url.Values) (*http.Response, string) {
	tn.t.Helper()
	return tn.read(tn.browser.PostForm(address, form))
}

func (tn *town) read(res *http.Response, err error) (*http.Response, string) {
	tn.t.Helper()
	if err != nil {
		tn.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		tn.t.Fatal(err)
	}
	return res, string(body)
}

// find returns the first group of an expression, unescaped as in an attribute.
func (tn *town) find(page, expression string) string {
	tn.t.Helper()
	found := regexp.MustCompile(expression).FindStringSubmatch(page)
	if found == nil {
		tn.t.Fatalf("no %s on the page:\n%s", expression, page)
	}
	return html.UnescapeString(found[1])
}

func (tn *town) expectAt(res *http.Response, want string) {
	tn.t.Helper()
	if got := res.Request.URL.String(); got != want || res.StatusCode != http.StatusOK {
		tn.t.Fatalf("got %s at %s, want %s", res.Status, got, want)
	}
}

// signIn starts at a page of the community, presses its login button and signs in.
func (tn *town) signIn(to string) *http.Response {
	tn.t.Helper()
	_, page := tn.get(tn.community.URL + to)
	form, page := tn.get(tn.community.URL + tn.find(page, `id="login" href="([^"]*)"`))
	if !strings.Contains(page, "Sign in") {
		tn.t.Fatalf("no sign-in page at %s", form.Request.URL)
	}
	res, _ := tn.post(form.Request.URL.String(), url.Values{"id": {"u-1"}})
	return res
}
