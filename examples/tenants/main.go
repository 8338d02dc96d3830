// Command tenants shows a site whose tenants have a community and a key each, in
// its database: the tenant is chosen by the host name, before anything else.
//
//	cd examples/tenants && go run .
//
// starts the site and a fake community for each of three tenants, and prints the
// address to open.
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
)

func main() { servers.Main(run) }

// run returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("tenants", flag.ContinueOnError)
	addr := flags.String("addr", "localhost:8089", "`address` of the site; port 0 picks a free one")
	communityAddr := flags.String("community-addr", "127.0.0.1:8090",
		"`address` of the fake communities, on loopback; port 0 picks a free one")
	return servers.Run(flags, args, stderr, func() error {
		return serve(ctx, *addr, *communityAddr, stdout, stderr)
	})
}

func serve(ctx context.Context, addr, communityAddr string, stdout, stderr io.Writer) error {
	site, err := servers.Listen(addr)
	if err != nil {
		return err
	}
	defer site.Close()
	communities, err := servers.ListenLoopback(communityAddr)
	if err != nil {
		return err
	}
	defer communities.Close()
	d, err := newDemo(ctx, port(site), port(communities), slog.New(slog.NewTextHandler(stderr, nil)))
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "All tenants: http://%s\n\n"+
		"Open it, go to a tenant's community, press its login button and choose a member:\n"+
		"you are back there, logged in. Then give the tenant a new key, and log in again.\n"+
		"Ctrl-C ends all.\n",
		net.JoinHostPort(operatorHost, port(site)))
	return servers.Serve(ctx, map[servers.Listener]http.Handler{site: d.partner(), communities: d.communities()})
}

func port(l servers.Listener) string {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}
