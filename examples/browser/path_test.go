package browser

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// What docs/production.md says of an origin that both share.
func TestOnTheSitesOwnOriginALoginLeadsUnderThePath(t *testing.T) {
	p, b := newPair(t, pairConfig{path: "/hub"}), newTab(t)
	p.pages.HandleFunc("/about", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<!doctype html><title>About</title><a href="/hub/members">Community</a>`)
	})
	b.open(p.community + "/spaces?sort=new")
	b.press("#login")
	b.press("button") // the partner's sign-in page
	if got, who := b.address(), b.member(); got != p.community+"/spaces?sort=new" || who != memberName {
		t.Fatalf("at %s as %q", got, who)
	}
	noToken(b, p.seen.tokens())
	eval[any](b, `void document.body.insertAdjacentHTML("beforeend", '<a id="about" href="/about">About</a>')`)
	b.press("#about")
	noToken(b, p.seen.tokens())
	b.press("a")
	if leaks := p.seen.leaks(p.seen.tokens()); leaks != nil || len(p.seen.tokens()) != 1 {
		t.Errorf("%d tokens, in headers: %q", len(p.seen.tokens()), leaks)
	}
	for _, r := range p.seen.all()[len(p.seen.all())-3:] { // the page, and what it loads
		if strings.HasPrefix(r.path, "/hub/") && !strings.Contains(r.header.Get("Cookie"), signedIn) {
			t.Errorf("%s was not sent the site's session", r.path)
		}
	}
	for _, r := range p.seen.all() {
		cookie, referer := r.header.Get("Cookie"), r.header.Get("Referer")
		if r.path == "/about" && (referer != p.community+"/spaces?sort=new" || strings.Contains(cookie, "community")) {
			t.Errorf("the site's page was sent %q, from %q", cookie, referer)
		}
	}
}

// A page that is shown at the login URL, such as an error's, would send it whole to the site.
func TestOnTheSitesOwnOriginAPageWithoutAPolicySendsItsWholeAddress(t *testing.T) {
	p, b := newPair(t, pairConfig{path: "/hub"}), newTab(t)
	p.pages.HandleFunc("/careless", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<!doctype html><title>Careless</title><a href="/session">Site</a>`)
	})
	b.open(p.partner + "/careless?jwt=eyJ")
	b.press("a")
	if p.seen.leaks(nil) == nil {
		t.Error("no header had the query")
	}
}

func TestALoopOnTheSitesOwnOriginIsBroken(t *testing.T) {
	p, b := newRefusedPair(t, nil, "/hub"), newTab(t)
	p.signIn(b)
	b.open(p.community + "/spaces?sort=new")
	b.press("#login")
	if got := eval[string](b, "document.querySelector('h1').textContent"); got != loopTitle || p.broken() != 1 {
		t.Errorf("at %s, which says %q", b.address(), b.text())
	}
	if got := len(p.fake.Attempts()); got < 3 || got >= mostVisits {
		t.Errorf("%d logins were tried", got)
	}
}
