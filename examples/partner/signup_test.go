package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

func TestASignUpIsVerifiedAndLandsAtTheCommunityWhereTheVisitorWas(t *testing.T) {
	tr := newTrip(t)
	const deep = "/search?q=a%20b&tab=posts"
	tr.signUpAt(deep, "Ada  Lovelace", adasAddress, adasPassword)
	if n := len(tr.community.Attempts()); n != 0 {
		t.Fatalf("%d logins before the address is verified", n)
	}
	tr.newBrowser() // the mail is read on another machine
	if res, body := tr.get(tr.link(adasAddress)); res.StatusCode != http.StatusOK || !strings.Contains(body, adasAddress) {
		t.Fatalf("the link got %s, %s", res.Status, body)
	}
	tr.follow(tr.link(adasAddress), adasPassword, tr.community.URL+deep)
	want := ssotest.Member{Name: "Ada Lovelace", Email: adasAddress, Fields: map[string]string{"Plan": `"free"`}}
	if diff := cmp.Diff(want, tr.member(), cmpopts.IgnoreFields(ssotest.Member{}, "ID", "ExternalID")); diff != "" {
		t.Errorf("member (-want +got):\n%s", diff)
	}
	if got := tr.loggedIn(); got != "Ada Lovelace" {
		t.Errorf("the community has %q logged in", got)
	}
	again, _ := tr.get(tr.community.LoginButton("/spaces/news")) // the partner has a session now
	tr.expectAt(again, tr.community.URL+"/spaces/news")
}

func TestAMemberSignsInAndLandsWhereTheVisitorWas(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	tr.newBrowser()
	form, _ := tr.get(tr.community.LoginButton("/spaces/help"))
	res, _ := tr.post(form.Request.URL.String(), signInForm(" ADA@partner.example ", adasPassword))
	tr.expectAt(res, tr.community.URL+"/spaces/help")
}

func TestWhoHasNotVerifiedTheAddressHasNoAccountYet(t *testing.T) {
	tr := newTrip(t)
	tr.signUpAt("/", "Ada Lovelace", adasAddress, adasPassword)
	res, known := tr.post(tr.partner+loginPath, signInForm(adasAddress, adasPassword))
	if res.StatusCode != http.StatusBadRequest || !strings.Contains(known, "Verify your email address first") {
		t.Fatalf("got %s, %s", res.Status, known)
	}
	_, unknown := tr.post(tr.partner+loginPath, signInForm("eve@partner.example", adasPassword))
	if strings.ReplaceAll(unknown, "eve@", "ada@") != known || len(tr.community.Attempts()) != 0 {
		t.Errorf("the answers differ:\n%s\n%s", known, unknown)
	}
	first := tr.link(adasAddress)
	tr.signUpAt("/spaces/help", "Ada Lovelace", adasAddress, adasPassword) // the mail got lost
	tr.follow(tr.link(adasAddress), adasPassword, tr.community.URL+"/spaces/help")
	if res, _ := tr.get(first); res.StatusCode != http.StatusGone {
		t.Errorf("the first link still works: %s", res.Status)
	}
}

// Two people sign up with one address. Whichever comes first or last, its owner gets in,
// and the other never has an account.
func TestASignUpTakesNothingFromAnotherOne(t *testing.T) {
	for _, adaFirst := range []bool{true, false} {
		tr := newTrip(t)
		eve := func() string {
			tr.signUpAt("/", "Eve", adasAddress, "a password of Eve")
			return tr.link(adasAddress)
		}
		var eves string
		if !adaFirst {
			eves = eve()
		}
		tr.signUpAt("/spaces/help", "Ada Lovelace", adasAddress, adasPassword)
		adas := tr.link(adasAddress)
		if adaFirst {
			eves = eve()
		}
		if res, _ := tr.post(eves, url.Values{"password": {adasPassword}}); res.StatusCode != http.StatusBadRequest {
			t.Errorf("Ada's click on Eve's link got %s", res.Status)
		}
		tr.follow(adas, adasPassword, tr.community.URL+"/spaces/help")
		if got := tr.member().Name; got != "Ada Lovelace" {
			t.Errorf("the community has %q", got)
		}
		if res, _ := tr.post(eves, url.Values{"password": {"a password of Eve"}}); res.StatusCode != http.StatusGone {
			t.Errorf("Eve's link got %s", res.Status)
		}
		tr.newBrowser()
		if res, _ := tr.post(tr.partner+loginPath, signInForm(adasAddress, adasPassword)); res.StatusCode != http.StatusOK {
			t.Errorf("Ada's sign-in got %s", res.Status)
		}
		if left := texts(t, tr.site.members.db, `SELECT email FROM verifications`); len(left) > 0 {
			t.Errorf("verifications are left: %q", left)
		}
	}
}

func TestSignUpsAtOnceAreAllAnswered(t *testing.T) {
	tr := newTrip(t)
	tr.site.perAccount.burst = 1000
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			client := fmt.Sprintf("X-Client: 192.0.2.%d", i)
			res, _ := tr.post(tr.partner+signUpPath, signUpForm("Ada", adasAddress, adasPassword), client)
			if res.StatusCode != http.StatusOK {
				t.Errorf("got %s", res.Status)
			}
		})
	}
	all.Wait()
	if sent := len(tr.mails); sent != 40 {
		t.Errorf("%d mails were sent", sent)
	}
}

func TestALinkWorksOnceForADayAndWithThePasswordAlone(t *testing.T) {
	tr := newTrip(t)
	tr.signUpAt("/", "Ada Lovelace", adasAddress, adasPassword)
	link := tr.link(adasAddress)
	steps := []struct {
		name, link, password string
		ahead                time.Duration
		want                 int
	}{
		{"another token", tr.partner + verifyPath + "?token=X", adasPassword, 0, http.StatusGone},
		{"another password", link, "not her password", 0, http.StatusBadRequest},
		{"after a day", link, adasPassword, linkLifetime, http.StatusGone},
		{"within a day", link, adasPassword, linkLifetime - time.Minute, http.StatusOK},
		{"a second time", link, adasPassword, 0, http.StatusGone},
	}
	for _, step := range steps {
		tr.ahead = step.ahead
		page, _ := tr.get(step.link)
		res, _ := tr.post(step.link, url.Values{"password": {step.password}})
		if res.StatusCode != step.want || (page.StatusCode == http.StatusGone) != (step.want == http.StatusGone) {
			t.Errorf("%s: got %s after %s, want %d", step.name, res.Status, page.Status, step.want)
		}
	}
}

func TestASignUpDoesNotTellWhetherAnAddressHasAnAccount(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	tr.newBrowser()
	_, known := tr.post(tr.partner+signUpPath, signUpForm("Eve", adasAddress, "a password of Eve"))
	if last := tr.mails[len(tr.mails)-1]; last.to != adasAddress || linkInMail.MatchString(last.text) {
		t.Errorf("the mail is %+v", last)
	}
	_, unknown := tr.post(tr.partner+signUpPath, signUpForm("Eve", "eve@partner.example", "a password of Eve"))
	if strings.ReplaceAll(unknown, "eve@", "ada@") != known {
		t.Errorf("the answers differ:\n%s\n%s", known, unknown)
	}
	if res, _ := tr.post(tr.partner+loginPath, signInForm(adasAddress, adasPassword)); res.StatusCode != http.StatusOK {
		t.Errorf("Ada's own password got %s", res.Status)
	}
}

// The same rows are written, so that the time tells nothing either.
func TestASignUpDoesTheSameWorkForAnAddressThatHasAnAccount(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	stored := func() int {
		return len(texts(t, tr.site.members.db, `SELECT email FROM verifications WHERE password <> ''`))
	}
	for _, address := range []string{adasAddress, "eve@partner.example"} {
		rows, mails := stored(), len(tr.mails)
		tr.post(tr.partner+signUpPath, signUpForm("Eve", address, "a password of Eve"))
		if stored() != rows+1 || len(tr.mails) != mails+1 {
			t.Errorf("%s: %d rows, %d mails", address, stored()-rows, len(tr.mails)-mails)
		}
	}
}

func TestAFormSaysWhatIsWrongAtItsField(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	tests := []struct {
		name, path string
		form       url.Values
		want       []string
	}{
		{"sign-up, nothing", signUpPath, signUpForm(" ", "", ""), []string{"name-problem", "email-problem", "password-problem"}},
		{"sign-up, long name", signUpPath, signUpForm(strings.Repeat("é", 101), "eve@partner.example", "a password of Eve"),
			[]string{"name-problem"}},
		{"sign-up, no address", signUpPath, signUpForm("Eve", "Eve <eve@partner.example>", "a password of Eve"), []string{"email-problem"}},
		{"sign-up, short password", signUpPath, signUpForm("Eve", "eve@partner.example", "12345678901"), []string{"password-problem"}},
		{"sign-up, long password", signUpPath, signUpForm("Eve", "eve@partner.example", strings.Repeat("é", 37)), []string{"password-problem"}},
		{"sign-in, wrong password", loginPath, signInForm(adasAddress, "not her password"), nil},
		{"sign-in, nobody", loginPath, signInForm("nobody@partner.example", "a password of nobody"), nil},
		{"account, no name", accountPath, url.Values{"name": {""}, "plan": {free}}, []string{"name-problem"}},
		{
			"account, long company",
			accountPath,
			url.Values{"name": {"Ada"}, "company": {strings.Repeat("é", 101)}, "plan": {free}},
			[]string{"company-problem"},
		},
		{"account, no such plan", accountPath, url.Values{"name": {"Ada"}, "plan": {"gold"}}, nil},
		{"account, no address", emailPath, url.Values{"email": {"ada"}}, []string{"email-problem"}},
	}
	sent := len(tr.mails)
	for _, tt := range tests {
		res, body := tr.post(tr.partner+tt.path, tt.form)
		if res.StatusCode != http.StatusBadRequest || strings.Count(body, `role="alert"`) != 1 ||
			strings.Count(body, "aria-invalid") != len(tt.want) {
			t.Errorf("%s: got %s, %s", tt.name, res.Status, body)
		}
		for _, id := range tt.want {
			if !strings.Contains(body, `aria-describedby="`+id+`"`) || !strings.Contains(body, `id="`+id+`"`) {
				t.Errorf("%s: no %s in %s", tt.name, id, body)
			}
		}
		if typed := tt.form.Get("password"); typed != "" && strings.Contains(body, typed) {
			t.Errorf("%s: the page holds the password", tt.name)
		}
	}
	if len(tr.mails) != sent {
		t.Errorf("%d mails", len(tr.mails)-sent)
	}
}
