// Command login shows the whole trip of a JWT SSO login, from a partner site
// with a sign-in page to a community. The community is fake, unless -community
// names a real one.
//
//	go run ./examples/login
//
// starts both and prints their addresses. For a real community, set its
// Authorization URL to http://localhost:8080/community/login:
//
//	BETTERMODE_SSO_KEY=… go run ./examples/login -community https://community.example.com
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/bettermode-go/sso/examples/internal/servers"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// keyVariable is the environment variable with a real community's key.
const keyVariable = "BETTERMODE_SSO_KEY"

func main() { servers.Main(run) }

// run returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("login", flag.ContinueOnError)
	addr := flags.String("addr", "localhost:8080", "`address` of the partner site; port 0 picks a free one")
	communityAddr := flags.String("community-addr", "127.0.0.1:8081",
		"`address` of the fake community, on loopback; port 0 picks a free one")
	community := flags.String("community", "",
		"`origin` of a real community instead of the fake one; its key is in "+keyVariable)
	return servers.Run(flags, args, stderr, func() error {
		return serve(ctx, *addr, *communityAddr, *community, stdout, stderr)
	})
}

func serve(ctx context.Context, addr, communityAddr, community string, stdout, stderr io.Writer) error {
	partner, err := servers.Listen(addr)
	if err != nil {
		return err
	}
	defer partner.Close()
	handlers := map[servers.Listener]http.Handler{}
	config := ssotoken.Config{Community: community}
	if community == "" {
		listener, err := servers.ListenLoopback(communityAddr)
		if err != nil {
			return err
		}
		defer listener.Close()
		fake, err := newFakeCommunity(partner.Origin())
		if err != nil {
			return err
		}
		handlers[listener] = fake
		config.Community, config.Key = listener.Origin(), fake.Key()
	} else if config.Key, err = ssotoken.KeyFromEnv(keyVariable); err != nil {
		return err
	}
	signer, err := ssotoken.New(config)
	if err != nil {
		return err
	}
	handlers[partner], err = newSite(signer, sampleMembers(partner.Origin()), slog.New(slog.NewTextHandler(stderr, nil)))
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Partner site: %s\nCommunity:    %s\n\n"+
		"Open the community, press its login button, and choose a member on the partner's\n"+
		"sign-in page: you are back where you were, logged in. Ctrl-C ends both.\n",
		partner.Origin(), signer.Community())
	return servers.Serve(ctx, handlers)
}

// newFakeCommunity makes a community whose settings point at the partner. It has
// two spaces for everybody, one for paying members, and a member from before
// the partner had a login.
func newFakeCommunity(partner string) (*ssotest.Handler, error) {
	return ssotest.NewHandler(ssotest.Config{
		Settings: ssotest.Settings{
			AuthorizationURL:   partner + loginPath,
			SignUpURL:          partner + signUpPath,
			LogoutURL:          partner + logoutPath,
			AccountSettingsURL: partner + settingsPath,
			OtherLoginMethods:  true,
			LoginButtonText:    "Log in with Partner",
			Spaces: []ssotest.Space{
				{ID: newsSpace, Name: "News", Slug: "news"},
				{ID: helpSpace, Name: "Help", Slug: "help"},
				{ID: proSpace, Name: "Pro", Slug: "pro"},
			},
			CustomFields: []ssotest.CustomField{
				{Name: "Company", Type: "text", ExternalKeys: []string{"company", "organisation"}},
				{Name: "Seats", Type: "number", ExternalKeys: []string{"seats"}},
				{Name: "Customer since", Type: "date", ExternalKeys: []string{"customer_since"}},
				{Name: "Skills", Type: "array", ExternalKeys: []string{"skills"}},
			},
		},
		Members: []ssotest.Member{{Name: "grace", Email: knownEmail}},
	})
}
