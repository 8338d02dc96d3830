package doors_test

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bettermode-go/sso/examples/doors"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

func (tn *town) expectMember(want ssotest.Member) {
	tn.t.Helper()
	got, _ := tn.community.Member(want.ExternalID)
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(ssotest.Member{}, "ID")); diff != "" {
		tn.t.Errorf("member (-want +got):\n%s", diff)
	}
}

func TestTheAuthorizationURLLeadsBackToWhereTheVisitorWas(t *testing.T) {
	tn := newTown(t)
	const deep = "/search?q=a%20b&tab=posts"
	tn.expectAt(tn.signIn(deep), tn.community.URL+deep)
	tn.expectMember(ssotest.Member{ExternalID: "u-1", Name: "Ada Lovelace", Email: "ada@partner.example"})
}

func TestTheSignUpURLMakesAMemberOfBoth(t *testing.T) {
	tn := newTown(t)
	_, page := tn.get(tn.community.URL + "/spaces/news")
	form, page := tn.get(tn.community.URL + tn.find(page, `id="signup" href="([^"]*)"`))
	if !strings.Contains(page, "Sign up") {
		t.Fatalf("no sign-up page at %s", form.Request.URL)
	}
	res, _ := tn.post(form.Request.URL.String(), url.Values{"name": {"Grace Hopper"}, "email": {"grace@partner.example"}})
	tn.expectAt(res, tn.community.URL+"/spaces/news")
	tn.expectMember(ssotest.Member{ExternalID: "u-2", Name: "Grace Hopper", Email: "grace@partner.example"})
}

func TestTheLogoutURLEndsBothSessionsHoweverOftenItIsVisited(t *testing.T) {
	tn := newTown(t)
	tn.signIn("/")
	for range 2 {
		res, _ := tn.post(tn.community.URL+"/auth/logout", nil)
		tn.expectAt(res, tn.site+"/")
	}
	if _, page := tn.get(tn.community.URL + "/"); !strings.Contains(page, "Not logged in") {
		t.Error("the community's session is still there")
	}
	if _, page := tn.get(tn.site + "/community/login"); !strings.Contains(page, "Sign in") {
		t.Error("the partner's session is still there")
	}
}

func TestTheAccountSettingsURLBringsTheNewEmailAtOnce(t *testing.T) {
	tn := newTown(t)
	tn.signIn("/")
	_, settings := tn.get(tn.community.URL + "/settings")
	account, page := tn.get(tn.find(settings, `id="account" href="([^"]*)"`))
	if !strings.Contains(page, "Your account") {
		t.Fatalf("no account page at %s", account.Request.URL)
	}
	res, _ := tn.post(account.Request.URL.String(), url.Values{"email": {"not an address"}})
	if res.StatusCode != http.StatusUnprocessableEntity || len(tn.community.Attempts()) != 1 {
		t.Errorf("a bad form: got %s, %d logins", res.Status, len(tn.community.Attempts()))
	}
	res, _ = tn.post(account.Request.URL.String(), url.Values{"email": {"countess@partner.example"}})
	tn.expectAt(res, tn.community.URL+"/")
	tn.expectMember(ssotest.Member{ExternalID: "u-1", Name: "Ada Lovelace", Email: "countess@partner.example"})
}

func TestTheEmbeddedPageLogsInItsFrame(t *testing.T) {
	tn := newTown(t)
	res, page := tn.get(tn.site + "/news")
	if got, want := res.Header.Get("Content-Security-Policy"), "frame-src 'self' "+tn.community.URL; got != want {
		t.Errorf("got policy %q, want %q", got, want)
	}
	form, frame := tn.get(tn.site + tn.find(page, `<iframe src="([^"]*)"`))
	if !strings.Contains(frame, "Sign in") {
		t.Fatalf("no sign-in page in the frame: %s", frame)
	}
	res, frame = tn.post(form.Request.URL.String(), url.Values{"id": {"u-1"}})
	tn.expectAt(res, tn.community.URL+"/embed/space/news")
	if !strings.Contains(frame, "Logged in as <strong>Ada Lovelace</strong>") {
		t.Error("the frame does not say who is logged in")
	}
}

func TestAFormOfAnotherSiteSignsNobodyInAndSavesNothing(t *testing.T) {
	tn := newTown(t)
	for _, path := range []string{"/community/login", "/community/sign-up", "/account"} {
		r, err := http.NewRequest("POST", tn.site+path, strings.NewReader("id=u-1&email=evil@partner.example"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		if res, _ := tn.read(tn.browser.Do(r)); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: got %s", path, res.Status)
		}
	}
}

func TestEveryMissingPieceIsNamedAtOnce(t *testing.T) {
	_, err := doors.New(nil, doors.Site{})
	if err == nil {
		t.Fatal("no error")
	}
	for _, piece := range []string{"Signer", "Identify", "End"} {
		if !strings.Contains(err.Error(), piece) {
			t.Errorf("%s is not named in: %v", piece, err)
		}
	}
}

func TestTheWiringIsAtMost40LinesOfGo(t *testing.T) {
	source, err := os.ReadFile("doors.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(source)) {
		if code := strings.TrimSpace(line); code != "" && !strings.HasPrefix(code, "//") {
			n++
		}
	}
	if n == 0 || n > 40 {
		t.Errorf("doors.go has %d lines of Go", n)
	}
}
