package browser

import (
	"cmp"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// The paths of the partner in these tests, and the member that signs in there.
const (
	loginPath   = "/community/login"
	memberName  = "Ada Lovelace"
	memberID    = "u-1001"
	memberEmail = "ada@partner.example"
)

// A pair is a partner and a community that know each other. It does what
// examples/login does not: other keys, clocks, pages and readers.
type pair struct {
	partner, community string // origins, with the path of a community that is under one
	fake               *ssotest.Handler
	key                ssotoken.Key // the partner's
	signer             *ssotoken.Signer
	login              *ssotoken.Login
	clock              *clock
	log                *lockedBuffer
	seen               *recorder
	pages              *http.ServeMux // more pages of the partner
	sameSite           http.SameSite  // of the partner's session cookie
}

type pairConfig struct {
	path          string       // of a community on the partner's own origin; default: it has an origin of its own
	communityHost string       // default: 127.0.0.1, another site than the partner's localhost
	partnerKey    ssotoken.Key // default: the community's
	settings      ssotest.Settings
	members       []ssotest.Member
	sameSite      http.SameSite // default: Lax

	// Both, if not nil, wrap a server's handler.
	aroundCommunity func(http.Handler) http.Handler
	aroundPartner   func(http.Handler) http.Handler
}

func newPair(t *testing.T, c pairConfig) *pair {
	t.Helper()
	p := &pair{clock: newClock(), log: &lockedBuffer{}, seen: &recorder{}, pages: http.NewServeMux(), sameSite: c.sameSite}
	var err error
	if p.fake, err = ssotest.NewHandler(ssotest.Config{Settings: c.settings, Members: c.members, Path: c.path, Now: p.clock.now}); err != nil {
		t.Fatal(err)
	}
	p.partner = serve(t, "localhost", p.seen.record("partner", around(c.aroundPartner, p.pages)))
	if p.community = p.partner + c.path; c.path != "" {
		p.pages.Handle(c.path+"/", p.fake)
	} else {
		p.community = serve(t, cmp.Or(c.communityHost, "127.0.0.1"), p.seen.record("community", around(c.aroundCommunity, p.fake)))
	}
	if p.key = c.partnerKey; p.key.IsZero() {
		p.key = p.fake.Key()
	}
	if p.signer, err = ssotoken.New(ssotoken.Config{Community: p.community, Key: p.key, Now: p.clock.now}); err != nil {
		t.Fatal(err)
	}
	p.login, err = ssotoken.NewLogin(ssotoken.LoginConfig{
		Signer:   p.signer,
		Identify: identify,
		Observe:  ssotoken.SlogObserver(slog.New(slog.NewTextHandler(p.log, nil))),
	})
	if err != nil {
		t.Fatal(err)
	}
	p.pages.HandleFunc("/session", p.startSession)
	p.pages.Handle(loginPath, p.login.Middleware(http.HandlerFunc(p.signInPage)))
	if err := p.fake.Configure(func(s *ssotest.Settings) { s.AuthorizationURL = p.partner + loginPath }); err != nil {
		t.Fatal(err)
	}
	return p
}

func around(wrap func(http.Handler) http.Handler, h http.Handler) http.Handler {
	if wrap == nil {
		return h
	}
	return wrap(h)
}

// serve returns the origin with the host's name, which makes the site for a browser.
func serve(t *testing.T, host string, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	return "http://" + net.JoinHostPort(host, port)
}

// signedIn is the cookie of a session. This partner keeps nothing else of it.
const signedIn = "partner_session"

func identify(r *http.Request) (ssotoken.Claims, error) {
	if _, err := r.Cookie(signedIn); err != nil {
		return ssotoken.Claims{}, ssotoken.ErrNoSession
	}
	return ssotoken.NewClaims().Subject(memberID).Name(memberName).VerifiedEmail(memberEmail).Build()
}

// signInPage is the partner's: one button, one member.
func (p *pair) signInPage(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		p.startSession(w, r)
		p.login.Resume(w, r)
		return
	}
	fmt.Fprint(w, `<!doctype html><title>Sign in</title><form method="post"><button>Sign in</button></form>`)
}

func (p *pair) startSession(w http.ResponseWriter, _ *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: signedIn, Value: "1", Path: "/", HttpOnly: true, SameSite: cmp.Or(p.sameSite, http.SameSiteLaxMode)})
}

// signIn gives the tab a session at the partner, and none at the community.
func (p *pair) signIn(b *tab) {
	b.t.Helper()
	b.open(p.partner + "/session")
}

// A clock moves only by its steps.
type clock struct{ elapsed atomic.Int64 }

func newClock() *clock { return &clock{} }

func (c *clock) now() time.Time {
	return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC).Add(time.Duration(c.elapsed.Load()))
}

func (c *clock) step(d time.Duration) { c.elapsed.Add(int64(d)) }
