package browser

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// mostVisits is the visit at which a loop ends.
const mostVisits = 6

const loopTitle = "We couldn't log you in"

// newRefusedPair is a partner with a wrong key. JWT SSO is the only login method
// of its community, which sends refused members back.
func newRefusedPair(t *testing.T, aroundPartner func(http.Handler) http.Handler, path ...string) *pair {
	t.Helper()
	key, err := ssotoken.NewKey("the-key-before-it-was-regenerated")
	if err != nil {
		t.Fatal(err)
	}
	return newPair(t, pairConfig{
		partnerKey: key, settings: ssotest.Settings{RetryRefusedLogins: true}, aroundPartner: aroundPartner, path: strings.Join(path, ""),
	})
}

// broken is how many loops the partner has ended.
func (p *pair) broken() int { return strings.Count(p.log.String(), "event=refused code=loop") }

func TestARefusedLoginEndsOnAPageWithTheWayOut(t *testing.T) {
	p, b := newRefusedPair(t, nil), newTab(t)
	p.signIn(b)
	b.open(p.community + "/spaces?sort=new")
	b.press("#login")
	if got := eval[string](b, "document.querySelector('h1').textContent"); got != loopTitle || origin(b.address()) != p.partner {
		t.Fatalf("at %s, which says %q", b.address(), b.text())
	}
	if got := len(p.fake.Attempts()); got < 3 || got >= mostVisits {
		t.Errorf("%d logins were tried", got)
	}
	if log := p.log.String(); p.broken() != 1 || holdsToken(log, p.seen.tokens()) {
		t.Errorf("the partner's log says %s", log)
	}
	noToken(b, p.seen.tokens())
	b.press("main li:nth-child(3) a")
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
	if l.failure != "net::ERR_TOO_MANY_REDIRECTS" {
		t.Errorf("after %d logins at %s: %s", len(p.fake.Attempts()), l.address, l.failure)
	}
}

// A visit some time later is one that somebody asked for.
func TestAfterAWhileALoginIsTriedAgain(t *testing.T) {
	p, b := newRefusedPair(t, nil), newTab(t)
	p.signIn(b)
	b.open(p.partner + loginPath)
	if !strings.Contains(b.text(), loopTitle) {
		t.Fatalf("at %s, which says %q", b.address(), b.text())
	}
	p.clock.step(2 * time.Second)
	if err := p.fake.Configure(func(s *ssotest.Settings) { s.Key = p.key }); err != nil {
		t.Fatal(err)
	}
	b.open(p.partner + loginPath)
	if got, who := b.address(), b.member(); got != p.community+"/" || who != memberName {
		t.Errorf("at %s as %q", got, who)
	}
}

func TestTwoTabsThatLoopAtOnceAreBothStopped(t *testing.T) {
	p, b := newRefusedPair(t, nil), newTab(t)
	p.signIn(b)
	other := b.another()
	var group sync.WaitGroup
	for tab, path := range map[*tab]string{b: "/a", other: "/b"} {
		group.Go(func() { tab.land(p.partner + loginPath + "?referrer_uri=" + path) })
	}
	group.Wait()
	until(t, "both loops are broken", func() bool { return p.broken() >= 2 })
	for _, tab := range []*tab{b, other} {
		if !strings.Contains(tab.text(), loopTitle) {
			t.Errorf("at %s, which says %q", tab.address(), tab.text())
		}
	}
	if got := len(p.fake.Attempts()); got > 2*mostVisits {
		t.Errorf("%d logins were tried", got)
	}
	t.Logf("%d logins in two tabs", len(p.fake.Attempts()))
}

func TestTwoPagesInTurnAreStopped(t *testing.T) {
	turn := 0
	p, b := newRefusedPair(t, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == loginPath { // as if the community sent the visitor from another page each time
				turn++
				r.URL.RawQuery = "referrer_uri=" + []string{"/a", "/b"}[turn%2]
			}
			h.ServeHTTP(w, r)
		})
	}), newTab(t)
	p.signIn(b)
	b.open(p.community + "/spaces")
	b.press("#login")
	if !strings.Contains(b.text(), loopTitle) || turn > mostVisits {
		t.Errorf("after %d visits at %s, which says %q", turn, b.address(), b.text())
	}
	t.Logf("%d visits", turn)
}

func TestThreeFramesThatLoopAreStopped(t *testing.T) {
	p, b := newRefusedPair(t, nil), newTab(t)
	p.signIn(b)
	p.pages.HandleFunc("/frames", func(w http.ResponseWriter, r *http.Request) {
		for _, path := range []string{"/a", "/b", "/c"} {
			fmt.Fprintf(w, `<iframe src="%s?referrer_uri=%s" title="%s"></iframe>`, loginPath, path, path)
		}
	})
	b.open(p.partner + "/frames")
	until(t, "three loops are broken", func() bool { return p.broken() >= 3 })
	if got := len(p.fake.Attempts()); got > 3*mostVisits {
		t.Errorf("%d logins were tried", got)
	}
	t.Logf("%d logins in three frames", len(p.fake.Attempts()))
}

// Twenty visits of a person: the login button after the community's cookie was
// cleared, reloads, tabs, links of the site and the typed address.
func TestAPersonsVisitsAreNeverStopped(t *testing.T) {
	p, b := newPair(t, pairConfig{}), newTab(t)
	p.signIn(b)
	p.pages.HandleFunc("/links", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `<!doctype html><title>Links</title><a href="%s">To the community</a>`, loginPath)
	})
	visits := 0
	expect := func(tab *tab, how string) {
		t.Helper()
		visits++
		if tab.member() != memberName || p.broken() > 0 {
			t.Fatalf("visit %d, %s: at %s, which says %q", visits, how, tab.address(), tab.text())
		}
	}
	for range 5 {
		p.logOutOfCommunity(b)
		b.open(p.community + "/spaces")
		b.press("#login")
		expect(b, "by the login button")

		b.open(p.partner + "/links")
		b.press("a")
		expect(b, "by a link of the site")

		other := b.another()
		other.open(p.partner + loginPath)
		expect(other, "by a typed address in a new tab")
		run(other, chromedp.Reload())
		expect(other, "by a reload")
	}
	if got := len(p.fake.Attempts()); visits != 20 || got < 15 {
		t.Errorf("%d visits, %d logins", visits, got)
	}
}

// logOutOfCommunity leaves the tab's session at the partner alone.
func (p *pair) logOutOfCommunity(b *tab) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, network.DeleteCookies,
		network.DeleteCookiesParams{Name: "fake_community_session", URL: p.community}); err != nil {
		b.t.Fatal(err)
	}
}
