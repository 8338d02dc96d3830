package main

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

func submatch(t *testing.T, text, expression string) string {
	t.Helper()
	found := regexp.MustCompile(expression).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no %s in %s", expression, text)
	}
	return found[1]
}

func profileForm(name, company, plan string) url.Values {
	return url.Values{"name": {name}, "company": {company}, "plan": {plan}}
}

func TestASavedProfileIsInTheCommunityAtOnce(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	_, settings := tr.get(tr.community.URL + "/settings")
	page, body := tr.get(submatch(t, settings, `id="account" href="([^"]*)"`))
	if page.Request.URL.String() != tr.partner+accountPath || !strings.Contains(body, `value="Ada Lovelace"`) {
		t.Fatalf("the settings led to %s: %s", page.Request.URL, body)
	}
	res, _ := tr.post(tr.partner+accountPath, profileForm("Ada King", "Babbage & Co", premium))
	tr.expectAt(res, tr.community.URL+"/")
	want := ssotest.Member{
		Name: "Ada King", Email: adasAddress, Spaces: []string{fakePremiumSpace},
		Fields: map[string]string{"Company": `"Babbage & Co"`, "Plan": `"premium"`},
	}
	if diff := cmp.Diff(want, tr.member(), cmpopts.IgnoreFields(ssotest.Member{}, "ID", "ExternalID")); diff != "" {
		t.Errorf("member (-want +got):\n%s", diff)
	}
}

func TestThePremiumSpaceIsJoinedAndLeftWithThePlanAndOthersAreKept(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	for _, step := range []struct {
		plan string
		want []string
	}{{free, nil}, {premium, []string{fakePremiumSpace}}, {premium, []string{fakePremiumSpace}}, {free, nil}} {
		tr.post(tr.partner+accountPath, profileForm("Ada Lovelace", "", step.plan))
		if got := tr.member().Spaces; !slices.Equal(got, step.want) {
			t.Errorf("%s: in %q, want %q", step.plan, got, step.want)
		}
		if problems := tr.community.Attempts()[len(tr.community.Attempts())-1].SpaceProblems; len(problems) > 0 {
			t.Errorf("%s: %v", step.plan, problems)
		}
	}
}

func TestANewAddressReachesTheCommunityOnceItIsVerified(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	const countess = "countess@partner.example"
	res, body := tr.post(tr.partner+emailPath, url.Values{"email": {countess}})
	if res.StatusCode != http.StatusOK || !strings.Contains(body, "Check your inbox") {
		t.Fatalf("got %s, %s", res.Status, body)
	}
	tr.get(tr.partner + loginPath)
	if got := tr.member().Email; got != adasAddress {
		t.Fatalf("the community has %s before it is verified", got)
	}
	tr.follow(tr.link(countess), adasPassword, tr.community.URL+"/")
	if got := tr.member().Email; got != countess {
		t.Errorf("the community has %s", got)
	}
	tr.newBrowser()
	if res, _ := tr.post(tr.partner+loginPath, signInForm(adasAddress, adasPassword)); res.StatusCode != http.StatusBadRequest {
		t.Errorf("the old address signs in: %s", res.Status)
	}
}

func TestTheAddressOfAnotherMemberIsNotTaken(t *testing.T) {
	tr := newTrip(t)
	tr.signUpAt("/", "Grace", "grace@partner.example", "a password of Grace")
	tr.follow(tr.link("grace@partner.example"), "a password of Grace", tr.community.URL+"/")
	tr.post(tr.partner+emailPath, url.Values{"email": {adasAddress}})
	graces := tr.link(adasAddress) // nobody has the address yet
	tr.newBrowser()
	tr.ada()
	res, body := tr.post(graces, url.Values{"password": {"a password of Grace"}})
	if res.StatusCode != http.StatusGone || !strings.Contains(body, "This link is over") {
		t.Errorf("got %s, %s", res.Status, body)
	}
	tr.newBrowser()
	tr.post(tr.partner+loginPath, signInForm("grace@partner.example", "a password of Grace"))
	tr.post(tr.partner+emailPath, url.Values{"email": {adasAddress}})
	if last := tr.mails[len(tr.mails)-1]; last.to != adasAddress || linkInMail.MatchString(last.text) {
		t.Errorf("the mail is %+v", last)
	}
	for _, m := range tr.community.Members() {
		if (m.Name == "Grace") != (m.Email == "grace@partner.example") {
			t.Errorf("the community has %s with %s", m.Name, m.Email)
		}
	}
}

func TestTheAccountSettingsComeAfterTheSignInAtTheirAddress(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	tr.newBrowser()
	if _, body := tr.get(tr.partner + accountPath); !strings.Contains(body, "<h1>Sign in</h1>") {
		t.Fatalf("no sign-in page: %s", body)
	}
	res, body := tr.post(tr.partner+accountPath, signInForm(adasAddress, adasPassword))
	if res.Request.URL.Path != accountPath || res.Request.Method != "GET" || !strings.Contains(body, "<h1>Account settings</h1>") {
		t.Errorf("at %s: %s", res.Request.URL, body)
	}
}

func TestTheLogoutURLEndsBothSessionsHoweverOftenItIsVisited(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	for range 2 {
		res, _ := tr.post(tr.community.URL+"/auth/logout", nil)
		tr.expectAt(res, tr.partner+"/")
	}
	if got := tr.loggedIn(); got != "" {
		t.Errorf("the community still has %q logged in", got)
	}
	if _, body := tr.get(tr.partner + loginPath); !strings.Contains(body, "<h1>Sign in</h1>") {
		t.Error("the partner's session is still there")
	}
}

func TestTheSignOutHereLeavesTheCommunityAndSaysSo(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	if _, body := tr.get(tr.partner + "/"); !strings.Contains(body, "You stay logged in to the community") {
		t.Errorf("the page says %s", body)
	}
	old := tr.browser.Jar.Cookies(mustParse(t, tr.partner))
	for range 2 {
		res, body := tr.post(tr.partner+logoutPath, nil)
		tr.expectAt(res, tr.partner+"/")
		if !strings.Contains(body, "<h1>Welcome</h1>") {
			t.Errorf("the page says %s", body)
		}
	}
	if got := tr.loggedIn(); got != "Ada Lovelace" {
		t.Errorf("the community has %q logged in", got)
	}
	tr.browser.Jar.SetCookies(mustParse(t, tr.partner), old)
	if _, body := tr.get(tr.partner + "/"); !strings.Contains(body, "<h1>Welcome</h1>") {
		t.Error("the old cookie still signs in")
	}
}

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
