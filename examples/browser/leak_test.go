package browser

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// noToken looks wherever a token could stay in a browser.
func noToken(b *tab, tokens []string) {
	b.t.Helper()
	places := map[string]string{
		"the page":              eval[string](b, "document.documentElement.outerHTML + document.body.innerText"),
		"the page's address":    b.address(),
		"document.referrer":     eval[string](b, "document.referrer"),
		"the browser's history": strings.Join(b.history(), "\n"),
		"the page's storage":    eval[string](b, "document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)"),
	}
	for place, text := range places {
		if holdsToken(text, tokens) {
			b.t.Errorf("%s holds a token", place)
		}
	}
}

// After the trip, the member follows links in both directions: the address of
// the page after a login could leak.
func TestNoTokenIsInAHeaderAPageTheHistoryOrTheLog(t *testing.T) {
	p, b := newPair(t, pairConfig{settings: ssotest.Settings{OtherLoginMethods: true}}), newTab(t)
	if err := p.fake.Configure(func(s *ssotest.Settings) { s.AccountSettingsURL = p.partner + "/account" }); err != nil {
		t.Fatal(err)
	}
	p.pages.HandleFunc("/account", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `<!doctype html><title>Account</title><a href="%s/members">Community</a><img src="%[1]s/none.png" alt="">`, p.community)
	})
	b.open(p.community + "/spaces?sort=new")
	b.press("#login")
	b.press("#sso")
	b.press("button") // the partner's sign-in page
	if got, who := b.address(), b.member(); got != p.community+"/spaces?sort=new" || who != memberName {
		t.Fatalf("at %s as %q", got, who)
	}
	noToken(b, p.seen.tokens())
	b.press(`.who a[href="/settings"]`)
	b.press("#account")
	noToken(b, p.seen.tokens())
	b.press("a")
	noToken(b, p.seen.tokens())
	b.open(p.partner + loginPath) // a second login, by the session
	noToken(b, p.seen.tokens())

	tokens := p.seen.tokens()
	if len(tokens) != 2 || tokens[0] == "" {
		t.Fatalf("the community was given %d tokens, want 2", len(tokens))
	}
	if leaks := p.seen.leaks(tokens); leaks != nil {
		t.Errorf("tokens in headers: %q", leaks)
	}
	if log := p.log.String(); holdsToken(log, tokens) || strings.Count(log, "event=minted") != 2 {
		t.Errorf("the partner's log says %s", log)
	}
	referers := 0
	for _, r := range p.seen.all() {
		if r.header.Get("Referer") != "" {
			referers++
		}
	}
	t.Logf("%d requests, %d of them with a Referer", len(p.seen.all()), referers)
	if referers == 0 {
		t.Error("no request had a Referer at all: the test sees none")
	}
}

// A careless page is found, so the test above can fail.
func TestATokenInARefererIsFound(t *testing.T) {
	p, b := newPair(t, pairConfig{}), newTab(t)
	p.pages.HandleFunc("/careless", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Referrer-Policy", "unsafe-url")
		fmt.Fprintf(w, `<!doctype html><title>Careless</title><a href="%s/members">Community</a>`, p.community)
	})
	claims, err := ssotoken.NewClaims().Subject(memberID).Name(memberName).VerifiedEmail(memberEmail).Build()
	if err != nil {
		t.Fatal(err)
	}
	token, err := p.signer.Sign(t.Context(), claims)
	if err != nil {
		t.Fatal(err)
	}
	b.open(p.partner + "/careless?jwt=" + token.JWT())
	b.press("a")
	if p.seen.leaks([]string{token.JWT()}) == nil {
		t.Error("not found")
	}
}

// The browser itself reports what it sent, with the example's partner. Grace has
// a picture at the partner, which the community's pages load.
func TestTheExampleGivesNoTokenAwayEither(t *testing.T) {
	p, b := startLogin(t), newTab(t)
	var mu sync.Mutex
	var headers []network.Headers
	err := chromedp.Listen(b.ctx, func(ev any) {
		if sent, ok := ev.(*network.EventRequestWillBeSentExtraInfo); ok {
			mu.Lock()
			defer mu.Unlock()
			headers = append(headers, sent.Headers)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	p.signIn(b, "/spaces/news", "u-1002")
	noToken(b, nil)
	b.press(`.who a[href="/settings"]`)
	b.press("#account")
	b.press("main button") // saves the profile, and logs in again
	noToken(b, nil)
	b.press(".who form button")
	noToken(b, nil)
	mu.Lock()
	defer mu.Unlock()
	for _, h := range headers {
		if holdsToken(fmt.Sprint(h), nil) {
			t.Error("a header holds a token")
		}
	}
	if len(headers) < 10 {
		t.Errorf("saw only %d requests", len(headers))
	}
	if log := p.log.String(); holdsToken(log, nil) || strings.Count(log, "event=minted") != 2 || !strings.Contains(log, "event=logged-out") {
		t.Errorf("the partner's log says %s", log)
	}
}
