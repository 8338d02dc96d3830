// Package chi serves the login, the JSON door and the logout of a community with
// chi.
package chi

import (
	"io"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/bettermode-go/sso/examples/frameworks/partner"
)

// New makes the routes of a site. chi takes middleware of net/http, so the login
// is used as it is.
func New(site *partner.Site) http.Handler {
	r := chi.NewRouter()
	r.Group(func(r chi.Router) {
		r.Use(http.NewCrossOriginProtection().Handler) // no sign-in by a foreign form
		r.Use(site.Login.Middleware)
		r.Get(partner.LoginPath, showSignIn)
		r.Head(partner.LoginPath, showSignIn)
		r.Post(partner.LoginPath, func(w http.ResponseWriter, r *http.Request) {
			cookie, ok := site.SignIn(r.PostFormValue("member"), r.TLS != nil)
			if !ok {
				http.Error(w, "There is no such member.", http.StatusBadRequest)
				return
			}
			http.SetCookie(w, cookie)
			site.Login.Resume(w, r)
		})
	})
	r.Handle(partner.JSONPath, site.JSON)
	r.Handle(partner.LogoutPath, site.Logout)
	return r
}

func showSignIn(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	io.WriteString(w, partner.SignInPage)
}
