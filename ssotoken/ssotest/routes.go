package ssotest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// The paths of pages that others lead to.
const (
	membersPath  = "/members"
	accountPath  = "/settings" // of the member
	settingsPath = "/_fake/admin"
)

// A route answers requests for a path, by some methods. A path that ends in a slash
// is for all that follow it, which the handler gets as the value "of" of the path.
type route struct {
	path, methods string
	handler       handler
}

// A handler returns a page, JSON, a redirect or a file. It writes only headers itself.
type handler func(http.ResponseWriter, *http.Request) answer

type answer interface {
	write(*Handler, http.ResponseWriter, *http.Request)
}

const read, write, both = "GET HEAD", "POST", "GET HEAD POST"

func (h *Handler) table() []route {
	return append(h.calls(), []route{
		{"", read, always(view{Page: "other", Title: "A page of the community"})},
		{"/", read, always(view{Page: "home", Title: "Home"})},
		{contract.SSOPath, "GET", h.sso},
		{contract.LoginPath, read, h.authLogin},
		{contract.DirectLoginPath, both, h.direct},
		{contract.SignUpPath, read, h.signUp},
		{contract.LogoutPath, both, h.logout},
		{contract.EmbedSpacePath, read, h.space},
		{"/graphql", write, h.api(h.graphql)},
		{"/auth/", read, always(missing("A community has no such address."))},
		{"/api/", read, always(missing("A community has no such address."))},
		{membersPath, read, h.listMembers},
		{membersPath + "/", both, h.oneMember},
		{"/spaces", read, h.listSpaces},
		{"/spaces/", read, h.space},
		{"/logins", read, h.listLogins},
		{"/logins/", read, h.oneLogin},
		{accountPath, both, h.account},
		{settingsPath, read, h.showSettings},
		{settingsPath, write, h.saveSettings},
		{settingsPath + "/key", write, h.changeKey},
		{settingsPath + "/calm", write, h.calm},
		{settingsPath + "/reset", write, h.startOver},
		{"/_fake/", read, always(missing("The fake community has no such page."))},
		{"/_fake/inspect", both, h.paste},
		{"/_fake/mistakes", both, h.mistakes},
		{"/_fake/codes", read, always(view{Page: "codes", Title: "Codes", Data: codesByArea()})},
		{"/_fake/codes/", read, h.code},
		{"/_fake/style.css", read, always(file("style.css"))},
		{"/_fake/page.js", read, always(file("page.js"))},
		{"/_fake/openapi.json", read, always(file("openapi.json"))},
	}...)
}

// calls are the routes of the JSON. pages/openapi.json describes each.
func (h *Handler) calls() []route {
	return []route{
		{"/_fake/ready", read, h.api(getReady)},
		{"/_fake/settings", read, h.api(h.getSettings)},
		{"/_fake/settings", "PATCH", h.api(h.patchSettings)},
		{"/_fake/members", read, h.api(h.getMembers)},
		{"/_fake/members/", read, h.api(h.getMember)},
		{"/_fake/logins", read, h.api(h.getLogins)},
		{"/_fake/logins/", read, h.api(h.getLogin)},
		{"/_fake/next", read, h.api(h.getNext)},
		{"/_fake/next", write, h.api(h.postNext)},
		{"/_fake/clock", read, h.api(h.getClock)},
		{"/_fake/clock", write, h.api(h.postClock)},
		{"/_fake/reset", write, h.api(h.postReset)},
	}
}

// route finds the handler of the longest path that a request has. It is no ServeMux,
// which would clean the paths that this community is to show as they came.
func (h *Handler) route(w http.ResponseWriter, r *http.Request) answer {
	path, of, methods := "", r.URL.Path, []string(nil)
	var found handler
	for _, row := range h.routes {
		rest, ok := strings.CutPrefix(r.URL.Path, row.path)
		isFolder := row.path == "" || len(row.path) > 1 && strings.HasSuffix(row.path, "/")
		if !ok || rest != "" && !isFolder || len(row.path) < len(path) {
			continue
		}
		if row.path != path {
			path, of, methods, found = row.path, rest, nil, nil
		}
		methods = append(methods, strings.Fields(row.methods)...)
		if slices.Contains(methods, r.Method) && found == nil {
			found = row.handler
		}
	}
	if found == nil {
		w.Header().Set("Allow", strings.Join(methods, ", "))
		return failure(http.StatusMethodNotAllowed, "this address does not take the method")
	}
	r.SetPathValue("of", of)
	return found(w, r)
}

// always returns the handler of an answer that is always the same.
func always(a answer) handler {
	return func(http.ResponseWriter, *http.Request) answer { return a }
}

// A redirect is to another site, or to a path of the community.
type redirect string

func (to redirect) write(h *Handler, w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(string(to), "/") {
		to = redirect(h.folder) + to
	}
	location(to).write(h, w, r)
}

// A location is a redirect that leaves its address as it is, which http.Redirect does
// not: it cleans paths.
type location string

func (to location) write(_ *Handler, w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Location", string(to))
	w.WriteHeader(http.StatusFound)
}

// A file is one of the folder pages.
type file string

func (name file) write(_ *Handler, w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, files, "pages/"+string(name))
}
