package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bettermode-go/sso/ssotoken/cmd/internal/statefile"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

const (
	readyPath = "/_fake/ready"

	// saveEvery is how long a login may wait until it is in the file. What a
	// kill loses is what came in this time and while the file was written.
	saveEvery = 200 * time.Millisecond

	// finishWithin is for the requests under way at the end. Connections that
	// a browser opened and did not use yet do not end by themselves.
	finishWithin = time.Second
)

// A tenant is one of the communities of this process. It reports its logins and saves them.
type tenant struct {
	handler *ssotest.Handler
	host    string          // "" where it is the only one
	state   string          // after the path of --state
	key     string          // what it is, or "" if it was made just now
	keyName string          // its variable
	file    *statefile.File // nil when nothing is kept
	origin  string
	told    int // number of the last login that was told
	failing bool
	slow    bool // to save, which was said
}

type tenants []*tenant

// ServeHTTP is the community of the request's host and path. Elsewhere is a list of them, which says that all are ready.
func (all tenants) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := strings.ToLower((&url.URL{Host: r.Host}).Hostname())
	for _, t := range slices.Backward(all) { // a longer path comes first
		if (t.host == host || t.host == "") && strings.HasPrefix(r.URL.Path+"/", t.handler.Path()+"/") {
			t.handler.ServeHTTP(w, r)
			return
		}
	}
	if r.URL.Path != readyPath {
		w.WriteHeader(http.StatusNotFound)
	}
	for _, t := range all {
		fmt.Fprintln(w, t.origin)
	}
}

func (c *community) serve(ctx context.Context, sh *shell, all tenants) error {
	for _, t := range all {
		if c.state == "" {
			continue
		}
		if err := t.restore(c.state + t.state); err != nil {
			return err
		}
		defer t.file.Close()
	}
	listener, err := c.open()
	if err != nil {
		return err
	}
	if c.allowRemote {
		fmt.Fprintln(sh.stderr, "ssotoken community: --allow-remote: whoever reaches it can log in as anybody and read every login")
	}
	later := *sh
	if c.json {
		later.stdout = &screen{to: io.Discard} // a script reads one line, and then perhaps no more
	}
	watching, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	ended := make(chan error)
	for _, t := range all {
		t.origin = c.origin(listener, t.host) + t.handler.Path()
		if t.handler.Key().Weak() {
			fmt.Fprintf(sh.stderr, "ssotoken community: the key is weak: it has under %d bytes\n", contract.StrongKey)
		}
		c.introduce(sh, t)
		go func() { ended <- t.watch(watching, &later) }()
	}
	server := &http.Server{Handler: all, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(sh.stderr, "ssotoken community: ", 0)}
	server.BaseContext = func(net.Listener) context.Context { return ctx } // who waits for a login is answered at the end
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	finish, cancel := context.WithTimeout(watching, finishWithin)
	defer cancel()
	if server.Shutdown(finish) != nil {
		server.Close()
	}
	end()
	for range all {
		err = errors.Join(err, <-ended)
	}
	return err
}

// restore takes the state file and puts the community into its state. It writes the file immediately, so that one that
// can't be written is known at the start. A damaged one stays as it is.
func (t *tenant) restore(path string) error {
	file, data, err := statefile.Open(path)
	switch {
	case errors.Is(err, statefile.ErrLocked):
		return fmt.Errorf("the file that --state names: %w: a community runs with it already", err)
	case err != nil:
		return unnamed("--state", err)
	}
	made := t.handler.Key()
	if data != nil {
		err = t.handler.Restore(data)
	}
	if err == nil {
		err = save(t.handler, file)
	}
	if err != nil {
		file.Close()
		return fmt.Errorf("the file that --state names: %w", cause(err))
	}
	if t.file = file; !made.Equal(t.handler.Key()) {
		t.key = "the one that is kept in the file of --state"
	}
	return nil
}

func save(handler *ssotest.Handler, file *statefile.File) error {
	data, err := handler.Snapshot()
	if err != nil {
		return err
	}
	return file.Write(data)
}

func (c *community) open() (net.Listener, error) {
	listener, err := net.Listen("tcp", c.listen)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err
		}
		return nil, fmt.Errorf("can't listen on the address of --listen (default %s): %w", defaultListen, err)
	}
	if !listener.Addr().(*net.TCPAddr).IP.IsLoopback() && !c.allowRemote {
		listener.Close()
		return nil, errors.New("the address of --listen is not on the loopback, and the community answers its own machine " +
			"alone: see --allow-remote")
	}
	return listener, nil
}

// origin is that of a host as a browser writes it; for "", of the host that was asked for: to a browser, localhost and
// 127.0.0.1 are two sites.
func (c *community) origin(listener net.Listener, host string) string {
	address := listener.Addr().(*net.TCPAddr)
	asked, _, _ := net.SplitHostPort(c.listen)
	if address.IP.IsUnspecified() {
		asked = "localhost"
	}
	return "http://" + net.JoinHostPort(cmp.Or(host, asked), fmt.Sprint(address.Port))
}

// introduce says where the community is and what to enter at the partner. It
// is the one place that shows a key, and only one that was made just now.
func (c *community) introduce(sh *shell, t *tenant) {
	w, p, s, origin := sh.stdout, sh.paint, t.handler.Settings(), t.origin
	if c.json {
		line := map[string]string{"url": origin, "keyFingerprint": s.Key.Fingerprint()}
		if t.key == "" {
			line["key"] = s.Key.Reveal()
		}
		json.NewEncoder(w).Encode(line)
		return
	}
	row := func(name, text string) {
		wrapped(w, "  "+pad(name, 22)+" ", strings.Repeat(" ", 25), cmp.Or(visible(text, 200), "none"), plain)
	}
	fmt.Fprintf(w, "%s %s\n", p.bold("A fake community is at"), origin)
	fmt.Fprintln(w, "\n"+p.bold("Enter at the partner"))
	row("Community", origin)
	row("Login URL", origin+contract.SSOPath+"?"+contract.JWT+"=TOKEN&"+contract.RedirectURI+"=PATH")
	row("Key", cmp.Or(t.key, "made just now, and shown this once")+", fingerprint "+s.Key.Fingerprint())
	if t.key == "" {
		fmt.Fprintf(w, "\n    export %s=%s\n", t.keyName, s.Key.Reveal())
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

// watch ends with the context, after a last look.
func (t *tenant) watch(ctx context.Context, sh *shell) error {
	if kept := t.handler.Attempts(); len(kept) > 0 {
		t.told = kept[len(kept)-1].Number
	}
	var again <-chan time.Time // after a failure
	for {
		select {
		case <-ctx.Done():
			t.tell(sh.stdout)
			return t.save(sh)
		case <-t.handler.Changed():
		case <-again:
		}
		t.tell(sh.stdout)
		again = nil
		if t.save(sh) != nil {
			again = time.After(saveEvery)
		}
		select {
		case <-ctx.Done():
		case <-time.After(saveEvery):
		}
	}
}

// save writes the state. It says when that begins to fail, and once when it takes so long that a kill loses more than
// the last second: what came while the file was written, in the pause after it, and until it is written again.
func (t *tenant) save(sh *shell) error {
	if t.file == nil {
		return nil
	}
	began := sh.now()
	err := save(t.handler, t.file)
	if took := sh.now().Sub(began); 2*took+saveEvery > time.Second && !t.slow && err == nil {
		t.slow = true
		complain(sh.stderr, fmt.Sprintf("ssotoken community: it takes %v to write the file that --state names: "+
			"a kill loses more than the last second", took.Round(time.Millisecond)))
	}
	if err != nil {
		err = fmt.Errorf("the file that --state names can't be written: %w", cause(err))
		if !t.failing {
			complain(sh.stderr, fmt.Sprintf("ssotoken community: %s; trying again", err))
		}
	}
	t.failing = err != nil
	return err
}

// tell writes a line for each new login, without values of its claims.
func (t *tenant) tell(w *screen) {
	kept := t.handler.Attempts()
	if len(kept) == 0 || kept[len(kept)-1].Number < t.told {
		t.told = 0 // after a reset
	}
	for _, a := range kept {
		if a.Number <= t.told {
			continue
		}
		t.told = a.Number
		outcome := "accepted"
		if a.Err != nil {
			outcome = fmt.Sprintf("refused with %d %v", a.Status, a.RefusedFor())
		}
		fmt.Fprintf(w, "%s  login %d %s  %s/logins/%d\n", a.At.Format(time.TimeOnly), a.Number, outcome, t.origin, a.Number)
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
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+listen+readyPath, nil)
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
