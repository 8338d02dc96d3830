package main

import (
	"cmp"
	"net/http"

	"github.com/bettermode-go/sso/ssotoken"
)

// The partner's pages that the community's settings and the provider know.
const (
	loginPath    = "/community/login"  // the Authorization URL
	logoutPath   = "/community/logout" // the Logout URL
	callbackPath = "/signed-in"        // the redirect URI at the provider
	leavePath    = "/signed-out"       // goes on to the provider, to log out there too
)

// sso adds the community's doors to the site.
func (s *site) sso(mux *http.ServeMux, signer *ssotoken.Signer) error {
	observe := ssotoken.SlogObserver(s.log)
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: signer, Identify: s.identify, Observe: observe})
	if err != nil {
		return err
	}
	logout, err := ssotoken.NewLogout(ssotoken.LogoutConfig{End: s.endSession, To: leavePath, Observe: observe})
	if err != nil {
		return err
	}
	s.login, s.community = login, signer.Community()
	mux.Handle("GET "+loginPath, login.Middleware(http.HandlerFunc(s.begin)))
	mux.HandleFunc("GET "+callbackPath, s.navigation(s.finish))
	mux.Handle(logoutPath, logout)
	mux.HandleFunc("GET "+leavePath, s.navigation(s.leaveProvider))
	return nil
}

// navigation lets only a person's navigation through, as the community's doors do: no
// image on a page of another host may finish a sign-in, or end one.
func (s *site) navigation(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := ssotoken.CheckNavigation(r); err != nil {
			ssotoken.AnswerError(w, r, err)
			return
		}
		next(w, r)
	}
}

// identify says who is signed in, from what the provider told at the sign-in.
func (s *site) identify(r *http.Request) (ssotoken.Claims, error) {
	member, ok := s.member(r)
	if !ok {
		return ssotoken.Claims{}, ssotoken.ErrNoSession
	}
	return claimsOf(member)
}

// claimsOf fails with ErrEmailUnverified where the provider has not verified the
// email address: the community takes it as verified.
func claimsOf(member ssotoken.OIDCClaims) (ssotoken.Claims, error) {
	builder, err := member.Builder()
	if err != nil {
		return ssotoken.Claims{}, err
	}
	return builder.BuildLenient()
}

// begin sends a visitor without a session to the provider. What the community
// appended, where the visitor was, waits in the session.
func (s *site) begin(w http.ResponseWriter, r *http.Request) {
	returnTo, err := s.community.ReturnPathOf(r)
	if err != nil {
		s.log.Warn("home instead of the return path", "error", err)
	}
	if err := s.signIn.begin(w, r, returnTo.String()); err != nil {
		s.problem(w, returnTo, err)
	}
}

// finish takes the visitor who comes back from the provider to the community,
// where the visitor was.
func (s *site) finish(w http.ResponseWriter, r *http.Request) {
	member, kept, err := s.signIn.finish(r)
	returnTo, _ := ssotoken.ParseReturnPath(kept) // home, where somebody changed it
	var claims ssotoken.Claims
	if err == nil {
		claims, err = claimsOf(member)
	}
	if err == nil {
		err = s.signIn.keep(r, member)
	}
	if err != nil {
		s.problem(w, returnTo, err)
		return
	}
	s.signIn.keepReturn(w, "")
	s.login.RedirectTo(w, r, claims, returnTo)
}

// endSession is called without a session too. What the provider's log-out needs is
// kept for leaveProvider.
func (s *site) endSession(w http.ResponseWriter, r *http.Request) error {
	s.signIn.keepReturn(w, "")
	idToken := cmp.Or(s.sessions.GetString(r.Context(), idTokenKey), s.sessions.GetString(r.Context(), leavingKey))
	if err := s.sessions.Destroy(r.Context()); err != nil || idToken == "" {
		return err
	}
	s.sessions.Put(r.Context(), leavingKey, idToken)
	return nil
}

// leaveProvider ends the provider's session too, which would else sign the visitor
// in again without a question. It does so only for who has just signed out here.
func (s *site) leaveProvider(w http.ResponseWriter, r *http.Request) {
	idToken := s.sessions.PopString(r.Context(), leavingKey)
	w.Header().Set("Cache-Control", "no-store") // the address has the ID token
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, s.signIn.logoutURL(r.Context(), idToken, s.origin+"/"), http.StatusSeeOther)
}
