package interop_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// command is the path of ssotoken.
var command string

func TestMain(m *testing.M) {
	if os.Getenv("SITE_KEY") != "" { // a server of the drill
		panic(serveSite())
	}
	folder, err := os.MkdirTemp("", "ssotoken")
	if err != nil {
		panic(err)
	}
	command = filepath.Join(folder, "ssotoken")
	build := exec.Command("go", "build", "-o", command, "./ssotoken")
	build.Dir = "../../cmd" // whose requirements it has
	if out, err := build.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("%v: %s", err, out))
	}
	status := m.Run()
	os.RemoveAll(folder)
	os.Exit(status)
}

// A process prints where it listens.
type process struct {
	*exec.Cmd
	origin chan string // closed without one when it ends before
	errs   bytes.Buffer
}

// startProcess starts a program that prints its address, in the form of the
// pattern's one group, on one of its outputs.
func startProcess(t *testing.T, address *regexp.Regexp, env []string, name string, args ...string) *process {
	t.Helper()
	return startProcessIn(t, "", address, env, name, args...)
}

// startProcessIn starts it in a folder.
func startProcessIn(t *testing.T, folder string, address *regexp.Regexp, env []string, name string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(name, args...), origin: make(chan string, 1)}
	p.Dir = folder
	p.Env = append(os.Environ(), env...)
	output, input := io.Pipe()
	p.Stdout, p.Stderr = input, io.MultiWriter(input, &p.errs)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.origin)
		lines := bufio.NewScanner(output)
		for found := false; lines.Scan(); {
			if match := address.FindStringSubmatch(lines.Text()); match != nil && !found {
				found = true
				p.origin <- match[1]
			}
		}
	}()
	t.Cleanup(func() {
		p.Process.Kill()
		p.Wait()
		input.Close()
	})
	return p
}

func (p *process) address(t *testing.T) string {
	t.Helper()
	select {
	case origin, ok := <-p.origin:
		if ok {
			return origin
		}
	case <-time.After(20 * time.Second):
	}
	t.Fatalf("%s did not start: %s", p.Path, &p.errs)
	return ""
}

var communityAddress = regexp.MustCompile(`^A fake community is at (http://\S+)$`)

// startCommunity runs ssotoken community until the test ends.
func startCommunity(t *testing.T, args ...string) *process {
	t.Helper()
	return startProcess(t, communityAddress, []string{"BETTERMODE_SSO_KEY=" + keyText}, command,
		append([]string{"community", "--listen", "127.0.0.1:0"}, args...)...)
}

// partnerPort matches the port that our Express partner prints, and that PHP prints.
var partnerPort = regexp.MustCompile(`^(?:.*\(http://127\.0\.0\.1:)?(\d+)(?:\) started)?$`)

// startPartner returns the origin of a partner's server, which ends with the
// test.
func startPartner(t *testing.T, key, community, name string, args ...string) string {
	t.Helper()
	env := []string{"SSO_KEY=" + key, "COMMUNITY=" + community, "ENDPOINTS=" + strings.Join(contract.Endpoints(), " ")}
	return "http://127.0.0.1:" + startProcess(t, partnerPort, env, name, args...).address(t)
}

// fromJSON asks a community for a resource.
func fromJSON[T any](t *testing.T, origin, resource string) T {
	t.Helper()
	res, err := http.Get(origin + "/_fake/" + resource)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s: %s", resource, res.Status, body)
	}
	return decode[T](t, body)
}

func sendJSON(t *testing.T, method, address, body string) {
	t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if answer, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s: %s, %v", method, address, res.Status, answer, err)
	}
}

func TestASignalEndsTheCommunityWithStatus0(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		p := startCommunity(t)
		p.address(t)
		if err := p.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if err := p.Wait(); err != nil || p.ProcessState.ExitCode() != 0 {
			t.Errorf("%v: %v", signal, err)
		}
	}
}

// nightly skips a test that takes long where go test runs with -short.
func nightly(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs every night")
	}
}
