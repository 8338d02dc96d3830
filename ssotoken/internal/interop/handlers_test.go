package interop_test

import (
	"crypto/rand"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// handlersOf has the servers of the folder handlers, and what doctor is to find
// in each. Those that are fragile are right in a browser.
var handlersOf = map[string]struct {
	start func(t *testing.T) []string
	finds map[string][]contract.Code
}{
	"Express": {program("node", "express/handlers.js"), map[string][]contract.Code{
		"segments":        nil,
		"one-slash":       {contract.RedirectFragile, contract.RedirectLoop},
		"same-origin":     {contract.RedirectFragile, contract.RedirectLoop},
		"res-redirect":    {doctor.TokenInBody},
		"no-exp":          {inspect.ExpMissing},
		"milliseconds":    {inspect.ExpMilliseconds},
		"parsed":          {contract.RedirectFragile, contract.RedirectLoop},
		"pathname":        {doctor.RedirectChanged, doctor.OpenRedirect},
		"as-it-came":      {doctor.OpenRedirect},
		"not-encoded":     {doctor.RedirectChanged},
		"old-parameter":   {inspect.JWTMissing, inspect.ParameterLegacy},
		"user-from-query": {doctor.IdentityFromRequest},
		"user-by-email":   {doctor.MintsWithoutSession},
		"json-401":        {doctor.SignInBroken},
		"json-error":      {doctor.ReferrerBreaksLogin},
		"xsrf-token":      nil,
		"any-cookie":      {doctor.MintsWithoutSession},
		"token-in-cookie": {doctor.TokenInHeader},
	}},
	"Flask": {program("/usr/bin/python3", "handlers/flask_app.py"), map[string][]contract.Code{
		"segments":         nil,
		"one-slash":        {contract.RedirectFragile, contract.RedirectLoop},
		"urljoin":          {doctor.OpenRedirect},
		"flask-redirect":   {doctor.TokenInBody},
		"cacheable":        {doctor.Cacheable},
		"two-weeks":        {inspect.ExpTooFar},
		"decoded-again":    {doctor.RedirectChanged, doctor.OpenRedirect},
		"head":             {doctor.HEADMints},
		"password-hash":    {doctor.ClaimSecret},
		"unverified-email": {doctor.EmailNotVerified},
		"user-from-header": {doctor.MintsWithoutSession},
		"json-401":         {doctor.SignInBroken},
		"csrftoken":        nil,
		"_xsrf":            nil,
		"misspelled":       {inspect.ClaimMisspelled},
	}},
	"PHP": {program("php", "-S", "127.0.0.1:0", "handlers/handlers.php"), map[string][]contract.Code{
		"segments":           nil,
		"one-slash":          {contract.RedirectFragile, contract.RedirectLoop},
		"parse-url":          {doctor.OpenRedirect},
		"starts-with-slash":  {doctor.OpenRedirect},
		"permanent":          {doctor.RedirectPermanent},
		"referrer":           {doctor.ReferrerSent},
		"base64-key":         {inspect.SignatureWrong},
		"email-from-request": {doctor.IdentityFromRequest},
		"plus-as-space":      {doctor.RedirectChanged},
		"out":                {doctor.TokenInAddress},
		"laravel-xsrf":       nil,
		"number-as-sub":      {contract.ClaimNotString},
		"picture-path":       {contract.PictureNotHTTP},
	}},
	"Sinatra": {program("/usr/bin/ruby", "handlers/sinatra.rb"), map[string][]contract.Code{
		"segments":             nil,
		"one-slash":            {contract.RedirectFragile, contract.RedirectLoop},
		"uri-join":             {doctor.RedirectChanged, doctor.OpenRedirect},
		"multi-line":           {doctor.OpenRedirect},
		"ten-minutes":          {inspect.ExpOverAdvice},
		"prefetch":             {doctor.PrefetchMints},
		"community-from-query": {doctor.CommunityFromRequest},
		"no-percent":           {doctor.RedirectChanged},
		"no-escapes":           {doctor.RedirectChanged},
		"authenticity-token":   nil,
		"space-as-text":        {contract.SpaceIDsMalformed},
		"home-only":            {doctor.RedirectChanged},
	}},
	"Go": {built("./handlers/nethttp"), map[string][]contract.Code{
		"segments":       nil,
		"one-slash":      {contract.RedirectFragile, contract.RedirectLoop},
		"url-parse":      {doctor.OpenRedirect},
		"http-redirect":  {doctor.TokenInBody},
		"host":           {doctor.HostBelieved},
		"without-query":  {doctor.RedirectChanged},
		"no-session":     {doctor.MintsWithoutSession},
		"user-from-json": {doctor.MintsWithoutSession},
		"click-counter":  {doctor.TokenInAddress},
		"any-method":     {doctor.HEADMints, doctor.PrefetchMints},
	}},
}

// signInsOf has handlers on which doctor signs in by itself.
var signInsOf = map[string]map[string][]contract.Code{
	"Express": {
		"segments": nil, "xsrf-token": nil, "quoted-cookie": nil, "json-cookie": nil, "open-next": {doctor.OpenRedirect},
	},
	"Flask":   {"segments": nil, "csrftoken": nil, "open-next": {doctor.OpenRedirect}},
	"PHP":     {"segments": nil, "laravel-xsrf": nil},
	"Sinatra": {"segments": nil, "authenticity-token": nil},
	"Go":      {"segments": nil, "any-method": {doctor.HEADMints, doctor.PrefetchMints}},
}

func program(words ...string) func(*testing.T) []string {
	return func(*testing.T) []string { return words }
}

func built(folder string) func(*testing.T) []string {
	return func(t *testing.T) []string {
		program := filepath.Join(t.TempDir(), "partner")
		if out, err := exec.Command("go", "build", "-o", program, folder).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return []string{program}
	}
}

func TestDoctorIsRightAboutHandlersInFiveLanguages(t *testing.T) {
	eachLanguage(t, func(t *testing.T, language, origin string) {
		finds := handlersOf[language].finds
		for _, name := range slices.Sorted(maps.Keys(finds)) {
			t.Run(name, func(t *testing.T) {
				c := session(t, origin+"/"+name)
				report := examine(t, c)
				if diff := cmp.Diff(finds[name], codesOf(report)); diff != "" || !report.Complete {
					t.Errorf("complete %v, findings (-want +got):\n%s\n%v", report.Complete, diff, report.Err())
				}
			})
		}
	})
}

func TestDoctorSignsInInFiveLanguages(t *testing.T) {
	eachLanguage(t, func(t *testing.T, language, origin string) {
		for name, want := range signInsOf[language] {
			t.Run(name, func(t *testing.T) {
				c := addresses(t, origin+"/"+name)
				c.Form = url.Values{"user": {"ada"}}
				report := examine(t, c)
				if diff := cmp.Diff(want, codesOf(report)); diff != "" || !report.Complete {
					t.Errorf("complete %v, findings (-want +got):\n%s\n%v", report.Complete, diff, report.Err())
				}
			})
		}
	})
}

// A correct handler behind an untidy network.
func TestAnUntidyNetworkIsNeitherAFlawNorAPass(t *testing.T) {
	nightly(t)
	tests := []struct {
		name     string
		between  func(http.RoundTripper) http.RoundTripper
		codes    []contract.Code
		unknown  []string
		complete bool
	}{
		{"a rate limit", busyEachFifth, []contract.Code{doctor.RateLimited}, nil, true},
		{"a firewall that resets", resetting, []contract.Code{doctor.Firewall, doctor.ConnectionDropped},
			[]string{"identity", "hostile referrers", "logout"}, false},
		{"a cookie that rotates", rotating, nil, nil, true},
	}
	eachLanguage(t, func(t *testing.T, _, origin string) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				c := session(t, origin+"/segments")
				c.Transport = tt.between(http.DefaultTransport)
				report := examine(t, c)
				var unknown []string
				for _, c := range report.Checks {
					if c.State == doctor.Unknown {
						unknown = append(unknown, c.Check)
					}
				}
				if diff := cmp.Diff(tt.codes, codesOf(report)) + cmp.Diff(tt.unknown, unknown); diff != "" || report.Complete != tt.complete {
					t.Errorf("complete %v (-want +got):\n%s\n%v", report.Complete, diff, report.Err())
				}
			})
		}
	})
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

func busyEachFifth(next http.RoundTripper) http.RoundTripper {
	var n atomic.Int64
	return transport(func(r *http.Request) (*http.Response, error) {
		if n.Add(1)%5 != 0 {
			return next.RoundTrip(r)
		}
		return &http.Response{StatusCode: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"0"}},
			Body: http.NoBody, Request: r}, nil
	})
}

func resetting(next http.RoundTripper) http.RoundTripper {
	return transport(func(r *http.Request) (*http.Response, error) {
		if strings.Contains(r.URL.RawQuery, "evil") {
			return nil, syscall.ECONNRESET
		}
		return next.RoundTrip(r)
	})
}

// rotating renames the session at each answer, and accepts only the last name.
func rotating(next http.RoundTripper) http.RoundTripper {
	var mu sync.Mutex
	sessions := map[string]string{} // the handler's, by the names that are given
	return transport(func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		given := r.Header.Get("Cookie")
		name, value, _ := strings.Cut(given, "=")
		real, known := sessions[value]
		switch {
		case known:
			r = r.Clone(r.Context())
			r.Header.Set("Cookie", name+"="+real)
		case len(sessions) == 0 && given != "":
			real = value
		default:
			real = ""
		}
		res, err := next.RoundTrip(r)
		if err == nil && real != "" {
			clear(sessions)
			fresh := rand.Text()
			sessions[fresh] = real
			res.Header.Add("Set-Cookie", name+"="+fresh+"; Path=/; HttpOnly; SameSite=Lax")
		}
		return res, err
	})
}

func eachLanguage(t *testing.T, test func(t *testing.T, language, origin string)) {
	for language, of := range handlersOf {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			words := of.start(t)
			test(t, language, startPartner(t, keyText, handlersCommunity, words[0], words[1:]...))
		})
	}
}

func codesOf(report *doctor.Diagnosis) (codes []contract.Code) {
	for _, f := range report.Findings {
		codes = append(codes, f.Code)
	}
	return codes
}

const handlersCommunity = "https://community.example.com"

func addresses(t *testing.T, page string) doctor.Config {
	t.Helper()
	key, err := ssotoken.NewKey(keyText)
	if err != nil {
		t.Fatal(err)
	}
	return doctor.Config{AuthorizationURL: page + "/login", LogoutURL: page + "/logout", Community: handlersCommunity, Key: key}
}

func session(t *testing.T, page string) doctor.Config {
	t.Helper()
	c := addresses(t, page)
	c.Cookie = signIn(t, c.AuthorizationURL)
	return c
}

func examine(t *testing.T, c doctor.Config) *doctor.Diagnosis {
	t.Helper()
	report, err := doctor.Check(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// signIn sends the form, and returns the cookies of the session that it starts.
func signIn(t *testing.T, page string) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := http.NewRequest(http.MethodPost, page, strings.NewReader("user=ada"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("User-Agent", doctor.DefaultUserAgent) // rack-protection binds a session to it
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	var cookies []string
	for _, c := range jar.Cookies(res.Request.URL) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	if len(cookies) == 0 {
		t.Fatalf("%s: HTTP %d starts no session", page, res.StatusCode)
	}
	return strings.Join(cookies, "; ")
}
