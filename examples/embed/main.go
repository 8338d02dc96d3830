// Command embed shows a space of a community in a frame on a partner's page,
// logged in without a click.
//
//	go run ./examples/embed
//
// starts both, a partner site and a fake community, and prints their
// addresses. To a browser localhost and 127.0.0.1 are two sites, so the
// community's cookies are third-party and its frame shows a guest's view. On
// one site the member is logged in inside the frame:
//
//	go run ./examples/embed -community-addr localhost:8083
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit status: 0 after Ctrl-C, 1 for a failure, 2 for wrong
// usage.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("embed", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "localhost:8082", "`address` of the partner site; port 0 picks a free one")
	communityAddr := flags.String("community-addr", "127.0.0.1:8083", "`address` of the fake community, on loopback; port 0 picks a free one")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "embed: unexpected argument %q; see -h\n", flags.Arg(0))
		return 2
	}
	if err := serve(ctx, *addr, *communityAddr, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "embed: %v\n", err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, addr, communityAddr string, stdout, stderr io.Writer) error {
	partner, err := listen(addr)
	if err != nil {
		return err
	}
	defer partner.Close()
	community, err := listen(communityAddr)
	if err != nil {
		return err
	}
	defer community.Close()
	if !community.Addr().(*net.TCPAddr).IP.IsLoopback() {
		return fmt.Errorf("-community-addr %s is not on loopback: the fake community answers its own machine alone", communityAddr)
	}
	fake, err := newFakeCommunity(partner.origin())
	if err != nil {
		return err
	}
	signer, err := ssotoken.New(ssotoken.Config{Community: community.origin(), Key: fake.Key()})
	if err != nil {
		return err
	}
	// On loopback there are no registrable domains: one site is one host.
	oneSite := partner.host == community.host
	site, err := newSite(signer, oneSite, slog.New(slog.NewTextHandler(stderr, nil)))
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Partner site: %s\nCommunity:    %s\n\n%s Ctrl-C ends it.\n", partner.origin(), community.origin(), whatToExpect(oneSite, partner.host))
	return serveUntil(ctx, map[net.Listener]http.Handler{partner: site, community: fake})
}

func whatToExpect(oneSite bool, host string) string {
	if oneSite {
		return "One site, so the community's cookies are first-party: open the partner site\nand sign in inside the frame; the space greets you by name."
	}
	return "Two sites, so the community's cookies are third-party: open the partner site\nand sign in inside the frame; the space takes you for a guest.\nFor one site, start it again with -community-addr " + net.JoinHostPort(host, "8083") + "."
}

// listener keeps the host name that was asked for: to a browser, localhost
// and 127.0.0.1 are two sites.
type listener struct {
	net.Listener
	host string
}

func listen(addr string) (listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return listener{}, fmt.Errorf("can't listen on %s: %w (choose another address with -addr or -community-addr)", addr, err)
	}
	host, _, _ := net.SplitHostPort(addr)
	return listener{l, cmp.Or(host, "localhost")}, nil
}

func (l listener) origin() string {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return "http://" + net.JoinHostPort(l.host, port)
}

// serveUntil serves until the context is done or a server fails, then lets
// the requests under way finish.
func serveUntil(ctx context.Context, servers map[net.Listener]http.Handler) error {
	failed := make(chan error, len(servers))
	var started []*http.Server
	for l, handler := range servers {
		s := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		started = append(started, s)
		go func() { failed <- s.Serve(l) }()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	for _, s := range started {
		if shutdown := s.Shutdown(finish); err == nil {
			err = shutdown
		}
	}
	return err
}

// newFakeCommunity makes a community whose one login is the partner's.
func newFakeCommunity(partner string) (*ssotest.Handler, error) {
	return ssotest.NewHandler(ssotest.Config{Settings: ssotest.Settings{
		AuthorizationURL: partner + loginPath,
		LogoutURL:        partner + logoutPath,
		Spaces:           []ssotest.Space{{ID: "spc-news-0001", Name: "News", Slug: "news"}},
	}})
}
