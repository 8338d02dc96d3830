package sessions_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bettermode-go/sso/examples/internal/sessions"
)

// request has the cookies of an answer, and more.
func request(https bool, from *httptest.ResponseRecorder, more ...*http.Cookie) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	if https {
		r.TLS = &tls.ConnectionState{}
	}
	if from != nil {
		more = append(more, from.Result().Cookies()...)
	}
	for _, c := range more {
		r.AddCookie(c)
	}
	return r
}

func TestOverHTTPSOnlyThisHostCanSetTheCookie(t *testing.T) {
	s := &sessions.Store{Cookie: "session"}
	w := httptest.NewRecorder()
	s.Start(w, request(true, nil), "ada")
	c := w.Result().Cookies()[0]
	if c.Name != "__Host-session" || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode {
		t.Errorf("got %v", c)
	}
	if user, ok := s.User(request(true, w)); user != "ada" || !ok {
		t.Errorf("got %q, %v", user, ok)
	}
	planted := &http.Cookie{Name: "session", Value: c.Value}
	if user, ok := s.User(request(true, nil, planted)); ok {
		t.Errorf("without the prefix: got %q", user)
	}
}

func TestTwoCookiesOfOneNameAreNoSession(t *testing.T) {
	s := &sessions.Store{Cookie: "session"}
	w := httptest.NewRecorder()
	s.Start(w, request(false, nil), "ada")
	planted := &http.Cookie{Name: "session", Value: s.Add("mallory")}
	twice := request(false, w, planted, &http.Cookie{Name: "theme", Value: "dark"})
	if user, ok := s.User(twice); ok {
		t.Errorf("got %q", user)
	}
	sessions.OnlyOne("session", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if all := r.Cookies(); len(all) != 1 || all[0].Name != "theme" {
			t.Errorf("the session manager gets %v", all)
		}
	})).ServeHTTP(nil, twice)
}

func TestASessionEndsAtASignOutAtANewSignInAndInTime(t *testing.T) {
	synctest.Test(t, testEnds)
}

func testEnds(t *testing.T) {
	s := &sessions.Store{Cookie: "session"}
	var answers []*httptest.ResponseRecorder
	start := func(r *http.Request) *http.Request {
		w := httptest.NewRecorder()
		s.Start(w, r, "ada")
		answers = append(answers, w)
		return request(false, w)
	}
	expect := func(when string, r *http.Request, want bool) {
		t.Helper()
		if _, got := s.User(r); got != want {
			t.Errorf("%s: signed in %v, want %v", when, got, want)
		}
	}
	first := start(request(false, nil))
	second := start(first)
	expect("the old session", first, false)
	expect("the new one", second, true)
	time.Sleep(sessions.Lifetime - 1)
	expect("just before its end", second, true)
	time.Sleep(time.Nanosecond)
	expect("at its end", second, false)
	third := start(request(false, nil))
	if err := s.End(httptest.NewRecorder(), third); err != nil {
		t.Error(err)
	}
	expect("after a sign-out", third, false)
	if err := s.End(httptest.NewRecorder(), request(false, nil)); err != nil {
		t.Errorf("without a session: %v", err)
	}
}
