package doctor_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// sharing is a partner whose community is under /hub of its own origin.
func sharing(t *testing.T, handler func(community ssotoken.Community) http.Handler) (doctor.Config, *ssotest.Handler) {
	t.Helper()
	fake, err := ssotest.NewHandler(ssotest.Config{
		Path: "/hub", Settings: ssotest.Settings{Key: newKey(t, keyText)}, Now: func() time.Time { return noon },
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/hub/", fake)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c := configFor(t, server)
	c.Community = server.URL + "/hub"
	community, err := ssotoken.ParseCommunity(c.Community)
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle("/", handler(community))
	return c, fake
}

// careful is newPartner for a community under a path.
func careful(community ssotoken.Community) *partner {
	p := newPartner()
	p.check = func(referrer string) string {
		path, _ := community.ReturnPath(referrer)
		return path.String()
	}
	p.location = func(_ *http.Request, token, redirect string) string {
		return loginAt(community.String(), token, redirect)
	}
	return p
}

func TestALoginToACommunityUnderAPathOfItsOwnOriginIsClean(t *testing.T) {
	for name, handler := range map[string]func(ssotoken.Community) http.Handler{
		"another": func(c ssotoken.Community) http.Handler { return careful(c) },
		"the SDK's": func(c ssotoken.Community) http.Handler {
			p := newPartner()
			p.clock = time.Now()
			signer, err := ssotoken.New(ssotoken.Config{Community: c.String(), Key: newKey(t, keyText)})
			if err != nil {
				t.Fatal(err)
			}
			login, err := ssotoken.NewLogin(ssotoken.LoginConfig{
				Signer: signer, Observe: func(context.Context, ssotoken.Event) {},
				Identify: func(r *http.Request) (ssotoken.Claims, error) {
					p.mu.Lock()
					defer p.mu.Unlock()
					if !p.signedIn(r) {
						return ssotoken.Claims{}, ssotoken.ErrNoSession
					}
					return ssotoken.NewClaims().Subject("user-7").Name("Ada").VerifiedEmail("ada@example.com").Build()
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			mux := http.NewServeMux()
			mux.Handle("/login", login.Middleware(http.HandlerFunc(p.signIn)))
			mux.Handle("/json", login.JSON())
			mux.Handle("/logout", p)
			return mux
		},
	} {
		c, fake := sharing(t, handler)
		if name == "the SDK's" {
			c.Now = nil
		}
		c.JSONURL = strings.Replace(c.AuthorizationURL, "/login", "/json", 1)
		report := examine(t, c)
		if len(report.Findings) > 0 || report.Err() != nil || !report.Complete {
			t.Errorf("%s handler: %+v, %+v", name, report.Findings, report.Checks)
		}
		if n := len(fake.Attempts()); n > 0 {
			t.Errorf("%s handler: %d tokens were used", name, n)
		}
	}
}

func TestAFlawIsFoundWhereTheCommunityIsUnderAPath(t *testing.T) {
	for _, tt := range []struct {
		name  string
		flaw  func(*partner, ssotoken.Community)
		codes []contract.Code
	}{
		{"the path left out", func(p *partner, c ssotoken.Community) {
			p.location = func(_ *http.Request, token, redirect string) string {
				return loginAt(strings.TrimSuffix(c.String(), "/hub"), token, redirect)
			}
		}, []contract.Code{doctor.WrongCommunity}},
		{"endpoints under the path", func(p *partner, _ ssotoken.Community) { p.check = newPartner().check },
			[]contract.Code{contract.RedirectLoop}},
		{"the path taken off", func(p *partner, _ ssotoken.Community) {
			check := p.check
			p.check = func(s string) string { return strings.TrimPrefix(check(s), "/hub") }
		}, []contract.Code{doctor.RedirectChanged}},
		{"visitors sent back", func(p *partner, c ssotoken.Community) {
			p.signIn = func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/hub/spaces", http.StatusFound) }
		}, []contract.Code{doctor.SignInToCommunity}},
	} {
		c, fake := sharing(t, func(community ssotoken.Community) http.Handler {
			p := careful(community)
			tt.flaw(p, community)
			return p
		})
		report := examine(t, c)
		if diff := cmp.Diff(tt.codes, codes(report)); diff != "" {
			t.Errorf("%s (-want +got):\n%s%+v", tt.name, diff, report.Findings)
		}
		if len(fake.Attempts()) > 0 {
			t.Errorf("%s: a token was used", tt.name)
		}
	}
}
