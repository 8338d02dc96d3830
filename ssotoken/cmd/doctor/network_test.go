package doctor_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest/redirects"
)

// over is a check of a partner without a network, so that time can be made up.
func over(t *testing.T, transport http.RoundTripper) doctor.Config {
	t.Helper()
	return doctor.Config{
		AuthorizationURL: "https://www.example.com/login", LogoutURL: "https://www.example.com/logout", Community: community, Cookie: cookie,
		Key:       newKey(t, keyText),
		Transport: transport, Now: func() time.Time { return noon },
	}
}

func states(r *doctor.Diagnosis) map[string]doctor.State {
	all := map[string]doctor.State{}
	for _, c := range r.Checks {
		all[c.Check] = c.State
	}
	return all
}

func busy(status int, retryAfter string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {retryAfter}}, Body: http.NoBody}
}

// limited lets n requests through in a minute.
func limited(next http.RoundTripper, n, status int) stub {
	var mu sync.Mutex
	var start time.Time
	seen := 0
	return func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		now := time.Now()
		if now.Sub(start) >= time.Minute {
			start, seen = now, 0
		}
		if seen++; seen > n {
			return busy(status, strconv.Itoa(int(time.Minute.Seconds()-now.Sub(start).Seconds())+1)), nil
		}
		return next.RoundTrip(r)
	}
}

func TestARateLimitSlowsTheCheckDownAndIsNoFlaw(t *testing.T) {
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		synctest.Test(t, func(t *testing.T) {
			c := over(t, limited(direct{newPartner()}, 5, status))
			c.Patience, c.MaxTime = 10*time.Hour, 100*time.Hour
			report := examine(t, c)
			if diff := cmp.Diff([]contract.Code{doctor.RateLimited}, codes(report)); diff != "" || !report.Complete || report.Err() != nil {
				t.Errorf("complete %v, codes (-want +got):\n%s", report.Complete, diff)
			}
		})
	}
}

func TestNoCheckPassesWithoutAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		report := examine(t, over(t, limited(direct{newPartner()}, 5, http.StatusTooManyRequests)))
		if diff := cmp.Diff([]contract.Code{doctor.RateLimited}, codes(report)); diff != "" {
			t.Errorf("codes (-want +got):\n%s", diff)
		}
		got := states(report)
		for _, check := range []string{"hostile referrers", "HEAD and prefetch", "Host header", "logout"} {
			if got[check] != doctor.Unknown {
				t.Errorf("%s: %s", check, got[check])
			}
		}
		if report.Complete || report.Err() == nil || !strings.Contains(report.Err().Error(),
			"unknown HEAD and prefetch: the server answered 429") {
			t.Errorf("complete %v, %v", report.Complete, report.Err())
		}
		if took := time.Since(start); took > doctor.DefaultPatience+10*time.Minute {
			t.Errorf("took %v", took)
		}
	})
}

func TestAServerThatAsksForTooMuchPatienceIsNotWaitedFor(t *testing.T) {
	for _, after := range []string{"86400", noon.Add(24 * time.Hour).Format(http.TimeFormat)} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			report := examine(t, over(t, stub(func(*http.Request) (*http.Response, error) { return busy(503, after), nil })))
			if took := time.Since(start); took > time.Second || report.Complete || report.Requests > 10 ||
				states(report)["without a session"] != doctor.Unknown {
				t.Errorf("took %v and %d requests: %+v", took, report.Requests, report.Checks)
			}
		})
	}
}

func TestABusyServerWithoutAWordIsAskedLaterAndLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		start := time.Now()
		c := over(t, stub(func(*http.Request) (*http.Response, error) {
			at = append(at, time.Since(start))
			return busy(429, ""), nil
		}))
		c.Cookie, c.LogoutURL = "", ""
		examine(t, c)
		if diff := cmp.Diff([]time.Duration{0, 1 * time.Second, 3 * time.Second, 7 * time.Second, 15 * time.Second}, at[:5]); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestNoMoreRequestsThanTheRateAreSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		c := over(t, direct{newPartner()})
		c.Rate = 10
		report := examine(t, c)
		if took, want := time.Since(start), time.Duration(report.Requests-1)*100*time.Millisecond; took < want || !report.Complete {
			t.Errorf("%d requests in %v", report.Requests, took)
		}
	})
}

var errReset = errors.New("connection reset by peer")

// dropping drops each connection for which it says so.
func dropping(next http.RoundTripper, drops func(n int, r *http.Request) bool) stub {
	var mu sync.Mutex
	n := 0
	return func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		if n++; drops(n, r) {
			return nil, errReset
		}
		return next.RoundTrip(r)
	}
}

func TestARequestWhoseConnectionIsDroppedIsSentAgainAndCounted(t *testing.T) {
	report := examine(t, over(t, dropping(direct{newPartner()}, func(n int, _ *http.Request) bool { return n%7 == 0 })))
	if diff := cmp.Diff([]contract.Code{doctor.ConnectionDropped}, codes(report)); diff != "" || !report.Complete {
		t.Errorf("complete %v, codes (-want +got):\n%s", report.Complete, diff)
	}
	if got := report.Findings[0].Message; !strings.Contains(got, fmt.Sprintf("%d of %d requests", report.Requests/7, report.Requests)) {
		t.Errorf("got %q after %d requests", got, report.Requests)
	}
}

// A firewall that has seen enough resets every connection from then on.
func TestAFirewallThatResetsKeepsTheReportSoFar(t *testing.T) {
	p := newPartner()
	p.claims["exp"] = noon.Unix() + 600
	report := examine(t, over(t, dropping(direct{p}, func(n int, _ *http.Request) bool { return n > 50 })))
	if diff := cmp.Diff([]contract.Code{inspect.ExpOverAdvice, doctor.ConnectionDropped}, codes(report)); diff != "" || report.Complete {
		t.Errorf("complete %v, codes (-want +got):\n%s", report.Complete, diff)
	}
	want := map[string]doctor.State{
		"settings": doctor.Passed, "without a session": doctor.Passed, "login": doctor.Failed, "cookies": doctor.Passed,
		"identity": doctor.Passed, "deep links": doctor.Passed,
		"hostile referrers": doctor.Unknown, "HEAD and prefetch": doctor.Unknown, "Host header": doctor.Unknown,
		"token's clock": doctor.Unknown, "logout": doctor.Unknown, "network": doctor.Passed,
	}
	if diff := cmp.Diff(want, states(report)); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

func TestAFirewallThatCutsOffBadValuesIsToldFromTheHandler(t *testing.T) {
	report := examine(t, over(t, dropping(direct{newPartner()}, func(_ int, r *http.Request) bool {
		return strings.Contains(r.URL.RawQuery,
			"javascript%3Aalert")
	})))
	if diff := cmp.Diff([]contract.Code{doctor.Firewall, doctor.ConnectionDropped}, codes(report)); diff != "" {
		t.Errorf("codes (-want +got):\n%s", diff)
	}
}

// What a firewall keeps from the handler is not known to be right.
func TestAFirewallThatStopsMostValuesLeavesTheCheckUnknown(t *testing.T) {
	p := newPartner()
	p.before = func(w http.ResponseWriter, r *http.Request) bool {
		bad := strings.Contains(r.URL.RawQuery, "evil")
		if bad {
			w.WriteHeader(http.StatusForbidden)
		}
		return bad
	}
	report := examine(t, over(t, direct{p}))
	if got := states(report)["hostile referrers"]; got != doctor.Unknown || report.Complete || !report.Has(doctor.Firewall) ||
		report.Has(doctor.ReferrerBreaksLogin) {
		t.Errorf("got %s, %+v", got, report.Findings)
	}
}

func TestAStoppedCheckKeepsTheReportSoFar(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := newPartner()
	p.claims["exp"] = noon.Unix() + 600
	c := over(t, direct{p})
	c.Progress = func(p doctor.Progress) {
		if p.Done == 5 {
			cancel()
		}
	}
	report, err := doctor.Check(ctx, c)
	if !errors.Is(err, context.Canceled) || report == nil || !report.Has(inspect.ExpOverAdvice) ||
		states(report)["logout"] != doctor.Unknown {
		t.Fatalf("got %+v, %v", report, err)
	}
	text, err := json.Marshal(report)
	if err != nil || !strings.Contains(string(text), `"complete":false`) {
		t.Errorf("got %s, %v", text, err)
	}
}

// drip sends a byte now and then, and never ends.
type drip struct{ ctx context.Context }

func (d drip) Read(p []byte) (int, error) {
	select {
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	case <-time.After(time.Second):
		return copy(p, "a"), nil
	}
}

func TestAServerThatDripsIsGivenUpInTime(t *testing.T) {
	for name, body := range map[string]func(*http.Request) io.Reader{
		"by time": func(r *http.Request) io.Reader { return drip{r.Context()} },
		"by size": func(*http.Request) io.Reader { return endless{} },
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			c := over(t, stub(func(r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(body(r))}, nil
			}))
			report, _ := doctor.Check(t.Context(), c)
			if took := time.Since(start); took > 2*time.Minute || report.Complete && name == "by time" {
				t.Errorf("%s: took %v: %+v", name, took, report.Checks)
			}
		})
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestTheWholeCheckEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		c := over(t, stub(func(r *http.Request) (*http.Response, error) {
			time.Sleep(9 * time.Second)
			return direct{newPartner()}.RoundTrip(r)
		}))
		c.MaxTime = time.Minute
		report, err := doctor.Check(t.Context(), c)
		if took := time.Since(start); err == nil || took > 70*time.Second || report.Complete || states(report)["logout"] != doctor.Unknown {
			t.Errorf("took %v: %v", took, err)
		}
	})
}

func TestTheSessionNeverTravelsWithAForgedHost(t *testing.T) {
	p, forged := newPartner(), 0
	examine(t, over(t, stub(func(r *http.Request) (*http.Response, error) {
		if r.Host == redirects.Host {
			if forged++; strings.Contains(r.Header.Get("Cookie"), "good") {
				t.Error("the cookie was sent")
			}
		}
		return direct{p}.RoundTrip(r)
	})))
	if forged < 2 {
		t.Errorf("%d requests with a forged Host", forged)
	}
}

func TestACookieThatEachAnswerChangesIsFollowed(t *testing.T) {
	p := newPartner()
	n := 0
	p.signedIn = func(r *http.Request) bool {
		c, err := r.Cookie("session")
		return err == nil && (c.Value == "good" && n == 0 || c.Value == strconv.Itoa(n)) && !p.over["good"]
	}
	p.before = func(w http.ResponseWriter, r *http.Request) bool {
		if p.signedIn(r) && r.URL.Path == "/login" {
			n++
			r.Header.Set("Cookie", "session="+strconv.Itoa(n))
			http.SetCookie(w, &http.Cookie{Name: "session", Value: strconv.Itoa(n), Path: "/", HttpOnly: true, Secure: true})
		}
		return false
	}
	if report := examine(t, over(t, direct{p})); len(report.Findings) > 0 || !report.Complete {
		t.Errorf("got %+v, %+v", report.Findings, report.Checks)
	}
}

// A logout that starts another, empty session for the visitor ends the first.
func TestALogoutThatOverwritesTheCookieEndsTheSession(t *testing.T) {
	p := newPartner()
	p.logout = func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "nobody", Path: "/"})
		w.WriteHeader(http.StatusNoContent)
	}
	if report := examine(t, over(t, direct{p})); len(report.Findings) > 0 {
		t.Errorf("got %+v", report.Findings)
	}
}

func TestABrowserAsks(t *testing.T) {
	for _, tt := range []struct{ given, want string }{{"", doctor.DefaultUserAgent}, {"Odd/1", "Odd/1"}} {
		c := over(t, stub(func(r *http.Request) (*http.Response, error) {
			if r.UserAgent() != tt.want || r.Header.Get("X-Preview") != "on" {
				t.Errorf("got User-Agent %q, X-Preview %q", r.UserAgent(), r.Header.Get("X-Preview"))
			}
			return direct{newPartner()}.RoundTrip(r)
		}))
		c.Header = map[string]string{"X-Preview": "on"}
		if tt.given != "" {
			c.Header["User-Agent"] = tt.given
		}
		c.Cookie = ""
		examine(t, c)
	}
}

func TestTheReportHoldsNothingThatTurnsTextOnATerminal(t *testing.T) {
	p := newPartner()
	p.headers["Cache-Control"] = "\u202epublic\x1b]0;gotcha\x07"
	report := examine(t, over(t, direct{p}))
	if got := report.Findings[0].Message; strings.ContainsAny(got, "\u202e\x1b\x07") || !strings.Contains(got, `\u202epublic\u001b`) {
		t.Errorf("got %q", got)
	}
}

func TestAFindingHasACommandThatShowsItWithoutTheSession(t *testing.T) {
	p := newPartner()
	p.check = func(s string) string { return s }
	delete(p.headers, "Cache-Control")
	p.refuses = func(r *http.Request) bool { return r.Header.Get("Sec-Purpose") != "" }
	report := examine(t, over(t, direct{p}))
	want := []string{
		`curl -i -b "$COOKIE" 'https://www.example.com/login?referrer_uri=%2F%2Fevil.example'`,
		`curl -i -b "$COOKIE" 'https://www.example.com/login'`,
		`curl -i -I -b "$COOKIE" 'https://www.example.com/login'`,
	}
	var got []string
	for _, f := range report.Findings {
		got = append(got, f.Curl)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s\n%v", diff, codes(report))
	}
}

func TestOnlyTheCodesThatAreAskedForAreFound(t *testing.T) {
	p := newPartner()
	delete(p.headers, "Cache-Control")
	delete(p.headers, "Referrer-Policy")
	tests := []struct {
		ignore, only, want []contract.Code
	}{
		{nil, nil, []contract.Code{doctor.Cacheable, doctor.ReferrerSent}},
		{[]contract.Code{doctor.Cacheable}, nil, []contract.Code{doctor.ReferrerSent}},
		{nil, []contract.Code{doctor.Cacheable}, []contract.Code{doctor.Cacheable}},
		{[]contract.Code{doctor.Cacheable, doctor.ReferrerSent}, nil, []contract.Code{}},
	}
	for _, tt := range tests {
		p.over = map[string]bool{}
		c := over(t, direct{p})
		c.Ignore, c.Only = tt.ignore, tt.only
		report := examine(t, c)
		if diff := cmp.Diff(tt.want, codes(report)); diff != "" || (report.Err() == nil) != (len(tt.want) == 0) ||
			report.Checks[2].Findings != len(tt.want) {
			t.Errorf("%+v, codes (-want +got):\n%s", report.Checks[2], diff)
		}
	}
}

func TestTheSameMistakeInEveryEntryIsOneFinding(t *testing.T) {
	p := newPartner()
	var spaces []any
	for range 50 {
		spaces = append(spaces, map[string]any{"spaceId": "s" + strconv.Itoa(len(spaces)), "role": "ADMIN", "action": "JOIN"})
	}
	p.claims["spaces"] = spaces
	report := examine(t, over(t, direct{p}))
	if diff := cmp.Diff([]contract.Code{inspect.SpacesRole}, codes(report)); diff != "" {
		t.Fatalf("codes (-want +got):\n%s", diff)
	}
	if got := report.Findings[0].Message; got != "In the token's payload, spaces[0].role is not MEMBER, and so in 49 more." {
		t.Errorf("got %q", got)
	}
}

// A cache in front of the handler, or a variable in it, sends one token to everybody.
func TestATokenThatComesAgainIsCached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPartner()
		c := over(t, direct{p})
		p.beside = func(_ *http.Request, claims jwt.MapClaims) {
			claims["iat"], claims["exp"] = time.Now().Unix(), time.Now().Unix()+60
		}
		var kept *http.Response
		var mu sync.Mutex
		c.Transport = stub(func(r *http.Request) (*http.Response, error) {
			time.Sleep(time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			p.clock = time.Now()
			if kept != nil && r.URL.Path == "/login" && strings.Contains(r.Header.Get("Cookie"), "good") && r.Method == http.MethodGet &&
				r.Header.Get("Sec-Purpose") == "" && r.URL.RawQuery == "" {
				return kept, nil
			}
			res, err := direct{p}.RoundTrip(r)
			if r.URL.RawQuery == "" && res.StatusCode == http.StatusSeeOther && r.URL.Path == "/login" {
				kept = res
			}
			return res, err
		})
		c.Now, c.LogoutURL = nil, ""
		if diff := cmp.Diff([]contract.Code{doctor.CachedToken}, codes(examine(t, c))); diff != "" {
			t.Errorf("codes (-want +got):\n%s", diff)
		}
	})
}

// Within a second, the tokens of a member are the same, since iat has whole
// seconds.
func TestAFreshTokenIsNotCalledCached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPartner()
		p.beside = func(_ *http.Request, claims jwt.MapClaims) {
			claims["iat"], claims["exp"] = time.Now().Unix(), time.Now().Unix()+60
		}
		start := time.Now()
		c := over(t, stub(func(r *http.Request) (*http.Response, error) {
			time.Sleep(time.Millisecond)
			res, err := direct{p}.RoundTrip(r)
			res.Header.Del("Date")
			return res, err
		}))
		c.Now = nil
		if report := examine(t, c); len(report.Findings) > 0 || time.Since(start) > 2*time.Second {
			t.Errorf("took %v: %+v", time.Since(start), report.Findings)
		}
	})
}

func TestTheSessionsOfTwoMembersAreTwoMembers(t *testing.T) {
	for _, tt := range []struct {
		name  string
		sub   func(*http.Request) string
		codes []contract.Code
	}{
		{"two", func(r *http.Request) string { return "user-" + r.Header.Get("Cookie")[:1] }, []contract.Code{}},
		{"the first for everybody", func(*http.Request) string { return "user-7" }, []contract.Code{doctor.SameMember}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPartner()
			signedIn := p.signedIn
			p.signedIn = func(r *http.Request) bool {
				return signedIn(r) || strings.Contains(r.Header.Get("Cookie"), "other=yes")
			}
			p.beside = func(r *http.Request, claims jwt.MapClaims) { claims["sub"] = tt.sub(r) }
			c := over(t, direct{p})
			c.OtherCookie = "other=yes"
			if diff := cmp.Diff(tt.codes, codes(examine(t, c))); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
		})
	}
}

// A firewall that answers an ordinary 403 once it has seen enough is no flaw of
// the handler, whichever check it hits.
func TestAServerThatTurnsAwayInTheMiddleIsUnknown(t *testing.T) {
	for _, after := range []int{6, 8, 12, 20, 60, 100} {
		p, n := newPartner(), 0
		var mu sync.Mutex
		c := over(t, stub(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			if n++; n > after {
				return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: http.NoBody}, nil
			}
			return direct{p}.RoundTrip(r)
		}))
		c.LogoutURL = ""
		report := examine(t, c)
		got := states(report)
		if len(report.Findings) > 0 || report.Complete || after > 6 && (got["HEAD and prefetch"] != doctor.Unknown ||
			got["Host header"] != doctor.Unknown) {
			t.Errorf("after %d: complete %v, %v, %v", after, report.Complete, codes(report), got)
		}
	}
}
