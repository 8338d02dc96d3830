// Command login shows the whole trip of a JWT SSO login: a partner site with
// its sign-in page, and a community, fake unless -community names a real one.
//
//	go run ./examples/login
//
// starts both and prints their addresses. Against a real community, whose
// Authorization URL is then http://localhost:8080/community/login:
//
//	BETTERMODE_SSO_KEY=… go run ./examples/login -community https://community.example.com
package main

import (
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

// keyVariable is the environment variable with a real community's key.
const keyVariable = "BETTERMODE_SSO_KEY"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit status: 0 after Ctrl-C, 1 for a failure, 2 for wrong
// usage.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("login", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "localhost:8080", "`address` of the partner site; port 0 picks a free one")
	communityAddr := flags.String("community-addr", "127.0.0.1:8081", "`address` of the fake community, on loopback; port 0 picks a free one")
	community := flags.String("community", "", "`origin` of a real community instead of the fake one; its key is in "+keyVariable)
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "login: unexpected argument %q; see -h\n", flags.Arg(0))
		return 2
	}
	if err := serve(ctx, *addr, *communityAddr, *community, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "login: %v\n", err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, addr, communityAddr, community string, stdout, stderr io.Writer) error {
	partner, err := listen(addr)
	if err != nil {
		return err
	}
	defer partner.Close()
	servers := map[net.Listener]http.Handler{}
	config := ssotoken.Config{Community: community}
	if community == "" {
		listener, err := listen(communityAddr)
		if err != nil {
			return err
		}
		defer listener.Close()
		if !listener.Addr().(*net.TCPAddr).IP.IsLoopback() {
			return fmt.Errorf("-community-addr %s is not on loopback: the fake community answers its own machine alone", communityAddr)
		}
		fake, err := newFakeCommunity(origin(partner))
		if err != nil {
			return err
		}
		servers[listener] = fake
		config.Community, config.Key = origin(listener), fake.Key()
	} else if config.Key, err = ssotoken.KeyFromEnv(keyVariable); err != nil {
		return err
	}
	signer, err := ssotoken.New(config)
	if err != nil {
		return err
	}
	servers[partner], err = newSite(signer, sampleMembers(origin(partner)), slog.New(slog.NewTextHandler(stderr, nil)))
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Partner site: %s\nCommunity:    %s\n\nOpen the community, press its login button, and choose a member on the partner's\nsign-in page: you are back where you were, logged in. Ctrl-C ends both.\n",
		origin(partner), signer.Community())
	return serveUntil(ctx, servers)
}

func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("can't listen on %s: %w (choose another address with -addr or -community-addr)", addr, err)
	}
	return namedListener{l, addr}, nil
}

// namedListener keeps the host name that was asked for: to a browser,
// localhost and 127.0.0.1 are two sites.
type namedListener struct {
	net.Listener
	asked string
}

func origin(l net.Listener) string {
	host, _, _ := net.SplitHostPort(l.(namedListener).asked)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	if host == "" {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// serveUntil serves until the context is done or a server fails, then lets
// the requests under way finish.
func serveUntil(ctx context.Context, servers map[net.Listener]http.Handler) error {
	failed := make(chan error, len(servers))
	var started []*http.Server
	for listener, handler := range servers {
		s := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		started = append(started, s)
		go func() { failed <- s.Serve(listener) }()
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

// newFakeCommunity makes a community with its settings pointing at the
// partner, two spaces for everybody, one for paying members, and a member
// from before the partner had a login.
func newFakeCommunity(partner string) (*ssotest.Handler, error) {
	return ssotest.NewHandler(ssotest.Config{
		Settings: ssotest.Settings{
			AuthorizationURL:   partner + loginPath,
			SignUpURL:          partner + signUpPath,
			LogoutURL:          partner + logoutPath,
			AccountSettingsURL: partner + settingsPath,
			OtherLoginMethods:  true,
			LoginButtonText:    "Log in with Partner",
			Spaces:             []ssotest.Space{{ID: newsSpace, Name: "News", Slug: "news"}, {ID: helpSpace, Name: "Help", Slug: "help"}, {ID: proSpace, Name: "Pro", Slug: "pro"}},
			CustomFields: []ssotest.CustomField{
				{Name: "Company", Type: ssotest.Text, ExternalKeys: []string{"company", "organisation"}},
				{Name: "Seats", Type: ssotest.Number, ExternalKeys: []string{"seats"}},
				{Name: "Customer since", Type: ssotest.Date, ExternalKeys: []string{"customer_since"}},
				{Name: "Skills", Type: ssotest.Array, ExternalKeys: []string{"skills"}},
			},
		},
		Members: []ssotest.Member{{Name: "grace", Email: knownEmail}},
	})
}
