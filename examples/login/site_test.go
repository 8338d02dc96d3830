package main

import (
	"math"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestASignUpGoesOnToTheCommunityWhereTheVisitorStarted(t *testing.T) {
	tr := newTrip(t)
	res, _ := tr.visit("GET", tr.community.URL+"/auth/signup?from="+url.QueryEscape("/spaces/help"), nil)
	if !strings.HasPrefix(res.Request.URL.String(), tr.partner.URL+signUpPath+"?referrer_uri=") {
		t.Fatalf("sign-up led to %s", res.Request.URL)
	}
	address := res.Request.URL.String()
	tests := []struct {
		name, email string
		want        []string
		problems    int
	}{
		{"X", "ADA@partner.example", []string{"Another member has this email address.", `aria-describedby="email-problem"`}, 1},
		{" ", "x@partner.example", []string{"Give the name", `aria-describedby="name-problem"`}, 1},
		{"X", "x", []string{"one plain email", `aria-describedby="email-problem"`}, 1},
		{"", "", []string{"Give the name", "one plain email"}, 2},
	}
	for _, tt := range tests {
		res, body := tr.visit("POST", address, url.Values{"name": {tt.name}, "email": {tt.email}})
		if res.StatusCode != http.StatusBadRequest || strings.Count(body, `class="problem"`) != tt.problems ||
			strings.Contains(body, `role="alert"`) {
			t.Errorf("%q, %q: got %s and %s", tt.name, tt.email, res.Status, body)
		}
		for _, want := range tt.want {
			if !strings.Contains(body, want) {
				t.Errorf("%q, %q: no %q in %s", tt.name, tt.email, want, body)
			}
		}
	}
	res, _ = tr.visit("POST", address, url.Values{"name": {"Mary Jackson"}, "email": {"mary@partner.example"}})
	if got := res.Request.URL.String(); got != tr.community.URL+"/spaces/help" {
		t.Errorf("ended at %s", got)
	}
	if last := tr.lastLogin(); !last.Created || last.After.Name != "Mary Jackson" {
		t.Errorf("got %+v", last.After)
	}
}

func TestAccountSettingsWithoutASessionLeadToTheSignInAndBack(t *testing.T) {
	tr := newTrip(t)
	if _, body := tr.visit("GET", tr.partner.URL+settingsPath, nil); !strings.Contains(body, `value="u-1001"`) {
		t.Fatalf("no sign-in page: %s", body)
	}
	res, body := tr.visit("POST", tr.partner.URL+settingsPath, url.Values{"user": {"u-1001"}})
	if res.Request.URL.Path != settingsPath || res.Request.Method != "GET" || !strings.Contains(body, "ada@partner.example") {
		t.Errorf("at %s: %s", res.Request.URL, body)
	}
}

func TestAMemberWithoutSeatsSendsNone(t *testing.T) {
	tr := newTrip(t)
	tr.login("/", "u-1001")
	if m, _ := tr.community.Member("u-1001"); len(m.Fields) != 0 {
		t.Errorf("custom fields %v, want none", m.Fields)
	}
}

func TestNobodyFramesThePartnersPagesAndNothingForeignLoads(t *testing.T) {
	tr := newTrip(t)
	for _, path := range []string{"/", loginPath, signUpPath, settingsPath, "/favicon.svg", "/style.css", "/none"} {
		res, body := tr.visit("GET", tr.partner.URL+path, nil)
		policy := res.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'self' " + tr.community.URL} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: no %s in %s", path, want, policy)
			}
		}
		if res.Header.Get("X-Content-Type-Options") != "nosniff" || strings.Contains(body, "<style") || strings.Contains(body, "<script") {
			t.Errorf("%s: %v, %s", path, res.Header, body)
		}
	}
}

func TestWhereThereIsNoPageAPageSaysSo(t *testing.T) {
	tr := newTrip(t)
	res, body := tr.visit("GET", tr.partner.URL+"/none", nil)
	if res.StatusCode != http.StatusNotFound || !strings.Contains(body, `<a href="/">home page</a>`) {
		t.Errorf("%s: %s", res.Status, body)
	}
}

func TestTheSignOutSaysThatTheCommunityStaysLoggedIn(t *testing.T) {
	tr := newTrip(t)
	tr.login("/", "u-1001")
	if _, body := tr.visit("GET", tr.partner.URL+"/", nil); !strings.Contains(body, "leaves the community logged in") {
		t.Errorf("the page says %s", body)
	}
}

// WCAG 2.2, 1.4.11: what tells a field from the page has a contrast of 3 to it.
func TestBordersCanBeSeen(t *testing.T) {
	css, err := os.ReadFile("pages/style.css")
	if err != nil {
		t.Fatal(err)
	}
	pair := func(pattern string) [2]string {
		m := regexp.MustCompile(pattern + `: light-dark\((#\w+), (#\w+)\)`).FindSubmatch(css)
		if m == nil {
			t.Fatalf("no %s", pattern)
		}
		return [2]string{string(m[1]), string(m[2])}
	}
	line := pair("--line")
	for _, ground := range [][2]string{pair("[^-]background"), pair("--soft")} {
		for i, scheme := range []string{"light", "dark"} {
			a, b := luminance(t, line[i]), luminance(t, ground[i])
			if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < 3 {
				t.Errorf("%s: %s on %s has a contrast of %.1f", scheme, line[i], ground[i], ratio)
			}
		}
	}
}

// luminance is the relative luminance of WCAG 2.
func luminance(t *testing.T, colour string) (sum float64) {
	t.Helper()
	digits := colour[1:]
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(digits[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func TestOfTwoSignUpsAtOnceOneGetsTheAddress(t *testing.T) {
	var d members
	var all sync.WaitGroup
	var saved atomic.Int32
	for i := range 50 {
		all.Go(func() {
			if d.save(member{ID: strconv.Itoa(i), Email: "mary@partner.example"}) {
				saved.Add(1)
			}
		})
	}
	all.Wait()
	if saved.Load() != 1 || len(d.all()) != 1 {
		t.Errorf("%d were saved, %d members have the address", saved.Load(), len(d.all()))
	}
}
