package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bettermode-go/sso/ssotoken/cmd/internal/statefile"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

const (
	// saveEvery is how long a login may wait until it is in the file. What a
	// kill loses is what came in this time and while the file was written.
	saveEvery = 200 * time.Millisecond

	// finishWithin is for the requests under way at the end. Connections that
	// a browser opened and did not use yet do not end by themselves.
	finishWithin = time.Second
)

func (c *community) serve(ctx context.Context, sh *shell, handler *ssotest.Handler) error {
	made := handler.Key()
	var file *statefile.File
	if c.state != "" {
		var err error
		if file, err = restore(c.state, handler); err != nil {
			return err
		}
		defer file.Close()
	}
	listener, origin, err := c.open()
	if err != nil {
		return err
	}
	if c.allowRemote {
		fmt.Fprintln(sh.stderr, "ssotoken community: --allow-remote: whoever reaches it can log in as anybody and read every login")
	}
	if handler.Key().Weak() {
		fmt.Fprintf(sh.stderr, "ssotoken community: the key is weak: it has under %d bytes\n", contract.StrongKey)
	}
	c.introduce(sh, handler, origin, made.Equal(handler.Key()))

	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(sh.stderr, "ssotoken community: ", 0)}
	server.BaseContext = func(net.Listener) context.Context { return ctx } // who waits for a login is answered at the end
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	w := &watcher{handler: handler, file: file, origin: origin, out: sh.stdout, errs: sh.stderr}
	err = w.watch(ctx, failed)

	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishWithin)
	defer cancel()
	if server.Shutdown(finish) != nil {
		server.Close()
	}
	w.tell()
	return errors.Join(err, w.save())
}

// restore takes the state file and puts the community into its state. It
// writes the file immediately, so that one that can't be written is known at the
// start. A damaged one stays as it is.
func restore(path string, handler *ssotest.Handler) (*statefile.File, error) {
	file, data, err := statefile.Open(path)
	switch {
	case errors.Is(err, statefile.ErrLocked):
		return nil, fmt.Errorf("the file that --state names: %w: a community runs with it already", err)
	case err != nil:
		return nil, unnamed("--state", err)
	}
	if data != nil {
		err = handler.Restore(data)
	}
	if err == nil {
		err = save(handler, file)
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("the file that --state names: %w", cause(err))
	}
	return file, nil
}

func save(handler *ssotest.Handler, file *statefile.File) error {
	data, err := handler.Snapshot()
	if err != nil {
		return err
	}
	return file.Write(data)
}

// open listens, and returns the origin as a browser writes it, with the host
// that was asked for: to a browser, localhost and 127.0.0.1 are two sites.
func (c *community) open() (net.Listener, string, error) {
	listener, err := net.Listen("tcp", c.listen)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err
		}
		return nil, "", fmt.Errorf("can't listen on the address of --listen (default %s): %w", defaultListen, err)
	}
	address := listener.Addr().(*net.TCPAddr)
	if !address.IP.IsLoopback() && !c.allowRemote {
		listener.Close()
		return nil, "", errors.New("the address of --listen is not on the loopback, and the community answers its own machine " +
			"alone: see --allow-remote")
	}
	host, _, _ := net.SplitHostPort(c.listen)
	if address.IP.IsUnspecified() {
		host = "localhost"
	}
	return listener, "http://" + net.JoinHostPort(host, fmt.Sprint(address.Port)), nil
}

// introduce says where the community is and what to enter at the partner. It
// is the one place that shows a key, and only one that was made just now.
func (c *community) introduce(sh *shell, handler *ssotest.Handler, origin string, isNew bool) {
	w, p, s := sh.stdout, sh.paint, handler.Settings()
	row := func(name, text string) {
		wrapped(w, "  "+pad(name, 22)+" ", strings.Repeat(" ", 25), cmp.Or(visible(text, 200), "none"), plain)
	}
	fmt.Fprintf(w, "%s %s\n", p.bold("A fake community is at"), origin)
	fmt.Fprintln(w, "\n"+p.bold("Enter at the partner"))
	row("Community", origin)
	row("Login URL", origin+contract.SSOPath+"?"+contract.JWT+"=TOKEN&"+contract.RedirectURI+"=PATH")
	switch {
	case c.key.isGiven():
		row("Key", "the one that was given, fingerprint "+s.Key.Fingerprint())
	case !isNew:
		row("Key", "the one that is kept in the file of --state, fingerprint "+s.Key.Fingerprint())
	default:
		row("Key", "made just now, and shown this once:")
		fmt.Fprintf(w, "\n    export %s=%s\n", keyVariable, s.Key.Reveal())
	}
	fmt.Fprintln(w, "\n"+p.bold("Its settings"))
	for _, f := range settingFlags {
		row("--"+f.name, fmt.Sprint(f.in(&s)))
	}
	var spaces, fields []string
	for _, space := range s.Spaces {
		spaces = append(spaces, space.ID)
	}
	for _, field := range s.CustomFields {
		fields = append(fields, field.Name)
	}
	row("--space", strings.Join(spaces, ", "))
	row("--field", strings.Join(fields, ", "))
	fmt.Fprintln(w)
	wrapped(w, "", "", fmt.Sprintf("Each login: %s/logins, and as JSON %s/_fake/logins. Ctrl-C ends it.", origin, origin), plain)
	fmt.Fprintln(w)
}

// A watcher reports logins and saves them.
type watcher struct {
	handler   *ssotest.Handler
	file      *statefile.File // nil when nothing is kept
	origin    string
	out, errs *screen
	told      int // number of the last login that was told
	failing   bool
}

// watch ends with the context, or with the server.
func (w *watcher) watch(ctx context.Context, failed <-chan error) error {
	if kept := w.handler.Attempts(); len(kept) > 0 {
		w.told = kept[len(kept)-1].Number
	}
	var again <-chan time.Time // after a failure
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case <-w.handler.Changed():
		case <-again:
		}
		w.tell()
		again = nil
		if w.save() != nil {
			again = time.After(saveEvery)
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case <-time.After(saveEvery):
		}
	}
}

// save writes the state, and says once when that begins to fail.
func (w *watcher) save() error {
	if w.file == nil {
		return nil
	}
	err := save(w.handler, w.file)
	if err != nil {
		err = fmt.Errorf("the file that --state names can't be written: %w", cause(err))
		if !w.failing {
			complain(w.errs, fmt.Sprintf("ssotoken community: %s; trying again", err))
		}
	}
	w.failing = err != nil
	return err
}

// tell writes a line for each new login, without values of its claims.
func (w *watcher) tell() {
	kept := w.handler.Attempts()
	if len(kept) == 0 || kept[len(kept)-1].Number < w.told {
		w.told = 0 // after a reset
	}
	for _, a := range kept {
		if a.Number <= w.told {
			continue
		}
		w.told = a.Number
		outcome := "accepted"
		if a.Err != nil {
			outcome = fmt.Sprintf("refused with %d %v", a.Status, a.RefusedFor())
		}
		fmt.Fprintf(w.out, "%s  login %d %s  %s/logins/%d\n", a.At.Format(time.TimeOnly), a.Number, outcome, w.origin, a.Number)
	}
}

// newReady is the health check of an image that has no shell.
func newReady(sh *shell) *cobra.Command {
	var listen string
	cmd := newVerb(sh, "ready", "say whether a fake community answers, as a health check",
		"Asks the community of this machine whether it is ready (GET /_fake/ready). It waits three seconds at most.",
		"  ssotoken ready --listen :8090",
		func(ctx context.Context, sh *shell) error {
			ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
			defer cancel()
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+listen+"/_fake/ready", nil)
			if err != nil {
				return usageError("--listen is HOST:PORT")
			}
			request.Host = "localhost"                         // which the community knows
			res, err := (&http.Transport{}).RoundTrip(request) // without a proxy
			if err != nil {
				return fmt.Errorf("no community answers at the address of --listen: %w", err)
			}
			defer res.Body.Close()
			if res.StatusCode != http.StatusOK {
				return fmt.Errorf("no community is ready at the address of --listen: HTTP %d", res.StatusCode)
			}
			fmt.Fprintln(sh.stdout, "ready")
			return nil
		})
	group(cmd, "The server", func(flags *pflag.FlagSet) {
		flags.StringVar(&listen, "listen", defaultListen, "`address` that the community listens on")
	})
	fromEnvironment(sh, cmd)
	return cmd
}
