package ssotoken_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// partner is a site behind a real server; who is what Identify returns.
type partner struct {
	*httptest.Server
	events []ssotoken.Event
}

func newPartner(t *testing.T, identify func(*http.Request) (ssotoken.Claims, error), change ...func(*ssotoken.LoginConfig)) *partner {
	t.Helper()
	p := &partner{}
	c := ssotoken.LoginConfig{
		Signer:   newSigner(t),
		Identify: identify,
		Observe:  func(_ context.Context, e ssotoken.Event) { p.events = append(p.events, e) },
	}
	for _, f := range change {
		f(&c)
	}
	login, err := ssotoken.NewLogin(c)
	if err != nil {
		t.Fatal(err)
	}
	p.Server = httptest.NewServer(login.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			login.Redirect(w, r, build(t, ada()))
			return
		}
		io.WriteString(w, "sign in here")
	})))
	t.Cleanup(p.Close)
	return p
}

// answer is what a browser gets, redirects not followed.
func (p *partner) answer(t *testing.T, method, target string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, p.URL+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"Cache-Control": {"no-store"}, "Referrer-Policy": nil}
	if res.Header.Get("Location") != "" || res.StatusCode >= 400 { // a token or an error
		want["Referrer-Policy"] = []string{"no-referrer"}
	}
	for name, values := range want {
		if diff := cmp.Diff(values, res.Header[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	return res, string(body)
}

func (p *partner) kinds() []ssotoken.EventKind {
	var kinds []ssotoken.EventKind
	for _, e := range p.events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func signedIn(t *testing.T) func(*http.Request) (ssotoken.Claims, error) {
	c := build(t, ada())
	return func(*http.Request) (ssotoken.Claims, error) { return c, nil }
}

// gives is an Identify with one answer.
func gives(c ssotoken.Claims, err error) func(*http.Request) (ssotoken.Claims, error) {
	return func(*http.Request) (ssotoken.Claims, error) { return c, err }
}

func nobody(*http.Request) (ssotoken.Claims, error) { return ssotoken.Claims{}, ssotoken.ErrNoSession }

func TestASignedInVisitorGoesOnToTheCommunity(t *testing.T) {
	const deep = "/search?q=a%20b&tab=posts#top"
	tests := []struct {
		name, query string
		want        url.Values
		kinds       []ssotoken.EventKind
	}{
		{"no referrer_uri", "", url.Values{}, []ssotoken.EventKind{ssotoken.Minted}},
		{"deep link", "?referrer_uri=" + url.QueryEscape(deep), url.Values{"redirect_uri": {deep}}, []ssotoken.EventKind{ssotoken.Minted}},
		{"hostile referrer_uri", "?referrer_uri=" + url.QueryEscape(`/\evil.example`), url.Values{},
			[]ssotoken.EventKind{ssotoken.ReturnPathDropped, ssotoken.Minted}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPartner(t, signedIn(t))
			res, body := p.answer(t, "GET", "/community/login"+tt.query)
			location, err := url.Parse(res.Header.Get("Location"))
			if err != nil || res.StatusCode != http.StatusSeeOther {
				t.Fatalf("got %s, %v", res.Status, err)
			}
			if got := location.Scheme + "://" + location.Host + location.Path; got != "https://community.example.com/api/auth/sso" {
				t.Errorf("went to %s", got)
			}
			query := location.Query()
			if len(query["jwt"]) != 1 || strings.Count(query.Get("jwt"), ".") != 2 {
				t.Error("not one token")
			}
			query.Del("jwt")
			if diff := cmp.Diff(tt.want, query); diff != "" {
				t.Errorf("other parameters (-want +got):\n%s", diff)
			}
			if body != "" {
				t.Errorf("the answer has a body: %q", body)
			}
			if diff := cmp.Diff(tt.kinds, p.kinds()); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWithoutASessionNextIsShown(t *testing.T) {
	p := newPartner(t, nobody)
	res, body := p.answer(t, "GET", "/community/login")
	if res.StatusCode != http.StatusOK || body != "sign in here" || res.Header.Get("Location") != "" {
		t.Errorf("got %s %q", res.Status, body)
	}
	if diff := cmp.Diff([]ssotoken.EventKind{ssotoken.NotSignedIn}, p.kinds()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestTheMiddlewareMintsOnGETAlone(t *testing.T) {
	for _, method := range []string{"HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"} {
		p := newPartner(t, signedIn(t))
		res, _ := p.answer(t, method, "/community/login")
		if res.Header.Get("Location") != "" || p.kinds() != nil {
			t.Errorf("%s: got %s, events %v", method, res.Status, p.kinds())
		}
	}
}

func TestRedirectMintsAfterAPOST(t *testing.T) {
	p := newPartner(t, nobody)
	res, body := p.answer(t, "POST", "/community/login?referrer_uri=/a")
	if res.StatusCode != http.StatusSeeOther || !strings.HasSuffix(res.Header.Get("Location"), "&redirect_uri=%2Fa") || body != "" {
		t.Errorf("got %s %q", res.Status, body)
	}
}

func TestRedirectNeverMintsOnHEAD(t *testing.T) {
	p := newPartner(t, nobody)
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Identify: nobody,
		Observe: func(_ context.Context, e ssotoken.Event) { p.events = append(p.events, e) }})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	login.Redirect(w, httptest.NewRequest("HEAD", "/", nil), build(t, ada()))
	if w.Header().Get("Location") != "" || !slices.Equal(p.kinds(), []ssotoken.EventKind{ssotoken.TurnedAway}) ||
		!errors.Is(p.events[0].Err, ssotoken.ErrNotNavigation) {
		t.Errorf("got %v, events %v", w.Result().Status, p.events)
	}
}

func TestAFailedLoginShowsNothingOfItsReason(t *testing.T) {
	broken := errors.New("database " + secret + " is down")
	tests := []struct {
		name     string
		identify func(*http.Request) (ssotoken.Claims, error)
		want     error
		kind     ssotoken.EventKind
		code     contract.Code
		fields   []string
	}{
		{"Identify fails", gives(ssotoken.Claims{}, broken), broken, ssotoken.Refused, "other", nil},
		{"bad claims", gives(ada().VerifiedEmail(secret).Picture("x").Build()), contract.EmailMalformed,
			ssotoken.Refused, "claims-refused", []string{"email", "picture"}},
		{"zero claims", gives(ssotoken.Claims{}, nil), contract.NoClaims, ssotoken.Refused, "no-claims", nil},
		{"too long", gives(ada().Name(times("n", 9000)).Build()), contract.URLTooLong, ssotoken.Refused, "url-too-long", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPartner(t, tt.identify)
			res, body := p.answer(t, "GET", "/community/login")
			if res.StatusCode < http.StatusBadRequest || res.Header.Get("Location") != "" ||
				!strings.Contains(body, "couldn&#39;t log you in") {
				t.Errorf("got %s %q", res.Status, body)
			}
			if strings.Contains(body, secret) || strings.Contains(body, "ssotoken") {
				t.Errorf("the page tells the reason: %q", body)
			}
			want := []ssotoken.Event{{Kind: tt.kind, Err: tt.want, Code: tt.code}}
			if diff := cmp.Diff(want, p.events, sameErr, cmpopts.IgnoreFields(ssotoken.Event{}, "Reference", "Community", "Subject")); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			var refused *ssotoken.ClaimsError
			if errors.As(p.events[0].Err, &refused) != (tt.fields != nil) || refused != nil && len(refused.Fields) != len(tt.fields) {
				t.Errorf("refused %v, want %v", refused, tt.fields)
			}
			for i, field := range tt.fields {
				if refused.Fields[i].Field != field {
					t.Errorf("refused %v, want %v", refused, tt.fields)
				}
			}
			if reference := p.events[0].Reference; len(reference) != 8 || !strings.Contains(body, reference) {
				t.Errorf("the page has not the reference %q of the event", reference)
			}
		})
	}
}

func TestOnErrorAnswersInsteadOfTheDefault(t *testing.T) {
	var told error
	p := newPartner(t, func(*http.Request) (ssotoken.Claims, error) { return ssotoken.Claims{}, nil }, func(c *ssotoken.LoginConfig) {
		c.OnError = func(w http.ResponseWriter, _ *http.Request, err error) {
			told = err
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	res, body := p.answer(t, "GET", "/community/login")
	if res.StatusCode != http.StatusServiceUnavailable || body != "" || !errors.Is(told, contract.NoClaims) {
		t.Errorf("got %s %q, told %v", res.Status, body, told)
	}
}

func TestALongReferrerIsDroppedBeforeALoginIs(t *testing.T) {
	p := newPartner(t, func(*http.Request) (ssotoken.Claims, error) { return ada().Name(times("n", 5000)).Build() })
	res, _ := p.answer(t, "GET", "/community/login?referrer_uri=/"+times("a", 1500))
	if res.StatusCode != http.StatusSeeOther || strings.Contains(res.Header.Get("Location"), "redirect_uri") {
		t.Errorf("got %s", res.Status)
	}
	if diff := cmp.Diff([]ssotoken.EventKind{ssotoken.ReturnPathDropped, ssotoken.Minted}, p.kinds()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestHostAndForwardedHeadersDoNotChangeTheLocation(t *testing.T) {
	p := newPartner(t, signedIn(t))
	r, err := http.NewRequest("GET", p.URL+"/community/login", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "evil.example"
	for _, name := range []string{"X-Forwarded-Host", "X-Forwarded-Server", "Forwarded", "X-Original-URL",
		"X-Rewrite-URL", "Referer", "Origin"} {
		r.Header.Set(name, "https://evil.example/")
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if got := res.Header.Get("Location"); !strings.HasPrefix(got, "https://community.example.com/api/auth/sso?jwt=") ||
		strings.Contains(got, "evil") {
		t.Error("the Location follows a header")
	}
}

func TestNewLoginReportsEveryBadSetting(t *testing.T) {
	_, err := ssotoken.NewLogin(ssotoken.LoginConfig{})
	var refused *ssotoken.ConfigError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v", err)
	}
	if diff := cmp.Diff([]fault{{"Signer", contract.MissingValue}, {"Identify", contract.MissingValue}},
		faults(refused.Fields), sameErr); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSlogObserverWritesOneLineAnEvent(t *testing.T) {
	var out bytes.Buffer
	observe := ssotoken.SlogObserver(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})))
	observe(t.Context(), ssotoken.Event{Kind: ssotoken.Minted, Subject: "0011223344556677"})
	observe(t.Context(), ssotoken.Event{Kind: ssotoken.NotSignedIn})
	observe(t.Context(), ssotoken.Event{Kind: ssotoken.LoggedOut, Community: "https://community.example.com"})
	observe(t.Context(), ssotoken.Event{Kind: ssotoken.MayNotEnter, Err: ssotoken.ErrEmailUnverified, Code: "email-unverified"})
	observe(t.Context(), ssotoken.Event{Kind: ssotoken.TurnedAway, Err: contract.Method, Code: "method"})
	observe(t.Context(), ssotoken.Event{Kind: ssotoken.ReturnPathDropped, Err: ssotoken.ErrReturnPath, Code: "return-path"})
	observe(t.Context(), ssotoken.Event{Kind: ssotoken.Refused, Code: "claims-refused", Err: &ssotoken.ClaimsError{
		Fields: []*ssotoken.FieldError{{Field: "sub", Err: contract.SubMissing}},
	}})
	observe(t.Context(), ssotoken.Event{Kind: ssotoken.Refused, Err: ssotoken.ErrKeySource, Code: "key-source"})
	observe(t.Context(), ssotoken.Event{Kind: ssotoken.Refused, Err: contract.Clock.Errorf("a time before 1970"), Code: "clock"})
	observe(t.Context(), ssotoken.Event{Kind: ssotoken.Refused, Err: contract.NoClaims, Code: "loop"})
	want := `level=INFO msg="community sso" event=minted subject=0011223344556677
level=INFO msg="community sso" event=not-signed-in
level=INFO msg="community sso" event=logged-out community=https://community.example.com
level=INFO msg="community sso" event=may-not-enter code=email-unverified error=email-unverified
level=INFO msg="community sso" event=turned-away code=method error=method
level=WARN msg="community sso" event=return-path-dropped code=return-path error=return-path
level=ERROR msg="community sso" event=refused code=claims-refused error="claims refused: sub: sub-missing" fields=[sub]
level=ERROR msg="community sso" event=refused code=key-source error=key-source
level=ERROR msg="community sso" event=refused code=clock error="a time before 1970"
level=ERROR msg="community sso" event=refused code=loop error=no-claims
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Whoever sends such requests wakes nobody up: refused is for what the site can
// mend.
func TestWhatAnyClientCanCauseIsInfoAndNotRefused(t *testing.T) {
	member, leave := signedIn(t), func(cancel context.CancelFunc) func(*http.Request) (ssotoken.Claims, error) {
		return func(r *http.Request) (ssotoken.Claims, error) { cancel(); return ssotoken.Claims{}, r.Context().Err() }
	}
	ctx, cancel := context.WithCancel(t.Context())
	tests := []struct {
		name     string
		identify func(*http.Request) (ssotoken.Claims, error)
		door     string
		r        *http.Request
		code     contract.Code
	}{
		{"a prefetch", member, "login", sends("GET", "/", "Sec-Purpose: prefetch"), "not-navigation"},
		{"an image", member, "login", sends("GET", "/", "Sec-Fetch-Dest: image"), "not-navigation"},
		{"a visitor who left", leave(cancel), "login", sends("GET", "/").WithContext(ctx), "cancelled"},
		{"a GET of the JSON door", member, "json", sends("GET", "/"), "method"},
		{"a foreign page at the JSON door", member, "json", sends("POST", "/", "Sec-Fetch-Site: cross-site"), "cross-origin"},
		{"an image at the Logout URL", nil, "logout", sends("GET", "/", "Sec-Fetch-Dest: image"), "not-navigation"},
		{"a foreign frame at the Logout URL", nil, "logout",
			sends("GET", "/", "Sec-Fetch-Dest: iframe", "Sec-Fetch-Site: cross-site"), "not-navigation"},
		{"a HEAD of the Logout URL", nil, "logout", sends("HEAD", "/"), "method"},
		{"a PUT to the Logout URL", nil, "logout", sends("PUT", "/"), "method"},
	}
	for _, tt := range tests {
		var events []ssotoken.Event
		observe := func(_ context.Context, e ssotoken.Event) { events = append(events, e) }
		ended := 0
		h := logout(t, &ended, func(c *ssotoken.LogoutConfig) { c.Observe = observe })
		if tt.identify != nil {
			login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Identify: tt.identify, Observe: observe})
			if err != nil {
				t.Fatal(err)
			}
			if h = login.JSON(); tt.door == "login" {
				h = login.Middleware(http.NotFoundHandler())
			}
		}
		h.ServeHTTP(httptest.NewRecorder(), tt.r)
		if len(events) != 1 || events[0].Kind != ssotoken.TurnedAway || events[0].Code != tt.code ||
			events[0].Level() != slog.LevelInfo || events[0].Err == nil {
			t.Errorf("%s: events %+v", tt.name, events)
		}
	}
}

// A time-out of the site's own is the site's to look at.
func TestAnErrorOfTheSiteIsRefusedWhoeverWaits(t *testing.T) {
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range []error{context.DeadlineExceeded, done.Err(), errors.New("x")} {
		p := newPartner(t, func(*http.Request) (ssotoken.Claims, error) { return ssotoken.Claims{}, err })
		p.answer(t, "GET", "/")
		if len(p.events) != 1 || p.events[0].Kind != ssotoken.Refused || p.events[0].Level() != slog.LevelError {
			t.Errorf("%v: events %+v", err, p.events)
		}
	}
}

func TestAMemberWhoMayNotEnterIsToldSoAndIsNoFailure(t *testing.T) {
	for code, err := range map[contract.Code]error{"may-not-enter": ssotoken.ErrMayNotEnter, "email-unverified": ssotoken.ErrEmailUnverified} {
		p := newPartner(t, func(*http.Request) (ssotoken.Claims, error) {
			return ssotoken.Claims{}, fmt.Errorf("%s: %w", secret, err)
		})
		res, body := p.answer(t, "GET", "/")
		if res.StatusCode != http.StatusForbidden || res.Header.Get("Location") != "" ||
			strings.Contains(body, "sign in here") || strings.Contains(body, secret) ||
			!strings.Contains(body, "You are signed in, but") {
			t.Errorf("%s: got %s %s", code, res.Status, body)
		}
		if len(p.events) != 1 || p.events[0].Kind != ssotoken.MayNotEnter || p.events[0].Code != code {
			t.Errorf("%s: events %+v", code, p.events)
		}
	}
}

func TestFailAnswersAndTellsWhatIdentifyWouldHave(t *testing.T) {
	for kind, err := range map[ssotoken.EventKind]error{ssotoken.MayNotEnter: ssotoken.ErrEmailUnverified,
		ssotoken.Refused: errors.New(secret)} {
		login, _, events := newTenantLogin(t, ssotoken.LoginConfig{Signer: newSigner(t), Identify: nobody})
		w := httptest.NewRecorder()
		login.Fail(w, sends("GET", "/callback"), err)
		expectPrivate(t, w)
		if want := map[ssotoken.EventKind]int{ssotoken.MayNotEnter: 403, ssotoken.Refused: 500}[kind]; w.Code != want ||
			strings.Contains(w.Body.String(), secret) {
			t.Errorf("%v: got %d %s", err, w.Code, w.Body)
		}
		if got := *events; len(got) != 1 || got[0].Kind != kind || got[0].Community == "" || !errors.Is(got[0].Err, err) {
			t.Errorf("%v: events %+v", err, got)
		}
	}
}

// A member has one name in all events, which only holders of the key, or of the secret
// in its place, can compute.
func TestASubjectAppearsOnlyAsAKeyedHash(t *testing.T) {
	hash := ssotoken.HashSubjects([]byte("a secret of the site"))
	for want, write := range map[string]func(string) string{ssotoken.HashSubjects([]byte(keyText))("user-1"): nil, hash("user-1"): hash} {
		p := newPartner(t, signedIn(t), func(c *ssotoken.LoginConfig) { c.LogSubject = write })
		p.answer(t, "GET", "/")
		p.answer(t, "GET", "/")
		for _, e := range p.events {
			if e.Subject != want {
				t.Errorf("got %q, want %q", e.Subject, want)
			}
		}
	}
	if got := hash("user-1"); len(got) != 16 || strings.Trim(got, "0123456789abcdef") != "" {
		t.Errorf("got %q", got)
	}
	other := ssotoken.HashSubjects([]byte("another secret of it"))
	if hash("user-1") == hash("user-2") || hash("user-1") == other("user-1") {
		t.Error("another member or another secret has the same hash")
	}
}

func TestASubjectIsWrittenAsTheSiteSays(t *testing.T) {
	stable := ssotoken.HashSubjects([]byte("a secret of the site's own"))
	for want, write := range map[string]func(string) string{"user-1": func(sub string) string { return sub }, stable("user-1"): stable} {
		for n := range 2 { // the community's key changes
			p := newPartner(t, signedIn(t), func(c *ssotoken.LoginConfig) {
				c.Signer, c.LogSubject = newSigner(t, func(c *ssotoken.Config) { c.Key = numberedKey(t, n) }), write
			})
			p.answer(t, "GET", "/")
			if got := p.events[0].Subject; got != want {
				t.Errorf("key %d: got %q, want %q", n, got, want)
			}
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a short secret does not panic")
		}
	}()
	ssotoken.HashSubjects([]byte("15 bytes long, "))
}

// Whatever went wrong, support finds the member.
func TestEveryEventAboutAMemberHasItsSubject(t *testing.T) {
	member := build(t, ada())
	noKey := newSigner(t, func(c *ssotoken.Config) {
		c.Key, c.KeySource = ssotoken.Key{}, func(context.Context) (ssotoken.Key, error) { return ssotoken.Key{}, errors.New("sealed") }
	})
	tooLong := build(t, ada().Name(times("n", 9000)))
	_, unverified := ssotoken.OIDCClaims{Subject: "user-1"}.Builder()
	tests := []struct {
		kind     ssotoken.EventKind
		signer   *ssotoken.Signer
		identify func(*http.Request) (ssotoken.Claims, error)
		target   string
		headers  []string
	}{
		{ssotoken.Minted, newSigner(t), gives(member, nil), "/", nil},
		{ssotoken.ReturnPathDropped, newSigner(t), gives(member, nil), "/?referrer_uri=//evil.example", nil},
		{ssotoken.Refused, newSigner(t), gives(ada().Name("").Build()), "/", nil},
		{ssotoken.Refused, newSigner(t), gives(ada().VerifiedEmail("").BuildLenient()), "/", nil},
		{ssotoken.Refused, newSigner(t), gives(ada().Tagline("\x00").Picture("x").Build()), "/", nil},
		{ssotoken.MayNotEnter, newSigner(t), gives(member, ssotoken.ErrMayNotEnter), "/", nil},
		{ssotoken.MayNotEnter, newSigner(t), gives(member, fmt.Errorf("x: %w", ssotoken.ErrEmailUnverified)), "/", nil},
		{ssotoken.MayNotEnter, newSigner(t), gives(ssotoken.Claims{}, unverified), "/", nil},
		{ssotoken.Refused, newSigner(t), gives(member, errors.New("broken")), "/", nil},
		{ssotoken.Refused, newSigner(t), gives(tooLong, nil), "/", nil},
		{ssotoken.Refused, newSigner(t), gives(member, nil), "/", []string{looping()}},
		{ssotoken.Refused, noKey, gives(member, nil), "/", nil},
	}
	for _, tt := range tests {
		for name, write := range map[string]func(string) string{"user-1": func(sub string) string { return sub },
			ssotoken.HashSubjects([]byte(keyText))("user-1"): nil} {
			if tt.signer == noKey && write == nil {
				name = "" // there is no key to hash with
			}
			login, middleware, events := newTenantLogin(t, ssotoken.LoginConfig{Signer: tt.signer, Identify: tt.identify, LogSubject: write})
			handlers := map[string]http.Handler{"GET": middleware, "POST": login.JSON()}
			if tt.headers != nil {
				delete(handlers, "POST") // no visit of a script is counted
			}
			for door, h := range handlers {
				*events = nil
				h.ServeHTTP(httptest.NewRecorder(), sends(door, tt.target, tt.headers...))
				if got := *events; len(got) == 0 || got[0].Kind != tt.kind || got[0].Subject != name {
					t.Errorf("%s %s: events %+v, want the subject %q", door, tt.kind, got, name)
				}
			}
		}
	}
	login, _, events := newTenantLogin(t, ssotoken.LoginConfig{Signer: newSigner(t), Identify: nobody,
		LogSubject: func(sub string) string { return sub }})
	_, refused := ada().Name("").Build()
	login.Fail(httptest.NewRecorder(), sends("GET", "/callback"), refused)
	login.Redirect(httptest.NewRecorder(), sends("GET", "/callback", "Sec-Purpose: prefetch"), member)
	for _, e := range *events {
		if e.Subject != "user-1" {
			t.Errorf("%s has the subject %q", e.Kind, e.Subject)
		}
	}
}

func TestAFailedKeySourceIsAnEventOfItsOwn(t *testing.T) {
	sealed := errors.New("vault is sealed")
	p := newPartner(t, signedIn(t), func(c *ssotoken.LoginConfig) {
		c.Signer = newSigner(t, func(c *ssotoken.Config) {
			c.Key, c.KeySource = ssotoken.Key{}, func(context.Context) (ssotoken.Key, error) { return ssotoken.Key{}, sealed }
		})
	})
	p.answer(t, "GET", "/")
	if diff := cmp.Diff([]ssotoken.Event{{Kind: ssotoken.Refused, Err: sealed, Code: "key-source",
		Community: "https://community.example.com"}}, p.events, sameErr,
		cmpopts.IgnoreFields(ssotoken.Event{}, "Reference")); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// A reference on a page is worth nothing if no log has it.
func TestWithoutAnObserverWhatWentWrongIsLogged(t *testing.T) {
	var out bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&out, nil)))
	defer slog.SetDefault(before)
	tests := []struct {
		event    string
		identify func(*http.Request) (ssotoken.Claims, error)
		headers  []string
	}{
		{"", nobody, nil},
		{"", signedIn(t), nil},
		{"code=claims-refused", func(*http.Request) (ssotoken.Claims, error) { return ada().Name("").Build() }, nil},
		{"event=may-not-enter", gives(ssotoken.Claims{}, ssotoken.ErrMayNotEnter), nil},
		{"event=turned-away", signedIn(t), []string{"Sec-Fetch-Dest: image"}},
		{"event=refused code=loop", signedIn(t), []string{looping()}},
		{"event=refused", gives(ssotoken.Claims{}, errors.New("broken")), nil},
	}
	for _, tt := range tests {
		out.Reset()
		login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Identify: tt.identify})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		login.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, sends("GET", "/", tt.headers...))
		_, shown, isShown := strings.Cut(w.Body.String(), "<strong>")
		reference, _, _ := strings.Cut(shown, "<")
		log := out.String()
		if isShown != (tt.event != "") || isShown && !strings.Contains(log, "reference="+reference) ||
			!strings.Contains(log, tt.event) || !isShown && log != "" {
			t.Errorf("%s: the page shows %q, logged %s", tt.event, reference, log)
		}
	}
	ended := 0
	out.Reset()
	logout(t, &ended).ServeHTTP(httptest.NewRecorder(), sends("GET", "/", "Sec-Fetch-Dest: image"))
	if log := out.String(); !strings.Contains(log, "event=turned-away") || !strings.Contains(log, "reference=") {
		t.Errorf("a logout logged %s", log)
	}
}

// Whatever the spelling, the origin that browsers send is trusted, or the entry is
// refused at the start.
func TestATrustedOriginIsReadAsTheCommunitysAddress(t *testing.T) {
	const app = "https://app.example.com"
	tests := []struct{ setting, origin string }{ // no origin: refused
		{app, app},
		{"https://App.Example.com", app},
		{"HTTPS://app.example.com", app},
		{"https://app.example.com:443", app},
		{"https://app.example.com:0443", app},
		{"https://app.example.com/", app},
		{"https://APP.example.com:443/", app},
		{"https://app.example.com:8443", app + ":8443"},
		{"http://localhost:5173", "http://localhost:5173"},
		{"http://localhost:80", "http://localhost"},
		{"https://xn--bcher-kva.example", "https://xn--bcher-kva.example"},
		{"http://[0:0:0:0:0:0:0:1]:5173", "http://[::1]:5173"},
		{"http://[2001:DB8::1]", "http://[2001:db8::1]"},
		{"http://127.1:5173", ""},
		{"http://0x7f.0.0.1", ""},
		{"http://2130706433", ""},
		{"http://127.0.0.01", ""},
		{"wss://app.example.com", ""},
		{"capacitor://*", ""},
		{"https://bücher.example", ""},
		{"https://*.example.com", ""},
		{"*.example.com", ""},
		{"*", ""},
		{"null", ""},
		{"", ""},
		{"app.example.com", ""},
		{"https://app.example.com/path", ""},
		{"https://app.example.com?x", ""},
		{"https://app.example.com#x", ""},
		{"https://user@app.example.com", ""},
		{"https://app.example.com ", ""},
		{"https://app.example.com:99999", ""},
		{"file:///app", ""},
		{"capacitor://localhost", "capacitor://localhost"},
		{"Capacitor://localhost", "capacitor://localhost"},
		{"capacitor://localhost/", ""},
	}
	for _, tt := range tests {
		login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Identify: signedIn(t), Observe: quiet,
			TrustedOrigins: []string{tt.setting}})
		var refused *ssotoken.ConfigError
		if tt.origin == "" {
			if !errors.As(err, &refused) || refused.Fields[0].Field != "TrustedOrigins" {
				t.Errorf("%q: got %v", tt.setting, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", tt.setting, err)
			continue
		}
		for origin, want := range map[string]int{tt.origin: http.StatusOK, "https://evil.example": http.StatusForbidden} {
			w := httptest.NewRecorder()
			login.JSON().ServeHTTP(w, sends("POST", "/", "Sec-Fetch-Site: cross-site", "Origin: "+origin))
			if w.Code != want {
				t.Errorf("%q: a request of %s got %d, want %d", tt.setting, origin, w.Code, want)
			}
		}
	}
}
