package ssotest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// newSite is a partner: a sign-in and a login in one handler.
func newSite(t *testing.T, community string, key ssotoken.Key) http.Handler {
	t.Helper()
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{
		Signer: must(ssotoken.New(ssotoken.Config{Community: community, Key: key})),
		Identify: func(r *http.Request) (ssotoken.Claims, error) {
			if _, err := r.Cookie("session"); err != nil {
				return ssotoken.Claims{}, ssotoken.ErrNoSession
			}
			return ssotoken.NewClaims().Subject("user-7").Name("Ada").VerifiedEmail("ada@example.com").Build()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return login.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			fmt.Fprint(w, "<form method=post><input name=email><button>Sign in</button></form>")
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1", SameSite: http.SameSiteLaxMode})
		http.Redirect(w, r, r.URL.String(), http.StatusSeeOther)
	}))
}

func TestALogin(t *testing.T) {
	community := ssotest.NewCommunity(t, ssotest.Config{})
	site := httptest.NewServer(newSite(t, community.URL, community.Key())) // yours
	defer site.Close()
	community.Configure(func(s *ssotest.Settings) { s.AuthorizationURL = site.URL + "/community/login" })

	logIn := func(want ...[]contract.Code) { // what the community refuses each login for
		t.Helper()
		before := len(community.Attempts())
		b := ssotest.NewBrowser(t)
		b.Open(community.LoginButton("/spaces/news")) // leads to the sign-in
		b.Submit("", url.Values{"email": {"ada@example.com"}})
		var got [][]contract.Code
		for _, login := range community.Attempts()[before:] {
			got = append(got, login.RefusedFor())
			if login.Landing.RedirectURI != "/spaces/news" {
				t.Errorf("the way back is %q", login.Landing.RedirectURI)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("refused for (-want +got):\n%s", diff)
		}
	}
	logIn(nil)
	community.Next(ssotest.Trouble{SendBack: true}) // who is refused once and sent back gets a new token
	logIn([]contract.Code{inspect.RefusesAll}, nil)
	community.Advance(90 * time.Second) // a token is over by then
	logIn([]contract.Code{inspect.ExpExpired})
}

func TestThePageOnTestingShowsThisTest(t *testing.T) {
	page, source := string(must(os.ReadFile("../docs/testing.md"))), string(must(os.ReadFile("partner_test.go")))
	_, sample, _ := strings.Cut(page, "```go\n")
	sample, _, ok := strings.Cut(sample, "```")
	if !ok || !strings.HasPrefix(sample, "func TestALogin(") || !strings.Contains(source, "\n"+sample) {
		t.Errorf("it shows\n%s", sample)
	}
}
