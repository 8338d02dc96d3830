package frameworks_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	ginweb "github.com/gin-gonic/gin"
	fiberweb "github.com/gofiber/fiber/v3"

	"github.com/bettermode-go/sso/examples/frameworks/chi"
	"github.com/bettermode-go/sso/examples/frameworks/echo"
	"github.com/bettermode-go/sso/examples/frameworks/fiber"
	"github.com/bettermode-go/sso/examples/frameworks/gin"
	"github.com/bettermode-go/sso/examples/frameworks/partner"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

func init() { ginweb.SetMode(ginweb.TestMode) } // quiet

// onEach runs a test on a server of each framework.
func onEach(t *testing.T, test func(*testing.T, *trip)) {
	t.Helper()
	frameworks := []struct {
		name  string
		serve func(*testing.T, *partner.Site) (origin string)
	}{
		{"chi", overHTTP(chi.New)},
		{"gin", overHTTP(gin.New)},
		{"echo", overHTTP(echo.New)},
		{"fiber", serveFiber},
	}
	for _, f := range frameworks {
		t.Run(f.name, func(t *testing.T) { test(t, newTrip(t, f.serve)) })
	}
}

func overHTTP(handler func(*partner.Site) http.Handler) func(*testing.T, *partner.Site) string {
	return func(t *testing.T, site *partner.Site) string {
		server := httptest.NewServer(handler(site))
		t.Cleanup(server.Close)
		return server.URL
	}
}

func serveFiber(t *testing.T, site *partner.Site) string {
	t.Helper()
	app := fiber.New(site)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- app.Listener(listener, fiberweb.ListenConfig{DisableStartupMessage: true}) }()
	t.Cleanup(func() {
		listener.Close()
		<-ended
	})
	return "http://" + listener.Addr().String()
}

// frontend is the one other origin that the site trusts.
const frontend = "https://app.example.com"

// A trip is a partner site on some framework and a fake community that know
// each other.
type trip struct {
	t         *testing.T
	community *ssotest.Community
	site      string // origin

	mu     sync.Mutex
	events []ssotoken.EventKind
}

func newTrip(t *testing.T, serve func(*testing.T, *partner.Site) string) *trip {
	t.Helper()
	tr := &trip{t: t, community: ssotest.NewCommunity(t, ssotest.Config{})}
	signer, err := ssotoken.New(ssotoken.Config{Community: tr.community.URL, Key: tr.community.Key()})
	if err != nil {
		t.Fatal(err)
	}
	site, err := partner.New(signer, func(_ context.Context, e ssotoken.Event) {
		tr.mu.Lock()
		defer tr.mu.Unlock()
		tr.events = append(tr.events, e.Kind)
	}, frontend)
	if err != nil {
		t.Fatal(err)
	}
	tr.site = serve(t, site)
	tr.community.Configure(func(s *ssotest.Settings) {
		s.AuthorizationURL, s.LogoutURL = tr.site+partner.LoginPath, tr.site+partner.LogoutPath
	})
	return tr
}

// minted counts the tokens so far.
func (tr *trip) minted() (n int) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, kind := range tr.events {
		if kind == ssotoken.Minted {
			n++
		}
	}
	return n
}

// loginURL is the Authorization URL with a referrer_uri, which must be encoded.
func (tr *trip) loginURL(referrer string) string {
	return tr.site + partner.LoginPath + "?" + contract.ReferrerURI + "=" + referrer
}

// A browser keeps cookies. It follows redirects unless still is set.
type browser struct {
	tr    *trip
	jar   http.CookieJar
	still bool
}

func (tr *trip) newBrowser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		tr.t.Fatal(err)
	}
	return &browser{tr: tr, jar: jar}
}

type response struct {
	*http.Response
	body string
}

// do sends a request with headers of the form "Name: value". SELF is the site's
// origin. An empty value leaves a header out.
func (b *browser) do(method, address string, form url.Values, headers ...string) (response, error) {
	r, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return response{}, err
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if r.Header.Set(name, strings.ReplaceAll(value, "SELF", b.tr.site)); value == "" {
			r.Header.Del(name)
		}
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
		for _, c := range b.jar.Cookies(r.URL) { // the client would send those of Host
			r.AddCookie(c)
		}
	}
	client := http.Client{Jar: b.jar, CheckRedirect: func(_ *http.Request, via []*http.Request) error {
		switch {
		case b.still:
			return http.ErrUseLastResponse
		case len(via) > 30:
			return errors.New("the redirects have no end")
		}
		return nil
	}}
	res, err := client.Do(r)
	if err != nil {
		return response{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return response{res, string(body)}, err
}

func (b *browser) visit(method, address string, form url.Values, headers ...string) response {
	b.tr.t.Helper()
	res, err := b.do(method, address, form, headers...)
	if err != nil {
		b.tr.t.Fatal(err)
	}
	return res
}

var ada = url.Values{"member": {"u-1001"}}

// signIn starts the session, and does not go on to the community.
func (b *browser) signIn() {
	b.tr.t.Helper()
	was := b.still
	b.still = true
	if res := b.visit("POST", b.tr.loginURL("%2F"), ada); res.StatusCode != http.StatusSeeOther {
		b.tr.t.Fatalf("sign-in: got %s, %s", res.Status, res.body)
	}
	b.still = was
}

func (tr *trip) expectPrivate(what string, res response) {
	tr.t.Helper()
	cache, referrer := res.Header.Values("Cache-Control"), res.Header.Values("Referrer-Policy")
	if strings.Join(cache, "|") != "no-store" || strings.Join(referrer, "|") != "no-referrer" {
		tr.t.Errorf("%s: got Cache-Control %q, Referrer-Policy %q", what, cache, referrer)
	}
}

// expectUncached looks at an answer without a token or an error, to which no
// Referrer-Policy is added.
func (tr *trip) expectUncached(what string, res response) {
	tr.t.Helper()
	cache, referrer := res.Header.Values("Cache-Control"), res.Header.Values("Referrer-Policy")
	if strings.Join(cache, "|") != "no-store" || referrer != nil {
		tr.t.Errorf("%s: got Cache-Control %q, Referrer-Policy %q", what, cache, referrer)
	}
}
