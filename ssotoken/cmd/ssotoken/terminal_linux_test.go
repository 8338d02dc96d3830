package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/golang-jwt/jwt/v5"
)

// A pseudoTerminal runs the command as a person's terminal does.
type pseudoTerminal struct {
	t      *testing.T
	master *os.File // what the person types and sees
	cmd    *exec.Cmd
	seen   strings.Builder
}

func ioctl(t *testing.T, f *os.File, request, value uintptr) {
	t.Helper()
	if _, _, err := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, value); err != 0 {
		t.Fatal(err)
	}
}

func onTerminal(t *testing.T, columns int, args ...string) *pseudoTerminal {
	t.Helper()
	return startOn(t, columns, os.Args[0], args, asSession+"=1", "TERM=xterm", keyVariable+"="+keyText)
}

// A terminal forgets what nobody has read yet when the first process of its session
// ends. So another process comes first, says when the command has ended, and stays
// until its input does.
const (
	asSession = "SSOTOKEN_TEST_AS_SESSION"
	ended     = "\x00the command has ended\x00"
)

func init() {
	if os.Getenv(asSession) == "" {
		return
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	cmd := exec.Command(os.Args[0], os.Args[1:]...)
	cmd.Env = append(os.Environ(), asSession+"=", asCommand+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	go func() {
		for s := range signals {
			if s == syscall.SIGTERM { // Ctrl-C reaches the command by the terminal
				cmd.Process.Signal(s)
			}
		}
	}()
	cmd.Wait()
	fmt.Print(ended)
	io.Copy(io.Discard, os.Stdin)
	os.Exit(cmd.ProcessState.ExitCode())
}

func startOn(t *testing.T, columns int, program string, args []string, environment ...string) *pseudoTerminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals:", err)
	}
	t.Cleanup(func() { master.Close() })
	var unlocked, number int32
	ioctl(t, master, syscall.TIOCSPTLCK, uintptr(unsafe.Pointer(&unlocked)))
	ioctl(t, master, syscall.TIOCGPTN, uintptr(unsafe.Pointer(&number)))
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals:", err)
	}
	defer slave.Close()
	size := [4]uint16{24, uint16(columns)}
	ioctl(t, slave, syscall.TIOCSWINSZ, uintptr(unsafe.Pointer(&size)))

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a command that is stuck fails the test
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), environment...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &pseudoTerminal{t: t, master: master, cmd: cmd}
}

// sees reads until a text is on the screen.
func (p *pseudoTerminal) sees(text string) {
	p.t.Helper()
	buffer := make([]byte, 4096)
	for !strings.Contains(p.seen.String(), text) {
		n, err := p.master.Read(buffer)
		p.seen.Write(buffer[:n])
		if err != nil {
			p.t.Fatalf("%v before %q: %q", err, text, p.seen.String())
		}
	}
}

func (p *pseudoTerminal) types(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p.master, text); err != nil {
		p.t.Fatal(err)
	}
}

// ends waits for the end, and gives the screen and the exit status.
func (p *pseudoTerminal) ends() (string, int) {
	p.t.Helper()
	p.sees(ended)
	screen, _, _ := strings.Cut(p.seen.String(), ended)
	p.types("\n\x04")
	p.cmd.Wait()
	return strings.ReplaceAll(screen, "\r\n", "\n"), p.cmd.ProcessState.ExitCode()
}

var sgr = regexp.MustCompile("\x1b\\[[0-9;]*m")

const howToEnd = "Paste, then Enter and Ctrl-D; Ctrl-C stops.\r\n"

// reading are the commands that read what a person types, and what they say
// that they wait for.
var reading = []struct {
	args      []string
	what, end string
}{
	{[]string{"inspect"}, "waiting for a token or a login URL.", howToEnd},
	{[]string{"mint", "-claims", "-"}, "waiting for claims as JSON.", howToEnd},
	{[]string{"doctor", "-url", "https://www.example.com/", "-community", "c.example.com", "-cookie-file", "-"}, "waiting for the cookie.", howToEnd},
	{[]string{"doctor", "-json-url", "https://www.example.com/", "-community", "c.example.com", "-bearer-file", "-"}, "waiting for a bearer token for -json-url.", howToEnd},
	{[]string{"check"}, "waiting for an export.", howToEnd},
	{[]string{"check", "-in", "-", "-refused", "refused.csv"}, "waiting for an export.", howToEnd},
	{[]string{"check", "-in", os.DevNull, "-previous", "-"}, "waiting for an earlier export with the same columns.", howToEnd},
	{[]string{"community", "-config", "-"}, "waiting for settings and members as JSON.", howToEnd},
	{[]string{"smoke", "-community", "c.example.com", "-sub", "1", "-name", "Ada", "-email", "ada@example.com"}, "This logs the member in", "Go on? [y/N] "},
}

func TestATerminalIsToldWhatIsWaitedForAndCtrlCStopsWith130(t *testing.T) {
	for _, tt := range reading {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			t.Chdir(t.TempDir())
			p := onTerminal(t, 80, tt.args...)
			p.sees(tt.what)
			p.sees(tt.end)
			p.types("\x03")
			if screen, status := p.ends(); status != 130 || !strings.Contains(screen, "^C") || !strings.Contains(screen, "ssotoken "+tt.args[0]+": stopped") {
				t.Errorf("exit status %d, %q", status, screen)
			}
		})
	}
}

func TestSIGTERMStopsWhatATerminalWaitsForWith130(t *testing.T) {
	for _, tt := range reading {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			t.Chdir(t.TempDir())
			p := onTerminal(t, 80, tt.args...)
			p.sees(tt.what)
			p.sees(tt.end)
			if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if screen, status := p.ends(); status != 130 {
				t.Errorf("exit status %d, %q", status, screen)
			}
		})
	}
}

// A pipe that never ends is not asked for anything, and is left too.
func TestSIGTERMStopsAReadOfAPipeWith130(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	for _, args := range [][]string{{"inspect"}, {"mint", "-claims", "-"}, {"check"}} {
		cmd := command(t, args...)
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		var stderr strings.Builder
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// More than a pipe holds: the command is reading when it is written.
		if _, err := io.WriteString(in, strings.Repeat("sub,name,email\n", 10_000)); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		in.Close()
		if status := cmd.ProcessState.ExitCode(); status != 130 || strings.Contains(stderr.String(), "waiting") {
			t.Errorf("%q: exit status %d, %q", args, status, stderr.String())
		}
	}
}

// What is pasted and ended by Ctrl-D is judged, in lines of the terminal's
// width. What was typed is echoed by the terminal itself.
func TestAReportKeepsToTheWidthOfTheTerminal(t *testing.T) {
	now := time.Now().Unix()
	token := sign(t, jwt.MapClaims{"sub": "user-7", "name": "Ada", "email": "ada@example.com", "iat": now, "exp": now + 60, "space_ids": []string{"tips"}})
	for columns, widest := range map[int]int{30: 40, 50: 50, 80: 80, 120: 80} {
		p := onTerminal(t, columns, "inspect")
		p.sees("stops.\r\n")
		p.types(token + "\n\x04")
		screen, status := p.ends()
		_, report, _ := strings.Cut(screen, token)
		report = sgr.ReplaceAllString(report, "")
		longest := 0
		for line := range strings.Lines(report) {
			longest = max(longest, utf8.RuneCountInString(strings.TrimRight(line, "\n")))
		}
		if status != 1 || !strings.Contains(report, "ACCEPTED") || longest > widest || longest < widest-10 {
			t.Errorf("%d columns: exit status %d, the longest line has %d:\n%s", columns, status, longest, report)
		}
	}
}

// A terminal drops what is behind the 4,095th character of a line.
func TestALineThatATerminalCutIsSaidToBeCut(t *testing.T) {
	p := onTerminal(t, 80, "inspect")
	p.sees(howToEnd)
	p.types("eyJhbGciOiJIUzI1NiJ9." + strings.Repeat("a", 4500) + "\n\x04")
	if screen, status := p.ends(); status != 1 || !strings.Contains(screen, "cut off the rest of a line") {
		t.Errorf("exit status %d, %q", status, screen)
	}
}

func TestAFileIsNotWaitedFor(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("eyJhbGciOiJIUzI1NiJ9.e30."), 0o600); err != nil {
		t.Fatal(err)
	}
	p := onTerminal(t, 80, "inspect", "-in", file)
	if screen, status := p.ends(); status != 1 || strings.Contains(screen, "waiting") {
		t.Errorf("exit status %d, %q", status, screen)
	}
}
