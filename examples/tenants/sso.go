package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/bettermode-go/sso/ssotoken"
)

// This file is all that connects the tenants with their communities.

// signerFor chooses the community by the host name. It is asked first, so that a
// host of no tenant gets a 404 (ssotoken.ErrNoTenant) and no sign-in page.
func (s *site) signerFor(r *http.Request) (*ssotoken.Signer, error) {
	t, err := s.tenants.at(r.Context(), r.Host)
	if err != nil {
		return nil, err
	}
	return ssotoken.New(ssotoken.Config{
		Tenant:    t.ID,
		Community: t.Community,
		KeySource: func(ctx context.Context) (ssotoken.Key, error) { return s.tenants.key(ctx, t.ID) },
	})
}

// identifyIn looks only among the members of the request's tenant. It passes the
// member's own tenant to Tenant, so that a query which forgot the tenant could log
// nobody in: the signer would refuse the claims.
func (s *site) identifyIn(r *http.Request, tenant string) (ssotoken.Claims, error) {
	m, err := s.tenants.signedIn(r.Context(), tenant, session(r))
	switch {
	case errors.Is(err, errNobody):
		return ssotoken.Claims{}, ssotoken.ErrNoSession
	case err != nil:
		return ssotoken.Claims{}, err
	case m.Banned:
		return ssotoken.Claims{}, ssotoken.ErrMayNotEnter
	}
	return ssotoken.NewClaims().Tenant(m.Tenant).Subject(m.ID).Name(m.Name).VerifiedEmail(m.Email).BuildLenient()
}

// openDoors puts the handlers of the community's settings into the site.
func (s *site) openDoors(mux *http.ServeMux, log *slog.Logger) error {
	observe := ssotoken.SlogObserver(log) // names the community
	login, loginErr := ssotoken.NewLogin(ssotoken.LoginConfig{
		SignerFor: s.signerFor, IdentifyIn: s.identifyIn, Observe: observe,
	})
	logout, logoutErr := ssotoken.NewLogout(ssotoken.LogoutConfig{End: s.signOut, Observe: observe})
	if err := errors.Join(loginErr, logoutErr); err != nil {
		return err
	}
	mux.Handle(loginPath, login.Middleware(s.signInPage(login.Resume)))
	mux.Handle(logoutPath, logout)
	return nil
}
