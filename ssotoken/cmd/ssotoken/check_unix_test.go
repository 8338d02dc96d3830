//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func limitFiles() {
	if os.Getenv(fileLimit) == "" {
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 100 << 10, Max: 100 << 10}); err != nil {
		panic(err)
	}
}

func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	return cmd
}

const refusedRow = "1,,ada@example.com\n"

func refusedRows(n int) string { return "sub,name,email\n" + strings.Repeat(refusedRow, n) }

func listed(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return strings.Join(list, " ")
}

func TestAKilledCheckLeavesNoFileThatLooksWhole(t *testing.T) {
	dir := t.TempDir()
	cmd := command(t, "check", "--refused", filepath.Join(dir, "refused.csv"))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(in, refusedRows(20_000)); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || listed(t, dir) != "" {
		t.Errorf("%v, and the folder has %s", err, listed(t, dir))
	}
}

// Ctrl-C while the export is read prints the summary so far.
func TestAStoppedCheckSaysThatItIsPartial(t *testing.T) {
	dir := t.TempDir()
	cmd := command(t, "check", "--refused", filepath.Join(dir, "refused.csv"))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Env = append(cmd.Environ(), "GOMAXPROCS=2") // they say how much is read ahead: less than 2 MB
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	rows := []byte("sub,name,email\n")
	for i := range 200_000 {
		rows = fmt.Appendf(rows, "%d,,ada@example.com\n", i+1)
	}
	if _, err := in.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	in.Close()
	if err == nil || cmd.ProcessState.ExitCode() != statusStopped || !strings.HasPrefix(stdout.String(), "PARTIAL") {
		t.Errorf("%v, %s%s", err, &stdout, &stderr)
	}
	if got := listed(t, dir); got != "refused.csv.partial" || !strings.Contains(stderr.String(),
		"stopped: the refused ones of the rows read so far") {
		t.Fatalf("the folder has %s; %s", got, &stderr)
	}
	partial, err := os.Open(filepath.Join(dir, "refused.csv.partial"))
	if err != nil {
		t.Fatal(err)
	}
	defer partial.Close()
	written, err := csv.NewReader(partial).ReadAll()
	if err != nil || len(written) < 2 {
		t.Fatalf("%d rows, %v", len(written), err)
	}
	for i, row := range written[1:] {
		if want := strconv.Itoa(i + 1); row[0] != want || row[4] != want {
			t.Fatalf("row %s is %q", want, row)
		}
	}
}

func TestAFullDiskLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "members.csv")
	if err := os.WriteFile(in, []byte(refusedRows(20_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := command(t, "check", "--in", in, "--refused", filepath.Join(dir, "refused.csv"))
	cmd.Env = append(cmd.Env, fileLimit+"=1")
	out, err := cmd.CombinedOutput()
	if got := listed(t, dir); err == nil || cmd.ProcessState.ExitCode() != 1 || got != "members.csv" ||
		!strings.Contains(string(out), "--refused was not written") {
		t.Errorf("%v, and the folder has %s; %s", err, got, out)
	}
}

// The reader of the summary went away: the file is whole all the same.
func TestAClosedPipeLeavesAWholeFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "refused.csv")
	cmd := command(t, "check", "--refused", path)
	cmd.Stdin = strings.NewReader(refusedRows(20_000))
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	read.Close()
	cmd.Stdout = write
	err = cmd.Run()
	write.Close()
	if err == nil {
		t.Error("no error")
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := 0
	for s := bufio.NewScanner(f); s.Scan(); lines++ {
	}
	if info, err := f.Stat(); lines != 20_001 || err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%d lines, %v", lines, info.Mode())
	}
}

func TestTheExportIsNotOverwritten(t *testing.T) {
	in := filepath.Join(t.TempDir(), "members.csv")
	if err := os.WriteFile(in, []byte(refusedRows(1)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, stderr, status := call(t, "", false, "check", "--in", in, "--refused", in)
	if status != 2 || !strings.Contains(stderr, "--refused names an export") {
		t.Errorf("got exit status %d, %s", status, stderr)
	}
}

func TestCheckTellsHowFarItIsOnATerminal(t *testing.T) {
	in := filepath.Join(t.TempDir(), "members.csv")
	if err := os.WriteFile(in, []byte(refusedRows(20_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	now := noon
	sh, _, errs := newShell("")
	sh.progress = true
	sh.now = func() (at time.Time) {
		at, now = now, now.Add(time.Second)
		return at
	}
	run(t.Context(), []string{"check", "--in", in}, sh)
	if got := errs.String(); strings.Contains(got, "\n") || !strings.Contains(got, " rows, ") ||
		!strings.Contains(got, "%") || !strings.HasSuffix(got, "\r\x1b[K") {
		t.Errorf("got %q", got)
	}
}
