package ssotest

import (
	"bytes"
	"cmp"
	"embed"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

//go:embed pages
var files embed.FS

// The paths of what a real community does not have.
const (
	fakePrefix    = "/_fake/"
	stylePath     = fakePrefix + "style.css"
	scriptPath    = fakePrefix + "page.js"
	settingsPath  = fakePrefix + "admin"
	keyPath       = fakePrefix + "admin/key"
	calmPath      = fakePrefix + "admin/calm"
	pastePath     = fakePrefix + "inspect"
	mistakesPath  = fakePrefix + "mistakes"
	codesPath     = fakePrefix + "codes"
	membersPath   = "/members"
	loginsPath    = "/logins"
	spacesPath    = "/spaces"
	accountPath   = "/settings" // of the member
	refreshHeader = "Fake-Community-Refresh"
)

// A page answers requests by GET and HEAD, and by POST or only by POST.
type page struct {
	serve   http.HandlerFunc
	methods []string
}

var (
	read  = []string{http.MethodGet, http.MethodHead}
	write = []string{http.MethodPost}
	both  = slices.Concat(read, write)
)

// route sends a request to its page. It is no ServeMux, which would clean the
// paths that this community is to show as they came.
func (h *Handler) route(w http.ResponseWriter, r *http.Request) {
	if resource, ok := strings.CutPrefix(r.URL.Path, fakePrefix); ok && h.api(w, r, resource) {
		return
	}
	p := h.page(r.URL.Path)
	if !slices.Contains(p.methods, r.Method) {
		w.Header().Set("Allow", strings.Join(p.methods, ", "))
		http.Error(w, "This page does not take the method.", http.StatusMethodNotAllowed)
		return
	}
	p.serve(w, r)
}

func (h *Handler) page(path string) page {
	shown := func(v view) http.HandlerFunc { return func(w http.ResponseWriter, r *http.Request) { h.show(w, r, v) } }
	file := func(name string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, "pages/"+name) }
	}
	notFound := func(why string) page {
		return page{func(w http.ResponseWriter, r *http.Request) { h.missing(w, r, why) }, read}
	}
	switch path {
	case contract.SSOPath:
		return page{h.sso, []string{http.MethodGet}}
	case "/":
		return page{shown(view{Page: "home", Title: "Home"}), read}
	case stylePath:
		return page{file("style.css"), read}
	case scriptPath:
		return page{file("page.js"), read}
	case contract.LoginPath:
		return page{h.authLogin, read}
	case contract.DirectLoginPath:
		return page{h.direct, both}
	case contract.SignUpPath:
		return page{h.signUp, read}
	case contract.LogoutPath:
		return page{h.logout, both}
	case accountPath:
		return page{h.account, both}
	case settingsPath:
		return page{h.admin, both}
	case keyPath:
		return page{h.adminKey, write}
	case calmPath:
		return page{h.calm, write}
	case pastePath:
		return page{h.paste, both}
	case mistakesPath:
		return page{h.mistakes, both}
	case codesPath:
		return page{shown(view{Page: "codes", Title: "Codes", Data: codesByArea()}), read}
	case membersPath:
		return page{h.listMembers, read}
	case spacesPath:
		return page{h.listSpaces, read}
	case loginsPath:
		return page{h.listLogins, read}
	}
	// Pages with something of their own in their path.
	for _, deep := range []struct {
		prefix  string
		serve   func(w http.ResponseWriter, r *http.Request, of string)
		methods []string
	}{
		{contract.EmbedSpacePath, h.space, read}, {spacesPath + "/", h.space, read}, {loginsPath + "/", h.oneLogin, read},
		{membersPath + "/", h.oneMember, both}, {codesPath + "/", h.code, read},
	} {
		if of, ok := strings.CutPrefix(path, deep.prefix); ok {
			return page{func(w http.ResponseWriter, r *http.Request) { deep.serve(w, r, of) }, deep.methods}
		}
	}
	switch {
	case strings.HasPrefix(path, fakePrefix):
		return notFound("The fake community has no such page.")
	case strings.HasPrefix(path, "/auth/"), strings.HasPrefix(path, "/api/"):
		return notFound("A community has no such address.")
	}
	return page{shown(view{Page: "other", Title: "A page of the community"}), read}
}

// missing is the page of what is not there, and says why.
func (h *Handler) missing(w http.ResponseWriter, r *http.Request, why string) {
	h.show(w, r, view{Page: "missing", Title: "Not found", Status: http.StatusNotFound, Problem: why})
}

// view is what a page shows.
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
	Where    string // path and query of this page, exactly
	From     string // where a login from this page comes back to
	Last     *Attempt
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request, v view) {
	v.Status = cmp.Or(v.Status, http.StatusOK)
	v.Bare = strings.HasPrefix(r.URL.Path, "/embed/") || v.Page == "other" && r.URL.Query().Get("layout") == "basic"
	v.Now, v.Settings, v.Me, v.Where = h.now(), h.Settings(), h.visitor(r), r.RequestURI
	v.From = whereFrom(r)
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
		visit.MemberID, visit.ExternalID = v.Me.ID, v.Me.ExternalID
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.visits = append(h.visits, visit)
	if extra := len(h.visits) - maxVisits; extra > 0 {
		h.visits = slices.Delete(h.visits, 0, extra)
	}
}
