package browser

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A recorder keeps every request that reached a server.
type recorder struct {
	mu       sync.Mutex
	requests []request
}

type request struct {
	server string
	path   string
	query  url.Values
	header http.Header
}

func (rec *recorder) record(server string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec.mu.Lock()
		rec.requests = append(rec.requests, request{server, r.URL.Path, r.URL.Query(), r.Header.Clone()})
		rec.mu.Unlock()
		h.ServeHTTP(w, r)
	})
}

func (rec *recorder) all() []request {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return slices.Clone(rec.requests)
}

func (rec *recorder) count() int {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return len(rec.requests)
}

// tokens lists the tokens that the community was given.
func (rec *recorder) tokens() (tokens []string) {
	for _, r := range rec.all() {
		if jwt := r.query.Get("jwt"); strings.HasSuffix(r.path, contract.SSOPath) && jwt != "" {
			tokens = append(tokens, jwt)
		}
	}
	return tokens
}

// leaks lists the requests that had one of the tokens in a header.
func (rec *recorder) leaks(tokens []string) (leaks []string) {
	for _, r := range rec.all() {
		for name, values := range r.header {
			if holdsToken(strings.Join(values, "\n"), tokens) {
				leaks = append(leaks, r.server+r.path+" in "+name)
			}
		}
	}
	return leaks
}

// holdsToken also finds tokens that are not in the list, by the start of every
// token, and signatures without their token.
func holdsToken(text string, tokens []string) bool {
	return strings.Contains(text, "eyJ") || slices.ContainsFunc(tokens, func(token string) bool {
		return strings.Contains(text, token[strings.LastIndex(token, ".")+1:])
	})
}
