package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"gocloud.dev/runtimevar"
	_ "gocloud.dev/runtimevar/etcdvar" // and a driver for each scheme in use: see README.md
	_ "gocloud.dev/runtimevar/filevar"
	_ "gocloud.dev/runtimevar/httpvar"

	"github.com/bettermode-go/sso/ssotoken"
)

// The addresses that the community's settings name. This file is all that the site
// has for the community.
const (
	loginPath  = "/community/login"
	logoutPath = "/community/logout"
)

// newSigner mints with the key that the store has. It reads the key again every two
// seconds: etcd is near, and a changed key costs logins until it is known here.
func newSigner(community, keyURL string, log *slog.Logger) (*ssotoken.Signer, ssotoken.KeySource, error) {
	load := func(ctx context.Context) (ssotoken.Key, error) { return loadKey(ctx, keyURL) }
	source, err := ssotoken.ReloadingKey(load, ssotoken.ReloadConfig{
		Every:    2 * time.Second,
		OnChange: func(key ssotoken.Key) { log.Info("SSO key changed", "key", key.Fingerprint()) },
		OnError: func(err error, loaded time.Time) {
			log.Error("SSO key not loaded", "error", err, "age", time.Since(loaded).Round(time.Second).String())
		},
	})
	if err != nil {
		return nil, nil, err
	}
	signer, err := ssotoken.New(ssotoken.Config{Community: community, KeySource: source})
	return signer, source, err
}

// loadKey opens the store at each load: a variable that stays open goes on with its
// last value when the store fails, and doesn't say so.
func loadKey(ctx context.Context, address string) (ssotoken.Key, error) {
	variable, err := runtimevar.OpenVariable(ctx, address)
	if err != nil {
		return ssotoken.Key{}, err
	}
	defer variable.Close()
	latest, err := variable.Latest(ctx) // waits for a value until ctx ends
	if err != nil {
		return ssotoken.Key{}, err
	}
	text, ok := latest.Value.(string)
	if !ok {
		return ssotoken.Key{}, errors.New("the URL of the key needs decoder=string")
	}
	return ssotoken.NewKey(strings.TrimSuffix(text, "\n"))
}

// openDoors puts the community's doors between the site's own pages.
func (s *site) openDoors(mux *http.ServeMux, signer *ssotoken.Signer, log *slog.Logger) error {
	observe := ssotoken.SlogObserver(log)
	login, loginErr := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: signer, Identify: s.identify, Observe: observe})
	logout, logoutErr := ssotoken.NewLogout(ssotoken.LogoutConfig{End: s.signOut, Observe: observe})
	if err := errors.Join(loginErr, logoutErr); err != nil {
		return err
	}
	s.login = login
	mux.Handle(loginPath, login.Middleware(http.HandlerFunc(s.signIn)))
	mux.Handle(logoutPath, logout)
	return nil
}

// identify says who sent a request, as claims.
func (s *site) identify(r *http.Request) (ssotoken.Claims, error) {
	id := s.sessions.GetString(r.Context(), memberKey)
	if id == "" {
		return ssotoken.Claims{}, ssotoken.ErrNoSession
	}
	return ssotoken.NewClaims().Subject(id).Name("Sample " + id).VerifiedEmail(id + "@example.com").Build()
}
