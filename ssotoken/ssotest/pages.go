package ssotest

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
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

// The paths of pages that others lead to.
const (
	membersPath  = "/members"
	accountPath  = "/settings" // of the member
	settingsPath = "/_fake/admin"
)

const refreshHeader = "Fake-Community-Refresh"

// A page answers requests by some methods; without any it looks at them itself.
type page struct {
	serve   http.HandlerFunc
	methods []string
}

// pages are by path. One that ends in a slash is for all that follow it, which its
// page gets as the value "of" of the path.
func (h *Handler) pages() map[string]page {
	read, write := []string{http.MethodGet, http.MethodHead}, []string{http.MethodPost}
	both := slices.Concat(read, write)
	shown := func(v view) http.HandlerFunc { return func(w http.ResponseWriter, r *http.Request) { h.show(w, r, v) } }
	missing := func(why string) page {
		return page{func(w http.ResponseWriter, r *http.Request) { h.missing(w, r, why) }, read}
	}
	file := func(name string) page {
		return page{func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, "pages/"+name) }, read}
	}
	return map[string]page{
		"":                       {shown(view{Page: "other", Title: "A page of the community"}), read},
		"/":                      {shown(view{Page: "home", Title: "Home"}), read},
		contract.SSOPath:         {h.sso, []string{http.MethodGet}},
		contract.LoginPath:       {h.authLogin, read},
		contract.DirectLoginPath: {h.direct, both},
		contract.SignUpPath:      {h.signUp, read},
		contract.LogoutPath:      {h.logout, both},
		contract.EmbedSpacePath:  {h.space, read},
		"/auth/":                 missing("A community has no such address."),
		"/api/":                  missing("A community has no such address."),
		membersPath:              {h.listMembers, read},
		membersPath + "/":        {h.oneMember, both},
		"/spaces":                {h.listSpaces, read},
		"/spaces/":               {h.space, read},
		"/logins":                {h.listLogins, read},
		"/logins/":               {h.oneLogin, read},
		accountPath:              {h.account, both},
		settingsPath:             {h.admin, both},
		settingsPath + "/key":    {h.adminKey, write},
		settingsPath + "/calm":   {h.calm, write},
		"/_fake/inspect":         {h.paste, both},
		"/_fake/mistakes":        {h.mistakes, both},
		"/_fake/codes":           {shown(view{Page: "codes", Title: "Codes", Data: codesByArea()}), read},
		"/_fake/codes/":          {h.code, read},
		"/_fake/style.css":       file("style.css"),
		"/_fake/page.js":         file("page.js"),
		"/_fake/ready":           h.api(calls{http.MethodGet: getReady}),
		"/_fake/settings":        h.api(calls{http.MethodGet: h.getSettings, http.MethodPatch: h.patchSettings}),
		"/_fake/members":         h.api(calls{http.MethodGet: h.getMembers}),
		"/_fake/members/":        h.api(calls{http.MethodGet: h.getMember}),
		"/_fake/logins":          h.api(calls{http.MethodGet: h.getLogins}),
		"/_fake/logins/":         h.api(calls{http.MethodGet: h.getLogin}),
		"/_fake/reset":           h.api(calls{http.MethodPost: h.postReset}),
		"/_fake/":                missing("The fake community has no such page."),
	}
}

// route sends a request to the page with the longest path that it has. It is no
// ServeMux, which would clean the paths that this community is to show as they came.
func (h *Handler) route(w http.ResponseWriter, r *http.Request) {
	longest := ""
	for path := range h.routes {
		of, ok := strings.CutPrefix(r.URL.Path, path)
		isWhole := of == "" || len(path) > 1 && strings.HasSuffix(path, "/")
		if ok && isWhole && len(path) > len(longest) {
			longest = path
			r.SetPathValue("of", of)
		}
	}
	p := h.routes[longest]
	if p.methods != nil && !slices.Contains(p.methods, r.Method) {
		w.Header().Set("Allow", strings.Join(p.methods, ", "))
		http.Error(w, "This page does not take the method.", http.StatusMethodNotAllowed)
		return
	}
	p.serve(w, r)
}

func (h *Handler) missing(w http.ResponseWriter, r *http.Request, why string) {
	h.show(w, r, view{Page: "missing", Title: "Not found", Status: http.StatusNotFound, Problem: why})
}

type view struct {
	Page    string // its template
	Title   string
	Status  int    // default: 200
	Problem string // with a form that was sent
	To      string // the partner's address behind a button
	Attempt *Attempt
	Data    any // what only this page has

	// Set by show.
	Bare     bool // without the community's header, for a frame
	Now      time.Time
	Settings Settings
	Me       *Member
	Path     string // of the request
	Where    string // path and query of this page, exactly
	From     string // where a login from this page comes back to
	Last     *Attempt
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request, v view) {
	v.Status = cmp.Or(v.Status, http.StatusOK)
	v.Bare = strings.HasPrefix(r.URL.Path, "/embed/") || v.Page == "other" && r.URL.Query().Get("layout") == "basic"
	v.Now, v.Settings, v.Me, v.Where = h.now(), h.Settings(), h.visitor(r), r.RequestURI
	v.Path, v.From = r.URL.Path, whereFrom(r)
	switch _, err := inspect.RedirectURI(v.Where); {
	case v.Page == "refused":
		v.Where = contract.SSOPath // without the token
		v.From = v.Attempt.Report.URL.Location
	case err == nil:
		v.From = v.Where
	}
	if logins := h.Attempts(); len(logins) > 0 {
		v.Last = &logins[len(logins)-1]
	}
	if v.Page != "refused" && r.Method == http.MethodGet && r.Header.Get(refreshHeader) == "" {
		h.visited(v)
	}

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
	w.WriteHeader(v.Status)
	w.Write(body.Bytes())
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

func (h *Handler) visited(v view) {
	visit := Visit{At: v.Now, Path: v.Where}
	if v.Me != nil {
		visit.ExternalID = v.Me.ExternalID
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.visits = remember(h.visits, maxVisits, visit)
}

var templates = parseTemplates()

func parseTemplates() map[string]*template.Template {
	base := template.Must(template.New("").Funcs(template.FuncMap{
		"initial":     initial,
		"visible":     visible,
		"distance":    distance,
		"fold":        newFold,
		"plural":      plural,
		"long":        func(s string) bool { return utf8.RuneCountInString(s) > longText },
		"start":       start,
		"memberPath":  func(id string) string { return membersPath + "/" + url.PathEscape(id) },
		"starts":      func(c contract.Code, prefix string) bool { return strings.HasPrefix(string(c), prefix) },
		"requestLine": requestLine,
		"shellQuote":  func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" },
		"utf8":        func(raw json.RawMessage) string { return strings.ToValidUTF8(string(raw), "\ufffd") },
		"namedSpaces": namedSpaces,
		"findings":    findings,
		"codes":       Attempt.codes,
		"mistakes":    Attempt.mistakes,
		"space":       func(s Settings, id string) Space { sp, _ := s.space(id); return sp },
		"report":      func(r *inspect.Report, v view) reportView { return reportView{r, v.Settings, v.Now} },
		"troubles":    Settings.troubles,
		"input":       adminForm.input,
		"types":       func() []string { return slices.Sorted(maps.Keys(jsonForms)) },
		"claimed":     func(l Attempt) string { return cmp.Or(text(l.Report, contract.Name), l.sub()) },
		"claim":       func(l Attempt, name string) string { return text(l.Report, name) },
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
	if len(runes) <= longText/2 {
		return s
	}
	return string(runes[:longText/2])
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

// inWords writes a duration in its largest unit, and seconds up to two minutes.
func inWords(d time.Duration) string {
	units := []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}}
	for _, u := range units {
		if d >= 2*u.length {
			return plural(int(d.Round(u.length)/u.length), u.name)
		}
	}
	return plural(int(d.Round(time.Second)/time.Second), "second")
}
