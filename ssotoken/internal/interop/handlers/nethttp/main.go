// Command nethttp has login handlers written around golang-jwt: the first two are
// right, each of the others has the flaw that its name says. The key is in
// SSO_KEY, the community's origin in COMMUNITY, its addresses that are no page in
// ENDPOINTS; the port is free, and printed.
package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

var (
	key       = []byte(os.Getenv("SSO_KEY"))
	community = os.Getenv("COMMUNITY")
	sessions  sync.Map
)

type handler struct {
	back  func(string) string
	url   func(r *http.Request, token, back string) string
	mints func(*http.Request) bool
	send  func(w http.ResponseWriter, r *http.Request, url string)
	open  bool                     // to who is not signed in
	asked func(*http.Request) bool // signs in by the request
}

func right() handler {
	return handler{
		back: segments,
		url: func(_ *http.Request, token, back string) string {
			return community + "/api/auth/sso?jwt=" + token + "&redirect_uri=" + url.QueryEscape(back)
		},
		mints: func(r *http.Request) bool { return r.Method == http.MethodGet && r.Header.Get("Sec-Purpose") == "" },
		send: func(w http.ResponseWriter, _ *http.Request, url string) {
			w.Header().Set("Location", url)
			w.WriteHeader(http.StatusSeeOther)
		},
	}
}

func but(change func(*handler)) handler {
	h := right()
	change(&h)
	return h
}

func oneSlash(v string) string {
	isControl := func(r rune) bool { return r < ' ' || r == '\\' }
	if !strings.HasPrefix(v, "/") || strings.HasPrefix(v, "//") || strings.ContainsFunc(v, isControl) {
		return "/"
	}
	return v
}

// segments takes a path as a router would, by what its segments are.
func segments(v string) string {
	path := oneSlash(v)
	if end := strings.IndexAny(path, "?#"); end >= 0 {
		path = path[:end]
	}
	all := strings.Split(path[1:], "/")
	for i, s := range all {
		if !segment.MatchString(s) || encoded.MatchString(s) || s == "." || s == ".." || s == "" && i < len(all)-1 {
			return "/"
		}
	}
	first, _, _ := strings.Cut(strings.ToLower(all[0]), ".")
	isASCII := !strings.ContainsFunc(first, func(r rune) bool { return r > 0x7f })
	if !isASCII || slices.Contains(strings.Fields(os.Getenv("ENDPOINTS")), first) {
		return "/"
	}
	return oneSlash(v)
}

var (
	segment = regexp.MustCompile(`^([\pL\pN_.~@-]|%[0-9A-Fa-f]{2})*$`)
	encoded = regexp.MustCompile(`(?i)%(2[35ef]|3[bf]|5c|c[01]|e0%80|e[2f]|[01])`)
)

func byURLParse(v string) string {
	base, err := url.Parse(community)
	if err != nil {
		return "/"
	}
	u, err := base.Parse(v)
	if err != nil || u.Host != base.Host || u.Scheme != base.Scheme {
		return "/"
	}
	return v
}

var handlers = map[string]handler{
	"segments":  right(),
	"one-slash": but(func(h *handler) { h.back = oneSlash }),
	"url-parse": but(func(h *handler) { h.back = byURLParse }),
	"http-redirect": but(func(h *handler) {
		h.send = func(w http.ResponseWriter, r *http.Request, url string) { http.Redirect(w, r, url, http.StatusFound) }
	}),
	"host": but(func(h *handler) {
		h.url = func(r *http.Request, token, back string) string {
			if r.Host == fmt.Sprint(r.Context().Value(http.LocalAddrContextKey)) {
				return right().url(r, token, back)
			}
			return "https://" + r.Host + "/api/auth/sso?jwt=" + token + "&redirect_uri=" + url.QueryEscape(back)
		}
	}),
	"without-query": but(func(h *handler) { h.back = func(v string) string { return strings.Split(segments(v), "?")[0] } }),
	"no-session":    but(func(h *handler) { h.open = true }),
	"user-from-json": but(func(h *handler) {
		h.asked = func(r *http.Request) bool {
			var body struct{ Email string }
			return json.NewDecoder(r.Body).Decode(&body) == nil && body.Email == "ada@example.com"
		}
	}),
	"click-counter": but(func(h *handler) {
		h.url = func(r *http.Request, token, back string) string {
			return "/click?to=" + url.QueryEscape(right().url(r, token, back))
		}
	}),
	"any-method": but(func(h *handler) { h.mints = func(*http.Request) bool { return true } }),
}

func (h handler) login(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie("session")
	signedIn := false
	if err == nil {
		_, signedIn = sessions.Load(cookie.Value)
	}
	isJSON := r.Header.Get("Content-Type") == "application/json"
	asked := h.asked != nil && isJSON && h.asked(r)
	switch {
	case r.Method == http.MethodPost && !isJSON:
		id := rand.Text()
		sessions.Store(id, true)
		http.SetCookie(w, &http.Cookie{Name: "session", Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
		w.Header().Set("Location", r.URL.RequestURI())
		w.WriteHeader(http.StatusSeeOther)
	case !signedIn && !h.open && !asked:
		fmt.Fprint(w, `<form method="post"><input name="user"><button>Sign in</button></form>`)
	case !h.mints(r) && !asked:
		w.WriteHeader(http.StatusForbidden)
	default:
		now := time.Now().Unix()
		claims := jwt.MapClaims{"sub": "user-7", "name": "Ada Lovelace", "email": "ada@example.com", "iat": now, "exp": now + 60}
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(key)
		if err != nil {
			http.Error(w, "please try again", http.StatusInternalServerError)
			return
		}
		h.send(w, r, h.url(r, token, h.back(r.FormValue("referrer_uri"))))
	}
}

func logout(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie("session"); err == nil {
		sessions.Delete(cookie.Value)
	}
	w.Header().Set("Location", "/")
	w.WriteHeader(http.StatusSeeOther)
}

func main() {
	mux := http.NewServeMux()
	for name, h := range handlers {
		mux.HandleFunc("/"+name+"/login", h.login)
		mux.HandleFunc("/"+name+"/logout", logout)
	}
	mux.HandleFunc("/click", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.FormValue("to"))
		w.WriteHeader(http.StatusSeeOther)
	})
	private := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		mux.ServeHTTP(w, r)
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(l, private))
}
