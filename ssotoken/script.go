package ssotoken

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// htmx and Turbo load a site's pages and send its forms by fetch. A browser lets
// fetch follow no redirect to the community, and a script must get no token. So
// what they ask for is answered by what makes them load the page for real.

// pageLibrary names the library that sent a request, or is empty. Both tell it
// by headers: htmx by HX-Request, Turbo 8 by X-Turbo-Request-Id, and Turbo 7 by
// what it accepts, which for a link only differs from a browser's in that a
// script sent it.
func pageLibrary(header func(name string) string) string {
	accept := header("Accept")
	switch {
	case header("HX-Request") != "":
		return "htmx"
	case header("X-Turbo-Request-Id") != "", strings.Contains(accept, "text/vnd.turbo-stream.html"),
		header("Sec-Fetch-Dest") == "empty" && strings.Contains(accept, "application/xhtml+xml"):
		return "Turbo"
	}
	return ""
}

// ownLibrary is pageLibrary, of a page of this site. Browsers that tell no site
// don't let another origin's page send the header of htmx without asking first.
func ownLibrary(r *http.Request) string {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return ""
	}
	return pageLibrary(r.Header.Get)
}

// loadForReal answers a library's GET: htmx goes to the address of HX-Redirect,
// and Turbo loads a page again that says so in a meta element.
func loadForReal(w http.ResponseWriter, r *http.Request, library string, signer *Signer, observe func(context.Context, Event)) {
	err := because(contract.NotNavigation, library+" sent the request by a script, and was told to load the page itself")
	observe(r.Context(), eventOf(SentByScript, signer, err))
	if library == "htmx" {
		w.Header().Set("HX-Redirect", ownPath(r)+"?"+r.URL.RawQuery)
	}
	answer{
		Status: http.StatusOK, Title: "One moment", Reload: true, Links: []answerLink{{"", "Go on"}},
		Text: []string{"The browser loads this page again."},
	}.write(w)
}

// ownPath is the path of a request as the browser sees it, under
// [http.StripPrefix] too. Two slashes at its start would name a host.
func ownPath(r *http.Request) string {
	u, err := url.ParseRequestURI(r.RequestURI)
	if err != nil {
		return "/"
	}
	return "/" + strings.TrimLeft(u.EscapedPath(), `/\`)
}

// seeSameAddress answers by 303 with the address of the request itself and
// another query: a reference of a query alone keeps the path that the browser
// asked for, whatever prefix was taken off on the way here.
func seeSameAddress(w http.ResponseWriter, query string) {
	w.Header().Set("Location", "?"+query)
	w.WriteHeader(http.StatusSeeOther)
}

// leftToPage reports whether it has answered a library, for a login to path or,
// where that is nil, to the page of referrer_uri. After a form, GET of the same
// address goes on, where the middleware stands there.
func (l *Login) leftToPage(w http.ResponseWriter, r *http.Request, signer *Signer, path *ReturnPath) bool {
	library := ownLibrary(r)
	switch {
	case library == "":
		return false
	case r.Method == http.MethodGet:
		keepPrivate(w)
		loadForReal(w, r, library, signer, l.c.Observe)
	case r.Method != http.MethodHead && r.Context().Value(behind{}) == l:
		query := r.URL.RawQuery
		if path != nil {
			values := r.URL.Query()
			values.Set(contract.ReferrerURI, path.path)
			query = values.Encode()
		}
		l.resume(w, r, query)
	default:
		return false
	}
	return true
}

// behind is the key of the Login whose middleware a request has passed.
type behind struct{}
