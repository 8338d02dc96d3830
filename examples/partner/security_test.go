package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
)

func TestAFormOfAnotherSiteChangesNothing(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	logins, mails := len(tr.community.Attempts()), len(tr.mails)
	tests := []struct {
		path string
		form url.Values
	}{
		{loginPath, signInForm(adasAddress, adasPassword)},
		{signUpPath, signUpForm("Eve", "eve@partner.example", "a password of Eve")},
		{accountPath, profileForm("Eve", "", free)},
		{emailPath, url.Values{"email": {"eve@partner.example"}}},
		{resendPath, nil},
		{logoutPath, nil},
		{strings.TrimPrefix(tr.link(adasAddress), tr.partner), url.Values{"password": {adasPassword}}},
	}
	for _, tt := range tests {
		for _, header := range []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: https://evil.example"} {
			headers := []string{header}
			if strings.HasPrefix(header, "Origin") {
				headers = append(headers, "Sec-Fetch-Site: ") // an older browser sends none
			}
			if res, _ := tr.post(tr.partner+tt.path, tt.form, headers...); res.StatusCode != http.StatusForbidden {
				t.Errorf("%s, %s: got %s", tt.path, header, res.Status)
			}
		}
	}
	_, body := tr.get(tr.partner + accountPath)
	if !strings.Contains(body, `value="Ada Lovelace"`) || len(tr.community.Attempts()) != logins || len(tr.mails) != mails {
		t.Errorf("%d logins, %d mails, %s", len(tr.community.Attempts())-logins, len(tr.mails)-mails, body)
	}
}

func TestPasswordsOfOneAccountCantBeGuessedFromManyMachines(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	tr.newBrowser()
	tr.ahead = time.Hour // Ada's own tries are back
	for i := range 12 {
		want := http.StatusBadRequest
		if i >= 10 {
			want = http.StatusTooManyRequests
		}
		client := "X-Client: 192.0.2." + string(rune('0'+i%10))
		if res, _ := tr.post(tr.partner+loginPath, signInForm(strings.ToUpper(adasAddress), "a guess"), client); res.StatusCode != want {
			t.Errorf("guess %d: got %s, want %d", i+1, res.Status, want)
		}
	}
	res, body := tr.post(tr.partner+loginPath, signInForm(adasAddress, adasPassword))
	if res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" || !strings.Contains(body, `role="alert"`) {
		t.Errorf("the right password got %s, %v, %s", res.Status, res.Header, body)
	}
	tr.ahead += time.Minute
	res, _ = tr.post(tr.partner+loginPath, signInForm(adasAddress, adasPassword))
	tr.expectAt(res, tr.community.URL+"/")
}

func TestOneMachineCantTryManyAccounts(t *testing.T) {
	tr := newTrip(t)
	try := func(i int, client string) int {
		res, _ := tr.post(tr.partner+loginPath, signInForm(string(rune('a'+i))+"@partner.example", "a guess"), "X-Client: "+client)
		return res.StatusCode
	}
	for i := range 30 { // from one IPv6 network
		if got := try(i, "2001:db8::"+string(rune('0'+i%10))); got != http.StatusBadRequest {
			t.Fatalf("try %d: got %d", i+1, got)
		}
	}
	for client, want := range map[string]int{"2001:db8::ffff": http.StatusTooManyRequests, "2001:db8:0:1::1": http.StatusBadRequest, "192.0.2.1": http.StatusBadRequest, "[2001:db8::1]:443": http.StatusTooManyRequests} {
		if got := try(40, client); got != want {
			t.Errorf("%s: got %d, want %d", client, got, want)
		}
	}
}

func TestALimiterForgetsWhoHasAllTriesBack(t *testing.T) {
	now := time.Unix(0, 0)
	l := newLimiter(time.Second, 1, func() time.Time { return now })
	for i := range maxKeys {
		l.try(string(rune(i + 1)))
	}
	now = now.Add(time.Second)
	l.try("one more")
	if got := len(l.tries); got != 1 {
		t.Errorf("%d keys are remembered", got)
	}
}

func TestAMailboxIsNotFilled(t *testing.T) {
	tr := newTrip(t)
	tr.signUpAt("/", "Ada Lovelace", adasAddress, adasPassword)
	for range 20 {
		tr.post(tr.partner+signUpPath, signUpForm("Ada", adasAddress, adasPassword))
	}
	if got := len(tr.mails); got != 10 {
		t.Errorf("%d mails, want 10", got)
	}
}

func TestTheSessionHasANewIDAfterEachSignIn(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	ids := map[string]bool{}
	for range 3 {
		tr.post(tr.partner+loginPath, signInForm(adasAddress, adasPassword))
		for _, c := range tr.browser.Jar.Cookies(mustParse(t, tr.partner)) {
			if c.Name == "partner_session" {
				ids[c.Value] = true
			}
		}
	}
	stored := texts(t, tr.site.members.db, `SELECT token FROM sessions`)
	if len(ids) != 3 || len(stored) != 1 || ids[stored[0]] {
		t.Errorf("%d ids, %d sessions, one as in its cookie: %v", len(ids), len(stored), ids[stored[0]])
	}
}

func TestByHTTPSTheCookieIsForThisHostAloneAndOnlyByHTTPS(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	s, err := newSite(siteConfig{DB: tr.site.members.db, Signer: tr.site.signer, Origin: "https://www.example.com", Log: slog.New(slog.DiscardHandler), PasswordCost: bcrypt.MinCost, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	tr.newBrowser()
	tr.browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	server := serveSite(t, s)
	res, _ := tr.post(server+loginPath, signInForm(adasAddress, adasPassword))
	for _, c := range res.Cookies() {
		if c.Name == "__Host-partner_session" && c.Secure && c.HttpOnly && c.SameSite == http.SameSiteLaxMode && c.Path == "/" && c.Domain == "" {
			return
		}
	}
	t.Errorf("got %s with the cookies %v", res.Status, res.Cookies())
}

func TestNobodyFramesThePagesAndNothingForeignLoads(t *testing.T) {
	tr := newTrip(t)
	for _, path := range []string{"/", loginPath, signUpPath, accountPath, verifyPath, "/style.css", "/none"} {
		res, body := tr.get(tr.partner + path)
		policy := res.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'self' " + tr.community.URL} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: no %s in %s", path, want, policy)
			}
		}
		if res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Referrer-Policy") != "no-referrer" || strings.Contains(body, "<script") || strings.Contains(body, "style=") {
			t.Errorf("%s: %v, %s", path, res.Header, body)
		}
	}
}

func TestNoSecretIsLogged(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	tr.post(tr.partner+loginPath, signInForm(adasAddress, "not her password"))
	log := tr.log.String()
	_, token, _ := strings.Cut(tr.link(adasAddress), "token=")
	for _, secret := range []string{adasPassword, "not her password", adasAddress, "eyJ", tr.community.Key().Reveal(), token} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q: %s", secret, log)
		}
	}
	for _, want := range []string{`"event":"minted"`, `"msg":"request","method":"POST","path":"/verify","status":303`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log has no %s: %s", want, log)
		}
	}
}

func TestWithoutItsDatabaseTheSiteSaysOnlyThatItFails(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	if res, body := tr.get(tr.partner + "/healthz"); res.StatusCode != http.StatusOK || body != "ok\n" {
		t.Errorf("health: got %s, %s", res.Status, body)
	}
	tr.site.members.db.Close()
	tests := []struct {
		method, path string
		want         int
	}{
		{"GET", "/healthz", http.StatusServiceUnavailable},
		{"GET", "/", http.StatusInternalServerError},
		{"GET", loginPath, http.StatusInternalServerError},
		{"GET", verifyPath, http.StatusInternalServerError},
		{"POST", signUpPath, http.StatusInternalServerError},
	}
	for _, tt := range tests {
		res, body := visit(t, tr.browser, tt.method, tr.partner+tt.path, signUpForm("Eve", "eve@partner.example", "a password of Eve"))
		if res.StatusCode != tt.want || strings.Contains(body, "sql") || strings.Contains(body, "closed") {
			t.Errorf("%s: got %s, %s", tt.path, res.Status, body)
		}
	}
	if !strings.Contains(tr.log.String(), "sql: database is closed") {
		t.Errorf("the log says %s", tr.log.String())
	}
}

func TestDoctorFindsNothing(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	var cookies []string
	for _, c := range tr.browser.Jar.Cookies(mustParse(t, tr.partner)) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	diagnosis, err := doctor.Check(context.Background(), doctor.Config{
		AuthorizationURL: tr.partner + loginPath, LogoutURL: tr.partner + logoutPath, Community: tr.community.URL,
		Cookie: strings.Join(cookies, "; "), Key: tr.community.Key(),
	})
	if err == nil {
		err = diagnosis.Err()
	}
	if err != nil {
		t.Error(err)
	}
}
