package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// A mutant is one protection that is broken, and the test that must see it.
type mutant struct {
	file     string // from the root of the module
	old, new string // old stands in the file exactly once
	test     string // its name is the sentence that no longer holds
	in       string // the folder of the test, where it is not that of the file
}

func (m mutant) folder() string {
	if m.in != "" {
		return m.in
	}
	return path.Dir(m.file)
}

// apply gives the broken file.
func (m mutant) apply(root string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(root, m.file))
	if err != nil {
		return nil, err
	}
	if n := bytes.Count(text, []byte(m.old)); n != 1 || m.old == m.new {
		return nil, fmt.Errorf("%s has %q %d times, not once", m.file, m.old, n)
	}
	return bytes.Replace(text, []byte(m.old), []byte(m.new), 1), nil
}

var errSurvived = errors.New("SURVIVED")

// verdict of the output of m's test.
func (m mutant) verdict(out []byte, err error) error {
	switch text := string(out); {
	case err == nil:
		return errSurvived
	case strings.Contains(text, "--- FAIL: "+m.test), strings.Contains(text, "panic: "):
		return nil
	default:
		return fmt.Errorf("NOT TRIED: %w: %s", err, text)
	}
}

// tryAlone compiles the broken file, and runs the test: for what is no function.
func (m mutant) tryAlone(ctx context.Context, root, dir string) error {
	broken, err := m.apply(root)
	if err != nil {
		return err
	}
	file, overlay := filepath.Join(dir, path.Base(m.file)), filepath.Join(dir, "alone.json")
	list, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(root, m.file): file}})
	if err != nil {
		return err
	}
	if err := errors.Join(os.WriteFile(file, broken, 0o600), os.WriteFile(overlay, list, 0o600)); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "-timeout=2m", "-vet=off", "-overlay", overlay, "-run", "^"+m.test+"$", "./"+m.folder())
	cmd.Dir = root
	return m.verdict(cmd.CombinedOutput())
}

// try runs the test in the combined build, with the mutant of that number.
func (b *build) try(ctx context.Context, root string, number int, m mutant) error {
	cmd := exec.CommandContext(ctx, b.binary(m.folder()), "-test.timeout=2m", "-test.run", "^"+m.test+"$")
	cmd.Dir = filepath.Join(root, m.folder())
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", selector, number))
	return m.verdict(cmd.CombinedOutput())
}

func (b *build) binary(folder string) string {
	return filepath.Join(b.dir, strings.ReplaceAll(folder, "/", "_")+".test")
}

// compile makes the tests of a folder, and runs those of the rows: with no mutant
// chosen, they are green.
func (b *build) compile(ctx context.Context, root, folder string, tests []string) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", b.overlay, "-o", b.binary(folder), "./"+folder)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", folder, err, out)
	}
	cmd = exec.CommandContext(ctx, b.binary(folder), "-test.v", "-test.run", "^("+strings.Join(tests, "|")+")$")
	cmd.Dir = filepath.Join(root, folder)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s is red before anything is broken: %w: %s", folder, err, out)
	}
	for _, name := range tests {
		if !strings.Contains(string(out), "--- PASS: "+name+" ") {
			return fmt.Errorf("%s has no test %s", folder, name)
		}
	}
	return nil
}

// moduleRoot is the folder of go.mod.
func moduleRoot() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", err
	}
	return filepath.Dir(strings.TrimSpace(string(out))), nil
}
