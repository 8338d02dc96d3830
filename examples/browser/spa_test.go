package browser

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// startSPA starts examples/spa on free ports, as two sites.
func startSPA(t *testing.T) *program {
	t.Helper()
	return startProgram(t, "spa", "localhost:0", "127.0.0.1:0")
}

// minted counts the tokens in the program's log.
func (p *program) minted() int { return strings.Count(p.log.String(), "event=minted") }

func TestAFrontendOfOnePageAsksAtTheClickAndGoesToTheCommunity(t *testing.T) {
	p, b := startSPA(t), newTab(t)
	const deep = "/spaces/news?q=a%20b&tab=posts"
	b.open(p.community + deep)
	b.press("#login")
	b.press("#sso")
	if got := b.address(); !strings.HasPrefix(got, p.partner+"/community?referrer_uri=") {
		t.Fatalf("the login button led to %s", got)
	}
	b.show("#guest")
	if p.minted() != 0 {
		t.Error("the page had a token made as it loaded")
	}
	b.press(`[data-member="u-1001"]`)
	if got := b.address(); got != p.community+deep || b.member() != "Ada Lovelace" {
		t.Errorf("%q is at %s, want %s", b.member(), got, p.community+deep)
	}
	for _, address := range b.history() {
		if strings.Contains(address, "eyJ") {
			t.Errorf("the history has the token: %s", address)
		}
	}

	b.open(p.partner + "/")
	b.show("#member")
	if p.minted() != 1 {
		t.Errorf("%d tokens, want 1: the page had one made as it loaded", p.minted())
	}
	b.press("#community")
	if got := b.address(); got != p.community+"/" || b.member() != "Ada Lovelace" || p.minted() != 2 {
		t.Errorf("%q is at %s, after %d tokens", b.member(), got, p.minted())
	}
}

// Where only scripts know the session, no cookie of the server breaks a loop: the page
// counts.
func TestAPageThatAsksWithoutAClickEndsALoopItself(t *testing.T) {
	p, b := newRefusedPair(t, nil), newTab(t)
	asked := 0
	for _, file := range []string{"/app.js", "/style.css"} {
		p.pages.HandleFunc(file, func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "../spa/pages"+file) })
	}
	p.pages.HandleFunc("/community", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "../spa/pages/index.html") })
	p.pages.HandleFunc("/api/session", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `{"signedIn":true,"name":"Ada"}`) })
	p.pages.HandleFunc("/community/login-url", func(w http.ResponseWriter, r *http.Request) {
		asked++
		p.login.JSON().ServeHTTP(w, r)
	})
	if err := p.fake.Configure(func(s *ssotest.Settings) { s.AuthorizationURL = p.partner + "/community" }); err != nil {
		t.Fatal(err)
	}
	p.signIn(b)
	b.open(p.partner + "/community")
	b.show("#problem")
	if got := b.text(); asked != 5 || origin(b.address()) != p.partner || !strings.Contains(got, "sent you back several times") {
		t.Errorf("asked %d times, at %s, which says %q", asked, b.address(), got)
	}
}

func TestAFrontendOfOnePageSaysWhatIsWrong(t *testing.T) {
	p, b := startSPA(t), newTab(t)
	tests := []struct{ member, want string }{
		{"u-1002", "verify your email address"},
		{"u-1003", "complete your profile"},
	}
	for _, tt := range tests {
		b.open(p.partner + "/")
		b.show("#guest")
		run(b, chromedp.Click(chromedp.CSS(`[data-member="`+tt.member+`"]`)))
		b.show("#member")
		run(b, chromedp.Click(chromedp.CSS("#community")))
		b.show("#problem")
		if got := b.text(); !strings.Contains(got, tt.want) {
			t.Errorf("%s: the page says %q", tt.member, got)
		}
		run(b, chromedp.Click(chromedp.CSS("#sign-out")))
		b.show("#guest")
	}
	if p.minted() != 0 {
		t.Errorf("%d tokens", p.minted())
	}
}

func TestAFrontendOfOnePageAsksForTheSignInAgainWhereTheSessionIsOver(t *testing.T) {
	p, b := startSPA(t), newTab(t)
	b.open(p.partner + "/")
	b.show("#guest")
	run(b, chromedp.Click(chromedp.CSS(`[data-member="u-1001"]`)))
	b.show("#member")
	ended := true
	run(b, chromedp.Evaluate[int](`fetch("/api/session", {method: "DELETE"}).then(answer => answer.status)`,
		func(p *runtime.EvaluateParams) { p.AwaitPromise = &ended }))
	run(b, chromedp.Click(chromedp.CSS("#community")))
	b.show("#guest")
	b.show("#problem")
	if got := b.text(); !strings.Contains(got, "sign in again") {
		t.Errorf("the page says %q", got)
	}
}

func TestTheFrontendOfOnePageIsAccessible(t *testing.T) {
	p, b := startSPA(t), newTab(t)
	var sum measures
	sum.measure(b, "spa-missing", p.partner+"/nothing")
	sum.measure(b, "spa-guest", p.partner+"/")
	run(b, chromedp.Click(chromedp.CSS(`[data-member="u-1003"]`)))
	b.show("#member")
	run(b, chromedp.Click(chromedp.CSS("#community")))
	b.show("#problem")
	sum.resize(b, "spa-problem")
	run(b, chromedp.Click(chromedp.CSS("#sign-out")))
	b.show("#guest")
	sum.resize(b, "spa-signed-out")
	t.Log(&sum)
}
