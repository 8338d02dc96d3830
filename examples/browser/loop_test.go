package browser

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

const (
	maxTrips   = 4
	tripWindow = 15 * time.Second
)

const loopTitle = "The community did not accept the login"

// newRefusedPair is a partner with a wrong key. JWT SSO is the only login method
// of its community, which sends refused members back.
func newRefusedPair(t *testing.T, aroundPartner func(http.Handler) http.Handler) *pair {
	t.Helper()
	key, err := ssotoken.NewKey("the-key-before-it-was-regenerated")
	if err != nil {
		t.Fatal(err)
	}
	return newPair(t, pairConfig{partnerKey: key, settings: ssotest.Settings{RetryRefusedLogins: true}, aroundPartner: aroundPartner})
}

func TestARefusedLoginEndsOnAPageWithTheWayOut(t *testing.T) {
	p, b := newRefusedPair(t, nil), newTab(t)
	p.signIn(b)
	b.open(p.community + "/spaces?sort=new")
	b.press("#login")
	if got := eval[string](b, "document.querySelector('h1').textContent"); got != loopTitle || origin(b.address()) != p.partner {
		t.Fatalf("at %s, which says %q", b.address(), b.text())
	}
	if got := len(p.fake.Attempts()); got != maxTrips {
		t.Errorf("%d logins were tried, want %d", got, maxTrips)
	}
	if log := p.log.String(); strings.Count(log, ssotoken.ErrLoop.Error()) != 1 || holdsToken(log, p.seen.tokens()) {
		t.Errorf("the partner's log says %s", log)
	}
	noToken(b, p.seen.tokens())
	b.press("main a")
	if got, want := b.address(), p.community+"/auth/login/direct"; got != want {
		t.Errorf("the way out leads to %s, want %s", got, want)
	}
}

// Without the cookie that counts the trips, the browser itself gives up, on an
// error page with no way out.
func TestWithoutTheLoopBreakerTheBrowserGoesRoundUntilItGivesUp(t *testing.T) {
	p := newRefusedPair(t, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.Header.Get("Cookie"), "sso_trips") {
				r.Header.Set("Cookie", signedIn+"=1")
			}
			h.ServeHTTP(w, r)
		})
	})
	b := newTab(t)
	p.signIn(b)
	l, err := b.land(p.partner + loginPath)
	if err != nil {
		t.Fatal(err)
	}
	if l.failure != "net::ERR_TOO_MANY_REDIRECTS" || len(p.fake.Attempts()) <= maxTrips {
		t.Errorf("after %d logins at %s: %s", len(p.fake.Attempts()), l.address, l.failure)
	}
}

// A new count starts when tripWindow is over.
func TestAfterAWhileALoginIsTriedAgain(t *testing.T) {
	p, b := newRefusedPair(t, nil), newTab(t)
	p.signIn(b)
	b.open(p.partner + loginPath)
	if !strings.Contains(b.text(), loopTitle) {
		t.Fatalf("at %s, which says %q", b.address(), b.text())
	}
	p.clock.step(tripWindow)
	if err := p.fake.Configure(func(s *ssotest.Settings) { s.Key = p.key }); err != nil {
		t.Fatal(err)
	}
	b.open(p.partner + loginPath)
	if got, who := b.address(), b.member(); got != p.community+"/" || who != memberName {
		t.Errorf("at %s as %q", got, who)
	}
}
