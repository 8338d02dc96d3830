package ssotest_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

const shelf = "/_fake/mistakes"

func TestEverySampleMistakeIsFoundByTheCommunity(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	card := regexp.MustCompile(`(?s)<li class="card">.*?</li>`)
	button := regexp.MustCompile(`name="mistake" value="([^"]+)"`)
	code := regexp.MustCompile(`href="/_fake/codes/([^"]+)"`)
	guest := browser(t)
	found := 0
	for _, text := range card.FindAllString(get(t, guest, c.URL+shelf).body, -1) {
		name := button.FindStringSubmatch(text)
		if name == nil {
			continue // the loop needs a partner
		}
		found++
		refused, mistake := strings.Contains(text, "✗ refused"), strings.Contains(text, "! accepted")
		a := post(t, guest, c.URL+shelf, url.Values{"mistake": {name[1]}})
		if a.status != http.StatusFound || !strings.HasPrefix(a.location, "/api/auth/sso?jwt=") ||
			a.header.Get("Referrer-Policy") != "no-referrer" {
			t.Fatalf("%s: HTTP %d to %q", name[1], a.status, a.location)
		}
		get(t, browser(t), c.URL+a.location)
		l := c.Attempts()[len(c.Attempts())-1]
		if refused != (l.Err != nil) || mistake && len(l.Report.Findings)+len(l.SpaceProblems) == 0 {
			t.Errorf("%s: the card promises something else than %v", name[1], l.Err)
		}
		want := code.FindStringSubmatch(text)
		switch {
		case want == nil:
			if l.Err != nil {
				t.Errorf("%s: %v", name[1], l.Err)
			}
		case contract.Code(want[1]) == inspect.ExternalIDConflict:
			if shown(t, c, l.Number).ByEmail.ID == "" {
				t.Errorf("%s: %v", name[1], l.Err)
			}
		default:
			if rule := contract.Code(want[1]); !l.Report.Has(rule) || (inspect.RuleOf(rule).Verdict == inspect.Fail) != (l.Err != nil) {
				t.Errorf("%s: %v, %v", name[1], l.Err, l.Report.Findings)
			}
		}
	}
	if found < 12 {
		t.Errorf("only %d sample mistakes", found)
	}
	if a := post(t, guest, c.URL+shelf, url.Values{"mistake": {"none of these"}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("an unknown one: HTTP %d", a.status)
	}
}

func TestAMistakeIsMadeForWhoIsLoggedIn(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	b := browser(t)
	accept(t, b, c, ada)
	get(t, b, c.URL+post(t, b, c.URL+shelf, url.Values{"mistake": {"conflict"}}).location)
	if l := shown(t, c, 2); l.ByEmail.ExternalID != "u-7" || len(c.Members()) != 1 {
		t.Errorf("%s, in conflict with %+v", l.Error, l.ByEmail)
	}
}

func TestALoopIsStartedAndSwitchedOff(t *testing.T) {
	c := newCommunity(t, ssotest.Config{Settings: ssotest.Settings{AuthorizationURL: partner, OtherLoginMethods: true}})
	b := browser(t)
	if a := post(t, b, c.URL+shelf, url.Values{"mistake": {"loop"}}); a.location != "/auth/login" {
		t.Errorf("HTTP %d to %q", a.status, a.location)
	}
	if a, _ := login(t, b, c, ada, "/x"); a.location != "/auth/login?from=%2Fx" {
		t.Errorf("a login in order: HTTP %d to %q", a.status, a.location)
	}
	if a := get(t, b, c.URL+"/auth/login"); !strings.HasPrefix(a.location, partner) {
		t.Errorf("the loop ends on a page: HTTP %d to %q", a.status, a.location)
	}
	r := must(http.NewRequest(http.MethodPost, c.URL+"/_fake/admin/calm", nil))
	r.Header.Set("Referer", c.URL+"/logins/1")
	if a := do(t, b, r); a.location != "/logins/1" {
		t.Errorf("switching it off leads to %q", a.location)
	}
	if a := get(t, b, c.URL+"/auth/login"); a.status != http.StatusOK {
		t.Errorf("the login page has not come back: HTTP %d to %q", a.status, a.location)
	}
	accept(t, b, c, ada)
}

func TestAPastedTokenIsJudgedAndNotKept(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	b := browser(t)
	good, loginURL := token(t, c, ada), c.URL+"/api/auth/sso?jwt="+token(t, c, but(jwt.MapClaims{"exp": nil}))+"&redirect_uri=//evil.example"
	tests := []struct {
		name, pasted string
		status       int
		want         string
	}{
		{"a token", " " + good + "\n", 200, "A strict community accepts it"},
		{"a login URL", loginURL, 200, "exp-missing"},
		{"its path", loginURL, 200, "redirect-refused"},
		{
			"a login URL in HTML", `<a href="` + strings.ReplaceAll(loginURL, "&", "&amp;") + `">`, 200,
			"Removed before reading: HTML entities, text around it.",
		},
		{"half a token", good[:60], 200, "cut short"},
		{"no token", "hello", 422, "there is none in this"},
		{"nothing", " \n", 422, "Paste a token, a login URL or claims"},
		{"a list", "[1]", 422, "there is none in this"},
		{"null", "null", 422, "there is none in this"},
		{"claims with a comma too many", `{"sub":"a",}`, 422, "These claims are not a JSON object: invalid character '}'"},
		{"claims of Windows", "\ufeff{\r\n\"sub\":7}\r\n", 200, "claim-not-string"},
		{"too much", strings.Repeat("a", 1<<17), 413, "too long"},
	}
	for _, tt := range tests {
		a := post(t, b, c.URL+"/_fake/inspect", url.Values{"login": {tt.pasted}})
		if a.status != tt.status {
			t.Errorf("%s: HTTP %d, want %d", tt.name, a.status, tt.status)
		}
		mustContain(t, a.body, tt.want)
	}
	for name, want := range map[string]string{"none": "A strict community accepts it", "expired": "exp-expired"} {
		mustContain(t, post(t, b, c.URL+"/_fake/inspect", url.Values{"sample": {name}, "login": {""}}).body, want, "/api/auth/sso?jwt=")
	}
	expired := post(t, b, c.URL+"/_fake/inspect", url.Values{"sample": {"expired"}}).body
	mustContain(t, expired, "<strong>It expired 60 s ago.</strong>")
	under := newCommunity(t, ssotest.Config{Path: "/hub"})
	sample := post(t, b, under.URL+"/_fake/inspect", url.Values{"sample": {"none"}}).body
	mustContain(t, sample, under.URL+"/api/auth/sso?jwt=", "A strict community accepts it")
	if len(c.Attempts()) != 0 || len(c.Members()) != 0 || strings.Contains(get(t, b, c.URL+"/_fake/inspect").body, good) {
		t.Error("something was kept")
	}
}

func TestPastedClaimsAreSignedAsTheyAre(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	b := browser(t)
	inspected := func(claims string) string {
		return post(t, b, c.URL+"/_fake/inspect", url.Values{"login": {claims}}).body
	}
	const claims = `{"sub":"u-9", "name":"Lin", "email":"lin@example.com", "seats":12345678901234567890}`
	mustContain(t, inspected(claims), "A strict community accepts it", "Log in with these claims")
	c.Advance(time.Hour) // whoever reads long gets a new token at the click
	a := post(t, b, c.URL+"/_fake/inspect", url.Values{"login": {claims}, "log-in": {"yes"}})
	if get(t, b, c.URL+a.location); a.status != http.StatusFound || a.header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("HTTP %d, and the policy is %q", a.status, a.header.Get("Referrer-Policy"))
	}
	got := map[string]string{}
	for _, e := range c.Attempts()[0].Report.Claims {
		got[e.Name] = string(e.Value)
	}
	seconds := func(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
	diff(t, "claims", map[string]string{
		"sub": `"u-9"`, "name": `"Lin"`, "email": `"lin@example.com"`, "seats": "12345678901234567890",
		"iat": seconds(start.Add(time.Hour)), "exp": seconds(start.Add(time.Hour + time.Minute)),
	}, got)
	mustContain(t, inspected(`{"sub":7,"exp":1}`), "A strict community refuses it", "claim-not-string", "exp-expired", "name-missing")
	mustContain(t, inspected("{}"), "A strict community refuses it", "sub-missing")
}

func TestAWrongSignatureIsExplainedWhereItCanBe(t *testing.T) {
	const text = "c2VjcmV0LWtleS1vZi1hLWNvbW11bml0eS0xMjM0NTY3OA=="
	decoded := string(must(base64.StdEncoding.DecodeString(text)))
	tests := []struct{ name, key, want string }{
		{"line feed", text + "\n", "with a line feed after it"},
		{"Windows", text + "\r\n", "with a carriage return and a line feed"},
		{"quotes", `"` + text + `"`, "in double quotes"},
		{"base64", decoded, "decoded by base64"},
		{"former", "the-key-before-this-one-long-enough", "as it was before it was changed here"},
		{"another", "another key of another community....", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCommunity(t, ssotest.Config{Settings: ssotest.Settings{Key: must(ssotoken.NewKey("the-key-before-this-one-long-enough"))}})
			c.Configure(func(s *ssotest.Settings) { s.Key = must(ssotoken.NewKey(text)) })
			b := browser(t)
			signed := must(jwt.NewWithClaims(jwt.SigningMethodHS256, ada).SignedString([]byte(tt.key)))
			refused := get(t, b, c.URL+"/api/auth/sso?jwt="+signed).body
			for _, body := range []string{
				refused, get(t, b, c.URL+"/logins/1").body,
				post(t, b, c.URL+"/_fake/inspect", url.Values{"login": {signed}}).body,
			} {
				mustContain(t, body, c.Key().Fingerprint(), "? unverified")
				if strings.Contains(body, "✓ holds") || strings.Contains(body, text) {
					t.Error("a claim that nobody verified has a green tick, or the page has the key")
				}
				if strings.Contains(body, "The signature fits") != (tt.want != "") {
					t.Errorf("explained: %v", tt.want == "")
				}
				mustContain(t, body, tt.want)
			}
		})
	}
}

func TestALoginShowsWhatIsNewSinceTheOneBefore(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	b := browser(t)
	login(t, b, c, ada, "")
	login(t, b, c, but(jwt.MapClaims{"sub": "u-8", "email": "b@example.com"}), "")
	login(t, b, c, but(jwt.MapClaims{"name": "Ada King", "tagline": "Countess", "exp": start.Unix() + 59}), "")
	body := get(t, b, c.URL+"/logins/3").body
	_, difference, _ := strings.Cut(body, `id="difference"`)
	difference, _, _ = strings.Cut(difference, "</section>")
	mustContain(t, difference, `href="/logins/1"`, "<code>name</code>", "&#34;Ada King&#34;", "<code>tagline</code>", "not there")
	if strings.Contains(difference, "<code>exp</code>") {
		t.Error("the times are a difference")
	}
	mustContain(t, body, `href="/logins/2">Earlier`)
	mustContain(t, get(t, b, c.URL+"/logins/2").body, `href="/logins/3">Later`)
}

func TestEveryRuleHasAPageThatSaysWhatToDo(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	list := get(t, browser(t), c.URL+"/_fake/codes").body
	for _, rule := range inspect.Rules() {
		if rule.Area == inspect.AreaUserBase || rule.Area == inspect.AreaAnswer {
			continue // of the command
		}
		mustContain(t, list, `href="/_fake/codes/`+string(rule.Code)+`"`)
		mustContain(
			t, get(t, browser(t), c.URL+"/_fake/codes/"+string(rule.Code)).body, rule.Sentence, rule.Fix,
			rule.Source.String(), "<dt>In Go</dt><dd>",
		)
	}
}
