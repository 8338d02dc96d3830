package frameworks_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	chiweb "github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bettermode-go/sso/examples/frameworks/chi"
	"github.com/bettermode-go/sso/examples/frameworks/echo"
	"github.com/bettermode-go/sso/examples/frameworks/gin"
	"github.com/bettermode-go/sso/examples/frameworks/partner"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

func TestALoginFromTheCommunityComesBackToItsPage(t *testing.T) {
	onEach(t, func(t *testing.T, tr *trip) {
		const deep = "/search?q=a%20b&tab=posts"
		b := tr.newBrowser()
		form := b.visit("GET", tr.community.LoginButton(deep), nil)
		if got := form.Request.URL.Path; got != partner.LoginPath || !strings.Contains(form.body, "Sign in") {
			t.Fatalf("got %s at %s", form.Status, form.Request.URL)
		}
		end := b.visit("POST", form.Request.URL.String(), ada)
		if got, want := end.Request.URL.String(), tr.community.URL+deep; got != want || end.StatusCode != http.StatusOK {
			t.Errorf("got %s at %s, want %s", end.Status, got, want)
		}
		want := ssotest.Member{ExternalID: "u-1001", Name: "Ada Lovelace", Email: "ada@partner.example"}
		got, _ := tr.community.Member("u-1001")
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(ssotest.Member{}, "ID")); diff != "" {
			t.Errorf("member (-want +got):\n%s", diff)
		}
	})
}

func TestReferrerURISurvivesByteForByte(t *testing.T) {
	tests := []struct{ encoded, want string }{
		{"%2Fspaces%2Fnews", "/spaces/news"},
		{"%2fspaces%2fnews", "/spaces/news"},
		{"/spaces/news", "/spaces/news"},
		{"/spaces?tab=posts", "/spaces?tab=posts"},
		{"%2Fsearch%3Fq%3Da%2520b%26tab%3Dposts%23top", "/search?q=a%20b&tab=posts#top"},
		{"%2Fsearch%3Fq%3D100%2525%26x%3Da%252Bb%2Bc", "/search?q=100%25&x=a%2Bb+c"},
		{"/search?q=a+b", "/search?q=a b"},
		{"%2Fsearch%3Fq%3Da%20b", "/search?q=a b"},
		{"%2Fr%C3%A4ume%3Fq%3D%E2%9C%93", "/räume?q=✓"},
		{"%2Fa%253Bb%253D%2522", "/a%3Bb%3D%22"},
		{"%2F%40ada%3Fnext%3Dhttps%3A%2F%2Fother.example%2F", "/@ada?next=https://other.example/"},
	}
	onEach(t, func(t *testing.T, tr *trip) {
		for _, tt := range tests {
			b := tr.newBrowser()
			b.visit("POST", tr.loginURL(tt.encoded), ada)
			logins := tr.community.Attempts()
			last := logins[len(logins)-1]
			if last.Err != nil || last.Landing.Dropped != "" || last.Landing.RedirectURI != tt.want {
				t.Errorf("%s: got %q, %v, %v, want %q", tt.encoded, last.Landing.RedirectURI, last.Err, last.Landing.Dropped, tt.want)
			}
		}
	})
}

func TestWithoutASessionTheSignInPageIsShownAndItsFormLeadsBackToIt(t *testing.T) {
	onEach(t, func(t *testing.T, tr *trip) {
		b := tr.newBrowser()
		b.still = true
		address := tr.loginURL("%2Fsearch%3Fq%3Da%2520b+c") + "&utm=%C3%A4"
		page := b.visit("GET", address, nil)
		if page.StatusCode != http.StatusOK || page.body != partner.SignInPage ||
			!strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") {
			t.Errorf("got %s, %v, %s", page.Status, page.Header, page.body)
		}
		tr.expectUncached("page", page)

		back := b.visit("POST", address, ada)
		if got, want := back.Header.Get("Location"), address[strings.IndexByte(address, '?'):]; got != want ||
			back.StatusCode != http.StatusSeeOther {
			t.Errorf("got %s to %q, want %q", back.Status, got, want)
		}
		tr.expectUncached("form", back)
		if tr.minted() != 0 {
			t.Error("a token was minted before the visitor came back")
		}

		if unknown := b.visit("POST", address, url.Values{"member": {"nobody"}}); unknown.StatusCode != http.StatusBadRequest {
			t.Errorf("unknown member: got %s", unknown.Status)
		}
	})
}

func TestASignedInVisitorIsSentOnWithAnEmptyBody(t *testing.T) {
	onEach(t, func(t *testing.T, tr *trip) {
		for _, headers := range [][]string{
			nil,
			{"Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: cross-site"},
			{"Sec-Fetch-Dest: iframe", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: same-site"},
			{"Host: evil.example", "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https", "Forwarded: host=evil.example"},
		} {
			b := tr.newBrowser()
			b.still = true
			b.signIn()
			res := b.visit("GET", tr.loginURL("%2Fspaces%3Fa%3D1%26b%3D2"), nil, headers...)
			locations := res.Header.Values("Location")
			if res.StatusCode != http.StatusSeeOther || len(locations) != 1 ||
				!strings.HasPrefix(locations[0], tr.community.URL+"/api/auth/sso?jwt=ey") ||
				!strings.HasSuffix(locations[0], "&redirect_uri=%2Fspaces%3Fa%3D1%26b%3D2") {
				t.Errorf("%v: got %s to %q", headers, res.Status, locations)
			}
			if res.body != "" || res.ContentLength > 0 {
				t.Errorf("%v: got the body %q", headers, res.body)
			}
			tr.expectPrivate(fmt.Sprint(headers), res)
			if cookies := res.Cookies(); len(cookies) != 1 || cookies[0].Name != "sso_trips" || !cookies[0].HttpOnly ||
				cookies[0].SameSite != http.SameSiteLaxMode {
				t.Errorf("%v: got cookies %v", headers, cookies)
			}
		}
	})
}

func TestNothingIsMintedWhereNobodyNavigates(t *testing.T) {
	tests := []struct {
		method string
		header string
		status int
	}{
		{"HEAD", "Accept: */*", http.StatusOK},
		{"HEAD", "Sec-Fetch-Dest: document", http.StatusOK},
		{"GET", "Sec-Purpose: prefetch", http.StatusForbidden},
		{"GET", "Sec-Purpose: prefetch;prerender", http.StatusForbidden},
		{"GET", "Purpose: prefetch", http.StatusForbidden},
		{"GET", "X-Moz: prefetch", http.StatusForbidden},
		{"GET", "Sec-Fetch-Dest: image", http.StatusForbidden},
		{"GET", "Sec-Fetch-Dest: empty", http.StatusForbidden},
		{"GET", "Sec-Fetch-Dest: script", http.StatusForbidden},
	}
	onEach(t, func(t *testing.T, tr *trip) {
		b := tr.newBrowser()
		b.still = true
		b.signIn()
		for _, tt := range tests {
			what := tt.method + " " + tt.header
			res := b.visit(tt.method, tr.loginURL("%2Fspaces"), nil, tt.header)
			if res.StatusCode != tt.status || res.Header.Get("Location") != "" || strings.Contains(res.body, "eyJ") {
				t.Errorf("%s: got %s to %q", what, res.Status, res.Header.Get("Location"))
			}
			if tt.method == "HEAD" && res.body != "" {
				t.Errorf("%s: got the body %q", what, res.body)
			}
			if tt.status == http.StatusOK { // the sign-in page
				tr.expectUncached(what, res)
			} else {
				tr.expectPrivate(what, res)
			}
		}
		if n := tr.minted(); n != 0 {
			t.Errorf("%d tokens were minted", n)
		}
	})
}

func TestALoopEndsAtAPageThatSaysSo(t *testing.T) {
	onEach(t, func(t *testing.T, tr *trip) {
		tr.community.Configure(func(s *ssotest.Settings) {
			s.Key, s.RetryRefusedLogins = ssotest.NewCommunity(t, ssotest.Config{}).Key(), true
		})
		end := tr.newBrowser().visit("POST", tr.loginURL("%2Fspaces"), ada)
		if end.StatusCode != http.StatusLoopDetected || !strings.Contains(end.body, tr.community.URL+"/auth/login/direct") {
			t.Errorf("got %s at %s, %s", end.Status, end.Request.URL, end.body)
		}
		tr.expectPrivate("page", end)
	})
}

func TestLogoutEndsTheSessionHoweverOftenItIsVisited(t *testing.T) {
	onEach(t, func(t *testing.T, tr *trip) {
		for _, method := range []string{"GET", "POST"} {
			b := tr.newBrowser()
			b.still = true
			b.signIn()
			for range 3 {
				res := b.visit(method, tr.site+partner.LogoutPath+"?redirect=//evil.example", nil, "Sec-Fetch-Dest: document",
					"Sec-Fetch-Site: same-origin")
				if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/" || res.body != "" {
					t.Errorf("%s: got %s to %q, %q", method, res.Status, res.Header.Get("Location"), res.body)
				}
				tr.expectPrivate(method, res)
				if cookies := res.Cookies(); len(cookies) != 1 || cookies[0].Name != "session" || cookies[0].MaxAge >= 0 {
					t.Errorf("%s: got cookies %v", method, cookies)
				}
			}
			if page := b.visit("GET", tr.loginURL("%2F"), nil); page.body != partner.SignInPage {
				t.Errorf("%s: the session is still there: %s", method, page.Status)
			}
		}
	})
}

func TestTheCommunitysLogoutEndsBothSessions(t *testing.T) {
	onEach(t, func(t *testing.T, tr *trip) {
		b := tr.newBrowser()
		if home := b.visit("POST", tr.loginURL("%2F"), ada); !strings.Contains(home.body, "Logged in as") {
			t.Fatalf("not logged in at %s", home.Request.URL)
		}
		b.visit("POST", tr.community.URL+"/auth/logout", nil)
		if home := b.visit("GET", tr.community.URL+"/", nil); !strings.Contains(home.body, "Not logged in") {
			t.Error("the community's session is still there")
		}
		if page := b.visit("GET", tr.loginURL("%2F"), nil); page.body != partner.SignInPage {
			t.Error("the partner's session is still there")
		}
	})
}

func TestAnImageOfAnotherSiteLogsNobodyOut(t *testing.T) {
	onEach(t, func(t *testing.T, tr *trip) {
		b := tr.newBrowser()
		b.still = true
		b.signIn()
		for _, headers := range [][]string{{"Sec-Fetch-Dest: image", "Sec-Fetch-Site: cross-site"},
			{"Sec-Fetch-Dest: iframe", "Sec-Fetch-Site: cross-site"}} {
			if res := b.visit("GET", tr.site+partner.LogoutPath, nil, headers...); res.StatusCode != http.StatusForbidden ||
				len(res.Cookies()) != 0 {
				t.Errorf("%v: got %s, %v", headers, res.Status, res.Cookies())
			}
		}
		if res := b.visit("GET", tr.loginURL("%2F"), nil); res.StatusCode != http.StatusSeeOther {
			t.Errorf("the session is gone: got %s", res.Status)
		}
	})
}

func TestAFormOfAnotherSiteSignsNobodyIn(t *testing.T) {
	onEach(t, func(t *testing.T, tr *trip) {
		b := tr.newBrowser()
		b.still = true
		if res := b.visit("POST", tr.loginURL("%2F"), ada,
			"Sec-Fetch-Site: cross-site"); res.StatusCode != http.StatusForbidden || len(res.Cookies()) != 0 {
			t.Errorf("got %s, %v", res.Status, res.Cookies())
		}
	})
}

func TestAnOddAddressOfThePageLeadsNowhereElse(t *testing.T) {
	prefixes := []string{"//evil.example", "//evil.example/..", "//evil.example/%2e%2e", `/\evil.example/..`, "http://evil.example"}
	onEach(t, func(t *testing.T, tr *trip) {
		host := strings.TrimPrefix(tr.site, "http://")
		for _, prefix := range prefixes {
			conn, err := net.Dial("tcp", host) // http.Client would clean the address
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Type: "+
				"application/x-www-form-urlencoded\r\nContent-Length: 13\r\n\r\nmember=u-1001", prefix+partner.LoginPath, host)
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Errorf("%s: %v", prefix, err)
			} else if location := res.Header.Get("Location"); strings.Contains(location, "evil") {
				t.Errorf("%s: got %s to %q", prefix, res.Status, location)
			}
			conn.Close()
		}
	})
}

func TestManyVisitorsAtOnceEachComeBackToTheirOwnPage(t *testing.T) {
	onEach(t, func(t *testing.T, tr *trip) {
		var visitors sync.WaitGroup
		for i := range 20 {
			b := tr.newBrowser()
			visitors.Go(func() {
				page := fmt.Sprintf("/spaces/s-%d?q=%s", i, strings.Repeat("x", i))
				end, err := b.do("POST", tr.loginURL(url.QueryEscape(page)), ada)
				if err != nil {
					t.Error(err)
				} else if got := end.Request.URL.RequestURI(); got != page || !strings.Contains(end.body, "Ada Lovelace") {
					t.Errorf("got %s at %s, want %s", end.Status, got, page)
				}
			})
		}
		visitors.Wait()
	})
}

// A site in a mounted router, or behind a prefix that is stripped, sees another
// address in r.URL than the browser asked for, or may.
func TestASignInUnderAMountEndsInTheCommunity(t *testing.T) {
	const mount = "/members"
	strip := func(h http.Handler) http.Handler { return http.StripPrefix(mount, h) }
	chiMount := func(h http.Handler) http.Handler {
		r := chiweb.NewRouter()
		r.Mount(mount, h)
		return r
	}
	sites := map[string]func(*partner.Site) http.Handler{
		"chi, stripped":              func(s *partner.Site) http.Handler { return strip(chi.New(s)) },
		"chi, mounted":               func(s *partner.Site) http.Handler { return chiMount(chi.New(s)) },
		"chi, mounted and stripped":  func(s *partner.Site) http.Handler { return chiMount(strip(chi.New(s))) },
		"chi, mounted below a strip": func(s *partner.Site) http.Handler { return http.StripPrefix("/site", chiMount(chi.New(s))) },
		"gin, stripped":              func(s *partner.Site) http.Handler { return strip(gin.New(s)) },
		"echo, stripped":             func(s *partner.Site) http.Handler { return strip(echo.New(s)) },
		"net/http, stripped in a mux": func(s *partner.Site) http.Handler {
			m := http.NewServeMux()
			m.Handle(mount+"/", strip(chi.New(s)))
			return m
		},
	}
	for name, site := range sites {
		t.Run(name, func(t *testing.T) {
			tr := newTrip(t, overHTTP(site))
			prefix := mount
			if strings.Contains(name, "below") {
				prefix = "/site" + mount
			}
			const deep = "/search?q=a%20b&tab=posts"
			address := tr.site + prefix + partner.LoginPath + "?referrer_uri=" + url.QueryEscape(deep)
			end := tr.newBrowser().visit("POST", address, ada)
			if got, want := end.Request.URL.String(), tr.community.URL+deep; got != want || !strings.Contains(end.body, "Ada Lovelace") {
				t.Errorf("got %s at %s, want %s", end.Status, got, want)
			}
		})
	}
}
