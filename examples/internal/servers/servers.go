// Package servers runs the servers of an example: a partner site, a fake community,
// and what else it needs.
package servers

import (
	"cmp"
	"context"
	_ "embed"
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
)

// Main runs an example until Ctrl-C, and exits with its status.
func Main(run func(ctx context.Context, args []string, stdout, stderr io.Writer) int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// Run parses the flags, serves, and returns the exit status: 0 after Ctrl-C, 1
// for a failure, 2 for wrong usage.
func Run(flags *flag.FlagSet, args []string, stderr io.Writer, serve func() error) int {
	flags.SetOutput(stderr)
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "%s: unexpected argument %q; see -h\n", flags.Name(), flags.Arg(0))
		return 2
	}
	if err := serve(); err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", flags.Name(), err)
		return 1
	}
	return 0
}

// A Pair is a partner's site and a community that know each other.
type Pair struct {
	Site, Community http.Handler
	Hint            string // what to do in the browser
}

// RunPair returns the run of an example that is a pair, on addresses that its flags
// may change. To make a pair, connect gets both origins.
func RunPair(
	name, addr, communityAddr string, connect func(site, community Listener, log *slog.Logger) (Pair, error),
) func(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return func(ctx context.Context, args []string, stdout, stderr io.Writer) int {
		flags := flag.NewFlagSet(name, flag.ContinueOnError)
		addr := flags.String("addr", addr, "`address` of the partner site; port 0 picks a free one")
		communityAddr := flags.String("community-addr", communityAddr,
			"`address` of the fake community, on loopback; port 0 picks a free one")
		return Run(flags, args, stderr, func() error {
			site, err := Listen(*addr)
			if err != nil {
				return err
			}
			defer site.Close()
			community, err := ListenLoopback(*communityAddr)
			if err != nil {
				return err
			}
			defer community.Close()
			pair, err := connect(site, community, slog.New(slog.NewTextHandler(stderr, nil)))
			if err != nil {
				return err
			}
			fmt.Fprintf(stdout, "Partner site: %s\nCommunity:    %s\n\n%s Ctrl-C ends both.\n",
				site.Origin(), community.Origin(), pair.Hint)
			return Serve(ctx, map[Listener]http.Handler{site: pair.Site, community: pair.Community})
		})
	}
}

// A Listener keeps the host name that was asked for: to a browser, localhost
// and 127.0.0.1 are two sites.
type Listener struct {
	net.Listener
	Host string
}

// Listen listens on an address; port 0 picks a free one.
func Listen(addr string) (Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return Listener{}, fmt.Errorf("can't listen on %s: %w (choose another address: see -h)", addr, err)
	}
	host, _, _ := net.SplitHostPort(addr)
	return Listener{l, cmp.Or(host, "localhost")}, nil
}

// ListenLoopback is [Listen] for the fake community, and for whatever else lets
// anybody in: it answers only this machine.
func ListenLoopback(addr string) (Listener, error) {
	l, err := Listen(addr)
	if err == nil && !l.Addr().(*net.TCPAddr).IP.IsLoopback() {
		l.Close()
		err = fmt.Errorf("%s is not on loopback: what lets anybody in answers only this machine (see -h)", addr)
	}
	return l, err
}

// Origin is the listener's address as a browser writes it.
func (l Listener) Origin() string {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return "http://" + net.JoinHostPort(l.Host, port)
}

// Serve serves until the context is done or a server fails, then lets the
// requests under way finish.
func Serve(ctx context.Context, handlers map[Listener]http.Handler) error {
	failed := make(chan error, len(handlers))
	var started []*http.Server
	for l, handler := range handlers {
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

//go:embed notfound.html
var notFound string

// NotFound answers where a site has no page. The site's policy stays, if it has set one.
func NotFound(w http.ResponseWriter, _ *http.Request) {
	const policy = "Content-Security-Policy"
	w.Header().Set(policy, cmp.Or(w.Header().Get(policy), "default-src 'none'; style-src 'self'; frame-ancestors 'none'"))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusNotFound)
	io.WriteString(w, notFound)
}
