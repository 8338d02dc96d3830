package release_test

import (
	"bufio"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// A npmRegistry serves the packages that were packed, and none else.
type npmRegistry struct {
	url     string
	mu      sync.Mutex
	fetched []string // tarballs
}

func newNPMRegistry(t *testing.T) *npmRegistry {
	t.Helper()
	tarballs, err := filepath.Glob(filepath.Join(packages(t), "npm", "*.tgz"))
	if err != nil || len(tarballs) != 7 {
		t.Fatalf("got %q, %v", tarballs, err)
	}
	r, documents := &npmRegistry{}, map[string]any{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if file := path.Base(q.URL.Path); strings.HasSuffix(file, ".tgz") {
			r.mu.Lock()
			r.fetched = append(r.fetched, file)
			r.mu.Unlock()
			http.ServeFile(w, q, filepath.Join(packages(t), "npm", file))
			return
		}
		if document := documents[strings.TrimPrefix(q.URL.Path, "/")]; document != nil {
			json.NewEncoder(w).Encode(document)
			return
		}
		http.NotFound(w, q)
	}))
	t.Cleanup(server.Close)
	r.url = server.URL
	for _, tarball := range tarballs {
		var manifest map[string]any
		if err := json.Unmarshal([]byte(run(t, ".", nil, "tar", "-xzOf", tarball, "package/package.json")), &manifest); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(tarball)
		if err != nil {
			t.Fatal(err)
		}
		hash := sha512.Sum512(text)
		manifest["dist"] = map[string]string{"tarball": server.URL + "/" + filepath.Base(tarball),
			"integrity": "sha512-" + base64.StdEncoding.EncodeToString(hash[:])}
		name, version := manifest["name"].(string), manifest["version"].(string)
		documents[name] = map[string]any{"name": name, "dist-tags": map[string]string{"latest": version},
			"versions": map[string]any{version: manifest}}
	}
	return r
}

// newcomer is the environment of somebody who has never used npm.
func (r *npmRegistry) newcomer(t *testing.T) []string {
	home := t.TempDir()
	return []string{"HOME=" + home, "npm_config_cache=" + home, "npm_config_registry=" + r.url, "npm_config_audit=false",
		"npm_config_fund=false", "npm_config_update_notifier=false"}
}

// platform is this one as npm calls it.
func platform(t *testing.T) string {
	return strings.TrimSpace(run(t, ".", nil, "node", "-p", "process.platform + '-' + process.arch"))
}

func TestNPXRunsTheCommandAndFetchesOnlyItsOwnPlatform(t *testing.T) {
	r := newNPMRegistry(t)
	env, dir := r.newcomer(t), t.TempDir()
	if got := run(t, dir, env, "npx", "--yes", "ssotoken", "doctor", "--help"); !strings.HasPrefix(got, "Usage: ssotoken doctor") {
		t.Errorf("got %s", got)
	}
	slices.Sort(r.fetched)
	want := []string{"bettermode-go-ssotoken-" + platform(t) + "-0.1.0.tgz", "ssotoken-0.1.0.tgz"}
	if !slices.Equal(r.fetched, want) {
		t.Errorf("got %q, want %q", r.fetched, want)
	}
	_, all, err := try(t, dir, env, "npx", "ssotoken", "inpsect")
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(all, `did you mean "inspect"?`) {
		t.Errorf("got %v, %s", err, all)
	}
}

func TestWithoutThePackageOfItsPlatformTheWrapperSaysWhatIsMissing(t *testing.T) {
	r, dir := newNPMRegistry(t), t.TempDir()
	run(t, dir, r.newcomer(t), "npm", "install", "--omit=optional", "ssotoken")
	_, all, err := try(t, dir, nil, "node_modules/.bin/ssotoken", "version")
	want := "ssotoken: the package @bettermode-go/ssotoken-" + platform(t) + " is not installed."
	if err == nil || !strings.HasPrefix(all, want) || strings.Count(all, "\n") != 1 {
		t.Errorf("got %v, %s", err, all)
	}
}

func TestAnInstallRunsNoScript(t *testing.T) {
	r, dir := newNPMRegistry(t), t.TempDir()
	run(t, dir, r.newcomer(t), "npm", "install", "--ignore-scripts", "ssotoken")
	if got := run(t, dir, nil, "node_modules/.bin/ssotoken", "version"); !strings.HasPrefix(got, "ssotoken "+version+"\n") {
		t.Errorf("got %s", got)
	}
}

func TestASignalToTheWrapperEndsTheCommandInItsOwnWay(t *testing.T) {
	r, dir := newNPMRegistry(t), t.TempDir()
	run(t, dir, r.newcomer(t), "npm", "install", "ssotoken")
	c := exec.CommandContext(t.Context(), filepath.Join(dir, "node_modules", ".bin", "ssotoken"), "community", "--listen", "127.0.0.1:0")
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if !strings.HasPrefix(line, "A fake community is at ") {
		t.Fatalf("got %q, %v", line, err)
	}
	c.Process.Signal(syscall.SIGTERM)
	for err == nil { // the pipe ends with the last that writes to it
		_, err = lines.ReadString('\n')
	}
	if c.Wait(); c.ProcessState.ExitCode() != 0 {
		t.Errorf("ended with %v", c.ProcessState)
	}
}
