//go:build unix

package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// A pipe may never end. One signal ends the verb that reads it.
func TestASignalEndsWhatReadsAPipe(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	member := []string{"--sub", "1", "--name", "Ada", "--email", "ada@example.com"}
	const standardInput, pipe = "-", "PIPE"
	for _, args := range [][]string{
		{"inspect", "--in", pipe},
		{"inspect", "--in", standardInput},
		{"mint", "--claims", pipe},
		{"mint", "--claims", standardInput},
		append([]string{"mint", "--key-file", pipe}, member...),
		append([]string{"smoke", "--community", "c.example.com", "--key-file", pipe}, member...),
		{"check", "--in", pipe},
		{"check", "--in", standardInput},
		{"doctor", "--url", "https://www.example.com/", "--community", "c.example.com", "--cookie-file", pipe},
		{"doctor", "--url", "https://www.example.com/", "--community", "c.example.com", "--cookie-file", standardInput},
		{"community", "--config", pipe},
	} {
		for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
			t.Run(strings.Join(args, " ")+" "+signal.String(), func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "pipe")
				newPipe(t, path)
				given := slices.Clone(args)
				for i := range given {
					given[i] = strings.Replace(given[i], pipe, path, 1)
				}
				cmd := command(t, given...)
				var stderr bytes.Buffer
				cmd.Stderr = &stderr
				stdin, err := cmd.StdinPipe()
				if err != nil {
					t.Fatal(err)
				}
				defer stdin.Close()
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				if slices.Contains(args, standardInput) { // more than a pipe holds: it is written once it is read
					_, err = io.WriteString(stdin, refusedRows(10_000))
				} else {
					var out *os.File
					if out, err = os.OpenFile(path, os.O_WRONLY, 0); err == nil { // once it is opened there
						defer out.Close()
					}
				}
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
				cmd.Wait()
				saysSo := strings.HasSuffix(stderr.String(), ": stopped\n") || args[0] == "check" // which has a report
				if status := cmd.ProcessState.ExitCode(); status != statusStopped || !saysSo {
					t.Errorf("exit status %d, %q", status, &stderr)
				}
			})
		}
	}
}

func TestWhatIsReadIsBounded(t *testing.T) {
	if _, err := os.Stat("/dev/zero"); err != nil {
		t.Skip("no /dev/zero")
	}
	t.Setenv(keyVariable, keyText)
	huge := filepath.Join(t.TempDir(), "huge")
	if err := os.WriteFile(huge, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, 1<<40); err != nil {
		t.Skip("no sparse files:", err)
	}
	for _, path := range []string{"/dev/zero", huge} {
		for _, args := range [][]string{
			{"inspect", "--in", path}, {"inspect", "--key-file", path}, {"mint", "--claims", path}, {"mint", "--key-file", path},
			{"community", "--config", path}, {"doctor", "--url", "https://www.example.com/", "--community", "c.example.com", "--cookie-file", path},
		} {
			stdout, stderr, status := call(t, "", false, args...)
			if status != statusFound && status != statusUsage || stdout != "" || stderr == "" {
				t.Errorf("%q: exit status %d, %q", args, status, stderr)
			}
		}
	}
}

// newPipe makes a named pipe, so that reading it stops where the test wants it to.
func newPipe(t *testing.T, path string) {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no named pipes:", err)
	}
}
