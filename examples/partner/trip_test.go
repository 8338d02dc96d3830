package main

import (
	"bytes"
	"context"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// A trip is the partner's site on a server, a fake community, and a browser.
type trip struct {
	t         *testing.T
	community *ssotest.Community
	site      *site
	partner   string // origin
	browser   *http.Client
	mailing   sync.Mutex
	mails     []mail
	log       lockedBuffer
	ahead     time.Duration // the site's clock, of the real one
}

type mail struct{ to, subject, text string }

func newTrip(t *testing.T) *trip {
	t.Helper()
	fake, err := newFakeCommunity("http://partner.invalid")
	if err != nil {
		t.Fatal(err)
	}
	tr := &trip{t: t, community: ssotest.NewCommunity(t, ssotest.Config{Settings: fake.Settings()})}
	signer, err := ssotoken.New(ssotoken.Config{Community: tr.community.URL, Key: tr.community.Key()})
	if err != nil {
		t.Fatal(err)
	}
	db, err := openDatabase(t.Context(), filepath.Join(t.TempDir(), "a file #1.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	server := httptest.NewUnstartedServer(nil)
	tr.partner = "http://" + server.Listener.Addr().String()
	tr.site, err = newSite(siteConfig{
		DB: db, Signer: signer, Origin: tr.partner, PremiumSpace: fakePremiumSpace, ClientHeader: "X-Client",
		Log: slog.New(slog.NewJSONHandler(&tr.log, nil)), PasswordCost: bcrypt.MinCost, Now: func() time.Time { return time.Now().Add(tr.ahead) },
		Mail: func(_ context.Context, to, subject, text string) error {
			tr.mailing.Lock()
			defer tr.mailing.Unlock()
			tr.mails = append(tr.mails, mail{to, subject, text})
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = tr.site
	server.Start()
	t.Cleanup(server.Close)
	tr.community.Configure(func(s *ssotest.Settings) {
		s.AuthorizationURL, s.SignUpURL = tr.partner+loginPath, tr.partner+signUpPath
		s.LogoutURL, s.AccountSettingsURL = tr.partner+logoutPath, tr.partner+accountPath
		s.OtherLoginMethods = false
	})
	tr.newBrowser()
	return tr
}

// newBrowser starts again without cookies.
func (tr *trip) newBrowser() {
	jar, err := cookiejar.New(nil)
	if err != nil {
		tr.t.Fatal(err)
	}
	tr.browser = &http.Client{Jar: jar}
}

func (tr *trip) get(address string) (*http.Response, string) {
	tr.t.Helper()
	return visit(tr.t, tr.browser, "GET", address, nil)
}

func (tr *trip) post(address string, form url.Values, headers ...string) (*http.Response, string) {
	tr.t.Helper()
	return visit(tr.t, tr.browser, "POST", address, form, headers...)
}

// visit follows redirects, as a browser does.
func visit(t *testing.T, browser *http.Client, method, address string, form url.Values, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	res, err := browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

const (
	adasAddress  = "ada@partner.example"
	adasPassword = "analytical engine 1843"
)

func signUpForm(name, email, password string) url.Values {
	return url.Values{"name": {name}, "email": {email}, "password": {password}}
}

func signInForm(email, password string) url.Values {
	return url.Values{"email": {email}, "password": {password}}
}

// signUpAt presses the community's sign-up button at a page, and fills in the form.
func (tr *trip) signUpAt(page, name, email, password string) {
	tr.t.Helper()
	form, body := tr.get(tr.community.URL + "/auth/signup?from=" + url.QueryEscape(page))
	if !strings.HasPrefix(form.Request.URL.String(), tr.partner+signUpPath+"?referrer_uri=") {
		tr.t.Fatalf("the sign-up button led to %s: %s", form.Request.URL, body)
	}
	res, body := tr.post(form.Request.URL.String(), signUpForm(name, email, password))
	if res.StatusCode != http.StatusOK || !strings.Contains(body, "Check your inbox") {
		tr.t.Fatalf("the sign-up got %s, %s", res.Status, body)
	}
}

var linkInMail = regexp.MustCompile(`http://\S+/verify\?token=\w+`)

// link is the link in the last mail, which is for an address.
func (tr *trip) link(to string) string {
	tr.t.Helper()
	if len(tr.mails) == 0 {
		tr.t.Fatal("no mail")
	}
	last := tr.mails[len(tr.mails)-1]
	found := linkInMail.FindString(last.text)
	if last.to != to || !strings.HasPrefix(found, tr.partner) {
		tr.t.Fatalf("the last mail is %+v", last)
	}
	return found
}

// ada signs up at the community's home page and verifies her address.
func (tr *trip) ada() {
	tr.t.Helper()
	tr.signUpAt("/", "Ada Lovelace", adasAddress, adasPassword)
	tr.follow(tr.link(adasAddress), adasPassword, tr.community.URL+"/")
}

func (tr *trip) follow(link, password, want string) {
	tr.t.Helper()
	res, _ := tr.post(link, url.Values{"password": {password}})
	tr.expectAt(res, want)
}

func (tr *trip) expectAt(res *http.Response, want string) {
	tr.t.Helper()
	if got := res.Request.URL.String(); got != want || res.StatusCode != http.StatusOK {
		tr.t.Fatalf("got %s at %s, want %s\n%s", res.Status, got, want, tr.log.String())
	}
}

// member is the community's only one.
func (tr *trip) member() ssotest.Member {
	tr.t.Helper()
	all := tr.community.Members()
	if len(all) != 1 {
		tr.t.Fatalf("the community has %d members, want 1", len(all))
	}
	return all[0]
}

// loggedIn is who the community says is logged in, or nobody.
func (tr *trip) loggedIn() string {
	tr.t.Helper()
	_, body := tr.get(tr.community.URL + "/")
	found := regexp.MustCompile(`Logged in as</span> <strong>([^<]*)</strong>`).FindStringSubmatch(body)
	if found == nil {
		return ""
	}
	return html.UnescapeString(found[1])
}

// lockedBuffer is a log that servers write while the test reads.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
