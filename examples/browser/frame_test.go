package browser

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

const framedPath = "/embed/space/news?composer=false&readonly=true"

// openFrame opens a page of the partner with the policy frameSrc, and returns what
// its frame with the community shows.
func openFrame(t *testing.T, p *pair, b *tab, frameSrc string) shown {
	t.Helper()
	frame, err := ssotoken.Embed{Space: "news", Query: url.Values{"readonly": {"true"},
		"composer": {"false"}}}.Frame(loginPath, "Community news")
	if err != nil {
		t.Fatal(err)
	}
	p.pages.HandleFunc("/news", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; "+frameSrc)
		fmt.Fprintf(w, `<!doctype html><html lang="en"><title>News</title><h1>News</h1>%s`, frame)
	})
	b.open(p.partner + "/news")
	return b.frame()
}

func news() ssotest.Settings {
	return ssotest.Settings{Spaces: []ssotest.Space{{ID: "spc-news-0001", Name: "News", Slug: "news"}}}
}

const (
	asMember = "Logged in as " + memberName
	asGuest  = "Not logged in"
)

func TestOnOneSiteTheFrameShowsTheCommunityLoggedIn(t *testing.T) {
	p, b := newPair(t, pairConfig{communityHost: "localhost", settings: news()}), newTab(t)
	p.signIn(b)
	f := openFrame(t, p, b, p.signer.Community().FrameSrc())
	if got, want := f.Address, p.community+framedPath; got != want {
		t.Errorf("the frame is at %s, want %s", got, want)
	}
	if !strings.Contains(f.Text, asMember) {
		t.Errorf("the frame says %q", f.Text)
	}
	if len(p.fake.Attempts()) != 1 {
		t.Errorf("%d logins, want 1", len(p.fake.Attempts()))
	}
}

func TestTheFrameShowsTheSignInPageWithoutASession(t *testing.T) {
	p, b := newPair(t, pairConfig{communityHost: "localhost", settings: news()}), newTab(t)
	f := openFrame(t, p, b, p.signer.Community().FrameSrc())
	if origin(f.Address) != p.partner || !strings.Contains(f.Text, "Sign in") || len(p.fake.Attempts()) > 0 {
		t.Errorf("the frame is at %s and says %q", f.Address, f.Text)
	}
}

// Across sites the community takes the login, but its session cookie is
// third-party in the frame. With SameSite=Lax, which the fake community and most
// servers send, the frame shows what a guest sees, even if the member is logged
// in to the community in a window. A community on a subdomain of the partner's
// domain does not have this problem.
func TestAcrossSitesTheFrameShowsTheCommunityToAGuest(t *testing.T) {
	for _, before := range []string{"without a login before", "logged in to the community before"} {
		t.Run(before, func(t *testing.T) {
			p, b := newPair(t, pairConfig{settings: news()}), newTab(t)
			p.signIn(b)
			if before != "without a login before" {
				b.open(p.partner + loginPath)
				if b.member() != memberName {
					t.Fatal("not logged in at the community")
				}
			}
			f := openFrame(t, p, b, p.signer.Community().FrameSrc())
			if f.Address != p.community+framedPath || !strings.Contains(f.Text, asGuest) {
				t.Errorf("the frame is at %s and says %q", f.Address, f.Text)
			}
			logins := p.fake.Attempts()
			if last := logins[len(logins)-1]; last.Err != nil {
				t.Errorf("the community refused the login: %v", last.Err)
			}
		})
	}
}

// This is what the community's cookie would need. A browser's user chooses
// whether it takes SameSite=None without Partitioned, so that is only logged.
func TestAcrossSitesAPartitionedCookieKeepsTheFrameLoggedIn(t *testing.T) {
	for _, attributes := range []string{"SameSite=None; Secure; Partitioned", "SameSite=None; Secure"} {
		t.Run(attributes, func(t *testing.T) {
			p := newPair(t, pairConfig{settings: news(), aroundCommunity: func(h http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(sameSite{w, attributes}, r) })
			}})
			b := newTab(t)
			p.signIn(b)
			f := openFrame(t, p, b, p.signer.Community().FrameSrc())
			t.Logf("logged in: %v", strings.Contains(f.Text, asMember))
			if strings.HasSuffix(attributes, "Partitioned") && !strings.Contains(f.Text, asMember) {
				t.Errorf("the frame says %q", f.Text)
			}
		})
	}
}

// sameSite replaces SameSite=Lax in the cookies that a server sets.
type sameSite struct {
	http.ResponseWriter
	attributes string
}

func (w sameSite) WriteHeader(status int) {
	cookies := w.Header()["Set-Cookie"]
	for i := range cookies {
		cookies[i] = strings.Replace(cookies[i], "SameSite=Lax", w.attributes, 1)
	}
	w.ResponseWriter.WriteHeader(status)
}

// The policy of FrameSrc is needed, and the tests above would fail without it.
func TestAPolicyWithoutTheCommunityBreaksTheFrame(t *testing.T) {
	p, b := newPair(t, pairConfig{communityHost: "localhost", settings: news()}), newTab(t)
	p.signIn(b)
	if f := openFrame(t, p, b, "frame-src 'self'"); !strings.HasPrefix(f.Address, "chrome-error:") {
		t.Errorf("the frame is at %s and says %q", f.Address, f.Text)
	}
}
