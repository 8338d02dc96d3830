package useragent_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// A site answers each request with the Set-Cookie headers that are queued, and
// notes the Cookie header. Every name of a host leads to it.
type site struct {
	t    *testing.T
	send []string
	got  []string // the Cookie header of the last request
	useragent.Client
	jar useragent.Jar
	now time.Time
}

func newSite(t *testing.T) *site {
	s := &site{t: t, now: noon}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	to, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	s.Client = useragent.Client{Transport: everywhere{to.Host}, Now: func() time.Time { return s.now }}
	return s
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.got = r.Header["Cookie"]
	w.Header()["Set-Cookie"] = s.send
}

// everywhere sends every request to one server, by http.
type everywhere struct{ host string }

func (e everywhere) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Host, r.URL.Scheme, r.URL.Host = r.URL.Host, "http", e.host
	return http.DefaultTransport.RoundTrip(r)
}

// visit requests an address, whose answer sets cookies, and returns the Cookie
// header that was sent.
func (s *site) visit(address string, set ...string) (string, *useragent.Response) {
	s.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.send = set
	answer, err := s.Do(s.t.Context(), &s.jar, &useragent.Request{URL: u})
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.Join(s.got, " AND "), answer
}

// Each answer of https://www.shop.example/a/b sets cookies, and the next request
// has what is sent back there.
func TestACookieComesBackByteForByte(t *testing.T) {
	long := strings.Repeat("x", 4096)
	for _, tt := range []struct {
		name, set, want string // in set, cookies are separated by line feeds
	}{
		{"a plain value", "session=abc", "session=abc"},
		{"quotes", `session="abc"`, `session="abc"`},
		{"a quote within", `a=a"b`, `a=a"b`},
		{"one quote", `a="b`, `a="b`},
		{"JSON", `a={"id":1,"roles":["x","y"]}`, `a={"id":1,"roles":["x","y"]}`},
		{"letters in UTF-8", "a=Jörg", "a=Jörg"},
		{"bytes that are no UTF-8", "a=J\xf6rg", "a=J\xf6rg"},
		{"blanks within", "a=b c", "a=b c"},
		{"a tab within", "a=b\tc", ""},
		{"a tab in the name", "a\tb=c", ""},
		{"a tab in an attribute", "a=1; X=b\tc", ""},
		{"a tab around an attribute", "a=1;\tPath\t=\t/a\t", "a=1"},
		{"commas", "a=b,c", "a=b,c"},
		{"a backslash", `a=b\c`, `a=b\c`},
		{"equals signs", "a=b=c==", "a=b=c=="},
		{"brackets in the name", "auth[id]=1", "auth[id]=1"},
		{"a colon in the name", "app:sid=1", "app:sid=1"},
		{"a quote in the name", `a"b=1`, `a"b=1`},
		{"letters in the name", "Jörg=1", "Jörg=1"},
		{"a slash and a blank in the name", "a/b c=1", "a/b c=1"},
		{"a percent sign that escapes nothing", "a=50%-off", "a=50%-off"},
		{"white space around", " \ta \t=\t b ", "a=b"},
		{"no value", "a=", "a="},
		{"no name", "=abc", "abc"},
		{"no equals sign", "abc", "abc"},
		{"no name, and a JWT", "abc.def; Path=/", "abc.def"},
		{"nothing", "=", ""},
		{"nothing but attributes", "; Path=/", ""},
		{"a dollar sign", "$Version=1", "$Version=1"},
		{"an empty attribute", "a=1;;;", "a=1"},
		{"an unknown attribute", "a=1; Priority=High; X=Y", "a=1"},
		{"Partitioned", "a=1; Partitioned; Secure", "a=1"},
		{"Partitioned without Secure", "a=1; Partitioned", ""},
		{"a semicolon in quotes", `a="b;c"`, `a="b`},
		{"as long as may be", "a=" + long[1:], "a=" + long[1:]},
		{"a byte longer", "a=" + long, ""},
		{"a long attribute", "a=1; Path=/" + long + "; X=" + long, "a=1"},
		{"case of names", "A=1\na=2", "A=1; a=2"},

		{"an attribute in any case", "a=1; PATH=/a; sEcUrE", "a=1"},
		{"another path", "a=1; Path=/x", ""},
		{"a path that only starts alike", "a=1; Path=/a/", "a=1"},
		{"a path within a segment", "a=1; Path=/a/bc", ""},
		{"a path that is none", "a=1; Path=a", "a=1"},
		{"the last path counts", "a=1; Path=/x; Path=/", "a=1"},
		{"an empty path after another", "a=1; Path=/x; Path=", "a=1"},
		{"a path in quotes", `a=1; Path="/x"`, "a=1"},

		{"the host as domain", "a=1; Domain=www.shop.example", "a=1"},
		{"the site as domain", "a=1; Domain=shop.example", "a=1"},
		{"a dot before the domain", "a=1; Domain=.SHOP.example", "a=1"},
		{"two dots before the domain", "a=1; Domain=..shop.example", ""},
		{"another domain", "a=1; Domain=other.example", ""},
		{"a domain below", "a=1; Domain=x.www.shop.example", ""},
		{"a domain that only ends alike", "a=1; Domain=hop.example", ""},
		{"a public suffix", "a=1; Domain=example", ""},
		{"an empty domain", "a=1; Domain=", "a=1"},
		{"the last domain counts", "a=1; Domain=other.example; Domain=shop.example", "a=1"},

		{"Max-Age", "a=1; Max-Age=1", "a=1"},
		{"Max-Age over", "a=1; Max-Age=0", ""},
		{"a negative Max-Age", "a=1; Max-Age=-5", ""},
		{"a large Max-Age", "a=1; Max-Age=99999999999999999999", "a=1"},
		{"a small Max-Age", "a=1; Max-Age=-99999999999999999999", ""},
		{"a Max-Age that is none", "a=1; Max-Age=1.5; Max-Age=x; Max-Age=", "a=1"},
		{"a Max-Age with a plus sign", "a=1; Max-Age=+0", ""},
		{"Max-Age comes before Expires", "a=1; Max-Age=5; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "a=1"},
		{"Expires over", "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", ""},
		{"Expires to come", "a=1; Expires=Fri, 02 Jan 2026 00:00:00 GMT", "a=1"},
		{"Expires of old", "a=1; Expires=Sunday, 06-Nov-94 08:49:37 GMT", ""},
		{"Expires of asctime", "a=1; Expires=Sun Nov  6 08:49:37 1994", ""},
		{"Expires with hyphens", "a=1; Expires=Thu, 01-Jan-1970 00:00:00 GMT", ""},
		{"Expires of Netscape", "a=1; Expires=Thu, 01-Jan-70 00:00:01 GMT", ""},
		{"Expires that is none", "a=1; Expires=0", "a=1"},
		{"Expires on no day", "a=1; Expires=Thu, 30 Feb 1970 00:00:00 GMT", "a=1"},
		{"Expires at no hour", "a=1; Expires=Thu, 01 Jan 1970 24:00:00 GMT", "a=1"},

		{"Secure", "a=1; Secure", "a=1"},
		{"SameSite in any case", "a=1; SameSite=STRICT", "a=1"},
		{"None without Secure", "a=1; SameSite=None", ""},
		{"None with Secure", "a=1; SameSite=None; Secure", "a=1"},
		{"the last SameSite counts", "a=1; SameSite=None; SameSite=Odd", "a=1"},

		{"__Secure-", "__Secure-a=1; Secure", "__Secure-a=1"},
		{"__Secure- without it", "__Secure-a=1", ""},
		{"__secure- without it", "__secure-a=1", ""},
		{"__Host-", "__Host-a=1; Secure; Path=/", "__Host-a=1"},
		{"__Host- with a domain", "__Host-a=1; Secure; Path=/; Domain=www.shop.example", ""},
		{"__HOST- with a path", "__HOST-a=1; Secure; Path=/a", ""},
		{"__Host- without a path", "__Host-a=1; Secure", ""},
		{"a prefix in a value without a name", "=__Host-a=1; Secure; Path=/", ""},
		{"a prefix in a value without an equals sign", "__secure-a; Secure", ""},

		{"the longest path first, then the oldest", "a=1; Path=/\nb=1; Path=/a/b\nc=1; Path=/\nd=1; Path=/a", "b=1; d=1; a=1; c=1"},
		{"a new value comes last", "a=1\nb=1\na=2", "b=1; a=2"},
		{"an equal value keeps its place", "a=1\nb=1\na=1; Max-Age=9", "a=1; b=1"},
		{"one name for host and site", "a=1\na=2; Domain=shop.example", "a=1; a=2"},
		{"taken back", "a=1\na=; Max-Age=0", ""},
		{"taken back at another path", "a=1\na=; Path=/; Max-Age=0", "a=1"},
		{"taken back by what is refused", "a=1; Path=/\na=1; Path=/; Max-Age=0; SameSite=None", "a=1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			const page = "https://www.shop.example/a/b"
			s.visit(page, strings.Split(tt.set, "\n")...)
			got, _ := s.visit(page)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Cookie (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCookiesComeBackByteForByteOverHTTP2(t *testing.T) {
	set := []string{`a="b,c"`, `b={"id":1,"x":[2,3]}`, "c=J\xf6rg Jörg", "auth[id]=1", "nameless"}
	var got []string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Proto+" "+r.Header.Get("Cookie"))
		w.Header()["Set-Cookie"] = set
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	client, jar := useragent.Client{Transport: server.Client().Transport}, &useragent.Jar{}
	for range 2 {
		if _, err := client.Do(t.Context(), jar, &useragent.Request{URL: address(t, server.URL)}); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"HTTP/2.0 ", "HTTP/2.0 " + strings.Join(set, "; ")}, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestACookieGoesWhereItBelongs(t *testing.T) {
	for _, tt := range []struct{ name, at, set, to, want string }{
		{"the host alone", "https://shop.example/", "a=1", "https://www.shop.example/", ""},
		{"below the domain", "https://shop.example/", "a=1; Domain=shop.example", "https://www.SHOP.example/", "a=1"},
		{"beside a host", "https://www.shop.example/", "a=1; Domain=shop.example", "https://files.shop.example/", "a=1"},
		{"any port", "https://shop.example/", "a=1", "https://shop.example:8443/", "a=1"},
		{"an address", "http://10.0.0.1/", "a=1; Domain=10.0.0.1", "http://10.0.0.1/", "a=1"},
		{"the end of an address", "http://10.0.0.1/", "a=1; Domain=0.0.1", "http://10.0.0.1/", ""},
		{"not from 127.0.0.1 to localhost", "http://127.0.0.1/", "a=1", "http://localhost/", ""},
		{"localhost as domain", "http://localhost/", "a=1; Domain=localhost", "http://app.localhost/", ""},
		{"https only", "https://shop.example/", "a=1; Secure", "http://shop.example/", ""},
		{"Secure over http", "http://shop.example/", "a=1; Secure", "https://shop.example/", ""},
		{"Secure on this machine", "http://localhost/", "a=1; Secure", "http://localhost/", "a=1"},
		{"Secure on a loopback address", "http://[::1]/", "__Host-a=1; Secure; Path=/", "http://[::1]/", "__Host-a=1"},
		{"the folder of the page", "https://shop.example/x/y", "a=1", "https://shop.example/x/z", "a=1"},
		{"the folder itself", "https://shop.example/x/y", "a=1", "https://shop.example/x", "a=1"},
		{"not above the folder", "https://shop.example/x/y", "a=1", "https://shop.example/", ""},
		{"the folder of the top", "https://shop.example", "a=1", "https://shop.example/x", "a=1"},
		{"an escaped path", "https://shop.example/a%20b/c", "a=1", "https://shop.example/a%20b/d", "a=1"},
	} {
		s := newSite(t)
		s.visit(tt.at, tt.set)
		if got, _ := s.visit(tt.to); got != tt.want {
			t.Errorf("%s: Cookie is %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestAnAnswerOverHTTPDoesNotReplaceASecureCookie(t *testing.T) {
	for _, tt := range []struct{ set, want string }{
		{"a=2", "a=1"},
		{"a=2; Path=/x", "a=1"},
		{"a=2; Domain=shop.example", "a=1"},
		{"a=; Max-Age=0", "a=1"},
		{"b=2", "a=1; b=2"},
	} {
		s := newSite(t)
		s.visit("https://www.shop.example/x", "a=1; Secure; Path=/")
		s.visit("http://www.shop.example/x", tt.set)
		if got, _ := s.visit("https://www.shop.example/x"); got != tt.want {
			t.Errorf("after %q: Cookie is %q, want %q", tt.set, got, tt.want)
		}
	}
}

func TestACookieEndsInTime(t *testing.T) {
	const day = 24 * time.Hour
	for _, tt := range []struct {
		set  string
		ends time.Duration
	}{
		{"a=1; Max-Age=60", time.Minute},
		{"a=1; Expires=Thu, 01 Jan 2026 12:00:01 GMT", time.Second},
		{"a=1; Max-Age=999999999", 400 * day},
		{"a=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT", 400 * day},
	} {
		s := newSite(t)
		const page = "https://shop.example/"
		s.visit(page, tt.set)
		s.now = noon.Add(tt.ends - 1)
		if got, _ := s.visit(page); got != "a=1" {
			t.Errorf("%s: it is gone too early", tt.set)
		}
		s.now = noon.Add(tt.ends)
		if got, _ := s.visit(page); got != "" {
			t.Errorf("%s: it is still there", tt.set)
		}
	}
}

func TestACookieWithAControlCharacterIsRefused(t *testing.T) {
	for _, set := range []string{"a=b\x01c", "a=b\x7f", "a\x1fb=1", "a=1; Path=/\x08"} {
		jar, u := useragent.Jar{}, &url.URL{Scheme: "https", Host: "shop.example"}
		client := useragent.Client{Transport: answer{"Set-Cookie": {set, "good=1"}}}
		res, err := client.Do(t.Context(), &jar, &useragent.Request{URL: u})
		if err != nil {
			t.Fatal(err)
		}
		if got := jar.Header(u, noon); got != "good=1" || len(res.Refused) != 1 {
			t.Errorf("%q: Cookie is %q, refused are %v", set, got, res.Refused)
		}
	}
}

// An answer is a transport that has these headers ready.
type answer http.Header

func (a answer) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header(a), Body: http.NoBody}, nil
}

func TestASessionThatIsGivenGoesToNoOtherHost(t *testing.T) {
	const session = `sid="a,b"; auth[id]=Jörg; token`
	for address, want := range map[string]string{
		"https://shop.example/deep/page":  session,
		"https://shop.example:8443/":      session,
		"http://shop.example/":            "",
		"https://www.shop.example/":       "",
		"https://example/":                "",
		"https://shop.example.evil.test/": "",
	} {
		s := newSite(t)
		s.jar.Set(&url.URL{Scheme: "https", Host: "shop.example"}, session)
		if got, _ := s.visit(address); got != want {
			t.Errorf("%s: Cookie is %q, want %q", address, got, want)
		}
	}
}

// Where a session was set is not known: the site says so when it renews it.
func TestASessionThatIsGivenIsReplacedByTheSite(t *testing.T) {
	for set, want := range map[string]string{
		"sid=2":                                "other=1; sid=2",
		"sid=2; Path=/; Domain=shop.example":   "other=1; sid=2",
		"sid=; Max-Age=0; Domain=shop.example": "other=1",
		"sid=2; Domain=elsewhere.example":      "sid=1; other=1",
	} {
		s := newSite(t)
		const page = "https://www.shop.example/"
		s.jar.Set(&url.URL{Scheme: "https", Host: "www.shop.example"}, "sid=1; other=1")
		s.visit(page, set)
		if got, _ := s.visit(page); got != want {
			t.Errorf("%s: Cookie is %q, want %q", set, got, want)
		}
	}
}

func TestAHostKeepsAtMost180Cookies(t *testing.T) {
	s := newSite(t)
	const page = "https://shop.example/"
	for i := range 200 {
		s.visit(page, "c"+strconv.Itoa(i)+"=1")
	}
	sent, _ := s.visit(page)
	if n := strings.Count(sent, "="); n != 180 || !strings.HasPrefix(sent, "c20=") || !strings.HasSuffix(sent, "; c199=1") {
		t.Errorf("%d cookies are sent: %s", n, sent)
	}
}

// FuzzParseSetCookie holds that name and value come from the line as they are, and
// that what a jar sends is a header.
func FuzzParseSetCookie(f *testing.F) {
	for _, seed := range []string{`a="b"; Path=/; Max-Age=1`, "abc", "==", "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "a\x00=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if c := useragent.ParseSetCookie(line); !strings.Contains(line, c.Name) || !strings.Contains(line, c.Value) {
			t.Errorf("%q has name %q and value %q", line, c.Name, c.Value)
		}
		u, jar := &url.URL{Scheme: "https", Host: "shop.example", Path: "/"}, useragent.Jar{}
		client := useragent.Client{Transport: answer{"Set-Cookie": {line}}, Now: func() time.Time { return noon }}
		if _, err := client.Do(t.Context(), &jar, &useragent.Request{URL: u}); err != nil {
			t.Fatal(err)
		}
		header := jar.Header(u, noon)
		if strings.ContainsFunc(header, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) || len(header) > 4097 {
			t.Errorf("Cookie is %q", header)
		}
	})
}
