package frameworks_test

import (
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"filippo.io/csrf"
	csrfgorilla "filippo.io/csrf/gorilla"
	ginweb "github.com/gin-gonic/gin"
	fiberweb "github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/extractors"
	"github.com/gofiber/fiber/v3/middleware/adaptor"
	fibercsrf "github.com/gofiber/fiber/v3/middleware/csrf"
	gorilla "github.com/gorilla/csrf"
	adapter "github.com/gwatts/gin-adapter"
	"github.com/justinas/nosurf"
	echoweb "github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"github.com/bettermode-go/sso/examples/frameworks/partner"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

const csrfField = "csrf"

func hidden(name, token string) string {
	return fmt.Sprintf(`<input type="hidden" name="%s" value="%s">`, name, token)
}

// signIn is a sign-in page with the hidden field of a protection.
func signIn(site *partner.Site, field func(*http.Request) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			fmt.Fprintf(w, `<form method="post">%s<button name="member" value="u-1001">Sign in</button></form>`, field(r))
			return
		}
		cookie, ok := site.SignIn(r.PostFormValue("member"), r.TLS != nil)
		if !ok {
			http.Error(w, "There is no such member.", http.StatusBadRequest)
			return
		}
		http.SetCookie(w, cookie)
		site.Login.Resume(w, r)
	})
}

func noField(*http.Request) string { return "" }

var csrfKey = []byte("32-bytes-of-a-key-for-this-test!")

func gorillaField(r *http.Request) string { return string(gorilla.TemplateField(r)) }

// The protections that sites put around their sign-in form.
var protections = map[string]func(*partner.Site) http.Handler{
	"net/http": func(s *partner.Site) http.Handler {
		return http.NewCrossOriginProtection().Handler(s.Login.Middleware(signIn(s, noField)))
	},
	"filippo.io/csrf": func(s *partner.Site) http.Handler {
		return csrf.New().Handler(s.Login.Middleware(signIn(s, noField)))
	},
	"filippo.io/csrf/gorilla": func(s *partner.Site) http.Handler {
		return csrfgorilla.Protect(csrfKey)(s.Login.Middleware(signIn(s, noField)))
	},
	"gorilla/csrf": func(s *partner.Site) http.Handler {
		return gorilla.Protect(csrfKey)(s.Login.Middleware(signIn(s, gorillaField)))
	},
	"gorilla/csrf behind the login": func(s *partner.Site) http.Handler {
		return s.Login.Middleware(gorilla.Protect(csrfKey)(signIn(s, gorillaField)))
	},
	"nosurf": func(s *partner.Site) http.Handler {
		return nosurf.New(s.Login.Middleware(signIn(s, func(r *http.Request) string {
			return hidden(nosurf.FormFieldName, nosurf.Token(r))
		})))
	},
	"echo": func(s *partner.Site) http.Handler {
		e := echoweb.New()
		e.Use(middleware.CSRFWithConfig(middleware.CSRFConfig{TokenLookup: "form:" + csrfField}))
		e.Any(partner.LoginPath, func(c *echoweb.Context) error {
			token, _ := c.Get(middleware.DefaultCSRFConfig.ContextKey).(string)
			page := signIn(s, func(*http.Request) string { return hidden(csrfField, token) })
			s.Login.Middleware(page).ServeHTTP(c.Response(), c.Request())
			return nil
		})
		return e
	},
	"gin with gorilla/csrf": func(s *partner.Site) http.Handler {
		r := ginweb.New()
		r.Use(adapter.Wrap(gorilla.Protect(csrfKey)))
		r.Any(partner.LoginPath, ginweb.WrapH(s.Login.Middleware(signIn(s, gorillaField))))
		return r
	},
}

// serveFiberCSRF is a site on fiber, whose protection is its own.
func serveFiberCSRF(t *testing.T, site *partner.Site) (origin string) {
	t.Helper()
	app := fiberweb.New()
	app.Use(fibercsrf.New(fibercsrf.Config{Extractor: extractors.FromForm(csrfField)}))
	app.All(partner.LoginPath, func(c fiberweb.Ctx) error {
		token := fibercsrf.TokenFromContext(c)
		page := signIn(site, func(*http.Request) string { return hidden(csrfField, token) })
		return adaptor.HTTPHandler(site.Login.Middleware(page))(c)
	})
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

// A chromium sends the headers that Chromium sends, and follows no redirect.
type chromium struct {
	t      *testing.T
	client *http.Client
}

func newChromium(t *testing.T, client *http.Client) *chromium {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client.Jar = jar
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &chromium{t, client}
}

// navigate goes to an address from a page of a site.
func (c *chromium) navigate(method, address string, form url.Values, site string, headers ...string) response {
	c.t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, h := range append(headers, "Sec-Fetch-Site: "+site, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-User: ?1") {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := c.client.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return response{res, string(body)}
}

var inputs = regexp.MustCompile(`name="([^"]+)" value="([^"]*)"`)

// submit sends the form of a page to the page's own address. Of a page that says
// no-referrer, Chromium tells no origin.
func (c *chromium) submit(page response) response {
	c.t.Helper()
	form := url.Values{}
	for _, input := range inputs.FindAllStringSubmatch(page.body, -1) {
		form.Set(input[1], html.UnescapeString(input[2]))
	}
	address := page.Request.URL
	headers := []string{"Origin: " + address.Scheme + "://" + address.Host, "Referer: " + address.String()}
	if page.Header.Get("Referrer-Policy") == "no-referrer" {
		headers = []string{"Origin: null"}
	}
	return c.navigate("POST", address.String(), form, "same-origin", headers...)
}

// newProtected is a site behind a protection, and a browser for it.
func newProtected(t *testing.T, protect func(*partner.Site) http.Handler) (address, community string, c *chromium) {
	t.Helper()
	fake := ssotest.NewCommunity(t, ssotest.Config{})
	signer, err := ssotoken.New(ssotoken.Config{Community: fake.URL, Key: fake.Key()})
	if err != nil {
		t.Fatal(err)
	}
	site, err := partner.New(signer, nil)
	if err != nil {
		t.Fatal(err)
	}
	origin, client := "", &http.Client{}
	if protect == nil {
		origin = serveFiberCSRF(t, site)
	} else {
		server := httptest.NewTLSServer(protect(site))
		t.Cleanup(server.Close)
		origin, client = server.URL, server.Client()
	}
	return origin + partner.LoginPath + "?referrer_uri=%2Fspaces%3Fa%3D1%26b%3D2", fake.URL, newChromium(t, client)
}

func onEachProtection(t *testing.T, test func(t *testing.T, address, community string, c *chromium)) {
	protections["fiber"] = nil // serves itself
	for name, protect := range protections {
		t.Run(name, func(t *testing.T) {
			address, community, c := newProtected(t, protect)
			test(t, address, community, c)
		})
	}
}

// With Referrer-Policy: no-referrer on the sign-in page, gorilla/csrf would answer 403
// to everybody.
func TestAProtectedSignInFormEndsInTheCommunity(t *testing.T) {
	onEachProtection(t, func(t *testing.T, address, community string, c *chromium) {
		page := c.navigate("GET", address, nil, "cross-site", "Referer: "+community+"/")
		back := c.submit(page)
		if page.StatusCode != http.StatusOK || back.StatusCode != http.StatusSeeOther {
			t.Fatalf("the page got %s, its form %s: %s", page.Status, back.Status, back.body)
		}
		to, err := page.Request.URL.Parse(back.Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		end := c.navigate("GET", to.String(), nil, "same-origin")
		location := end.Header.Get("Location")
		if !strings.HasPrefix(location, community+"/api/auth/sso?jwt=") ||
			!strings.HasSuffix(location, "&redirect_uri=%2Fspaces%3Fa%3D1%26b%3D2") {
			t.Errorf("ends with %s: %s", end.Status, end.body)
		}
	})
}

func TestAFormOfAnotherOriginSignsNobodyInThroughAProtection(t *testing.T) {
	foreign := []struct{ site, origin string }{
		{"cross-site", "https://evil.example"}, {"same-site", "https://evil.example"}, {"cross-site", "null"},
	}
	onEachProtection(t, func(t *testing.T, address, community string, c *chromium) {
		c.navigate("GET", address, nil, "cross-site") // the visitor has the protection's cookie
		for _, f := range foreign {
			res := c.navigate("POST", address, ada, f.site, "Origin: "+f.origin, "Referer: https://evil.example/")
			if res.StatusCode < 400 || strings.Contains(strings.Join(res.Header.Values("Set-Cookie"), " "), "session=") {
				t.Errorf("%s from %s: got %s, %v", f.site, f.origin, res.Status, res.Header)
			}
		}
		if page := c.navigate("GET", address, nil, "cross-site"); page.StatusCode != http.StatusOK {
			t.Errorf("somebody is signed in: got %s", page.Status)
		}
	})
}

// So the test above would see the header.
func TestAPageThatSaysNoReferrerIsRefusedByGorilla(t *testing.T) {
	address, _, c := newProtected(t, func(s *partner.Site) http.Handler {
		protected := protections["gorilla/csrf"](s)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Referrer-Policy", "no-referrer")
			protected.ServeHTTP(w, r)
		})
	})
	if res := c.submit(c.navigate("GET", address, nil, "cross-site")); res.StatusCode != http.StatusForbidden {
		t.Errorf("got %s", res.Status)
	}
}
