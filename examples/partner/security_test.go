package main

import (
	"context"
	"fmt"
	"io"
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
	for client, want := range map[string]int{
		"2001:db8::ffff": http.StatusTooManyRequests, "[2001:db8::1]:443": http.StatusTooManyRequests,
		"2001:db8:0:1::1": http.StatusBadRequest, "192.0.2.1": http.StatusBadRequest,
	} {
		if got := try(40, client); got != want {
			t.Errorf("%s: got %d, want %d", client, got, want)
		}
	}
}

// A client that is over its own limit uses up nobody else's.
func TestAVisitorOverTheLimitDoesNotKeepAMemberOut(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	tr.newBrowser()
	const mallory = "X-Client: 192.0.2.66"
	for i := range 30 {
		tr.post(tr.partner+loginPath, signInForm(fmt.Sprint(i, "@partner.example"), "a guess"), mallory)
	}
	for range 20 {
		res, _ := tr.post(tr.partner+loginPath, signInForm(adasAddress, "a guess"), mallory)
		if res.StatusCode != http.StatusTooManyRequests {
			t.Fatalf("got %s", res.Status)
		}
	}
	res, _ := tr.post(tr.partner+loginPath, signInForm(adasAddress, adasPassword), "X-Client: 192.0.2.1")
	tr.expectAt(res, tr.community.URL+"/")
}

func TestSignUpsWithAnAddressDoNotKeepItsMemberFromSigningIn(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	tr.newBrowser()
	for range 20 {
		tr.post(tr.partner+signUpPath, signUpForm("Mallory", adasAddress, "a password of Mallory"), "X-Client: 192.0.2.66")
	}
	res, _ := tr.post(tr.partner+loginPath, signInForm(adasAddress, adasPassword), "X-Client: 192.0.2.1")
	tr.expectAt(res, tr.community.URL+"/")
}

func TestTheProxysHeaderCountsAndNotWhatAClientSendsBeforeIt(t *testing.T) {
	s := &site{clientHeader: "X-Forwarded-For"}
	for _, tt := range []struct {
		headers []string
		want    string
	}{
		{[]string{"192.0.2.1"}, "192.0.2.1"},
		{[]string{"203.0.113.9, 192.0.2.1"}, "192.0.2.1"},
		{[]string{"203.0.113.9", "192.0.2.1"}, "192.0.2.1"},
		{[]string{"203.0.113.9, 192.0.2.1:1234"}, "192.0.2.1"},
		{nil, "unknown"},
	} {
		r := &http.Request{RemoteAddr: "127.0.0.1:1", Header: http.Header{"X-Forwarded-For": tt.headers}}
		if got := s.client(r); got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.headers, got, tt.want)
		}
	}
}

func TestALimitIsOfAllProcessesAndStoresNoAddress(t *testing.T) {
	db, now := emptyDatabase(t), time.Now()
	clock := func() time.Time { return now }
	one, other := limiter{db, clock, time.Second, 3}, limiter{db, clock, time.Second, 3}
	long := strings.Repeat("x", 60_000) + adasAddress
	for i, want := range []time.Duration{0, 0, 0, time.Second} {
		l := one
		if i%2 == 1 {
			l = other
		}
		if got, err := l.try(t.Context(), long); got != want || err != nil {
			t.Errorf("try %d: got %v, %v, want %v", i+1, got, err, want)
		}
	}
	now = now.Add(500 * time.Millisecond)
	if got, err := one.try(t.Context(), long); got != 500*time.Millisecond || err != nil {
		t.Errorf("half a second later: got %v, %v", got, err)
	}
	now = now.Add(500 * time.Millisecond)
	if got, err := other.try(t.Context(), long); got != 0 || err != nil {
		t.Errorf("a second later: got %v, %v", got, err)
	}
	if sizes := texts(t, db, `SELECT length(key) FROM tries`); len(sizes) != 1 || sizes[0] != "32" {
		t.Errorf("keys of %v bytes are stored", sizes)
	}
}

func TestAMailboxIsNotFilled(t *testing.T) {
	tr := newTrip(t)
	tr.signUpAt("/", "Ada Lovelace", adasAddress, adasPassword)
	for i := range 20 {
		tr.post(tr.partner+signUpPath, signUpForm("Ada", adasAddress, adasPassword), fmt.Sprintf("X-Client: 192.0.2.%d", i))
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
	s, err := newSite(
		siteConfig{
			DB:           tr.site.members.db,
			Signer:       tr.site.signer,
			Origin:       "https://www.example.com",
			Log:          slog.New(slog.DiscardHandler),
			PasswordCost: bcrypt.MinCost,
			Now:          time.Now,
		},
	)
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

func TestTwoSessionCookiesAreNone(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	if _, body := tr.get(tr.partner + "/"); !strings.Contains(body, "Hello, Ada") {
		t.Fatal("not signed in")
	}
	var cookies []string
	for _, c := range tr.browser.Jar.Cookies(mustParse(t, tr.partner)) {
		cookies = append(cookies, c.String())
	}
	tr.newBrowser()
	r, err := http.NewRequest("GET", tr.partner+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", "partner_session=planted; "+strings.Join(cookies, "; "))
	res, err := tr.browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, _ := io.ReadAll(res.Body); !strings.Contains(string(body), "<h1>Welcome</h1>") {
		t.Errorf("got %s", body)
	}
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
		if res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Referrer-Policy") != "no-referrer" ||
			strings.Contains(body, "<script") ||
			strings.Contains(body, "style=") {
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
