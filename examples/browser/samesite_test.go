package browser

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// A lab is servers on which a browser's cookies are looked at, and what they were
// asked for.
type lab struct {
	hosts *strings.Replacer // of their names in a case

	mu   sync.Mutex
	seen []string
}

// newLab makes two sites, P and C. Q is another origin on P's.
func newLab(t *testing.T) *lab {
	l := &lab{}
	l.hosts = strings.NewReplacer("P/", serve(t, "localhost", l)+"/", "Q/", serve(t, "localhost", l)+"/", "C/", serve(t, "127.0.0.1", l)+"/")
	return l
}

// ServeHTTP sets the cookies that the query names, and redirects if it says so.
func (l *lab) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	line := []string{r.Method, r.Host + r.URL.Path}
	if cookies := r.Header.Get("Cookie"); cookies != "" {
		line = append(line, strings.Split(cookies, "; ")...)
	}
	for _, name := range []string{"Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Fetch-User", "Origin",
		"Referer", "Content-Type"} {
		line = append(line, name+": "+r.Header.Get(name))
	}
	l.mu.Lock()
	l.seen = append(l.seen, strings.Join(line, " | "))
	l.mu.Unlock()

	query := r.URL.Query()
	for _, c := range query["set"] {
		w.Header().Add("Set-Cookie", c)
	}
	if policy := query.Get("policy"); policy != "" {
		w.Header().Set("Referrer-Policy", policy)
	}
	if to := query.Get("to"); to != "" {
		w.Header().Set("Location", to)
		status := http.StatusSeeOther
		fmt.Sscan(query.Get("status"), &status)
		w.WriteHeader(status)
		return
	}
	fmt.Fprint(w, `<!doctype html><title>Lab</title><link rel="icon" href="data:,">`)
}

func (l *lab) take() (seen []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seen, l.seen = l.seen, nil
	return seen
}

// setting is an address of the lab that sets cookies.
func setting(at string, cookies ...string) string {
	return at + "?" + url.Values{"set": cookies}.Encode()
}

// over is an address of the lab that redirects.
func (l *lab) over(at string, status int, to string) string {
	return at + "?" + url.Values{"to": {l.hosts.Replace(to)}, "status": {fmt.Sprint(status)}}.Encode()
}

// A step of a case: how, and where to.
type step struct{ how, to string }

// Each case ends with what a browser is asked to do with these cookies of P, or
// with how they are set.
var allKinds = []string{"strict=1; Path=/; SameSite=Strict", "lax=1; Path=/; SameSite=Lax", "plain=1; Path=/",
	"odd=1; Path=/; SameSite=Odd", "none=1; Path=/; SameSite=None; Secure", "secure=1; Path=/; Secure", "deep=1; Path=/a", "own=1"}

func TestTheTestBrowserTreatsCookiesAsChromiumDoes(t *testing.T) {
	nightly(t)
	l := newLab(t)
	signedIn := step{"open", setting("P/set", allKinds...)}
	cases := []struct {
		name  string
		steps []step
	}{
		{"a typed address", []step{signedIn, {"open", "P/a"}}},
		{"a typed address of another site", []step{signedIn, {"open", "C/a"}}},
		{"a path that only starts alike", []step{signedIn, {"open", "P/ab"}}},
		{"a path below", []step{signedIn, {"open", "P/a/b"}}},
		{"a link of another site", []step{signedIn, {"open", "C/"}, {"follow", "P/a"}}},
		{"a link of the site", []step{signedIn, {"open", "P/"}, {"follow", "P/a"}}},
		{"a link of another origin on the site", []step{signedIn, {"open", "Q/"}, {"follow", "P/a"}}},
		{"a form of another site", []step{signedIn, {"open", "C/"}, {"submit", "P/a"}}},
		{"a form of the site", []step{signedIn, {"open", "P/x?y=z"}, {"submit", "P/a"}}},
		{"a form of another origin on the site", []step{signedIn, {"open", "Q/"}, {"submit", "P/a"}}},
		{"a form of a page without referrers", []step{signedIn, {"open", "P/?policy=no-referrer"}, {"submit", "P/a"}}},
		{"a link of a page without referrers", []step{signedIn, {"open", "C/?policy=no-referrer"}, {"follow", "P/a"}}},
		{"a typed address that another site redirects", []step{signedIn, {"open", l.over("C/", 303, "P/a")}}},
		{"a link of another site that redirects itself", []step{signedIn, {"open", "C/"}, {"follow", l.over("C/login", 302, "P/a")}}},
		{"a link of the site over another site", []step{signedIn, {"open", "P/"}, {"follow", l.over("C/", 303, "P/a")}}},
		{"a link of the site over another origin on it", []step{signedIn, {"open", "P/"}, {"follow", l.over("Q/", 303, "P/a")}}},
		{"a link of another site over the site and back", []step{signedIn, {"open", "C/"},
			{"follow", l.over("P/", 303, l.over("C/", 303, "P/a"))}}},
		{"a link over a redirect without referrers", []step{signedIn, {"open", "P/"},
			{"follow", l.over("P/b", 303, "P/a") + "&policy=no-referrer"}}},
		{"a form of another site, redirected by 307", []step{signedIn, {"open", "C/"}, {"submit", l.over("C/", 307, "P/a")}}},
		{"a form of another site, redirected by 303", []step{signedIn, {"open", "C/"}, {"submit", l.over("C/", 303, "P/a")}}},
		{"a form of another site, redirected by 302", []step{signedIn, {"open", "C/"}, {"submit", l.over("C/", 302, "P/a")}}},
		{"a form of the site over another site, by 303", []step{signedIn, {"open", "P/"}, {"submit", l.over("C/", 303, "P/a")}}},
		{"a form of the site over another site, by 307", []step{signedIn, {"open", "P/"}, {"submit", l.over("C/", 307, "P/a")}}},
		{"a form of the site over the site, by 308", []step{signedIn, {"open", "P/"}, {"submit", l.over("P/b", 308, "P/a")}}},
		{"a frame of the site's page", []step{signedIn, {"open", "P/"}, {"frame", "P/a"}}},
		{"a frame of another site's page", []step{signedIn, {"open", "C/"}, {"frame", "P/a"}}},
		{"a frame over another site", []step{signedIn, {"open", "P/"}, {"frame", l.over("C/", 303, "P/a")}}},

		{"cookies set after a link of another site", []step{{"open", "C/"}, {"follow", setting("P/set", allKinds...)}, {"open", "P/a"}}},
		{"cookies set after a form of another site", []step{{"open", "C/"}, {"submit", setting("P/set", allKinds...)}, {"open", "P/a"}}},
		{"cookies set in a frame of another site's page", []step{{"open", "C/"}, {"frame", setting("P/set", allKinds...)}, {"open", "P/a"}}},
		{"cookies set by a redirect of another site", []step{{"open", l.over("C/", 303, setting("P/set", allKinds...))}, {"open", "P/a"}}},
		{"None without Secure", []step{{"open", setting("P/set", "none=1; SameSite=None", "good=1")}, {"open", "P/a"}}},
		{"prefixes", []step{{"open", setting("P/set", "__Secure-a=1; Secure", "__Secure-b=1", "__Host-c=1; Secure; Path=/",
			"__Host-d=1; Secure; Path=/x", "__Host-e=1; Path=/", "__host-f=1; Path=/")}, {"open", "P/a"}}},
		{"domains", []step{{"open", setting("P/set", "a=1; Domain=localhost", "b=1; Domain=example.com", "c=1; Domain=host",
			"d=1; Domain=.localhost")}, {"open", "P/a"}}},
		{"domains of an address", []step{{"open", setting("C/set", "a=1; Domain=127.0.0.1", "b=1; Domain=0.0.1",
			"c=1; Domain=1")}, {"open", "C/a"}}},
		{"a cookie that is taken back", []step{signedIn, {"open", setting("P/set", "strict=; Path=/; Max-Age=0",
			"lax=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "plain=; Max-Age=0", "deep=; Path=/a; Max-Age=-1")}, {"open", "P/a"}}},
		{"a cookie that gets stricter", []step{signedIn, {"open", setting("P/set", "lax=2; Path=/; SameSite=Strict")},
			{"open", "C/"}, {"follow", "P/a"}}},
		{"values byte for byte", []step{
			{"open", setting("P/set", `a="abc"`, `b={"id":1,"x":[2,3]}`, `c=a"b`, "d=Jörg", "e=50%-off", "g", "h=a=b", "i=a b,c")},
			{"open", setting("P/set", "auth[id]=1", "app:sid=1", "J\xf6rg=J\xf6rg", `q"r=\"`, "a/b c=1", "t=x\ty",
				" \tu \t=\t v ", "$Version=1", `w="x;y"`)},
			{"open", setting("P/set", "=named", "", "; Path=/", "A=1", "z=", "=__Host-x=1; Path=/; Secure", "__secure-y; Secure")}, {"open", "P/a"},
		}},
		{"a value of 4,096 bytes with its name, and one of 4,097", []step{
			{"open", setting("P/set", "a="+strings.Repeat("x", 4095), "b="+strings.Repeat("x", 4096),
				"c=1; X="+strings.Repeat("x", 4096))}, {"open", "P/a"},
		}},
		{"when cookies are over", []step{
			{"open", setting("P/set", "a=1; Max-Age=99999999999999999999", "b=1; Max-Age=-99999999999999999999", "c=1; Max-Age=1.5",
				"d=1; Max-Age=x", "e=1; Max-Age=+0", "f=1; Max-Age=", "g=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
				"h=1; Max-Age=0; Max-Age=9")},
			{"open", setting("P/set", "i=1; Expires=Sunday, 06-Nov-94 08:49:37 GMT", "j=1; Expires=Sun Nov  6 08:49:37 1994",
				"k=1; Expires=01-Jan-69 00:00:00",
				"l=1; Expires=Thu, 01-Jan-1970 00:00:00 GMT", "m=1; Expires=0", "n=1; Expires=Thu, 30 Feb 1970 00:00:00 GMT",
				"o=1; Expires=Thu, 01 Jan 1970 24:00:00 GMT", "p=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT", "q=1; Expires=-1")}, {"open", "P/a"},
		}},
		{"attributes that are given twice, or oddly", []step{
			{"open", setting("P/set", "a=1; Path=/x; Path=/", "b=1; Path=/x; Path=", `c=1; Path="/x"`, "d=1; Path=a", "e=1;;;",
				"f=1; PATH=/a; sEcUrE",
				"g=1; SameSite=None; SameSite=Odd", "h=1; Domain=", "i=1; Domain=other.example; Domain=localhost",
				"j=1; Domain=..localhost", "k=1; Partitioned")},
			{"open", "P/a"}, {"open", "P/x"},
		}},
		{"tabs", []step{
			{"open", setting("P/set", "a=1;\tPath=/a", "b=1; Path=/a\tx", "c=1; X=a\ty", "d\td=1", "e=1\t1", "f=1\t; Path=/", "g=1; Path=\t/a\t")},
			{"open", "P/a"},
		}},
		{"the order of cookies", []step{{"open", setting("P/set", "a=1; Path=/", "b=1; Path=/a", "c=1; Path=/")}, {"open", "P/a"}}},
		{"the order of a cookie that is set again", []step{
			{"open", setting("P/set", "a=1; Path=/", "b=1; Path=/", "c=1; Path=/", "d=1; Path=/")},
			{"open", setting("P/set", "a=2; Path=/", "b=1; Path=/; Max-Age=600")}, {"open", "P/a"},
		}},
		{"the order of a cookie that is taken back and set again", []step{
			{"open", setting("P/set", "a=1; Path=/", "b=1; Path=/")},
			{"open", setting("P/set", "a=; Path=/; Max-Age=0", "a=1; Path=/")}, {"open", "P/a"},
		}},
		{"the paths of cookies without one", []step{{"open", setting("P/x/y", "a=1", "b=1; Path=nonsense", "c=1; Path=/x/y")},
			{"open", "P/x/z"}, {"open", "P/x"}, {"open", "P/"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			chromium, tested := newTab(t), ssotest.NewBrowser(t)
			tested.Client.Transport = atLoopback()
			l.take()
			for _, s := range c.steps {
				s.take(chromium, l.hosts.Replace(s.to))
			}
			want := l.take()
			for _, s := range c.steps {
				to := l.hosts.Replace(s.to)
				switch s.how {
				case "open":
					tested.Open(to)
				case "follow":
					tested.Follow(to)
				case "submit":
					tested.Submit(to, url.Values{"a": {"b"}})
				case "frame":
					tested.Frame(to)
				}
			}
			if diff := cmp.Diff(want, l.take()); diff != "" || len(want) < 2 {
				t.Errorf("requests (-Chromium +Browser):\n%s", diff)
			}
		})
	}
}

func TestAStrictSessionCookieAsksForTheSignInAgain(t *testing.T) {
	p, b := newPair(t, pairConfig{sameSite: http.SameSiteStrictMode}), newTab(t)
	for visit := 1; visit <= 2; visit++ {
		p.logOutOfCommunity(b)
		b.open(p.community + "/spaces")
		b.press("#login")
		b.press("button")
		if got := b.member(); got != memberName {
			t.Fatalf("visit %d: at %s as %q: %s", visit, b.address(), got, p.log)
		}
	}
}

// take does the step in Chromium: links, forms and frames are put in the page.
func (s step) take(b *tab, to string) {
	b.t.Helper()
	switch s.how {
	case "open":
		b.open(to)
	case "follow":
		eval[string](b, fmt.Sprintf(`document.body.innerHTML = "<a id=go>Go</a>", document.querySelector("a").href = %q`, to))
		b.press("#go")
	case "submit":
		eval[string](b, fmt.Sprintf(`document.body.innerHTML = "<form method=post><input name=a value=b><button `+
			`id=go>Go</button></form>", document.querySelector("form").action = %q`, to))
		b.press("#go")
	case "frame":
		eval[string](b, fmt.Sprintf(`document.body.innerHTML = "<iframe></iframe>", document.querySelector("iframe").src = %q`, to))
		b.frame()
	}
}

// atLoopback reaches localhost where the servers listen, on a machine on which that
// name is another address first.
func atLoopback() *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	}}
}
