package ssotest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

func TestTheNextLoginsAreRefusedForTheCodeThatIsAskedFor(t *testing.T) {
	for code, status := range map[contract.Code]int{
		inspect.ExternalIDConflict: 409, inspect.CommunityFull: 503, inspect.ExpExpired: 401, contract.SubMissing: 500,
	} {
		c := newCommunity(t, ssotest.Config{})
		b := browser(t)
		a := send(t, c, http.MethodPost, "next", fmt.Sprintf(`{"refuse": %q, "times": 2}`, code))
		want := map[string]any{"refuse": string(code), "delay": "0s", "sendBack": false, "drop": false, "times": 2.0}
		diff(t, "the answer", want, parse[map[string]any](t, a))
		for left := range 2 {
			mustContain(t, get(t, b, c.URL+"/").body, "On purpose", fmt.Sprintf("treats the next %d login", 2-left))
			a, l := login(t, b, c, ada, "")
			if a.status != status || !errors.Is(l.Err, code) {
				t.Errorf("%s: HTTP %d, error %v", code, a.status, l.Err)
			}
			rule := inspect.RuleOf(code).Sentence
			mustContain(t, a.body, "was told to refuse this login for the rule: "+rule, "/_fake/codes/"+string(code))
			diff(t, "refused for", []contract.Code{code}, shown(t, c, l.Number).RefusedFor)
		}
		accept(t, b, c, ada)
		restored := newCommunity(t, ssotest.Config{})
		if err := restored.Restore(must(c.Snapshot())); err != nil {
			t.Fatal(err)
		}
		diff(t, "the error, restored", c.Attempts()[0].Err.Error(), restored.Attempts()[0].Err.Error())
	}
}

func TestATokenThatIsNotInOrderIsRefusedForItsOwnFaults(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	c.Next(ssotest.Trouble{Refuse: inspect.EmailTaken})
	_, l := login(t, browser(t), c, but(jwt.MapClaims{"exp": nil}), "")
	diff(t, "refused for", []contract.Code{inspect.ExpMissing}, l.RefusedFor())
	accept(t, browser(t), c, ada)
}

func TestTheNextLoginIsSentBackToThePartner(t *testing.T) {
	c := newCommunity(t, ssotest.Config{Settings: ssotest.Settings{AuthorizationURL: partner + "/login"}})
	for code, trouble := range map[contract.Code]ssotest.Trouble{
		inspect.RefusesAll: {SendBack: true},
		inspect.ExpExpired: {SendBack: true, Refuse: inspect.ExpExpired},
	} {
		c.Next(trouble)
		a, l := login(t, browser(t), c, ada, "/spaces/news")
		if a.location != "/auth/login?from=%2Fspaces%2Fnews" || !errors.Is(l.Err, code) {
			t.Errorf("sent to %q, with the error %v", a.location, l.Err)
		}
	}
}

func TestTheConnectionOfTheNextLoginIsDropped(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	c.Next(ssotest.Trouble{Drop: true})
	b := browser(t)
	get(t, b, c.URL+"/") // over a connection that is kept
	if res, err := b.Get(c.URL + "/api/auth/sso?jwt=" + token(t, c, ada)); err == nil {
		t.Errorf("HTTP %d", res.StatusCode)
	}
	if n := len(c.Attempts()); n != 0 {
		t.Errorf("%d logins are recorded", n)
	}
	accept(t, browser(t), c, ada)
}

// visit asks a community as its own machine does, without a connection.
func visit(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	r.RemoteAddr, r.Host = "127.0.0.1:1", "localhost"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestTheNextLoginIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := must(ssotest.NewHandler(ssotest.Config{Settings: ssotest.Settings{Delay: time.Second}}))
		if err := h.Next(ssotest.Trouble{Delay: 5 * time.Second, Times: 2}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []time.Duration{5 * time.Second, 5 * time.Second, time.Second} {
			began := time.Now()
			visit(h, httptest.NewRequest(http.MethodGet, "/api/auth/sso", nil))
			if took := time.Since(began); took != want {
				t.Errorf("it took %v, want %v", took, want)
			}
		}
	})
}

func TestTroubleThatCannotBeIsRefusedAndChangesNothing(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	c.Next(ssotest.Trouble{Refuse: inspect.EmailTaken})
	before := send(t, c, http.MethodGet, "next", "").body
	for body, want := range map[string]string{
		`{"refuse": "no-such-code"}`:                           "refuse is not a code for which a login is refused",
		`{"refuse": "exp-over-advice"}`:                        "refuse is not a code for which a login is refused", // a warning
		`{"refuse": "key-missing"}`:                            "refuse is not a code for which a login is refused", // of a call
		`{"drop": true, "sendBack": true}`:                     "drop does not go with a refusal",
		`{"drop": true, "refuse": "refuses-all", "times": -1}`: "drop does not go with a refusal",
		`{"delay": "61s"}`:                                     "delay is not a duration such as 3s, a minute at most",
		`{"delay": "soon"}`:                                    "delay is not a duration such as 3s, a minute at most",
	} {
		a := send(t, c, http.MethodPost, "next", body)
		got := ""
		for i, f := range parse[struct {
			Fields []struct{ Field, Message string }
		}](t, a).Fields {
			got += map[bool]string{true: "; "}[i > 0] + f.Field + " " + f.Message
		}
		if a.status != http.StatusUnprocessableEntity || got != want {
			t.Errorf("%s: HTTP %d, %q, want %q", body, a.status, got, want)
		}
	}
	for body, want := range map[string]string{
		`{"times": "2"}`: "has times as a JSON string, which is not its type",
		`{"code": "x"}`:  "has the unknown key \"code\"",
	} {
		if a := send(t, c, http.MethodPost, "next", body); a.status != 400 || parse[map[string]string](t, a)["error"] != want {
			t.Errorf("%s: HTTP %d, %s", body, a.status, a.body)
		}
	}
	diff(t, "what is next", before, send(t, c, http.MethodGet, "next", "").body)
	var config *ssotoken.ConfigError
	if err := c.Handler.Next(ssotest.Trouble{Refuse: "x"}); !errors.As(err, &config) {
		t.Errorf("error %v", err)
	}
}

func TestTroubleEndsWithAResetOrWhenItIsSwitchedOff(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	for name, end := range map[string]func(){
		"reset":         func() { send(t, c, http.MethodPost, "reset", "{}") },
		"an empty one":  func() { send(t, c, http.MethodPost, "next", "{}") },
		"its button":    func() { post(t, browser(t), c.URL+settingsPage+"/calm", nil) },
		"the zero one":  func() { c.Next(ssotest.Trouble{}) },
		"another login": func() { login(t, browser(t), c, ada, "") },
	} {
		c.Next(ssotest.Trouble{Refuse: inspect.EmailTaken})
		end()
		if _, l := login(t, browser(t), c, ada, ""); l.Err != nil {
			t.Errorf("%s: %v", name, l.Err)
		}
	}
}

func TestTheClockIsSetOrMovedOnAndRunsOn(t *testing.T) {
	now := start
	c := newCommunity(t, ssotest.Config{Now: func() time.Time { return now }, Settings: ssotest.Settings{ClockSkew: time.Second}})
	shows := func(a answer, want, offset string) {
		t.Helper()
		diff(t, "clock", map[string]string{"now": want, "offset": offset}, parse[map[string]string](t, a))
	}
	ask := func(body string) answer { return send(t, c, http.MethodPost, "clock", body) }
	shows(send(t, c, http.MethodGet, "clock", ""), "2023-11-14T22:13:21Z", "1s")
	shows(ask(`{"advance": "90s"}`), "2023-11-14T22:14:51Z", "1m31s")
	shows(ask(`{"set": "2023-11-14T23:13:20+01:00"}`), "2023-11-14T22:13:20Z", "0s")
	c.Advance(59 * time.Second)
	accept(t, browser(t), c, ada)
	now = now.Add(time.Second)
	if _, l := login(t, browser(t), c, ada, ""); !errors.Is(l.Err, inspect.ExpExpired) {
		t.Errorf("a minute later: %v", l.Err)
	}
	shows(ask(`{"advance": "-1h"}`), "2023-11-14T21:14:20Z", "-59m1s")
	send(t, c, http.MethodPost, "reset", "{}")
	shows(send(t, c, http.MethodGet, "clock", ""), "2023-11-14T22:13:22Z", "1s")
	for body, status := range map[string]int{
		`{}`: 422, `{"advance": "a day"}`: 422, `{"set": "tomorrow"}`: 422, `{"set": "2023-11-14T22:13:20Z", "advance": "1s"}`: 422,
		`{"set": "9999-01-01T00:00:00Z"}`: 422, `{"advance": "2562047h"}`: 422, `{"advance": 90}`: 400, `{"by": "90s"}`: 400,
	} {
		if a := ask(body); a.status != status || parse[struct{ Error string }](t, a).Error == "" {
			t.Errorf("%s: HTTP %d, %s", body, a.status, a.body)
		}
	}
	shows(send(t, c, http.MethodGet, "clock", ""), "2023-11-14T22:13:22Z", "1s")
}

func TestWhoWaitsForALoginHearsOfItImmediately(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := must(ssotest.NewHandler(ssotest.Config{}))
		logIn := func() { visit(h, httptest.NewRequest(http.MethodGet, "/api/auth/sso", nil)) }
		logIn()
		began := time.Now()
		var all sync.WaitGroup
		for range 50 {
			for after, want := range map[int]time.Duration{0: 0, 1: 3 * time.Second, 2: 7 * time.Second, 3: 10 * time.Second} {
				all.Go(func() {
					w := visit(h, httptest.NewRequest(http.MethodGet, fmt.Sprintf("/_fake/logins?after=%d&wait=10s", after), nil))
					var got logins
					if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
						t.Errorf("HTTP %d, %v", w.Code, err)
					}
					found := len(got.Logins) == 1 && got.Logins[0].Number == after+1
					if after == 3 {
						found = len(got.Logins) == 0 && got.Count == 3
					}
					if took := time.Since(began); took != want || !found {
						t.Errorf("after %d: %d logins, after %v", after, len(got.Logins), took)
					}
				})
			}
		}
		for _, pause := range []time.Duration{3 * time.Second, 4 * time.Second} {
			time.Sleep(pause)
			logIn()
		}
		all.Wait()
	})
}

func TestAWaitIsAMinuteAtMost(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	for _, wait := range []string{"61s", "-1s", "10", "soon"} {
		if a := send(t, c, http.MethodGet, "logins?wait="+wait, ""); a.status != http.StatusBadRequest {
			t.Errorf("%s: HTTP %d", wait, a.status)
		}
	}
}

func TestAWaitEndsWhenItsClientGoesAway(t *testing.T) {
	h := must(ssotest.NewHandler(ssotest.Config{}))
	came, ended := make(chan bool), make(chan bool)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came <- true
		h.ServeHTTP(w, r)
		ended <- true
	}))
	defer server.Close()
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		<-came
		leave()
	}()
	r := must(http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/_fake/logins?wait=60s", nil))
	if _, err := http.DefaultClient.Do(r); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	<-ended
}

// A partner's test covers the community's bad days. In a test, t is the *testing.T.
func ExampleCommunity_Next() {
	t := &exampleT{}
	defer t.end()
	community := ssotest.NewCommunity(t, ssotest.Config{})
	signer, err := ssotoken.New(ssotoken.Config{Community: community.URL, Key: community.Key()})
	if err != nil {
		fmt.Println(err)
		return
	}
	logIn := func(readFor time.Duration) {
		claims, err := ssotoken.NewClaims().Subject("user-7").Name("Ada").VerifiedEmail("ada@example.com").Build()
		if err != nil {
			fmt.Println(err)
			return
		}
		address, err := signer.LoginURL(context.Background(), claims, ssotoken.ReturnPath{})
		if err != nil {
			fmt.Println(err)
			return
		}
		community.Advance(readFor) // before the member follows it
		res, err := http.Get(address)
		if err != nil {
			fmt.Println("no answer")
			return
		}
		res.Body.Close()
		attempts := community.Attempts()
		fmt.Println(res.StatusCode, attempts[len(attempts)-1].RefusedFor())
	}
	community.Next(ssotest.Trouble{Refuse: inspect.ExternalIDConflict})
	logIn(0)
	community.Next(ssotest.Trouble{Drop: true})
	logIn(0)
	logIn(0)
	logIn(2 * time.Minute)
	// Output:
	// 409 [external-id-conflict]
	// no answer
	// 200 []
	// 401 [exp-expired]
}
