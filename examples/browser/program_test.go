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

// A program is an example at work: the partner's site and its community.
type program struct {
	partner, community string // origins
	log                *lockedBuffer
}

// startProgram starts the program. It is ended by Ctrl-C after the test.
func startProgram(t *testing.T, name, addr, communityAddr string, more ...string) *program {
	t.Helper()
	p := &program{log: &lockedBuffer{}}
	cmd := exec.Command(programs+name, append([]string{"-addr", addr, "-community-addr", communityAddr}, more...)...)
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
			t.Errorf("%s: %v\n%s", name, err, p.log)
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
		t.Fatalf("%s did not start: %s", name, p.log)
	}
	return p
}

// startLogin is startProgram on free ports, as two sites.
func startLogin(t *testing.T) *program {
	t.Helper()
	return startProgram(t, "login", "localhost:0", "127.0.0.1:0")
}

// signIn goes from a page of the community to the partner's sign-in page and
// back, only by clicks.
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
