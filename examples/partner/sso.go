package main

import (
	"errors"
	"net/http"

	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
)

// The addresses that the community's settings name. This file is all that the site
// has for logins to the community; leaving.go and api.go end them.
const (
	loginPath   = "/community/login"   // Authorization URL
	signUpPath  = "/community/sign-up" // Sign Up URL
	logoutPath  = "/community/logout"  // Logout URL
	accountPath = "/account"           // Account Settings URL
)

// A member is a row of the table members. The tags say what the community learns.
type member struct {
	ID       string `sso:"sub"`
	Name     string `sso:"name"`
	Email    string // verified: see members.confirm
	Company  string `customfield:"company"`
	Plan     string `customfield:"plan"`
	password string // a hash

	closed, suspended bool
}

// openDoors puts the community's doors between the site's own pages.
func (s *site) openDoors(mux *http.ServeMux) error {
	observe := ssotoken.SlogObserver(s.log)
	login, loginErr := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: s.signer, Identify: s.identify, Observe: observe})
	logout, logoutErr := ssotoken.NewLogout(ssotoken.LogoutConfig{End: s.endSession, Observe: observe})
	if err := errors.Join(loginErr, logoutErr); err != nil {
		return err
	}
	s.login = login
	mux.Handle(loginPath, login.Middleware(http.HandlerFunc(s.signIn)))
	mux.Handle(signUpPath, login.Middleware(http.HandlerFunc(s.signUp)))
	mux.Handle(logoutPath, logout)
	return nil
}

// identify says who sent a request, as claims.
func (s *site) identify(r *http.Request) (ssotoken.Claims, error) {
	m, err := s.signedIn(r)
	if errors.Is(err, errNobody) {
		return ssotoken.Claims{}, ssotoken.ErrNoSession
	}
	if err != nil {
		return ssotoken.Claims{}, err
	}
	return s.claims(m)
}

// claims is what the community learns of a member who may enter it. Whoever has the premium plan is
// in the premium space.
func (s *site) claims(m member) (ssotoken.Claims, error) {
	if m.suspended {
		return ssotoken.Claims{}, ssotoken.ErrMayNotEnter
	}
	change := spaces.Leave(s.premiumSpace)
	if m.Plan == premium {
		change = spaces.Join(s.premiumSpace)
	}
	claims, err := ssotoken.FromStruct(m)
	if err != nil {
		return ssotoken.Claims{}, err
	}
	return claims.VerifiedEmail(m.Email).Spaces(spaces.Apply(change)).BuildLenient()
}

// push sends a member whose profile was just saved, or whose address was just
// verified, to the community, which then has the new data: to the page of returnPath,
// or home.
func (s *site) push(w http.ResponseWriter, r *http.Request, m member, path string) {
	page, _ := ssotoken.ParseReturnPath(path)
	claims, err := s.claims(m)
	if err != nil {
		s.login.Fail(w, r, err)
		return
	}
	s.login.RedirectTo(w, r, claims, page)
}

// refused names the fields of a form that the community would refuse. These claims are
// never signed: nobody has verified the address yet.
func refused(m member) (fields []string) {
	_, err := ssotoken.NewClaims().Subject(m.ID).Name(m.Name).VerifiedEmail(m.Email).Build()
	var wrong *ssotoken.ClaimsError
	if errors.As(err, &wrong) {
		for _, f := range wrong.Fields {
			fields = append(fields, f.Field)
		}
	}
	return fields
}

// returnPath is where in the community a visitor was, for the link in a mail. A bad
// one is home.
func (s *site) returnPath(r *http.Request) string {
	path, _ := s.signer.Community().ReturnPathOf(r)
	return path.String()
}
