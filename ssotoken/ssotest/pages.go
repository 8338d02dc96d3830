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

// route sends a request to its page. It is no ServeMux, which would clean the
// paths that this community is to show as they came.
func (h *Handler) route(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if resource, ok := strings.CutPrefix(path, fakePrefix); ok && h.api(w, r, resource) {
		return
	}
	allowed := []string{http.MethodGet, http.MethodHead}
	switch path {
	case contract.SSOPath:
		h.sso(w, r)
		return
	case contract.LogoutPath, contract.DirectLoginPath, accountPath, settingsPath, pastePath, mistakesPath:
		allowed = append(allowed, http.MethodPost)
	case keyPath, calmPath:
		allowed = []string{http.MethodPost}
	default:
		if strings.HasPrefix(path, membersPath+"/") {
			allowed = append(allowed, http.MethodPost)
		}
	}
	if !slices.Contains(allowed, r.Method) {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		http.Error(w, "This page does not take the method.", http.StatusMethodNotAllowed)
		return
	}
	switch path {
	case stylePath:
		http.ServeFileFS(w, r, files, "pages/style.css")
	case scriptPath:
		http.ServeFileFS(w, r, files, "pages/page.js")
	case contract.LoginPath:
		h.authLogin(w, r)
	case contract.DirectLoginPath:
		h.direct(w, r)
	case contract.SignUpPath:
		h.signUp(w, r)
	case contract.LogoutPath:
		h.logout(w, r)
	case accountPath:
		h.account(w, r)
	case settingsPath:
		h.admin(w, r)
	case keyPath:
		h.adminKey(w, r)
	case calmPath:
		h.calm(w, r)
	case pastePath:
		h.paste(w, r)
	case mistakesPath:
		h.mistakes(w, r)
	case codesPath:
		h.show(w, r, view{Page: "codes", Title: "Codes", Data: codesByArea()})
	case "/":
		h.show(w, r, view{Page: "home", Title: "Home"})
	case membersPath:
		h.listMembers(w, r)
	case spacesPath:
		h.listSpaces(w, r)
	case loginsPath:
		h.listLogins(w, r)
	default:
		h.deepPage(w, r)
	}
}

// deepPage is a page with something of its own in its path.
func (h *Handler) deepPage(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	under := func(prefix string) (rest string, ok bool) { return strings.CutPrefix(path, prefix+"/") }
	if slug, ok := strings.CutPrefix(path, contract.EmbedSpacePath); ok {
		h.space(w, r, slug)
	} else if slug, ok := under(spacesPath); ok {
		h.space(w, r, slug)
	} else if number, ok := under(loginsPath); ok {
		h.oneLogin(w, r, number)
	} else if id, ok := under(membersPath); ok {
		h.oneMember(w, r, id)
	} else if code, ok := under(codesPath); ok {
		h.code(w, r, contract.Code(code))
	} else if strings.HasPrefix(path, fakePrefix) {
		h.missing(w, r, "The fake community has no such page.")
	} else {
		h.show(w, r, view{Page: "other", Title: "A page of the community"})
	}
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
