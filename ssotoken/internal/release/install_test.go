package release_test

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const version = "v0.1.0"

var author = []string{"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com"}

// proxy is a folder with what a module proxy has once HEAD is released, as a person does it: by .ci/release for one
// module after the other. Each is there for the next.
func proxy(t *testing.T) string {
	t.Helper()
	published.Do(func() { fill(t, filepath.Join(scratch, "proxy")) })
	return filepath.Join(scratch, "proxy")
}

var (
	published sync.Once
	scratch   string // a folder for what several tests use
)

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "release"); err != nil {
		panic(err)
	}
	status := m.Run()
	os.RemoveAll(scratch)
	os.Exit(status)
}

func fill(t *testing.T, tree string) {
	t.Helper()
	source := filepath.Join(scratch, "sso")
	clone(t, source)
	head := run(t, source, nil, "git", "rev-parse", "HEAD")
	for _, tag := range strings.Fields(run(t, source, nil, "git", "tag")) {
		run(t, source, nil, "git", "tag", "-d", tag) // those of the real releases
	}
	for _, f := range released(t) {
		env := append(elsewhere(t, tree), author...)
		if got, want := run(t, source, env, "bash", ".ci/release", string(f), version),
			"git push origin "+f.tag(version); !strings.Contains(got, want) {
			t.Fatalf("got %s, want %s", got, want)
		}
		publish(t, tree, source, f)
	}
	if got := run(t, source, nil, "git", "rev-parse", "HEAD"); got != head {
		t.Errorf("the branch is at %s, and was at %s", got, head)
	}
	if status := run(t, source, nil, "git", "status", "--porcelain"); status != "" {
		t.Errorf("left behind: %s", status)
	}
}

// publish puts what a tag has into a proxy.
func publish(t *testing.T, tree, source string, f folder) {
	t.Helper()
	at := filepath.Join(tree, filepath.FromSlash(f.module()), "@v")
	write(t, filepath.Join(at, "list"), version+"\n")
	write(t, filepath.Join(at, version+".info"), fmt.Sprintf(`{"Version":%q,"Time":"2026-11-23T12:00:00Z"}`, version))
	write(t, filepath.Join(at, version+".mod"), run(t, source, nil, "git", "show", f.tag(version)+":"+path.Join(string(f), "go.mod")))
	file, err := os.Create(filepath.Join(at, version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	subdir := strings.TrimPrefix(string(f), ".")
	if err := zip.CreateFromVCS(file, module.Version{Path: f.module(), Version: version}, source, f.tag(version), subdir); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// elsewhere is the environment of a machine that has never seen these modules.
// What others publish comes from this machine's cache, else as it usually does.
func elsewhere(t *testing.T, proxies ...string) []string {
	t.Helper()
	cache, usual, _ := strings.Cut(strings.TrimSpace(run(t, ".", nil, "go", "env", "GOMODCACHE", "GOPROXY")), "\n")
	proxies = append(proxies, filepath.Join(cache, "cache", "download"))
	for i, folder := range proxies {
		proxies[i] = "file://" + filepath.ToSlash(folder)
	}
	return []string{
		"GOPROXY=" + strings.Join(append(proxies, usual), ","), "GONOSUMDB=" + sso + "," + sso + "/*",
		"GOMODCACHE=" + t.TempDir(), "GOBIN=" + t.TempDir(), "GOFLAGS=-modcacherw", "GOWORK=off",
	}
}

// user is the code of somebody who imports every package of some modules that can be imported.
func user(t *testing.T, modules ...folder) string {
	t.Helper()
	var imports strings.Builder
	for _, f := range modules {
		packages := run(t, filepath.Join(checkout(t), filepath.FromSlash(string(f))), nil, "go", "list", "-f",
			`{{if and .GoFiles (ne .Name "main")}}{{.ImportPath}}{{end}}`, "./...")
		for _, p := range strings.Fields(packages) {
			if !strings.Contains(p, "/internal/") {
				fmt.Fprintf(&imports, "\t_ %q\n", p)
			}
		}
	}
	for _, want := range modules[1:] {
		if !strings.Contains(imports.String(), `"`+want.module()) {
			t.Fatalf("%s is not among\n%s", want.module(), &imports)
		}
	}
	return "package main\n\nimport (\n" + imports.String() + ")\n\nfunc main() {}\n"
}

func TestAModuleImportsWhatTagsPublish(t *testing.T) {
	env, dir := elsewhere(t, proxy(t)), t.TempDir()
	run(t, dir, env, "go", "mod", "init", "www.example.com/partner")
	write(t, filepath.Join(dir, "main.go"), user(t, released(t)...))
	for _, f := range released(t) {
		run(t, dir, env, "go", "get", f.module()+"@"+version)
	}
	run(t, dir, env, "go", "mod", "tidy")
	run(t, dir, env, "go", "build", "./...")
	for _, f := range released(t) {
		if got := run(t, dir, env, "go", "list", "-m", f.module()); got != f.module()+" "+version+"\n" {
			t.Errorf("got %s", got)
		}
	}
}

// A partner's own test runs doctor against the partner's handler.
func TestAPartnersTestRunsDoctor(t *testing.T) {
	env, dir := elsewhere(t, proxy(t)), t.TempDir()
	source, err := os.ReadFile(filepath.Join("testdata", "partner_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "partner_test.go"), string(source))
	run(t, dir, env, "go", "mod", "init", "www.example.com/partner")
	for _, f := range []folder{".", "ssotoken/cmd"} {
		run(t, dir, env, "go", "get", f.module()+"@"+version)
	}
	run(t, dir, env, "go", "mod", "tidy")
	if got := run(t, dir, env, "go", "test", "-v", "./..."); !strings.Contains(got, "--- PASS: TestTheLoginIsRight") {
		t.Errorf("got %s", got)
	}
}

func TestTheCommandInstallsAndTellsWhatItIs(t *testing.T) {
	env := elsewhere(t, proxy(t))
	run(t, t.TempDir(), env, "go", "install", sso+"/ssotoken/cmd/ssotoken@"+version)
	var bin string
	for _, variable := range env {
		if path, ok := strings.CutPrefix(variable, "GOBIN="); ok {
			bin = path
		}
	}
	want := regexp.MustCompile(`^ssotoken ` + version + `\ngo\t` + runtime.Version() + `\n(?s:.*)\nmod\t` + sso + `/ssotoken/cmd\t` +
		version + `\th1:\S+=\n`)
	if got := run(t, t.TempDir(), nil, filepath.Join(bin, "ssotoken"), "version"); !want.MatchString(got) {
		t.Errorf("got %s", got)
	}
}

func TestABuildInACheckoutTellsItsRevision(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sso")
	clone(t, dir)
	program := filepath.Join(t.TempDir(), "ssotoken.exe")
	run(t, filepath.Join(dir, "ssotoken", "cmd"), []string{"GOFLAGS=-buildvcs=true"}, "go", "build", "-o", program, "./ssotoken")
	head := strings.TrimSpace(run(t, dir, nil, "git", "rev-parse", "HEAD"))
	if got := run(t, dir, nil, program, "version"); !strings.Contains(got, "vcs.revision="+head+"\n") {
		t.Errorf("got %s, want %s", got, head)
	}
}

// The README's install block is run as written, by a module beside a checkout
// that imports every package of the library.
func TestTheInstallBlockOfTheReadmeWorks(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(checkout(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllSubmatch(readme, -1) {
		if strings.Contains(string(block[1]), "go mod edit") {
			blocks = append(blocks, string(block[1]))
		}
	}
	if len(blocks) != 1 {
		t.Fatalf("%d blocks with go mod edit", len(blocks))
	}
	folder, env := t.TempDir(), elsewhere(t)
	clone(t, filepath.Join(folder, "sso"))
	dir := filepath.Join(folder, "partner")
	write(t, filepath.Join(dir, "main.go"), user(t, "."))
	run(t, dir, env, "go", "mod", "init", "www.example.com/partner")
	run(t, dir, env, "sh", "-euc", blocks[0])
	run(t, dir, env, "go", "build", "./...")
}
