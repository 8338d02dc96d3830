package browser

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A reader is a community that trusts redirect_uri in a careless way, so that
// only the partner protects the browser from a hostile referrer. The fake
// community would drop such values itself.
type reader struct {
	name string
	send func(w http.ResponseWriter, r *http.Request, to string)
}

var (
	byTheBook = reader{name: "is the fake one"} // which checks it too
	byHeader  = reader{"puts it in the Location header", locate}
	byScript  = reader{"assigns it to location in a script", script}
	byGluing  = reader{"glues it to its origin", func(w http.ResponseWriter, r *http.Request,
		to string) {
		locate(w, r, "http://"+r.Host+to)
	}}
	byDecoding = reader{"decodes it until nothing changes", func(w http.ResponseWriter, r *http.Request, to string) {
		script(w, r, decode(to))
	}}
	byNormalising = reader{"normalises its Unicode (NFKC) and decodes it", func(w http.ResponseWriter, r *http.Request, to string) {
		script(w, r, norm.NFKC.String(decode(norm.NFKC.String(to))))
	}}
	byDroppingInvisible = reader{"drops invisible characters", func(w http.ResponseWriter, r *http.Request, to string) {
		locate(w, r, strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Cf, r) {
				return -1
			}
			return r
		}, to))
	}}
	byCleaning            = reader{"cleans its path, as http.Redirect does", clean}
	byDecodingAndCleaning = reader{"decodes it and cleans its path", func(w http.ResponseWriter, r *http.Request,
		to string) {
		clean(w, r, decode(to))
	}}

	readers = []reader{byTheBook, byHeader, byScript, byDecoding, byNormalising, byDroppingInvisible, byCleaning,
		byDecodingAndCleaning, byGluing}
)

func locate(w http.ResponseWriter, _ *http.Request, to string) {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusFound)
}

// clean joins the path's segments, and takes no care of backslashes. In some
// versions of Go http.Redirect does the same.
func clean(w http.ResponseWriter, r *http.Request, to string) {
	path, rest := to, ""
	if i := strings.IndexAny(to, "?#"); i >= 0 {
		path, rest = to[:i], to[i:]
	}
	var kept []string
	for _, segment := range strings.Split(path, "/") {
		switch {
		case segment == "" || segment == ".":
		case segment == "..":
			kept = kept[:max(0, len(kept)-1)]
		default:
			kept = append(kept, segment)
		}
	}
	locate(w, r, "/"+strings.Join(kept, "/")+rest)
}

func script(w http.ResponseWriter, _ *http.Request, to string) {
	quoted, _ := json.Marshal(to) // with <, > and & escaped
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<!doctype html><title>%s</title><script>try { location.replace(%s) } catch { document.title = "+
		"'nowhere' }</script>", leaving, quoted)
}

// leaving is the title of a page whose script is about to leave it.
const leaving = "leaving"

func decode(s string) string {
	for {
		next := decodeOnce(s)
		if next == s {
			return s
		}
		s = next
	}
}

// decodeOnce keeps a percent sign that starts no escape.
func decodeOnce(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if i+3 <= len(s) {
			if c, err := url.PathUnescape(s[i : i+3]); err == nil && s[i] == '%' {
				b.WriteString(c)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// A gullible community logs members in as the fake one does, and then trusts
// redirect_uri.
type gullible struct {
	reader atomic.Pointer[reader]
}

func (g *gullible) around(fake http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		trusting := g.reader.Load()
		if r.URL.Path != contract.SSOPath || trusting.send == nil {
			fake.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		fake.ServeHTTP(answer, r)
		for _, cookie := range answer.Header()["Set-Cookie"] {
			w.Header().Add("Set-Cookie", cookie)
		}
		to := cmp.Or(r.URL.Query().Get("redirect_uri"), "/")
		trusting.send(w, r, to)
	})
}
