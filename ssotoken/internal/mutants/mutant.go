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
	"slices"
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
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(m.file)))
	if err != nil {
		return nil, err
	}
	if n := bytes.Count(text, []byte(m.old)); n != 1 || m.old == m.new {
		return nil, fmt.Errorf("%s has %q %d times, not once", m.file, m.old, n)
	}
	return bytes.Replace(text, []byte(m.old), []byte(m.new), 1), nil
}

var errSurvived = errors.New("survived")

// try runs the test against the broken file.
func (m mutant) try(ctx context.Context, root string) error {
	broken, err := m.apply(root)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "mutant")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file, overlay := filepath.Join(dir, path.Base(m.file)), filepath.Join(dir, "overlay.json")
	replace := map[string]map[string]string{"Replace": {filepath.Join(root, filepath.FromSlash(m.file)): file}}
	list, err := json.Marshal(replace)
	if err != nil {
		return err
	}
	if err := errors.Join(os.WriteFile(file, broken, 0o600), os.WriteFile(overlay, list, 0o600)); err != nil {
		return err
	}
	out, err := test(ctx, root, m.folder(), m.test, "-overlay", overlay)
	switch {
	case err == nil:
		return errSurvived
	case strings.Contains(out, "--- FAIL: "+m.test), strings.Contains(out, "panic: test timed out"):
		return nil
	}
	return fmt.Errorf("the test did not run: %s", out)
}

// allGreen runs the tests of the rows against the files as they are.
func allGreen(ctx context.Context, root string, rows []mutant) error {
	names := map[string][]string{}
	for _, m := range rows {
		if in := m.folder(); !slices.Contains(names[in], m.test) {
			names[in] = append(names[in], m.test)
		}
	}
	for folder, tests := range names {
		out, err := test(ctx, root, folder, strings.Join(tests, "|"), "-v")
		if err != nil {
			return fmt.Errorf("%s is red before anything is broken: %s", folder, out)
		}
		for _, name := range tests {
			if !strings.Contains(out, "--- PASS: "+name+" ") {
				return fmt.Errorf("%s has no test %s", folder, name)
			}
		}
	}
	return nil
}

func test(ctx context.Context, root, folder, names string, flags ...string) (out string, err error) {
	args := append([]string{"test", "-count=1", "-timeout=2m", "-vet=off", "-ldflags=-s -w", "-run", "^(" + names + ")$"}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, "./"+folder)...)
	cmd.Dir = root
	text, err := cmd.CombinedOutput()
	return string(text), err
}

// moduleRoot is the folder of go.mod.
func moduleRoot() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", err
	}
	return filepath.Dir(strings.TrimSpace(string(out))), nil
}
