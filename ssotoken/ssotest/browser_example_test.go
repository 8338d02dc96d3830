package ssotest_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// In a test, t is the *testing.T, and the partner's handler is your own.
func ExampleBrowser() {
	t := &exampleT{}
	defer t.end()
	partner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "1", Path: "/", SameSite: http.SameSiteStrictMode})
		} else if _, err := r.Cookie("session"); err != nil {
			fmt.Fprint(w, "Please sign in.")
		}
	}))
	t.Cleanup(partner.Close)
	login := strings.Replace(partner.URL, "127.0.0.1", "localhost", 1) + "/login" // another site than the community's
	community := ssotest.NewCommunity(t, ssotest.Config{Settings: ssotest.Settings{AuthorizationURL: login}})

	b := ssotest.NewBrowser(t)
	b.Open(community.URL + "/")
	b.Follow("/auth/login") // the login button
	b.Submit("", url.Values{"user": {"ada"}})

	b.Open(community.URL + "/")
	page := b.Follow("/auth/login")
	fmt.Println(page.Text)
	for _, hop := range page.Hops {
		for cookie, why := range hop.Withheld {
			fmt.Println(cookie+":", why)
		}
	}
	// Output:
	// Please sign in.
	// session: SameSite=Strict, and the visit comes from another site
}

type exampleT struct {
	testing.TB
	cleanups []func()
}

func (t *exampleT) Helper()                           {}
func (t *exampleT) Fatalf(format string, args ...any) { log.Fatalf(format, args...) }
func (t *exampleT) Cleanup(f func())                  { t.cleanups = append(t.cleanups, f) }

func (t *exampleT) end() {
	for _, f := range t.cleanups {
		f()
	}
}
