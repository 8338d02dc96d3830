package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
)

// visits returns a visit of a signed-in member who comes from the community for the
// second time, with the cookies that a handler set at the first. It returns Location.
func visits(h http.Handler) func() string {
	r := httptest.NewRequest("GET", "https://www.example.com/community/login?referrer_uri="+url.QueryEscape(returnPath), nil)
	for name, value := range map[string]string{
		"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Accept-Language": "en", "Accept-Encoding": "gzip",
		"Referer": community + "/", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document",
		"Sec-Fetch-User": "?1", "Cookie": "session=5f2c1d; theme=dark", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0)",
	} {
		r.Header.Set(name, value)
	}
	first := httptest.NewRecorder()
	h.ServeHTTP(first, r)
	for _, c := range first.Result().Cookies() {
		r.AddCookie(c)
	}
	return func() string {
		w := answer{header: http.Header{}}
		h.ServeHTTP(&w, r)
		return w.header.Get("Location")
	}
}

var sessions = map[string]string{"5f2c1d": "user-20417"}

func signedIn(r *http.Request) bool {
	c, err := r.Cookie("session")
	return err == nil && sessions[c.Value] != ""
}

// An answer keeps only headers.
type answer struct{ header http.Header }

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(int)             {}
func (a *answer) Write(p []byte) (int, error) { return len(p), nil }
