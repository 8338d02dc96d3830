package ssotoken_test

import (
	"context"
	"errors"
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

const navigate = "Sec-Fetch-Mode: navigate"

// The answers to requests of browsers and of pages, whoever is signed in.
var navigations = []struct {
	name    string
	headers []string
	is      bool
}{
	{"an older browser", nil, true},
	{"a document", []string{"Sec-Fetch-Dest: document", navigate, "Sec-Fetch-Site: cross-site", "Sec-Fetch-User: ?1"}, true},
	{"a frame", []string{"Sec-Fetch-Dest: iframe", navigate}, true},
	{"a frame of a frameset", []string{"Sec-Fetch-Dest: frame", navigate}, true},
	{"a document, without a mode", []string{"Sec-Fetch-Dest: document"}, true},
	{"a frame, without a mode", []string{"Sec-Fetch-Dest: iframe"}, true},
	{"a mode alone", []string{navigate}, true},
	{"a navigation that a service worker passes on", []string{"Sec-Fetch-Dest: empty", navigate}, true},
	{"the same in a PWA of the site", []string{"Sec-Fetch-Dest: empty", navigate, "Sec-Fetch-Site: same-origin"}, true},
	{"headers that a proxy has emptied", []string{"Hx-Request: ", "X-Inertia: ", "X-Turbo-Request-Id: ", "Purpose: "}, true},

	{"a service worker with options", []string{"Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: same-origin"}, false},
	{"fetch", []string{"Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: cors"}, false},
	{"fetch without a mode", []string{"Sec-Fetch-Dest: empty"}, false},
	{"fetch, no-cors", []string{"Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: no-cors"}, false},
	{"a script's mode alone", []string{"Sec-Fetch-Mode: cors"}, false},
	{"a WebSocket", []string{"Sec-Fetch-Dest: websocket", "Sec-Fetch-Mode: websocket"}, false},
	{"an image", []string{"Sec-Fetch-Dest: image", "Sec-Fetch-Mode: no-cors"}, false},
	{"an object, which navigates", []string{"Sec-Fetch-Dest: object", navigate}, false},
	{"an embed, which navigates", []string{"Sec-Fetch-Dest: embed", navigate}, false},
	{"a fenced frame", []string{"Sec-Fetch-Dest: fencedframe", navigate}, false},
	{"a document in capitals", []string{"Sec-Fetch-Dest: Document", navigate}, false},
	{"a prefetch", []string{"Sec-Purpose: prefetch", "Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: no-cors"}, false},
	{"a prefetch that navigates", []string{"Sec-Purpose: prefetch", "Sec-Fetch-Dest: document", navigate}, false},
	{"a prefetch that a service worker passes on", []string{"Sec-Purpose: prefetch", "Sec-Fetch-Dest: empty", navigate}, false},
	{"a prerendered page", []string{"Sec-Purpose: prefetch;prerender", "Sec-Fetch-Dest: document", navigate}, false},
	{"a prefetch by a proxy", []string{"Sec-Purpose: prefetch;anonymous-client-ip"}, false},
	{"a prefetch of Safari", []string{"Purpose: prefetch"}, false},
	{"a prefetch in capitals", []string{"Purpose: Prefetch"}, false},
	{"a prefetch in a second header", []string{"Purpose: x", "Purpose: prefetch"}, false},
	{"a preview", []string{"X-Purpose: preview"}, false},
	{"a prefetch of an older Firefox", []string{"X-Moz: prefetch"}, false},
}

func init() {
	for dest := range strings.FieldsSeq("audio audioworklet embed font image json manifest object paintworklet report script " +
		"serviceworker sharedworker style track video webidentity worker xslt unknown") {
		navigations = append(navigations, struct {
			name    string
			headers []string
			is      bool
		}{dest, []string{"Sec-Fetch-Dest: " + dest}, false})
	}
}

func TestATokenIsMintedOnlyForAPersonWhoNavigates(t *testing.T) {
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Identify: signedIn(t), Observe: quiet})
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
	for _, tt := range navigations {
		if err := ssotoken.CheckNavigation(sends("GET", "/", tt.headers...)); (err == nil) != tt.is || err != nil &&
			!errors.Is(err, ssotoken.ErrNotNavigation) {
			t.Errorf("%s: CheckNavigation: %v", tt.name, err)
		}
		for name, h := range handlers {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, sends("GET", "/community/login", tt.headers...))
			expectPrivate(t, w)
			minted := w.Code == http.StatusSeeOther && strings.Contains(w.Header().Get("Location"), "jwt=")
			if minted != tt.is || !minted && (w.Code != http.StatusForbidden || w.Header().Get("Location") != "" || len(w.Result().Cookies()) > 0) {
				t.Errorf("%s, %s: got %d", name, tt.name, w.Code)
			}
		}
	}
}

// A page of another origin that has this address loaded sees the same answer, whoever
// is signed in.
func TestWhatDoesNotNavigateLearnsNothingOfWhoIsSignedIn(t *testing.T) {
	signInPage := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "sign in") })
	asked := 0
	identities := map[string]func(*http.Request) (ssotoken.Claims, error){
		"nobody": nobody, "a member": signedIn(t),
		"a banned member": func(*http.Request) (ssotoken.Claims, error) { return ssotoken.Claims{}, ssotoken.ErrMayNotEnter },
		"a broken site":   func(*http.Request) (ssotoken.Claims, error) { return ssotoken.Claims{}, errors.New("broken") },
	}
	for _, tt := range navigations {
		if tt.is {
			continue
		}
		for who, identify := range identities {
			login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Observe: quiet,
				Identify: func(r *http.Request) (ssotoken.Claims, error) {
					asked++
					return identify(r)
				}})
			if err != nil {
				t.Fatal(err)
			}
			for _, site := range []string{"cross-site", "same-site", "none"} {
				w := httptest.NewRecorder()
				login.Middleware(signInPage).ServeHTTP(w, sends("GET", "/", append(tt.headers, "Sec-Fetch-Site: "+site)...))
				if w.Code != http.StatusForbidden || asked != 0 || len(w.Result().Cookies()) > 0 {
					t.Errorf("%s, %s, %s: got %d, Identify was called %d times", tt.name, who, site, w.Code, asked)
				}
			}
		}
	}
}

func quiet(context.Context, ssotoken.Event) {}

func expectPrivate(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	got := []string{w.Header().Get("Cache-Control"), w.Header().Get("Referrer-Policy")}
	if diff := cmp.Diff([]string{"no-store", "no-referrer"}, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

// expectUncached looks at an answer that holds neither a token nor an error, to which
// no Referrer-Policy is added.
func expectUncached(t *testing.T, h http.Header) {
	t.Helper()
	got := [][]string{h["Cache-Control"], h["Referrer-Policy"]}
	if diff := cmp.Diff([][]string{{"no-store"}, nil}, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

// With no-referrer, browsers would send the sign-in form with Origin: null.
func TestTheSignInPageGetsNoHeaderButCacheControl(t *testing.T) {
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Identify: nobody, Observe: quiet})
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{"GET", "HEAD", "POST", "PUT"} {
		w := httptest.NewRecorder()
		login.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, sends(method, "/"))
		if diff := cmp.Diff(http.Header{"Cache-Control": {"no-store"}}, w.Header()); diff != "" {
			t.Errorf("%s: headers (-want +got):\n%s", method, diff)
		}
	}
}

// So a site can set Cross-Origin-Opener-Policy on the sign-in page and the redirect
// alike: on one of them it would show a page that opens a window which one it was.
func TestAHeaderInFrontOfTheMiddlewareIsOnEveryAnswer(t *testing.T) {
	for name, identify := range map[string]func(*http.Request) (ssotoken.Claims, error){"nobody": nobody, "a member": signedIn(t)} {
		login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Identify: identify, Observe: quiet})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
		login.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, sends("GET", "/"))
		if got := w.Header().Values("Cross-Origin-Opener-Policy"); len(got) != 1 || got[0] != "same-origin" {
			t.Errorf("%s: the policy is %q", name, got)
		}
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

func newBrowsing(t *testing.T, change ...func(*ssotoken.Config)) *browsing {
	t.Helper()
	b := &browsing{t: t, now: noon}
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{
		Signer: newSigner(t, append(change, func(c *ssotoken.Config) { c.Now = func() time.Time { return b.now } })...), Identify: signedIn(t),
		Observe: quiet,
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

// However the browser comes back without a click, the loop ends at the sixth visit.
func TestALoopIsBroken(t *testing.T) {
	const quick = 100 * time.Millisecond
	many := strings.Fields("/1 /2 /3 /4 /5 /6 /7 /8 /9 /10")
	tests := []struct {
		name    string
		every   time.Duration
		pages   []string
		headers []string
	}{
		{"redirects after a click", quick, []string{"/a"}, []string{fromOutside, byAClick}},
		{"redirects after a typed address", quick, []string{"/a"}, []string{fromNowhere, byAClick}},
		{"redirects of an older browser", quick, []string{"/a"}, nil},
		{"redirects in a frame", quick, []string{"/a"}, []string{fromOutside, "Sec-Fetch-Dest: iframe"}},
		{"redirects on one site", quick, []string{"/a"}, []string{"Sec-Fetch-Site: same-site", byAClick}},
		{"redirects that a service worker passes on", quick, []string{"/a"}, []string{fromOutside, navigate, "Sec-Fetch-Dest: empty"}},
		{"slow redirects", 1900 * time.Millisecond, []string{"/a"}, []string{fromOutside, byAClick}},
		{"slower redirects that nobody clicked", 3 * time.Second, []string{"/a"}, []string{fromOutside}},
		{"a script of the community", time.Second, []string{"/a"}, []string{fromOutside, communitys}},
		{"a slow script of the community", 4 * time.Second, []string{"/a"}, []string{fromOutside, communitys}},
		{"a script of a community on the same site", time.Second, []string{"/a"}, []string{"Sec-Fetch-Site: same-site", communitys}},
		{"redirects of a client that keeps its Referer", quick, []string{"/a"}, []string{communitys}},
		{"two pages in turn", quick, []string{"/a", "/b"}, []string{fromOutside, byAClick}},
		{"three pages in turn", quick, []string{"/a", "/b", "/c"}, []string{fromOutside}},
		{"a new page each time", quick, many, []string{fromOutside, byAClick}},
		{"the home page", 0, []string{""}, []string{fromOutside, byAClick}},
	}
	for _, tt := range tests {
		b := newBrowsing(t)
		for n := 1; n <= 6; n++ {
			w := b.visit(tt.every, tt.pages[(n-1)%len(tt.pages)], tt.headers...)
			want := http.StatusSeeOther
			if n == 6 {
				want = http.StatusLoopDetected
			}
			if w.Code != want || (w.Header().Get("Location") != "") != (n < 6) {
				t.Errorf("%s, visit %d: got %d, want %d", tt.name, n, w.Code, want)
			}
		}
	}
}

// Twenty visits of a person in a hurry are no loop.
func TestAPersonsVisitsAreNoLoop(t *testing.T) {
	const hurry = 300 * time.Millisecond
	tests := []struct {
		name    string
		every   time.Duration
		headers []string
	}{
		{"the login button, again and again", hurry, []string{fromOutside, byAClick, communitys}},
		{"the login button of a community on the same site", hurry, []string{"Sec-Fetch-Site: same-site", byAClick, communitys}},
		{"the login button in an older browser", 2 * time.Second, []string{communitys}},
		{"links of the site's own", hurry, []string{fromItself, byAClick}},
		{"frames of the site's own", 0, []string{fromItself, "Sec-Fetch-Dest: iframe"}},
		{"a link on another site", hurry, []string{fromOutside, byAClick, "Referer: https://search.example/"}},
		{"a link on a site whose name starts as the community's", 0,
			[]string{fromOutside, "Referer: https://community.example.com.evil.example/"}},
		{"frames on another site's page", 0, []string{fromOutside, "Sec-Fetch-Dest: iframe", "Referer: https://intranet.example/"}},
		{"the typed address", 2 * time.Second, []string{fromNowhere, byAClick}},
		{"a bookmark in an older browser", 2 * time.Second, nil},
		{"a button of a community that sends no Referer", 2 * time.Second, []string{fromOutside, byAClick}},
		{"a script that reloads every quarter of a minute", 15 * time.Second, []string{fromOutside}},
	}
	for _, tt := range tests {
		b := newBrowsing(t)
		for n := 1; n <= 20; n++ {
			if w := b.visit(tt.every, "/a", tt.headers...); w.Code != http.StatusSeeOther {
				t.Errorf("%s, visit %d: got %d", tt.name, n, w.Code)
				break
			}
		}
	}
}

// Any visit that somebody asked for starts the count again.
func TestAVisitThatWasAskedForStartsTheCountAgain(t *testing.T) {
	b := newBrowsing(t)
	for n := 1; n <= 20; n++ {
		pause := 100 * time.Millisecond
		if n%5 == 0 {
			pause = 3 * time.Second
		}
		if w := b.visit(pause, "/a", fromNowhere, byAClick); w.Code != http.StatusSeeOther {
			t.Fatalf("visit %d: got %d", n, w.Code)
		}
	}
}

// A browser that starts again opens its tabs together, each with the cookie of before.
func TestManyTabsTogetherAreNoLoop(t *testing.T) {
	b := newBrowsing(t)
	b.visit(0, "/a", fromOutside, byAClick)
	before := b.cookies
	for n := 1; n <= 20; n++ {
		b.cookies = before
		if w := b.visit(10*time.Millisecond, fmt.Sprint("/", n), fromNowhere); w.Code != http.StatusSeeOther {
			t.Errorf("tab %d: got %d", n, w.Code)
		}
	}
}

// Tabs that loop side by side overwrite each other's cookie.
func TestTwoTabsThatLoopTogetherAreBothBroken(t *testing.T) {
	b := newBrowsing(t)
	var broken [2]int
	for n := 1; n <= 7; n++ {
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

func TestTheLoopPageOffersWaysOnAndALoopEndsByItself(t *testing.T) {
	b := newBrowsing(t)
	var w *httptest.ResponseRecorder
	for range 6 {
		w = b.visit(500*time.Millisecond, "/a"+secret, fromOutside, byAClick)
	}
	body := w.Body.String()
	for _, want := range []string{
		"<h1>We couldn&#39;t log you in</h1>", `<ul data-turbo="false">`, `<a href="">Try again</a>`, `<a href="https://community.example.com/"`,
		`<a href="https://community.example.com/auth/login/direct">For administrators`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s: %s", want, body)
		}
	}
	if strings.Contains(body, secret) || w.Code != http.StatusLoopDetected || len(w.Result().Cookies()) > 0 {
		t.Errorf("got %d %s", w.Code, body)
	}
	if w := b.visit(time.Second, "/a", fromItself, byAClick); w.Code != http.StatusSeeOther {
		t.Errorf("a second try, by a click: got %d", w.Code)
	}
	if w := b.visit(2*time.Second, "/a", fromNowhere, byAClick); w.Code != http.StatusSeeOther {
		t.Errorf("a while later: got %d", w.Code)
	}
}

func TestTheTripCookieIsShortLivedAndForHTTPOnly(t *testing.T) {
	const proxied = "X-Forwarded-Proto: https"
	tests := []struct {
		address, community string
		headers            []string
		secure             bool
	}{
		{"https://www.example.com/", "community.example.com", nil, true},
		{"http://www.example.com/", "community.example.com", nil, true}, // behind a proxy that ends TLS
		{"http://www.example.com:8080/", "community.example.com", nil, true},
		{"http://localhost:8080/", "community.example.com", []string{proxied}, true}, // a proxy that sets Host
		{"http://127.0.0.1/", "community.example.com", []string{"Forwarded: for=192.0.2.1;proto=https"}, true},
		{"http://127.0.0.1/", "community.example.com", []string{"X-Forwarded-Scheme: https"}, true},
		{"http://127.0.0.1/", "community.example.com", []string{"X-Forwarded-Proto: http"}, false},
		{"http://10.0.0.7:3000/", "community.example.com", nil, true},
		{"http://localhost:8080/", "community.example.com", nil, false},
		{"http://127.0.0.1/", "community.example.com", nil, false},
		{"http://[::1]:8080/", "community.example.com", nil, false},
		{"http://partner.localhost:8080/", "community.example.com", nil, false},
		{"http://localhost:8080/", "http://localhost:9090", nil, false},
		{"http://www.example.com/", "http://localhost:9090", nil, false},
		{"https://localhost:8080/", "http://localhost:9090", nil, true},
	}
	for _, tt := range tests {
		login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t,
			func(c *ssotoken.Config) { c.Community = tt.community }), Identify: signedIn(t), Observe: quiet})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		login.Middleware(http.NotFoundHandler()).ServeHTTP(w, sends("GET", tt.address, tt.headers...))
		cookies := w.Result().Cookies()
		if len(cookies) != 1 || cookies[0].Secure != tt.secure {
			t.Fatalf("%s, %v: the cookies are %v", tt.address, tt.headers, cookies)
		}
		c := cookies[0]
		if c.Name != "sso_trips" || c.MaxAge != 15 || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("the cookie is %v", c)
		}
	}
	b := newBrowsing(t)
	b.visit(0, "/a", fromItself)
	if b.cookies != nil {
		t.Errorf("a visit from the site's own page sets %v", b.cookies)
	}
}

// A count that this package did not write counts for nothing.
func TestAForgedOrOldTripCookieHarmsNobody(t *testing.T) {
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Identify: signedIn(t), Observe: quiet})
	if err != nil {
		t.Fatal(err)
	}
	ms := noon.UnixMilli()
	values := []string{"", "x", ".", "1.2.3", "5", ".5", "5.", "99999999999999999999.5", times("9", 4000),
		fmt.Sprintf("%d.5", ms-15000), fmt.Sprintf("%d.5", ms+1)}
	for _, format := range []string{"%d.6", "%d.0", "%d.-1", "%d.5.", "%d.99999999999999999999", "%[1]d.%[1]d.9.9.9.811c9dc5",
		"%[1]d.%[1]d.4.4.4.811c9dc5", "%d.5.9", "%d,5", "%d.0x5"} {
		values = append(values, fmt.Sprintf(format, ms))
	}
	for _, value := range values {
		w := httptest.NewRecorder()
		r := sends("GET", "/")
		r.Header.Set("Cookie", "sso_trips="+value)
		login.Middleware(http.NotFoundHandler()).ServeHTTP(w, r)
		if set := w.Result().Cookies(); w.Code != http.StatusSeeOther || len(set) != 1 || set[0].Value != fmt.Sprintf("%d.1", ms) {
			t.Errorf("%q: got %d, %v", value, w.Code, set)
		}
	}
}

// looping is the cookie of a browser whose next visit without a click is a loop.
func looping() string { return fmt.Sprintf("Cookie: sso_trips=%d.5", noon.UnixMilli()) }

func TestNoVisitIsCountedWhereNothingIsMinted(t *testing.T) {
	for name, identify := range map[string]func(*http.Request) (ssotoken.Claims, error){
		"nobody": nobody, "refused claims": func(*http.Request) (ssotoken.Claims, error) { return ada().Name("").Build() },
	} {
		login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Identify: identify, Observe: quiet})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		login.Middleware(http.NotFoundHandler()).ServeHTTP(w, sends("GET", "/"))
		if set := w.Result().Cookies(); len(set) > 0 {
			t.Errorf("%s: got %v", name, set)
		}
	}
}
