/*
Mutants breaks each protection that SECURITY.md names, one at a time, and shows that
the test which proves it turns red:

	go run -C ssotoken/internal/mutants .             # all, which takes minutes
	go run -C ssotoken/internal/mutants . -run loop   # those whose file or test has this in its name

The files stay as they are: the compiler gets others in their place (go build
-overlay). Status 1 says that a mutant survived.
*/
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	filter := flag.String("run", "", "only mutants whose file or test this `expression` finds")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *filter); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, filter string) error {
	chosen, err := regexp.Compile(filter)
	if err != nil {
		return err
	}
	rows := slices.DeleteFunc(slices.Clone(mutants), func(m mutant) bool {
		return !chosen.MatchString(m.file) && !chosen.MatchString(m.test)
	})
	root, err := libraryRoot()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := green(ctx, root, rows); err != nil {
		return err
	}
	left := 0
	for i, m := range rows {
		verdict := "red"
		if err := m.try(ctx, root, dir); err != nil {
			verdict = err.Error()
			left++
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		fmt.Printf("%3d/%d  %s  %s\n        %s: %s\n", i+1, len(rows), m.test, verdict, m.file, strings.Join(strings.Fields(m.new), " "))
	}
	if left > 0 {
		return fmt.Errorf("%d of %d mutants are not red", left, len(rows))
	}
	fmt.Printf("%d mutants, all red\n", len(rows))
	return nil
}

// A mutant is one protection that is broken, and the test that must see it.
type mutant struct {
	file     string // from the root of the library
	old, new string // old is in the file exactly once
	test     string // its name is the sentence that no longer holds
	in       string // the folder of the test, where it is not that of the file
}

func (m mutant) folder() string {
	if m.in != "" {
		return m.in
	}
	return path.Dir(m.file)
}

// apply returns the broken file.
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

// try compiles the broken file in place of the file, and runs the test. A nil error
// says that the test is red.
func (m mutant) try(ctx context.Context, root, dir string) error {
	broken, err := m.apply(root)
	if err != nil {
		return err
	}
	file, overlay := filepath.Join(dir, path.Base(m.file)), filepath.Join(dir, "overlay.json")
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, m.file): file}})
	if err = errors.Join(err, os.WriteFile(file, broken, 0o600), os.WriteFile(overlay, list, 0o600)); err != nil {
		return err
	}
	switch out, err := goTest(ctx, root, m.folder(), "^"+m.test+"$", "-overlay", overlay); {
	case err == nil:
		return errors.New("SURVIVED")
	case !strings.Contains(out, "--- FAIL: "+m.test) && !strings.Contains(out, "panic: "):
		return fmt.Errorf("NOT TRIED: %w: %s", err, out)
	}
	return nil
}

// green runs the tests of the rows: they pass before anything is broken.
func green(ctx context.Context, root string, rows []mutant) error {
	tests := map[string][]string{}
	for _, m := range rows {
		tests[m.folder()] = append(tests[m.folder()], m.test)
	}
	for folder, names := range tests {
		out, err := goTest(ctx, root, folder, "^("+strings.Join(names, "|")+")$", "-v")
		if err != nil {
			return fmt.Errorf("%s is red before anything is broken: %w: %s", folder, err, out)
		}
		for _, name := range names {
			if !strings.Contains(out, "--- PASS: "+name+" ") {
				return fmt.Errorf("%s has no test %s", folder, name)
			}
		}
	}
	return nil
}

func goTest(ctx context.Context, root, folder, tests string, more ...string) (out string, err error) {
	arguments := append([]string{"test", "-count=1", "-timeout=2m", "-vet=off", "-run", tests}, more...)
	cmd := exec.CommandContext(ctx, "go", append(arguments, "./"+folder)...)
	cmd.Dir = root
	text, err := cmd.CombinedOutput()
	return string(text), err
}

// libraryRoot is the folder of the library's go.mod; this module is in a folder of it.
func libraryRoot() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	return filepath.Join(filepath.Dir(strings.TrimSpace(string(out))), "../../.."), err
}
