// Command embed shows a space of a community in a frame on a partner's page. On
// one site, the partner's member is logged in there without a click.
//
//	go run ./examples/embed
//
// starts a partner site and a fake community, and prints their addresses. To a
// browser localhost and 127.0.0.1 are two sites, so the community's cookies are
// third-party and its frame shows what a guest sees. On one site the member is
// logged in inside the frame:
//
//	go run ./examples/embed -community-addr localhost:8083
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"

	"github.com/bettermode-go/sso/examples/internal/servers"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

func main() { servers.Main(run) }

// run returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("embed", flag.ContinueOnError)
	addr := flags.String("addr", "localhost:8082", "`address` of the partner site; port 0 picks a free one")
	communityAddr := flags.String("community-addr", "127.0.0.1:8083", "`address` of the fake community, on loopback; port 0 picks a free one")
	return servers.Run(flags, args, stderr, func() error {
		return serve(ctx, *addr, *communityAddr, stdout, stderr)
	})
}

func serve(ctx context.Context, addr, communityAddr string, stdout, stderr io.Writer) error {
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
	fake, err := newFakeCommunity(partner.Origin())
	if err != nil {
		return err
	}
	signer, err := ssotoken.New(ssotoken.Config{Community: community.Origin(), Key: fake.Key()})
	if err != nil {
		return err
	}
	// On loopback there are no registrable domains, so one site is one host.
	oneSite := partner.Host == community.Host
	site, err := newSite(signer, oneSite, slog.New(slog.NewTextHandler(stderr, nil)))
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Partner site: %s\nCommunity:    %s\n\n%s Ctrl-C ends it.\n", partner.Origin(), community.Origin(),
		whatToExpect(oneSite, partner.Host))
	return servers.Serve(ctx, map[servers.Listener]http.Handler{partner: site, community: fake})
}

func whatToExpect(oneSite bool, host string) string {
	if oneSite {
		return "One site, so the community's cookies are first-party: open the partner site\nand sign in inside the frame; " +
			"the space greets you by name."
	}
	return "Two sites, so the community's cookies are third-party: open the partner site\nand sign in inside the frame; " +
		"the space takes you for a guest.\nFor one site, start it again with -community-addr " + net.JoinHostPort(host, "8083") + "."
}

// newFakeCommunity makes a community whose only login is the partner's.
func newFakeCommunity(partner string) (*ssotest.Handler, error) {
	return ssotest.NewHandler(ssotest.Config{Settings: ssotest.Settings{
		AuthorizationURL: partner + loginPath,
		LogoutURL:        partner + logoutPath,
		Spaces:           []ssotest.Space{{ID: "spc-news-0001", Name: "News", Slug: "news"}},
	}})
}
