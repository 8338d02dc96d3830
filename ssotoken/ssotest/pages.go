package ssotest

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

//go:embed pages
var files embed.FS

const stylePath = "/_fake/style.css"

// route sends a request to its page. It is no ServeMux, which would clean the
// paths that this community is to show as they came.
func (h *Handler) route(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if resource, ok := strings.CutPrefix(path, apiPrefix); ok && h.api(w, r, resource) {
		return
	}
	allowed := []string{http.MethodGet, http.MethodHead}
	switch path {
	case contract.SSOPath:
		h.sso(w, r)
		return
	case contract.LogoutPath, contract.DirectLoginPath, "/settings":
		allowed = append(allowed, http.MethodPost)
	}
	if !slices.Contains(allowed, r.Method) {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		http.Error(w, "This page does not take the method.", http.StatusMethodNotAllowed)
		return
	}
	switch path {
	case stylePath:
		http.ServeFileFS(w, r, files, "pages/style.css")
	case contract.LoginPath:
		h.authLogin(w, r)
	case contract.DirectLoginPath:
		h.direct(w, r)
	case contract.SignUpPath:
		h.signUp(w, r)
	case contract.LogoutPath:
		h.logout(w, r)
	case "/settings":
		h.account(w, r)
	case "/":
		h.show(w, r, view{Page: "home", Title: "Home"})
	case "/members":
		h.show(w, r, view{Page: "members", Title: "Members", Members: h.Members()})
	case "/spaces":
		h.show(w, r, view{Page: "spaces", Title: "Spaces"})
	case "/logins":
		logins := h.Attempts()
		slices.Reverse(logins)
		h.show(w, r, view{Page: "logins", Title: "Logins", Attempts: logins})
	default:
		if strings.HasPrefix(path, apiPrefix) {
			refuse(w, http.StatusNotFound, "there is no such resource; see settings, members, logins and reset")
			return
		}
		h.deepPage(w, r)
	}
}

// deepPage is a page with something of its own in its path.
func (h *Handler) deepPage(w http.ResponseWriter, r *http.Request) {
	v := view{Page: "other", Title: "A page of the community", Bare: r.URL.Query().Get("layout") == "basic"}
	slug, isSpace := strings.CutPrefix(r.URL.Path, "/spaces/")
	if !isSpace {
		slug, isSpace = strings.CutPrefix(r.URL.Path, contract.EmbedSpacePath)
	}
	v.Bare = v.Bare || strings.HasPrefix(r.URL.Path, "/embed/")
	number, isLogin := strings.CutPrefix(r.URL.Path, "/logins/")
	switch {
	case isSpace:
		if space, ok := h.Settings().spaceBySlug(slug); ok {
			v.Page, v.Title, v.Space = "space", space.Name, &space
			v.Members = slices.DeleteFunc(h.Members(), func(m Member) bool { return !slices.Contains(m.Spaces, space.ID) })
		}
	case isLogin:
		for _, l := range h.Attempts() {
			if strconv.Itoa(l.Number) == number {
				v.Page, v.Title, v.Attempt = "login", "Login "+number, &l
			}
		}
	}
	h.show(w, r, v)
}

// view is what a page shows.
type view struct {
	Page    string // its template
	Title   string
	Status  int    // default: 200
	Bare    bool   // without the community's header, for a frame
	Problem string // with a form that was sent

	Members  []Member
	Space    *Space
	Attempt  *Attempt
	Attempts []Attempt
	To       string // the partner's address behind a button

	// Set by show.
	Settings Settings
	Me       *Member
	Where    string // path and query of this page, exactly
	From     string // where a login from this page comes back to
	Last     *Attempt
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request, v view) {
	v.Status = cmp.Or(v.Status, http.StatusOK)
	v.Settings, v.Me, v.Where = h.Settings(), h.visitor(r), r.RequestURI
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
	if v.Page != "refused" && r.Method == http.MethodGet {
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
	if header.Get("Referrer-Policy") == "" {
		header.Set("Referrer-Policy", "strict-origin-when-cross-origin") // as browsers do without one
	}
	w.WriteHeader(v.Status)
	w.Write(body.Bytes())
}

// policy allows no script, pictures from anywhere, and framing of what is
// meant for a frame. form-action is open: browsers apply it to the redirects
// after a form too, and logging out leads to the partner.
func policy(v view) string {
	ancestors := "'none'"
	if v.Bare || v.Page == "refused" {
		ancestors = "http: https:"
	}
	return "default-src 'none'; style-src 'self'; img-src http: https: data:; base-uri 'none'; " +
		"form-action http: https:; frame-ancestors " + ancestors
}

func (h *Handler) visited(v view) {
	visit := Visit{At: h.now(), Path: v.Where}
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

var templates = parseTemplates()

func parseTemplates() map[string]*template.Template {
	base := template.Must(template.New("").Funcs(template.FuncMap{
		"initial": initial,
		"link":    newNavLink,
		"instant": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
		"left":    timeLeft,
		"broken":  broken,
		"noticed": noticed,
		"source":  contract.Source.String,
		"space": func(s Settings, id string) Space {
			space, _ := s.space(id)
			return space
		},
	}).ParseFS(files, "pages/layout.html", "pages/taken-apart.html"))
	pages := map[string]*template.Template{}
	for _, name := range []string{"home", "other", "members", "spaces", "space", "settings", "logins", "login", "refused", "signin", "signup", "direct"} {
		pages[name] = template.Must(template.Must(base.Clone()).ParseFS(files, "pages/"+name+".html"))
	}
	return pages
}

// navLink is a link of the header; Here marks the page that is shown.
type navLink struct {
	Href, Text string
	Here       bool
}

func newNavLink(where, href, text string) navLink { return navLink{href, text, where == href} }

// initial stands in an avatar until its picture, which may be a bad one,
// covers it.
func initial(name string) string {
	if name == "" {
		return "?"
	}
	r, _ := utf8.DecodeRuneInString(name)
	return strings.ToUpper(string(r))
}

// broken lists the findings that refuse a login, noticed the others.
func broken(r *inspect.Report) (list []inspect.Finding) {
	for _, f := range r.Findings {
		if f.Verdict == contract.Fail {
			list = append(list, f)
		}
	}
	return list
}

func noticed(r *inspect.Report) (list []inspect.Finding) {
	for _, f := range r.Findings {
		if f.Verdict != contract.Fail {
			list = append(list, f)
		}
	}
	return list
}

func timeLeft(r *inspect.Report) string {
	left := r.Left.Round(time.Second)
	if left <= 0 {
		return fmt.Sprintf("which was %v before it came", -left)
	}
	return fmt.Sprintf("%v after it came", left)
}
