package browser

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// offSite is the host that hostile addresses lead to. It is on this machine, so
// that a browser that is led there arrives. The browser finds no other host.
const offSite = "evil.example"

var (
	chromium context.Context // the only browser, in which every test opens tabs
	arrivals atomic.Int64    // requests that reached the off-site host
	programs string          // the folder of the examples that are started
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		stop, err := start()
		defer stop()
		if err != nil {
			fmt.Fprintln(os.Stderr, "browser:", err)
			return 1
		}
		return m.Run()
	}())
}

func start() (stop func(), err error) {
	var stops []func()
	stop = func() {
		for i := range stops {
			stops[len(stops)-1-i]()
		}
	}
	command := cmp.Or(os.Getenv("CHROMIUM"), "chromium")
	path, err := exec.LookPath(command)
	if err != nil {
		return stop, fmt.Errorf("no %s to drive: install Debian's package chromium, or set CHROMIUM to the path of one", command)
	}

	dir, err := os.MkdirTemp("", "browser")
	if err != nil {
		return stop, err
	}
	stops = append(stops, func() { os.RemoveAll(dir) })
	programs = dir + "/programs/"
	if out, err := exec.Command("go", "build", "-o", programs, "github.com/bettermode-go/sso/examples/login",
		"github.com/bettermode-go/sso/examples/embed", "github.com/bettermode-go/sso/examples/spa").CombinedOutput(); err != nil {
		return stop, fmt.Errorf("the examples don't build: %w: %s", err, out)
	}
	for _, module := range []string{"oidc", "partner"} { // of their own
		if out, err := exec.Command("go", "build", "-C", "../"+module, "-o", programs, ".").CombinedOutput(); err != nil {
			return stop, fmt.Errorf("examples/%s does not build: %w: %s", module, err, out)
		}
	}

	evil := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrivals.Add(1) // only of documents: the page loads nothing else
		fmt.Fprintf(w, "<!doctype html><title>off-site</title><link rel=icon href=data:,>You are at %s.", r.Host)
	}))
	evil.Config.ErrorLog = log.New(io.Discard, "", 0) // https fails here, but is off-site too
	evil.Start()
	stops = append(stops, evil.Close)

	allocator, closeAllocator := chromedp.NewExecAllocator(context.Background(),
		append(flags(evil.Listener.Addr().String()), chromedp.ExecPath(path), chromedp.UserDataDir(dir+"/profile"))...)
	stops = append(stops, closeAllocator)
	browser, closeBrowser := chromedp.NewContext(allocator)
	stops = append(stops, closeBrowser)
	if err := chromedp.Do(browser); err != nil {
		return stop, fmt.Errorf("%s does not start: %w", path, err)
	}
	chromium = browser
	return stop, nil
}

func flags(evil string) (options []chromedp.ExecAllocatorOption) {
	for name, value := range map[string]any{
		"headless": true, "no-sandbox": true, "disable-gpu": true, "disable-quic": true, "no-first-run": true,
		"disable-background-networking": true, "disable-component-update": true, "disable-sync": true,
		"disable-dev-shm-usage": true, // containers have little of it
		"hide-scrollbars":       true, // for the screenshots
		// Several tabs work in parallel, and all but one are in the background.
		"disable-renderer-backgrounding": true, "disable-background-timer-throttling": true, "disable-backgrounding-occluded-windows": true,
		// Frames of other sites stay in the tab's process, where the tests
		// can read them. The rules for cookies are the same.
		"disable-site-isolation-trials": true,
		"host-resolver-rules":           "MAP " + offSite + " " + evil + ", MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
	} {
		options = append(options, chromedp.Flag(name, value))
	}
	return options
}

// until waits for a condition that has no event.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// origin is an address without its path.
func origin(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return address
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return scheme + "://" + rest
}

// nightly skips a test that takes long where go test runs with -short.
func nightly(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs every night")
	}
}
