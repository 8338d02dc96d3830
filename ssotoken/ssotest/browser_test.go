package ssotest_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

// newPartner is a partner's site on the host localhost, whose session cookie has
// the given SameSite, and returns its Authorization URL.
func newPartner(t testing.TB, community *ssotest.Community, sameSite http.SameSite) string {
	t.Helper()
	signer, err := ssotoken.New(ssotoken.Config{Community: community.URL, Key: community.Key()})
	if err != nil {
		t.Fatal(err)
	}
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: signer, Identify: func(r *http.Request) (ssotoken.Claims, error) {
		if _, err := r.Cookie("session"); err != nil {
			return ssotoken.Claims{}, ssotoken.ErrNoSession
		}
		return ssotoken.NewClaims().Subject("u-1").Name("Ada").VerifiedEmail("ada@example.com").Build()
	}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(login.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "1", Path: "/", SameSite: sameSite})
			login.Resume(w, r)
			return
		}
		fmt.Fprint(w, "Sign in")
	})))
	t.Cleanup(server.Close)
	address := strings.Replace(server.URL, "127.0.0.1", "localhost", 1) + "/login"
	community.Configure(func(s *ssotest.Settings) { s.AuthorizationURL = address })
	return address
}

// atLoopback reaches localhost, and any other name, where the servers listen.
func atLoopback() *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	}}
}

func newBrowser(t testing.TB) *ssotest.Browser {
	b := ssotest.NewBrowser(t)
	b.Client.Transport = atLoopback()
	return b
}

// A member signs in once. At the second visit from the community the session is
// there, or isn't.
func TestABrowserShowsThatAStrictSessionCookieAsksForTheSignInAgain(t *testing.T) {
	tests := []struct {
		sameSite http.SameSite
		asked    bool
		withheld map[string]string
	}{
		{http.SameSiteLaxMode, false, map[string]string{}},
		{http.SameSiteDefaultMode, false, map[string]string{}},
		{http.SameSiteStrictMode, true, map[string]string{"session": "SameSite=Strict, and the visit comes from another site"}},
	}
	for _, tt := range tests {
		community := ssotest.NewCommunity(t, ssotest.Config{})
		newPartner(t, community, tt.sameSite)
		b := newBrowser(t)
		b.Open(community.URL + "/")
		if page := b.Follow("/auth/login"); page.Text != "Sign in" {
			t.Fatalf("the first visit ends at %s", page.Request.URL)
		}
		page := b.Submit("", url.Values{"user": {"ada"}})
		if !strings.Contains(page.Text, "Ada") || "http://"+page.Request.URL.Host != community.URL {
			t.Fatalf("the sign-in ends at %s", page.Request.URL)
		}
		page = b.Follow("/auth/login")
		if asked := page.Text == "Sign in"; asked != tt.asked {
			t.Errorf("SameSite %d: asked to sign in again: %t", tt.sameSite, asked)
		}
		diff(t, "withheld cookies", tt.withheld, page.Hops[1].Withheld)
	}
}

// What a jar shows of the same site: nothing.
func TestACookieJarDoesNotShowIt(t *testing.T) {
	community := ssotest.NewCommunity(t, ssotest.Config{})
	login := newPartner(t, community, http.SameSiteStrictMode)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Transport: atLoopback()}
	post(t, client, login, url.Values{"user": {"ada"}})
	if page := get(t, client, community.URL+"/auth/login"); !strings.Contains(page.body, "Ada") {
		t.Errorf("got %d %s", page.status, page.body)
	}
}

// echo sets the cookies that the query names.
func echo(w http.ResponseWriter, r *http.Request) {
	for _, c := range r.URL.Query()["set"] {
		w.Header().Add("Set-Cookie", c)
	}
}

// The two minutes of Chromium, which a test in the browser itself can't wait for.
func TestACookieWithoutSameSiteComesWithAForeignFormForTwoMinutes(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(server.Close)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	b := newBrowser(t)
	b.Client.Now = func() time.Time { return now }
	site := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	b.Open(site + "/?set=plain%3D1&set=lax%3D1%3B+SameSite%3DLax&set=short%3D1%3B+Max-Age%3D120")
	b.Open(server.URL)
	now = now.Add(2*time.Minute - time.Second)
	diff(t, "sent", []string{"plain", "short"}, sent(b.Submit(site, nil).Hops[0]))
	b.Open(server.URL)
	now = now.Add(time.Second)
	hop := b.Submit(site, nil).Hops[0]
	const why = "SameSite=Lax, or none of them, and the form is another site's"
	diff(t, "sent", []string(nil), sent(hop))
	diff(t, "withheld", map[string]string{"plain": why, "lax": why}, hop.Withheld)
}

func TestABrowserSaysWhyItRefusesACookie(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t)
	set := "/?" + url.Values{"set": {
		"a=1; Secure", "b=1; SameSite=None", "c=1; Domain=other.example", "d=1; Domain=example", "__Host-e=1", "f=1; Domain=partner.example",
	}}.Encode()
	page := b.Open("http://www.partner.example:" + port + set)
	diff(t, "refused", map[string]string{
		"a": "Secure, and the address is not https", "b": "SameSite=None without Secure",
		"c": "its Domain is not the site's", "d": "its Domain is not the site's",
		"__Host-e": "its name promises what its attributes don't",
	}, page.Hops[0].Refused)
	if got := page.Request.Header.Get("Sec-Fetch-Site"); got != "" {
		t.Errorf("over http, browsers send no Sec-Fetch-Site: got %s", got)
	}
	diff(t, "sent to another host of the site", []string{"f"}, sent(b.Open("http://forum.partner.example:" + port).Hops[0]))
	framed := b.Frame(server.URL + "/?set=g%3D1").Hops[0]
	diff(t, "refused in a frame", map[string]string{"g": "the page around the frame is another site's"}, framed.Refused)
}

func TestASecureCookieIsNotSentOverHTTP(t *testing.T) {
	secure, plain := httptest.NewTLSServer(http.HandlerFunc(echo)), httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(secure.Close)
	t.Cleanup(plain.Close)
	transport := atLoopback()
	transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} // the server's certificate is for another name
	at := func(s *httptest.Server) string { return strings.Replace(s.URL, "127.0.0.1", "www.partner.example", 1) }
	b := ssotest.NewBrowser(t)
	b.Client.Transport = transport
	b.Open(at(secure) + "/?set=session%3D1%3B+Secure&set=other%3D1")
	diff(t, "sent over https", []string{"session", "other"}, sent(b.Open(at(secure)).Hops[0]))
	hop := b.Open(at(plain)).Hops[0]
	diff(t, "sent over http", []string{"other"}, sent(hop))
	diff(t, "withheld", map[string]string{"session": "Secure, and the address is not https"}, hop.Withheld)
}

// ukSuffixes knows one public suffix of two labels.
type ukSuffixes struct{}

func (ukSuffixes) PublicSuffix(host string) string {
	if host == "co.uk" || strings.HasSuffix(host, ".co.uk") {
		return "co.uk"
	}
	return host[strings.LastIndexByte(host, '.')+1:]
}

func (ukSuffixes) String() string { return "co.uk" }

func TestABrowserTellsSitesApartByAListOfPublicSuffixes(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ada, bob := "http://ada.example.co.uk:"+port, "http://bob.other.co.uk:"+port
	for _, tt := range []struct {
		list cookiejar.PublicSuffixList
		sent []string
	}{{nil, []string{"strict", "wide"}}, {ukSuffixes{}, nil}} {
		b := newBrowser(t)
		b.Client.PublicSuffixes = tt.list
		b.Open(ada + "/?set=strict%3D1%3B+SameSite%3DStrict&set=wide%3D1%3B+Domain%3Dco.uk")
		b.Open(bob)
		diff(t, "sent", tt.sent, sent(b.Follow(ada).Hops[0]))
	}
}

func TestABrowserEndsTheTestWhereItCanNotGoOn(t *testing.T) {
	loop := httptest.NewServer(http.RedirectHandler("/", http.StatusSeeOther))
	t.Cleanup(loop.Close)
	odd := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://[")
		w.WriteHeader(http.StatusSeeOther)
	}))
	t.Cleanup(odd.Close)
	fine := httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(fine.Close)
	for name, visit := range map[string]func(*failing){
		"no page":    func(f *failing) { ssotest.NewBrowser(f).Follow("/") },
		"no address": func(f *failing) { ssotest.NewBrowser(f).Open("http://[") },
		"a bad link": func(f *failing) {
			b := ssotest.NewBrowser(f)
			b.Open(fine.URL)
			b.Follow("http://[")
		},
		"a bad redirect": func(f *failing) { ssotest.NewBrowser(f).Open(odd.URL) },
		"endless":        func(f *failing) { ssotest.NewBrowser(f).Open(loop.URL) },
		"nobody there":   func(f *failing) { ssotest.NewBrowser(f).Open("http://127.0.0.1:1/") },
	} {
		f := &failing{}
		func() {
			defer func() { recover() }()
			visit(f)
		}()
		if !f.failed {
			t.Errorf("%s: the test goes on", name)
		}
	}
	if page := ssotest.NewBrowser(t).Open(fine.URL); page.StatusCode != http.StatusOK || len(page.Hops) != 1 {
		t.Errorf("got %+v", page)
	}
}

// sent are the names of the cookies that came with a visit.
func sent(hop *useragent.Response) (names []string) {
	for _, c := range hop.Request.Cookies() {
		names = append(names, c.Name)
	}
	return names
}
