// Package doors connects a partner's site with its community: it has the pages
// that the community's settings name, and a page that shows a space of the
// community in a frame.
//
//	setting of the community   address here
//	Authorization URL          /community/login
//	Sign Up URL                /community/sign-up
//	Logout URL                 /community/logout
//	Account Settings URL       /account
//
// Where each tenant has a community, see examples/tenants.
package doors

import (
	"errors"
	"html/template"
	"net/http"

	"github.com/bettermode-go/sso/ssotoken"
)

// A Site is what a partner already has without a community.
type Site struct {
	// Identify says who is signed in, or ssotoken.ErrNoSession; for a member who
	// is to stay out, ssotoken.ErrMayNotEnter.
	Identify func(*http.Request) (ssotoken.Claims, error)

	// SignIn and SignUp are pages. The form of each posts to its own address,
	// query included, and the answer redirects there.
	SignIn, SignUp http.Handler

	// SignOut ends the session, if there is one.
	SignOut func(http.ResponseWriter, *http.Request) error

	// Account shows the form of the signed-in member's profile. Save takes
	// that form and returns the new profile. If the form is wrong, it answers
	// what is wrong and returns false.
	Account http.Handler
	Save    func(http.ResponseWriter, *http.Request) (ssotoken.Claims, bool)

	// News makes a page with the frame in it.
	News func(frame template.HTML) http.Handler
}

// New opens the doors between a site and the signer's community.
func New(signer *ssotoken.Signer, site Site) (http.Handler, error) {
	login, loginErr := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: signer, Identify: site.Identify})
	logout, logoutErr := ssotoken.NewLogout(ssotoken.LogoutConfig{End: site.SignOut})
	frame, frameErr := ssotoken.Embed{Space: "news"}.Frame("/community/login", "News from the community")
	if err := errors.Join(loginErr, logoutErr, frameErr); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/community/login", login.Middleware(site.SignIn))
	mux.Handle("/community/sign-up", login.Middleware(site.SignUp))
	mux.Handle("/community/logout", logout)
	mux.Handle("GET /account", site.Account)
	mux.HandleFunc("POST /account", func(w http.ResponseWriter, r *http.Request) {
		if claims, saved := site.Save(w, r); saved {
			login.Redirect(w, r, claims)
		}
	})
	mux.HandleFunc("GET /news", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", signer.Community().FrameSrc())
		site.News(frame).ServeHTTP(w, r)
	})
	return http.NewCrossOriginProtection().Handler(mux), nil
}
