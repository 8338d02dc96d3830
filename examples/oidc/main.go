// Command oidc shows a partner site whose members sign in by OpenID Connect. It
// starts the site, an OpenID provider and a fake community:
//
//	cd examples/oidc && go run .
//
// All that the community needs is in sso.go; the sign-in at the provider is in
// signin.go.
package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/bettermode-go/sso/examples/internal/servers"
	"github.com/bettermode-go/sso/examples/oidc/provider"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

func main() { servers.Main(run) }

// run returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("oidc", flag.ContinueOnError)
	addr := flags.String("addr", "localhost:8086", "`address` of the partner site; port 0 picks a free one")
	communityAddr := flags.String("community-addr", "127.0.0.1:8087",
		"`address` of the fake community, on loopback; port 0 picks a free one")
	providerAddr := flags.String("provider-addr", "127.0.0.1:8088",
		"`address` of the OpenID provider, on loopback; port 0 picks a free one")
	return servers.Run(flags, args, stderr, func() error {
		return serve(ctx, *addr, *communityAddr, *providerAddr, stdout, stderr)
	})
}

// accounts are what people have at the provider. The last two can't be logged in to
// the community as they are.
var accounts = []provider.Account{
	{ID: "248289761001", Name: "Ada Lovelace", Email: "ada@partner.example", EmailVerified: true},
	{ID: "248289761002", Name: "Grace Hopper", Email: "grace@partner.example"},
	{ID: "248289761003", Email: "nameless@partner.example", EmailVerified: true},
}

func serve(ctx context.Context, addr, communityAddr, providerAddr string, stdout, stderr io.Writer) error {
	partner, err := servers.Listen(addr)
	if err != nil {
		return err
	}
	defer partner.Close()
	community, err := servers.ListenLoopback(communityAddr)
	if err != nil {
		return err
	}
	defer community.Close()
	id, err := servers.ListenLoopback(providerAddr) // lets anybody in
	if err != nil {
		return err
	}
	defer id.Close()

	log := slog.New(slog.NewTextHandler(stderr, nil))
	c := siteConfig{origin: partner.Origin(), issuer: id.Origin(), clientID: "partner", clientSecret: rand.Text()}
	op, err := newProvider(c, log)
	if err != nil {
		return err
	}
	fake, err := ssotest.NewHandler(ssotest.Config{Settings: ssotest.Settings{
		AuthorizationURL:  c.origin + loginPath,
		LogoutURL:         c.origin + logoutPath,
		OtherLoginMethods: true,
		LoginButtonText:   "Log in with Partner",
		Spaces:            []ssotest.Space{{ID: "spc-news-0001", Name: "News", Slug: "news"}},
	}})
	if err != nil {
		return err
	}
	signer, err := ssotoken.New(ssotoken.Config{Community: community.Origin(), Key: fake.Key()})
	if err != nil {
		return err
	}
	site, err := newSite(c, signer, log)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Partner site: %s\nProvider:     %s\nCommunity:    %s\n\n"+
		"Open the community at a page such as /spaces/news, press its login button, and\n"+
		"choose an account: you are back there, logged in. Ctrl-C ends all three.\n",
		c.origin, c.issuer, community.Origin())
	return servers.Serve(ctx, map[servers.Listener]http.Handler{partner: site, id: op, community: fake})
}

// newProvider makes a provider that knows the site.
func newProvider(c siteConfig, log *slog.Logger) (http.Handler, error) {
	return provider.New(provider.Config{
		Issuer: c.issuer,
		Client: provider.Client{
			ID:                 c.clientID,
			Secret:             c.clientSecret,
			RedirectURI:        c.origin + callbackPath,
			PostLogoutRedirect: c.origin + "/",
		},
		Accounts: accounts,
		Log:      log,
	})
}
