// Package serverstest starts and stops an example in a test, as its command would.
package serverstest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A Run is the example's run, which returns the exit status.
type Run func(ctx context.Context, args []string, stdout, stderr io.Writer) int

// An Example is one that runs.
type Example struct {
	t      *testing.T
	Output string // the first that it printed
	stop   context.CancelFunc
	status chan int
	stderr bytes.Buffer
}

// Start runs an example, at the latest until the test ends.
func Start(t *testing.T, run Run, args ...string) *Example {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	e := &Example{t: t, stop: cancel, status: make(chan int, 1)}
	stdout := make(pipe, 1)
	go func() {
		e.status <- run(ctx, args, stdout, &e.stderr)
		close(stdout)
	}()
	e.Output = <-stdout
	if e.Output == "" {
		t.Fatalf("exit status %d, %s", <-e.status, &e.stderr)
	}
	return e
}

// Answers checks that a GET of each address is answered 200.
func (e *Example) Answers(addresses ...string) {
	e.t.Helper()
	for _, address := range addresses {
		res, err := http.Get(address)
		if err != nil {
			e.t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			e.t.Errorf("%s: got %s", address, res.Status)
		}
	}
}

// Stop checks that Ctrl-C ends the example with status 0, and returns its log.
func (e *Example) Stop() (log string) {
	e.t.Helper()
	e.stop()
	if status := <-e.status; status != 0 {
		e.t.Errorf("got exit status %d, %s", status, &e.stderr)
	}
	return e.stderr.String()
}

// Fails checks that a command line serves nothing, and prints nothing but a clear
// line, or the usage, with status 2. In args, TAKEN is an address that somebody
// listens on.
func Fails(t *testing.T, run Run, args, want string, status int) {
	t.Helper()
	taken := httptest.NewServer(nil)
	defer taken.Close()
	var stdout, stderr bytes.Buffer
	args = strings.ReplaceAll(args, "TAKEN", taken.Listener.Addr().String())
	if got := run(t.Context(), strings.Fields(args), &stdout, &stderr); got != status {
		t.Errorf("%s: got exit status %d, want %d", args, got, status)
	}
	if lines := strings.Count(stderr.String(), "\n"); !strings.Contains(stderr.String(), want) || stdout.Len() > 0 ||
		status == 1 && lines != 1 {
		t.Errorf("%s: got %q and %q, want %q", args, &stderr, &stdout, want)
	}
}

// pipe hands over what is written, one write at a time.
type pipe chan string

func (p pipe) Write(b []byte) (int, error) {
	p <- string(b)
	return len(b), nil
}
