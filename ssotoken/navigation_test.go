package ssotoken_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken"
)

// sends builds a request as a browser does, with headers as "Name: value".
func sends(method, target string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	return r
}

func TestATokenIsMintedOnlyForAPersonWhoNavigates(t *testing.T) {
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Identify: signedIn(t)})
	if err != nil {
		t.Fatal(err)
	}
	handlers := map[string]http.Handler{
		"Middleware": login.Middleware(http.NotFoundHandler()),
		"Redirect":   http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { login.Redirect(w, r, build(t, ada())) }),
		"RedirectTo": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			login.RedirectTo(w, r, build(t, ada()), ssotoken.ReturnPath{})
		}),
	}
	matrix := map[string][]string{
		"no headers: older browsers": nil,
		"document":                   {"Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: cross-site", "Sec-Fetch-User: ?1"},
		"iframe":                     {"Sec-Fetch-Dest: iframe"},
		"frame":                      {"Sec-Fetch-Dest: frame"},
	}
	for name, headers := range matrix {
		for handler, h := range handlers {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, sends("GET", "/community/login", headers...))
			expectPrivate(t, w)
			if w.Code != http.StatusSeeOther || !strings.Contains(w.Header().Get("Location"), "jwt=") {
				t.Errorf("%s, %s: got %d", handler, name, w.Code)
			}
		}
	}
	refused := [][]string{{"Sec-Purpose: prefetch"}, {"Sec-Purpose: prefetch;prerender"}, {"Sec-Purpose: prefetch;anonymous-client-ip"}, {"Purpose: prefetch"}, {"X-Purpose: preview"}, {"X-Moz: prefetch"},
		{"Sec-Purpose: prefetch", "Sec-Fetch-Dest: document"}, {"Purpose: Prefetch"}}
	for _, dest := range strings.Fields("audio audioworklet embed empty fencedframe font image json manifest object paintworklet report script serviceworker sharedworker style track video webidentity worker xslt Document unknown") {
		refused = append(refused, []string{"Sec-Fetch-Dest: " + dest})
	}
	for _, headers := range refused {
		for handler, h := range handlers {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, sends("GET", "/community/login", headers...))
			expectPrivate(t, w)
			if w.Code != http.StatusForbidden || w.Header().Get("Location") != "" || len(w.Result().Cookies()) > 0 {
				t.Errorf("%s, %s: got %d", handler, headers, w.Code)
			}
		}
	}
}

func expectPrivate(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	got := []string{w.Header().Get("Cache-Control"), w.Header().Get("Referrer-Policy")}
	if diff := cmp.Diff([]string{"no-store", "no-referrer"}, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestWithoutASessionAPrefetchSeesTheSignInPage(t *testing.T) {
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Identify: nobody})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	login.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "sign in") })).ServeHTTP(w, sends("GET", "/", "Sec-Purpose: prefetch"))
	if w.Body.String() != "sign in" {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

// A browsing is a browser at the Authorization URL of a site that somebody is
// signed in to, with the cookie that counts its trips and a clock.
type browsing struct {
	t       *testing.T
	handler http.Handler
	now     time.Time
	cookies []*http.Cookie
}

func newBrowsing(t *testing.T) *browsing {
	t.Helper()
	b := &browsing{t: t, now: noon}
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{
		Signer: newSigner(t, func(c *ssotoken.Config) { c.Now = func() time.Time { return b.now } }), Identify: signedIn(t),
		Observe: func(context.Context, ssotoken.Event) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.handler = login.Middleware(http.NotFoundHandler())
	return b
}

// visit asks for a page, some time after the last visit.
func (b *browsing) visit(after time.Duration, path string, headers ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	b.now = b.now.Add(after)
	r := sends("GET", "/community/login?referrer_uri="+url.QueryEscape(path), headers...)
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	expectPrivate(b.t, w)
	if set := w.Result().Cookies(); len(set) > 0 {
		b.cookies = set
	}
	return w
}

const (
	byAClick    = "Sec-Fetch-User: ?1"
	fromItself  = "Sec-Fetch-Site: same-origin"
	fromOutside = "Sec-Fetch-Site: cross-site"
	fromNowhere = "Sec-Fetch-Site: none"
	communitys  = "Referer: https://community.example.com/"
)

// However the browser comes back by itself, the loop ends within ten visits.
func TestALoopIsBroken(t *testing.T) {
	tests := []struct {
		name    string
		every   time.Duration
		pages   []string
		headers []string
	}{
		{"redirects after a click", 100 * time.Millisecond, []string{"/a"}, []string{fromOutside, byAClick}},
		{"redirects after a typed address", 100 * time.Millisecond, []string{"/a"}, []string{fromNowhere, byAClick}},
		{"redirects of an older browser", 100 * time.Millisecond, []string{"/a"}, nil},
		{"redirects in a frame", 100 * time.Millisecond, []string{"/a"}, []string{fromOutside, "Sec-Fetch-Dest: iframe"}},
		{"redirects on one site", 100 * time.Millisecond, []string{"/a"}, []string{"Sec-Fetch-Site: same-site", byAClick}},
		{"slow redirects", 1900 * time.Millisecond, []string{"/a"}, []string{fromOutside, byAClick}},
		{"slower redirects that nobody clicked", 3 * time.Second, []string{"/a"}, []string{fromOutside}},
		{"a script of the community", time.Second, []string{"/a"}, []string{fromOutside, communitys}},
		{"redirects of a client that keeps its Referer", 100 * time.Millisecond, []string{"/a"}, []string{communitys}},
		{"two pages in turn", 100 * time.Millisecond, []string{"/a", "/b"}, []string{fromOutside, byAClick}},
		{"three pages in turn", 100 * time.Millisecond, []string{"/a", "/b", "/c"}, []string{fromOutside}},
		{"a new page each time", 100 * time.Millisecond, []string{"/1", "/2", "/3", "/4", "/5", "/6", "/7", "/8", "/9", "/10", "/11", "/12"}, []string{fromOutside, byAClick}},
		{"the home page", 0, []string{""}, []string{fromOutside, byAClick}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBrowsing(t)
			for n := 1; n <= 11; n++ {
				w := b.visit(tt.every, tt.pages[(n-1)%len(tt.pages)], tt.headers...)
				if w.Code == http.StatusLoopDetected {
					if n <= 4 || w.Header().Get("Location") != "" {
						t.Errorf("stopped at visit %d, with Location %q", n, w.Header().Get("Location"))
					}
					return
				}
				if w.Code != http.StatusSeeOther {
					t.Fatalf("visit %d: got %d", n, w.Code)
				}
			}
			t.Error("eleven visits, and no break")
		})
	}
}

// Twenty visits of a person in a hurry are no loop.
func TestAPersonsVisitsAreNoLoop(t *testing.T) {
	tests := []struct {
		name    string
		every   time.Duration
		headers []string
	}{
		{"the login button, again and again", 300 * time.Millisecond, []string{fromOutside, byAClick, communitys}},
		{"the login button of a community on the same site", 300 * time.Millisecond, []string{"Sec-Fetch-Site: same-site", byAClick, communitys}},
		{"the login button in an older browser", 2 * time.Second, []string{communitys}},
		{"links of the site's own", 100 * time.Millisecond, []string{fromItself, byAClick}},
		{"frames of the site's own", 0, []string{fromItself, "Sec-Fetch-Dest: iframe"}},
		{"a link on another site", 300 * time.Millisecond, []string{fromOutside, byAClick, "Referer: https://search.example/"}},
		{"frames on another site's page", 0, []string{fromOutside, "Sec-Fetch-Dest: iframe", "Referer: https://intranet.example/"}},
		{"the typed address", 2 * time.Second, []string{fromNowhere, byAClick}},
		{"a bookmark in an older browser", 2 * time.Second, nil},
		{"a button of a community that sends no Referer", 2 * time.Second, []string{fromOutside, byAClick}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBrowsing(t)
			for n := 1; n <= 20; n++ {
				if w := b.visit(tt.every, "/a", tt.headers...); w.Code != http.StatusSeeOther {
					t.Fatalf("visit %d: got %d", n, w.Code)
				}
			}
		})
	}
}

// Six times is more than a person opens an address at one go.
func TestAnAddressThatIsTypedSixTimesAtOnceIsNoLoop(t *testing.T) {
	b := newBrowsing(t)
	for n := 1; n <= 6; n++ {
		if w := b.visit(100*time.Millisecond, "/a", fromNowhere, byAClick); w.Code != http.StatusSeeOther {
			t.Errorf("visit %d: got %d", n, w.Code)
		}
	}
	if w := b.visit(100*time.Millisecond, "/a", fromNowhere, byAClick); w.Code != http.StatusLoopDetected {
		t.Errorf("a seventh visit: got %d", w.Code)
	}
}

// A browser that starts again opens its tabs at once.
func TestTenPagesAtOnceAreNoLoop(t *testing.T) {
	b := newBrowsing(t)
	for n := 1; n <= 10; n++ {
		if w := b.visit(100*time.Millisecond, fmt.Sprint("/", n), fromOutside, byAClick); w.Code != http.StatusSeeOther {
			t.Errorf("visit %d: got %d", n, w.Code)
		}
		if pages := 1 + strings.Count(b.cookies[0].Value, "-"); pages != min(n, 8) {
			t.Errorf("visit %d: the cookie has %d pages", n, pages)
		}
	}
}

// Tabs that loop side by side overwrite each other's cookie, so each counts only
// every other trip at the worst.
func TestTwoTabsThatLoopAtOnceAreBothBroken(t *testing.T) {
	b := newBrowsing(t)
	var broken [2]int
	for n := 1; n <= 10; n++ {
		sent := b.cookies
		kept := sent
		for tab, page := range []string{"/a", "/b"} {
			if broken[tab] > 0 {
				continue
			}
			b.cookies = sent // both were sent before either answer came
			if w := b.visit(0, page, fromOutside, byAClick); w.Code == http.StatusLoopDetected {
				broken[tab] = n
			} else {
				kept = b.cookies
			}
		}
		b.cookies = kept
		b.now = b.now.Add(100 * time.Millisecond)
	}
	for tab, n := range broken {
		if n == 0 {
			t.Errorf("tab %d loops on", tab)
		}
	}
}

func TestTheLoopPageSaysWhatIsKnownAndOffersWaysOn(t *testing.T) {
	b := newBrowsing(t)
	var w *httptest.ResponseRecorder
	for range 5 {
		w = b.visit(500*time.Millisecond, "/a"+secret, fromOutside, byAClick)
	}
	body := w.Body.String()
	for _, want := range []string{"You came here 5 times within 3 s, without a click.", `<a href="">Try again</a>`, `<a href="https://community.example.com/">`, `<a href="https://community.example.com/auth/login/direct">For administrators`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s: %s", want, body)
		}
	}
	if strings.Contains(body, secret) || w.Code != http.StatusLoopDetected {
		t.Errorf("got %d %s", w.Code, body)
	}
	if w := b.visit(time.Second, "/a", fromItself, byAClick); w.Code != http.StatusSeeOther {
		t.Errorf("a second try, by a click: got %d", w.Code)
	}
	if w := b.visit(15*time.Second, "/a", fromOutside, byAClick); w.Code != http.StatusSeeOther {
		t.Errorf("after the window: got %d", w.Code)
	}
}

func TestTheTripCookieIsShortLivedAndForHTTPOnly(t *testing.T) {
	b := newBrowsing(t)
	b.visit(0, "/a"+secret)
	c := b.cookies[0]
	if c.Name != "sso_trips" || c.MaxAge != 15 || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Secure || strings.Contains(c.Value, secret) {
		t.Errorf("the cookie is %v", c)
	}
	r := httptest.NewRequest("GET", "https://www.example.com/community/login", nil)
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	if set := w.Result().Cookies(); len(set) != 1 || !set[0].Secure {
		t.Errorf("over https the cookie is %v", set)
	}
	b.cookies = nil
	b.visit(0, "/a", fromItself)
	if b.cookies != nil {
		t.Errorf("a visit from the site's own page sets %v", b.cookies)
	}
}

func TestAForgedTripCookieHarmsNobody(t *testing.T) {
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Identify: signedIn(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{
		"", "x", "1.2.3", "1.1.9.9.9.811c9dc5", "99999999999999999999.1.9.9.9.811c9dc5", fmt.Sprintf("%[1]d.%[1]d.9.9.-9.811c9dc5", noon.UnixMilli()), fmt.Sprintf("%[1]d.%[1]d.9.9.9.811c9dc5", noon.UnixMilli()+100),
		fmt.Sprintf("%[1]d.%[1]d.9.9.9.xyz", noon.UnixMilli()), fmt.Sprintf("%[1]d.%[1]d.9.9.9.1-2-3-4-5-6-7-8-9", noon.UnixMilli()), fmt.Sprintf("%[1]d.%[1]d.9.9.9.", noon.UnixMilli()), times("9", 4000),
		fmt.Sprintf("%d.%d.9.9.9.811c9dc5", noon.UnixMilli()+100, noon.UnixMilli()-1000), fmt.Sprintf("%d.%d.9.9.9.811c9dc5", noon.UnixMilli()-1000, noon.UnixMilli()+100),
	} {
		w := httptest.NewRecorder()
		r := sends("GET", "/")
		r.AddCookie(&http.Cookie{Name: "sso_trips", Value: value})
		login.Middleware(http.NotFoundHandler()).ServeHTTP(w, r)
		if w.Code != http.StatusSeeOther {
			t.Errorf("%q: got %d", value, w.Code)
		}
	}
}
