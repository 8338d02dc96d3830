package browser

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// A program is an example at work, examples/login as a rule: the partner's site
// and its community.
type program struct {
	partner, community string // origins
	log                *lockedBuffer
}

// startProgram ends the program, by Ctrl-C, with the test.
func startProgram(t *testing.T, addr, communityAddr string) *program {
	t.Helper()
	return startProgramAt(t, programPath, addr, communityAddr)
}

// startProgramAt is startProgram for another example with the same flags.
func startProgramAt(t *testing.T, path, addr, communityAddr string) *program {
	t.Helper()
	p := &program{log: &lockedBuffer{}}
	cmd := exec.Command(path, "-addr", addr, "-community-addr", communityAddr)
	cmd.Stderr = p.log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v\n%s", path, err, p.log)
		}
	})
	for lines := bufio.NewScanner(stdout); p.community == "" && lines.Scan(); {
		if s, ok := strings.CutPrefix(lines.Text(), "Partner site:"); ok {
			p.partner = strings.TrimSpace(s)
		} else if s, ok := strings.CutPrefix(lines.Text(), "Community:"); ok {
			p.community = strings.TrimSpace(s)
		}
	}
	if p.community == "" {
		t.Fatalf("%s did not start: %s", path, p.log)
	}
	return p
}

// startLogin is startProgram on free ports, as two sites.
func startLogin(t *testing.T) *program {
	t.Helper()
	return startProgram(t, "localhost:0", "127.0.0.1:0")
}

// signIn goes from a page of the community to the partner's sign-in page and
// back, by clicks alone.
func (p *program) signIn(b *tab, path, member string) {
	b.t.Helper()
	b.open(p.community + path)
	b.press("#login")
	b.press("#sso")
	if got := b.address(); !strings.HasPrefix(got, p.partner+"/community/login?referrer_uri=") {
		b.t.Fatalf("the login button led to %s", got)
	}
	b.press(`button[value="` + member + `"]`)
}

// lockedBuffer is a log that a server writes while the test reads.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
