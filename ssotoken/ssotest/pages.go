package ssotest

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

//go:embed pages
var files embed.FS

type view struct {
	Page    string // its template
	Title   string
	Status  int    // default: 200
	Problem string // with a form that was sent
	To      string // the partner's address behind a button
	Login   *login
	Token   string // shown beside its claims
	Misread string // how the partner read the key, where that explains a wrong signature
	Data    any    // what only this page has

	// Set by show.
	Bare     bool // without the community's header, for a frame
	Now      time.Time
	Settings Settings
	Me       *Member
	Path     string // of the request
	Where    string // path and query of this page, exactly
	From     string // where a login from this page comes back to
	Last     *login
	next     Trouble
}

func missing(why string) view {
	return view{Page: "missing", Title: "Not found", Status: http.StatusNotFound, Problem: why}
}

// refused is the page again, with what is wrong with the form that was sent.
func (v view) refused(problem string) view {
	v.Status, v.Problem = http.StatusUnprocessableEntity, problem
	return v
}

func (v view) write(h *Handler, w http.ResponseWriter, r *http.Request) {
	v.Bare = strings.HasPrefix(r.URL.Path, "/embed/") || v.Page == "other" && r.URL.Query().Get("layout") == "basic"
	v.Now, v.Settings, v.Me, v.Where = h.now(), h.Settings(), h.visitor(r), r.RequestURI
	v.Path, v.From = r.URL.Path, h.whereFrom(r)
	switch _, err := inspect.RedirectURIUnder(h.folder, v.Where); {
	case v.Page == "refused":
		v.Where = h.folder + contract.SSOPath // without the token
		v.From = v.Login.Report.URL.Location
	case err == nil:
		v.From = v.Where
	}
	h.mu.Lock()
	v.next = h.next
	if len(h.logins) > 0 {
		v.Last = h.logins[len(h.logins)-1]
	}
	h.mu.Unlock()

	var body bytes.Buffer
	if err := templates[v.Page].ExecuteTemplate(&body, "layout", v); err != nil {
		http.Error(w, "The fake community could not make this page: "+err.Error(), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", policy(v))
	header.Set("X-Content-Type-Options", "nosniff")
	if header.Get("Referrer-Policy") == "" {
		header.Set("Referrer-Policy", "strict-origin-when-cross-origin") // as browsers do without one
	}
	w.WriteHeader(cmp.Or(v.Status, http.StatusOK))
	// Templates are written for a community that has the whole origin. No text of theirs
	// has a plain quotation mark, so these are their links.
	in := `="` + h.folder + "/"
	links := strings.NewReplacer(`href="/`, "href"+in, `action="/`, "action"+in, `src="/`, "src"+in)
	links.WriteString(w, body.String())
}

// policy allows our own script where there is one, pictures from anywhere, and
// framing of what is meant for a frame. form-action is open: browsers apply it
// to the redirects after a form too, and logging out leads to the partner.
func policy(v view) string {
	script, ancestors := "; script-src 'self'; connect-src 'self'", "'none'"
	if v.Bare || v.Page == "refused" {
		ancestors = "http: https:"
	}
	if v.Bare {
		script = ""
	}
	return "default-src 'none'; style-src 'self'; img-src http: https: data:; base-uri 'none'; " +
		"form-action http: https:; frame-ancestors " + ancestors + script
}

var templates = parseTemplates()

func parseTemplates() map[string]*template.Template {
	base := template.Must(template.New("").Funcs(template.FuncMap{
		"initial":     initial,
		"visible":     visible,
		"distance":    distance,
		"inWords":     inWords,
		"kept":        func() string { return maxLoginsInWords },
		"fold":        newFold,
		"plural":      plural,
		"long":        func(s string) bool { return utf8.RuneCountInString(s) > longText },
		"start":       start,
		"memberPath":  func(id string) string { return membersPath + "/" + url.PathEscape(id) },
		"starts":      func(c contract.Code, prefix string) bool { return strings.HasPrefix(string(c), prefix) },
		"requestLine": requestLine,
		"shellQuote":  func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" },
		"parts":       func(token string) []string { return strings.SplitN(token, ".", 3) },
		"utf8":        readable,
		"asJSON":      asJSON,
		"namedSpaces": namedSpaces,
		"findings":    findings,
		"space":       func(s Settings, id string) Space { sp, _ := s.space(id); return sp },
		"report":      func(r *inspect.Report, v view) reportView { return reportView{r, v} },
		"verdictOf":   func(code string) inspect.Verdict { return inspect.RuleOf(contract.Code(code)).Verdict },
		"types":       func() string { return strings.Join(slices.Sorted(maps.Keys(jsonForms)), ", ") },
		"dict":        dict,
	}).ParseFS(files, "pages/layout.html", "pages/parts.html", "pages/taken-apart.html", "pages/outcome.html"))
	pages := map[string]*template.Template{}
	names, _ := fs.Glob(files, "pages/*.html")
	for _, name := range names {
		page := strings.TrimSuffix(path.Base(name), ".html")
		pages[page] = template.Must(template.Must(base.Clone()).ParseFS(files, name))
	}
	return pages
}

func dict(pairs ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	return m
}

// initial is in an avatar until its picture, which may be a bad one,
// covers it.
func initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return strings.ToUpper(string(r))
		}
	}
	return "?"
}

func visible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) })
}

// longText is how many characters of a text are shown before the rest folds.
const longText = 160

func start(s string) string {
	runes := []rune(s)
	return string(runes[:min(len(runes), longText/2)])
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// A fold is a list of which the first are shown and the others can be.
type fold struct {
	Head, Rest any
	More       int
}

func newFold(n int, list any) fold {
	v := reflect.ValueOf(list)
	if v.Len() <= n+n/2 { // nobody unfolds two more
		n = v.Len()
	}
	return fold{v.Slice(0, n).Interface(), v.Slice(n, v.Len()).Interface(), v.Len() - n}
}

func distance(d time.Duration) string {
	if d.Abs() < 500*time.Millisecond {
		return "now"
	}
	if d < 0 {
		return inWords(-d) + " ago"
	}
	return "in " + inWords(d)
}

// inWords writes a duration in its largest unit, and seconds up to 90.
func inWords(d time.Duration) string {
	switch {
	case d > 36*time.Hour:
		return plural(int(d.Round(24*time.Hour)/(24*time.Hour)), "day")
	case d > 90*time.Minute:
		return fmt.Sprintf("%.0f h", d.Hours())
	case d > 90*time.Second:
		return fmt.Sprintf("%.0f min", d.Minutes())
	default:
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
}
