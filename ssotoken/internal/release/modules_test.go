package release_test

import (
	"bytes"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

const sso = "github.com/bettermode-go/sso"

// checkout is the root of the repository.
func checkout(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// A folder is where a module of this repository is: "." is the root.
type folder string

func (f folder) module() string { return path.Join(sso, string(f)) }

// tag is what publishes a version.
func (f folder) tag(version string) string { return path.Join(string(f), version) }

// released are the modules that people import: all but those under examples and
// internal.
func released(t *testing.T) []folder {
	t.Helper()
	var folders []folder
	for _, file := range strings.Fields(run(t, checkout(t), nil, "git", "ls-files", "go.mod", "*/go.mod")) {
		if f := path.Dir(file); !strings.HasPrefix(f, "examples/") && !strings.Contains(f, "/internal/") {
			folders = append(folders, folder(f))
		}
	}
	if len(folders) < 2 {
		t.Fatalf("got %q", folders)
	}
	return folders
}

// clone makes a separate checkout of HEAD.
func clone(t *testing.T, to string) {
	t.Helper()
	run(t, filepath.Dir(to), nil, "git", "clone", "--quiet", "--shared", checkout(t), to)
}

// run returns what a command prints on standard output.
func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	out, all, err := try(t, dir, env, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, all)
	}
	return out
}

func try(t *testing.T, dir string, env []string, name string, args ...string) (stdout, all string, err error) {
	t.Helper()
	var out, both bytes.Buffer
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir, c.Env = dir, append(os.Environ(), env...)
	c.Stdout, c.Stderr = &out, &both
	err = c.Run()
	return out.String(), out.String() + both.String(), err
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
