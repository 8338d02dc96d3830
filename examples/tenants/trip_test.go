package main

import (
	"context"
	"errors"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/examples/internal/sessions"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// A town is the demo on two ports, and what its site logs.
type town struct {
	*demo
	t                       *testing.T
	sitePort, communityPort string
	log                     *lockedLog
}

type lockedLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newTown(t *testing.T) *town {
	t.Helper()
	site, communities := httptest.NewUnstartedServer(nil), httptest.NewUnstartedServer(nil)
	portOf := func(s *httptest.Server) string { _, p, _ := net.SplitHostPort(s.Listener.Addr().String()); return p }
	log := &lockedLog{}
	d, err := newDemo(t.Context(), portOf(site), portOf(communities), slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	site.Config.Handler, communities.Config.Handler = d.partner(), d.communities()
	for _, s := range []*httptest.Server{site, communities} {
		s.Start()
		t.Cleanup(s.Close)
	}
	return &town{d, t, portOf(site), portOf(communities), log}
}

func (tn *town) siteOf(tenant string) string { return "http://" + tenant + ".localhost:" + tn.sitePort }

func (tn *town) communityOf(tenant string) string {
	return "http://community." + tenant + ".localhost:" + tn.communityPort
}

// A browser knows that every name under localhost is this machine, as browsers do.
type browser struct {
	tn     *town
	client *http.Client
	jar    http.CookieJar
}

func (tn *town) newBrowser() *browser {
	tn.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		tn.t.Fatal(err)
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	}}
	tn.t.Cleanup(transport.CloseIdleConnections)
	return &browser{tn, &http.Client{Jar: jar, Transport: transport}, jar}
}

func (b *browser) do(method, address string, form url.Values) (*http.Response, string) {
	b.tn.t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.tn.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := b.client.Do(r)
	if err != nil {
		b.tn.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.tn.t.Fatal(err)
	}
	return res, string(body)
}

// logIn starts at a page of a tenant's community, presses its login button, and
// chooses a member on the sign-in page.
func (b *browser) logIn(tenant, page, member string) (*http.Response, string) {
	b.tn.t.Helper()
	_, text := b.do("GET", b.tn.communityOf(tenant)+page, nil)
	button := regexp.MustCompile(`id="login" href="([^"]*)"`).FindStringSubmatch(text)
	if button == nil {
		b.tn.t.Fatalf("no login button: %s", text)
	}
	form, text := b.do("GET", b.tn.communityOf(tenant)+html.UnescapeString(button[1]), nil)
	if !strings.Contains(text, "Sign in to") {
		b.tn.t.Fatalf("no sign-in page at %s: %s", form.Request.URL, text)
	}
	return b.do("POST", form.Request.URL.String(), url.Values{"member": {member}})
}

// logins counts the tokens that a tenant's community got.
func (tn *town) logins(tenant string) int { return len(tn.fakes[tenant].Attempts()) }

func TestEachTenantsMembersAreLoggedInToItsOwnCommunity(t *testing.T) {
	tn := newTown(t)
	for tenant, want := range map[string]ssotest.Member{
		"acme":    {ExternalID: "1", Name: "Ada Lovelace", Email: "ada@acme.example"},
		"initech": {ExternalID: "1", Name: "Grace Hopper", Email: "grace@initech.example"},
	} {
		res, _ := tn.newBrowser().logIn(tenant, "/spaces/news", "1")
		if got := res.Request.URL.String(); got != tn.communityOf(tenant)+"/spaces/news" || res.StatusCode != http.StatusOK {
			t.Errorf("%s: got %s at %s", tenant, res.Status, got)
		}
		got, _ := tn.fakes[tenant].Member("1")
		want.ID = got.ID
		if diff := cmp.Diff(want, got); diff != "" || got.ID == "" {
			t.Errorf("%s: member (-want +got):\n%s", tenant, diff)
		}
		if !strings.Contains(tn.log.String(), "event=minted") || !strings.Contains(tn.log.String(), "community="+tn.communityOf(tenant)) {
			t.Errorf("%s is not in the log: %s", tenant, tn.log)
		}
	}
}

func TestASessionOfOneTenantIsNotSentToAnotherAndCountsForNothingThere(t *testing.T) {
	tn := newTown(t)
	b := tn.newBrowser()
	b.logIn("acme", "/", "1")
	session := func(origin string) (found []*http.Cookie) {
		u, err := url.Parse(origin + "/")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range b.jar.Cookies(u) {
			if c.Name == "session" {
				found = append(found, c)
			}
		}
		return found
	}
	own := session(tn.siteOf("acme"))
	for _, origin := range []string{tn.siteOf("initech"), "http://localhost:" + tn.sitePort, tn.communityOf("acme")} {
		if len(own) != 1 || session(origin) != nil {
			t.Errorf("the cookie of acme's session is sent to %s", origin)
		}
	}
	initech, err := url.Parse(tn.siteOf("initech") + "/")
	if err != nil {
		t.Fatal(err)
	}
	b.jar.SetCookies(initech, own) // by hand
	res, text := b.do("GET", tn.siteOf("initech")+loginPath, nil)
	if res.StatusCode != http.StatusOK || !strings.Contains(text, "Sign in to Initech") || tn.logins("initech") != 0 {
		t.Errorf("got %s %s", res.Status, text)
	}
	if _, text = b.do("GET", tn.siteOf("initech")+"/", nil); !strings.Contains(text, "Nobody is signed in") {
		t.Errorf("got %s", text)
	}
}

// The wrong way: a query that forgets the tenant. The member's own record still
// says acme, and the signer of initech refuses.
func TestAQueryThatForgetsTheTenantLogsNobodyIn(t *testing.T) {
	tn := newTown(t)
	ada := "session-of-ada"
	if err := tn.site.tenants.startSession(t.Context(), "acme", "1", ada); err != nil {
		t.Fatal(err)
	}
	var events []ssotoken.Event
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{
		SignerFor: tn.site.signerFor,
		IdentifyIn: func(r *http.Request, _ string) (ssotoken.Claims, error) {
			var m member
			if err := tn.site.tenants.db.QueryRowContext(r.Context(), `SELECT m.tenant, m.id, m.name, m.email
				FROM sessions s JOIN members m ON m.tenant = s.tenant AND m.id = s.member WHERE s.hash = ?`, hashed(session(r))).
				Scan(&m.Tenant, &m.ID, &m.Name, &m.Email); err != nil {
				return ssotoken.Claims{}, err
			}
			return ssotoken.NewClaims().Tenant(m.Tenant).Subject(m.ID).Name(m.Name).VerifiedEmail(m.Email).Build()
		},
		Observe: func(_ context.Context, e ssotoken.Event) { events = append(events, e) },
	})
	if err != nil {
		t.Fatal(err)
	}
	for tenant, status := range map[string]int{"acme": http.StatusSeeOther, "initech": http.StatusForbidden} {
		events = nil
		r := httptest.NewRequest("GET", tn.siteOf(tenant)+loginPath, nil)
		r.AddCookie(&http.Cookie{Name: "session", Value: ada})
		w := httptest.NewRecorder()
		login.Middleware(http.NotFoundHandler()).ServeHTTP(w, r)
		if w.Code != status || (w.Header().Get("Location") != "") != (tenant == "acme") || len(events) != 1 {
			t.Fatalf("%s: got %d, to %q, events %+v", tenant, w.Code, w.Header().Get("Location"), events)
		}
		if tenant == "initech" &&
			(events[0].Kind != ssotoken.Refused || !errors.Is(events[0].Err, ssotoken.ErrWrongTenant) ||
				events[0].Community != tn.communityOf("initech")) {
			t.Errorf("event %+v", events[0])
		}
	}
}

func TestAKeyThatChangesIsUsedAtTheNextLogin(t *testing.T) {
	tn := newTown(t)
	b := tn.newBrowser()
	b.logIn("acme", "/", "1")
	before := tn.fakes["acme"].Key()
	if res, text := b.do("POST", "http://localhost:"+tn.sitePort+"/", url.Values{"tenant": {"acme"}}); res.StatusCode != http.StatusOK ||
		!strings.Contains(text, "All tenants") {
		t.Fatalf("got %s %s", res.Status, text)
	}
	if tn.fakes["acme"].Key().Equal(before) {
		t.Fatal("the key did not change")
	}
	b.do("GET", tn.siteOf("acme")+loginPath, nil)
	tn.newBrowser().logIn("initech", "/", "1")
	for tenant, want := range map[string]int{"acme": 2, "initech": 1} {
		attempts := tn.fakes[tenant].Attempts()
		if len(attempts) != want {
			t.Fatalf("%s: %d logins", tenant, len(attempts))
		}
		for _, a := range attempts {
			if a.Err != nil {
				t.Errorf("%s: %v", tenant, a.Err)
			}
		}
	}
}

func TestAHostOfNoTenantGetsNoSignInPage(t *testing.T) {
	tn := newTown(t)
	for _, host := range []string{"umbrella.localhost", "localhost", "x.acme.localhost", "127.0.0.1",
		"acme.localhost.localhost", "%.localhost"} {
		for _, path := range []string{loginPath, logoutPath} {
			for _, method := range []string{"GET", "POST"} {
				r := httptest.NewRequest(method, "/", nil)
				r.Host, r.URL.Path = host+":"+tn.sitePort, path
				w := httptest.NewRecorder()
				tn.partner().ServeHTTP(w, r)
				if w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "Sign in") ||
					!strings.Contains(w.Body.String(), "There is no community here") {
					t.Errorf("%s %s%s: got %d %s", method, host, path, w.Code, w.Body)
				}
			}
		}
	}
	if !strings.Contains(tn.log.String(), "level=INFO msg=\"community sso\" event=turned-away code=no-tenant") ||
		strings.Contains(tn.log.String(), "ERROR") {
		t.Errorf("logged %s", tn.log)
	}
}

func TestABannedMemberIsToldSoAndStaysOut(t *testing.T) {
	tn := newTown(t)
	res, text := tn.newBrowser().logIn("acme", "/", "2")
	if res.StatusCode != http.StatusForbidden || !strings.Contains(text, "You have no access to the community") || tn.logins("acme") != 0 {
		t.Errorf("got %s %s", res.Status, text)
	}
	if !strings.Contains(tn.log.String(), "event=may-not-enter") || strings.Contains(tn.log.String(), "ERROR") {
		t.Errorf("logged %s", tn.log)
	}
}

// cookieOf is what a browser sends of its session to a tenant's site.
func (b *browser) cookieOf(tenant string) *http.Cookie {
	b.tn.t.Helper()
	u, err := url.Parse(b.tn.siteOf(tenant) + "/")
	if err != nil {
		b.tn.t.Fatal(err)
	}
	for _, c := range b.jar.Cookies(u) {
		if c.Name == "session" {
			return c
		}
	}
	b.tn.t.Fatal("no session")
	return nil
}

// signedInWith asks a tenant's site who is signed in, with some cookies.
func (tn *town) signedInWith(tenant string, cookies ...*http.Cookie) bool {
	r := httptest.NewRequest("GET", tn.siteOf(tenant)+"/", nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	tn.partner().ServeHTTP(w, r)
	return strings.Contains(w.Body.String(), "Signed in as")
}

func TestASessionEndsInTimeAndAtANewSignIn(t *testing.T) {
	tn := newTown(t)
	now := time.Now()
	tn.site.tenants.now = func() time.Time { return now }
	b := tn.newBrowser()
	b.logIn("acme", "/", "1")
	first := b.cookieOf("acme")
	b.do("POST", tn.siteOf("acme")+loginPath, url.Values{"member": {"1"}})
	second := b.cookieOf("acme")
	if tn.signedInWith("acme", first) || !tn.signedInWith("acme", second) {
		t.Error("after a new sign-in, the session of before is not over, or the new one is none")
	}
	now = now.Add(sessions.Lifetime)
	if tn.signedInWith("acme", second) {
		t.Error("the session is not over")
	}
	b.do("POST", tn.siteOf("acme")+loginPath, url.Values{"member": {"1"}})
	var left int
	if err := tn.site.tenants.db.QueryRow(`SELECT count(*) FROM sessions`).Scan(&left); err != nil || left != 1 {
		t.Errorf("%d sessions are stored, %v", left, err)
	}
}

// A host below the tenant's can set a cookie of this name for it, over http.
func TestTwoSessionCookiesAreNone(t *testing.T) {
	tn := newTown(t)
	b := tn.newBrowser()
	b.logIn("acme", "/", "1")
	own := b.cookieOf("acme")
	if planted := *own; tn.signedInWith("acme", &planted, own) || !tn.signedInWith("acme", own) {
		t.Error("signed in by one of two cookies")
	}
}

func TestAMemberOfAnotherTenantCanNotSignIn(t *testing.T) {
	tn := newTown(t)
	b := tn.newBrowser()
	res, _ := b.do("POST", tn.siteOf("acme")+loginPath, url.Values{"member": {"7"}}) // of Globex
	if res.StatusCode != http.StatusBadRequest || tn.logins("acme") != 0 {
		t.Errorf("got %s", res.Status)
	}
}

func TestTheLogoutURLEndsTheSessionOfItsTenant(t *testing.T) {
	tn := newTown(t)
	b := tn.newBrowser()
	b.logIn("acme", "/", "1")
	if _, text := b.do("GET", tn.siteOf("acme")+"/", nil); !strings.Contains(text, "Signed in as Ada Lovelace") {
		t.Fatalf("not signed in: %s", text)
	}
	res, text := b.do("POST", tn.communityOf("acme")+"/auth/logout", nil)
	if got := res.Request.URL.String(); got != tn.siteOf("acme")+"/" || !strings.Contains(text, "Nobody is signed in") {
		t.Errorf("at %s: %s", got, text)
	}
	if !strings.Contains(tn.log.String(), "event=logged-out") {
		t.Errorf("logged %s", tn.log)
	}
}
