package main

import (
	"bytes"
	"errors"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// A trip is a partner site and a fake community that know each other, and a
// browser.
type trip struct {
	t         *testing.T
	community *ssotest.Community
	site      *site
	partner   *httptest.Server
	browser   *http.Client
	log       bytes.Buffer
}

func newTrip(t *testing.T) *trip {
	t.Helper()
	tr := &trip{t: t}
	fake, err := newFakeCommunity("http://partner.invalid")
	if err != nil {
		t.Fatal(err)
	}
	tr.community = ssotest.NewCommunity(
		t,
		ssotest.Config{Settings: fake.Settings(), Members: fake.Members(), Now: func() time.Time { return noon }},
	)
	signer, err := ssotoken.New(ssotoken.Config{Community: tr.community.URL, Key: tr.community.Key(), Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	tr.site, err = newSite(signer, sampleMembers("http://localhost:8080"), slog.New(slog.NewTextHandler(&tr.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	tr.partner = httptest.NewServer(tr.site)
	t.Cleanup(tr.partner.Close)
	tr.community.Configure(func(s *ssotest.Settings) {
		s.AuthorizationURL, s.SignUpURL = tr.partner.URL+loginPath, tr.partner.URL+signUpPath
		s.LogoutURL, s.AccountSettingsURL = tr.partner.URL+logoutPath, tr.partner.URL+settingsPath
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

func (tr *trip) visit(method, address string, form url.Values) (*http.Response, string) {
	tr.t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		tr.t.Fatal(err)
	}
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	res, err := tr.browser.Do(r)
	if err != nil {
		tr.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		tr.t.Fatal(err)
	}
	return res, string(body)
}

var loginButton = regexp.MustCompile(`href="(/auth/login[^"]*)"`)

// login presses the community's login button at a page, chooses a member on
// the partner's sign-in page, and returns where that ended.
func (tr *trip) login(at, member string) (*http.Response, string) {
	tr.t.Helper()
	_, page := tr.visit("GET", tr.community.URL+at, nil)
	button := loginButton.FindStringSubmatch(page)
	if button == nil {
		tr.t.Fatalf("%s has no login button", at)
	}
	res, body := tr.visit("GET", tr.community.URL+html.UnescapeString(button[1]), nil)
	if !strings.HasPrefix(res.Request.URL.String(), tr.partner.URL+loginPath+"?referrer_uri=") ||
		!strings.Contains(body, `value="`+member+`"`) {
		tr.t.Fatalf("the login button led to %s", res.Request.URL)
	}
	return tr.visit("POST", res.Request.URL.String(), url.Values{"user": {member}})
}

func (tr *trip) lastLogin() ssotest.Attempt {
	tr.t.Helper()
	logins := tr.community.Attempts()
	if len(logins) == 0 {
		tr.t.Fatal("the community saw no login")
	}
	return logins[len(logins)-1]
}

func TestANewMemberLandsLoggedInWhereTheVisitorStarted(t *testing.T) {
	tr := newTrip(t)
	const deep = "/search?q=a%20b&tab=posts"
	res, body := tr.login(deep, "u-1001")
	if got, want := res.Request.URL.String(), tr.community.URL+deep; got != want || res.StatusCode != http.StatusOK {
		t.Fatalf("got %s at %s, want %s", res.Status, got, want)
	}
	if !strings.Contains(body, "Ada Lovelace") {
		t.Error("the page does not say who is logged in")
	}
	got, ok := tr.community.Member("u-1001")
	got.ID = ""
	want := ssotest.Member{ExternalID: "u-1001", Name: "Ada Lovelace", Email: "ada@partner.example"}
	if diff := cmp.Diff(want, got, cmp.FilterPath(func(p cmp.Path) bool {
		return p.Last().String() == ".Spaces" || p.Last().String() == ".Fields"
	}, cmp.Ignore())); !ok ||
		diff != "" {
		t.Errorf("member (-want +got):\n%s", diff)
	}
	last := tr.lastLogin()
	if !last.Created || last.Linked || last.Err != nil {
		t.Errorf("got created %v, linked %v, error %v", last.Created, last.Linked, last.Err)
	}
}

func TestAReturningMemberIsFoundBySub(t *testing.T) {
	tr := newTrip(t)
	tr.login("/", "u-1001")
	first, _ := tr.community.Member("u-1001")
	tr.newBrowser()
	tr.login("/", "u-1001")
	second, _ := tr.community.Member("u-1001")
	if last := tr.lastLogin(); last.Created || last.Linked || last.Err != nil {
		t.Errorf("got created %v, linked %v, error %v", last.Created, last.Linked, last.Err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("member changed (-first +second):\n%s", diff)
	}
}

func TestAMemberKnownByEmailIsLinked(t *testing.T) {
	tr := newTrip(t)
	tr.login("/", "u-1002")
	last := tr.lastLogin()
	if last.Created || !last.Linked || last.Err != nil {
		t.Fatalf("got created %v, linked %v, error %v", last.Created, last.Linked, last.Err)
	}
	got, _ := tr.community.Member("u-1002")
	got.ID = ""
	want := ssotest.Member{
		ExternalID: "u-1002", Name: "Grace Hopper", Email: knownEmail,
		Tagline: "Compilers, and a clock that runs backwards", Picture: "http://localhost:8080/avatar.svg",
		Spaces: []string{helpSpace, newsSpace},
		Fields: map[string]string{"Company": `"Initech"`, "Seats": "12", "Customer since": `"2024-02-29"`, "Skills": `["go","cobol"]`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("member (-want +got):\n%s", diff)
	}
}

func TestAnotherSubForTheSameEmailIsAConflict(t *testing.T) {
	tr := newTrip(t)
	tr.login("/", "u-1001")
	tr.site.members.list[0].ID = "renumbered-1"
	tr.newBrowser()
	res, _ := tr.login("/", "renumbered-1")
	if res.StatusCode != http.StatusConflict || !errors.Is(tr.lastLogin().Err, inspect.ExternalIDConflict) {
		t.Errorf("got %s, %v", res.Status, tr.lastLogin().Err)
	}
	if m, ok := tr.community.Member("u-1001"); !ok || m.Email != "ada@partner.example" {
		t.Errorf("the first member is %+v", m)
	}
}

func TestAProfileUpdateReachesTheCommunityOnTheNextLogin(t *testing.T) {
	tr := newTrip(t)
	tr.login("/", "u-1001")
	want, _ := tr.community.Member("u-1001")
	want.Name, want.Email = "Ada King", "countess@partner.example"
	tr.site.members.list[0].Name, tr.site.members.list[0].Email = want.Name, want.Email
	tr.visit("GET", tr.partner.URL+loginPath, nil) // still signed in at the partner
	got, _ := tr.community.Member("u-1001")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("member (-want +got):\n%s", diff)
	}
}

func TestSpacesAreJoinedLeftAndReplaced(t *testing.T) {
	tr := newTrip(t)
	steps := []struct {
		name string
		plan spaces.Plan
		want []string
	}{
		{"none", spaces.Plan{}, nil},
		{"ADD joins", spaces.Add(newsSpace, helpSpace), []string{helpSpace, newsSpace}},
		{"ADD keeps the others", spaces.Add(proSpace), []string{helpSpace, newsSpace, proSpace}},
		{"actions decide", spaces.Apply(spaces.Leave(newsSpace), spaces.Leave(proSpace), spaces.Join(helpSpace)), []string{helpSpace}},
		{"REPLACE removes from all first", spaces.Replace(newsSpace), []string{newsSpace}},
		{"an unknown space loses nothing else", spaces.Add("spc-unknown", proSpace), []string{newsSpace, proSpace}},
		{"none keeps them", spaces.Plan{}, []string{newsSpace, proSpace}},
	}
	for _, step := range steps {
		tr.site.members.list[0].Spaces = step.plan
		tr.newBrowser()
		tr.login("/", "u-1001")
		got, _ := tr.community.Member("u-1001")
		if !slices.Equal(got.Spaces, step.want) {
			t.Errorf("%s: got %q, want %q", step.name, got.Spaces, step.want)
		}
		if problems := len(tr.lastLogin().SpaceProblems); (problems == 1) != strings.Contains(step.name, "unknown") {
			t.Errorf("%s: %d space problems", step.name, problems)
		}
	}
}

func TestABadAvatarKeepsNobodyOut(t *testing.T) {
	tr := newTrip(t)
	res, _ := tr.login("/", "u-1004")
	m, ok := tr.community.Member("u-1004")
	if res.StatusCode != http.StatusOK || !ok || m.Picture != "" {
		t.Errorf("got %s, %+v", res.Status, m)
	}
	if !strings.Contains(tr.log.String(), "event=minted") || !strings.Contains(tr.log.String(), "notes=\"[picture: ") ||
		strings.Contains(tr.log.String(), "missing-host") {
		t.Errorf("the log says %s", &tr.log)
	}
}

func TestAHostileReferrerIsDroppedAndTheMemberLandsAtHome(t *testing.T) {
	for _, hostile := range []string{"//evil.example", `/\evil.example`, "/%2fevil.example", "https://evil.example/", "/\t/evil.example",
		"/／evil.example", "/api/auth/sso?jwt=x", "/auth/logout"} {
		tr := newTrip(t)
		address := tr.partner.URL + loginPath + "?referrer_uri=" + url.QueryEscape(hostile)
		res, _ := tr.visit("POST", address, url.Values{"user": {"u-1001"}})
		if got := res.Request.URL.String(); got != tr.community.URL+"/" || res.StatusCode != http.StatusOK {
			t.Errorf("%q: got %s at %s", hostile, res.Status, got)
		}
		if !strings.Contains(tr.log.String(), "return-path-dropped") {
			t.Errorf("%q: not reported: %s", hostile, &tr.log)
		}
	}
}

func TestNewUsersHomepageWinsOnlyForNewMembers(t *testing.T) {
	tr := newTrip(t)
	tr.community.Configure(func(s *ssotest.Settings) { s.NewUsersHomepage = "/welcome" })
	for _, want := range []string{"/welcome", "/spaces/news"} {
		tr.newBrowser()
		if res, _ := tr.login("/spaces/news", "u-1001"); res.Request.URL.Path != want {
			t.Errorf("got %s, want %s", res.Request.URL, want)
		}
	}
}

func TestTheSessionIsRandomHTTPOnlyAndRotatedAtSignIn(t *testing.T) {
	tr := newTrip(t)
	tr.browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	var ids []string
	for range 2 {
		res, _ := tr.visit("POST", tr.partner.URL+loginPath, url.Values{"user": {"u-1001"}})
		cookies := slices.DeleteFunc(res.Cookies(), func(c *http.Cookie) bool { return c.Name != sessionCookie })
		if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteLaxMode || len(cookies[0].Value) < 26 {
			t.Fatalf("got cookies %v", cookies)
		}
		ids = append(ids, cookies[0].Value)
	}
	if ids[0] == ids[1] {
		t.Error("the session id stays at sign-in")
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: ids[0]})
	if _, ok := tr.site.signedIn(r); ok {
		t.Error("the old session id still works")
	}
}

func TestAnUnknownUserOrAForeignFormSignsNobodyIn(t *testing.T) {
	tr := newTrip(t)
	if res, _ := tr.visit("POST", tr.partner.URL+loginPath, url.Values{"user": {"nobody"}}); res.StatusCode != http.StatusBadRequest {
		t.Errorf("unknown user: got %s", res.Status)
	}
	r, err := http.NewRequest("POST", tr.partner.URL+loginPath, strings.NewReader("user=u-1001"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := tr.browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("foreign form: got %s", res.Status)
	}
}

func TestNoTokenIsLogged(t *testing.T) {
	tr := newTrip(t)
	for _, m := range tr.site.members.all() {
		tr.newBrowser()
		tr.login("/", m.ID)
	}
	if strings.Contains(tr.log.String(), "eyJ") || strings.Contains(tr.log.String(), tr.community.Key().Reveal()) {
		t.Error("the log holds a token or the key")
	}
	if got := strings.Count(tr.log.String(), "event=minted"); got != len(tr.site.members.all()) {
		t.Errorf("%d logins in the log, want %d", got, len(tr.site.members.all()))
	}
}

func TestASavedProfileReachesTheCommunityAtOnce(t *testing.T) {
	tr := newTrip(t)
	tr.login("/", "u-1001")
	res, _ := tr.visit("POST", tr.partner.URL+settingsPath, url.Values{"name": {"Ada King"}, "email": {"countess@partner.example"}})
	if got := res.Request.URL.String(); got != tr.community.URL+"/" {
		t.Errorf("ended at %s", got)
	}
	if m, _ := tr.community.Member("u-1001"); m.Email != "countess@partner.example" || m.Name != "Ada King" {
		t.Errorf("the community has %+v", m)
	}
}

func TestLogoutEndsBothSessions(t *testing.T) {
	tr := newTrip(t)
	tr.login("/", "u-1001")
	for range 2 { // with a session, and without
		res, _ := tr.visit("GET", tr.community.URL+"/auth/logout", nil)
		if got := res.Request.URL.String(); got != tr.partner.URL+"/" {
			t.Errorf("ended at %s", got)
		}
	}
	if _, body := tr.visit("GET", tr.partner.URL+loginPath, nil); !strings.Contains(body, `name="user"`) {
		t.Error("the partner's session is still there")
	}
}
