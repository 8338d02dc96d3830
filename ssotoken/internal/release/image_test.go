//go:build linux

package release_test

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1"
)

// pushed is the image in a registry on the loopback, as .ci/image pushes it.
func pushed(t *testing.T) (repository, digest string) {
	t.Helper()
	packages(t)
	server := httptest.NewServer(registry.New())
	t.Cleanup(server.Close)
	repository = strings.TrimPrefix(server.URL, "http://") + "/ssotoken"
	out := run(t, filepath.Join(scratch, "packages"), nil, "bash", ".ci/image", repository, version)
	return repository, strings.TrimSpace(out)
}

func crane(t *testing.T, args ...string) string {
	t.Helper()
	return run(t, ".", nil, "go", append([]string{"tool", "crane"}, args...)...)
}

func TestEachTagOfTheImageIsForBothArchitectures(t *testing.T) {
	repository, digest := pushed(t)
	tags := strings.Fields(crane(t, "ls", repository))
	if slices.Sort(tags); !slices.Equal(tags, []string{"latest", "v0", "v0.1", "v0.1.0"}) {
		t.Errorf("got %q", tags)
	}
	for _, tag := range tags {
		if got := strings.TrimSpace(crane(t, "digest", repository+":"+tag)); got != digest {
			t.Errorf("%s is %s, not %s", tag, got, digest)
		}
	}
	crane(t, "validate", "--remote", repository+":latest")
	for _, arch := range []string{"amd64", "arm64"} {
		config := configOf(t, repository, arch)
		labels := config.Config.Labels
		if config.Architecture != arch || config.Config.User != "65532:65532" || config.Config.Healthcheck == nil ||
			labels["org.opencontainers.image.version"] != "0.1.0" || labels["org.opencontainers.image.licenses"] != "MIT" {
			t.Errorf("got %+v", config)
		}
	}
}

func configOf(t *testing.T, repository, arch string) (config v1.ConfigFile) {
	t.Helper()
	if err := json.Unmarshal([]byte(crane(t, "config", "--platform", "linux/"+arch, repository+":latest")), &config); err != nil {
		t.Fatal(err)
	}
	return config
}

func TestTheDockerfileOfACheckoutRunsAsTheImageDoes(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(checkout(t), "ssotoken", "cmd", "ssotoken", "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	repository, _ := pushed(t)
	config := configOf(t, repository, "amd64").Config
	for instruction, want := range map[string][]string{
		"ENTRYPOINT": config.Entrypoint, "CMD": config.Cmd, "HEALTHCHECK CMD": config.Healthcheck.Test[1:],
	} {
		var got []string
		line := regexp.MustCompile(`(?m)^` + instruction + ` (.*)$`).FindSubmatch(text)
		if line == nil || json.Unmarshal(line[1], &got) != nil || !slices.Equal(got, want) {
			t.Errorf("%s is %q, not %q", instruction, got, want)
		}
	}
	if want := "\nENV " + strings.Join(config.Env, " ") + "\n"; !strings.Contains(string(text), want) {
		t.Errorf("there is no %q", want)
	}
}

// pulled is the image's root, in a folder that every user can enter.
func pulled(t *testing.T, repository string) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can run a program in another root, as another user")
	}
	root, err := os.MkdirTemp("/var/tmp", "image")
	if err == nil {
		err = os.Chmod(root, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	archive := filepath.Join(t.TempDir(), "root.tar")
	crane(t, "export", "--platform", "linux/"+runtime.GOARCH, repository+":latest", archive)
	run(t, root, nil, "tar", "-xpf", archive, "--same-owner")
	return root
}

func TestTheImageRunsACommunityAsItsUserAndAsksItsHealthWithoutAShell(t *testing.T) {
	repository, _ := pushed(t)
	root, config := pulled(t, repository), configOf(t, repository, runtime.GOARCH).Config
	inside := func(args ...string) *exec.Cmd {
		c := exec.CommandContext(t.Context(), args[0], args[1:]...)
		c.Dir, c.Env = "/", append([]string{"PATH=/"}, config.Env...)
		c.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
		return c
	}
	health := config.Healthcheck.Test[1:]
	if out, err := inside(append(health, "--listen", "127.0.0.1:1")...).CombinedOutput(); err == nil {
		t.Errorf("healthy without a community: %s", out)
	}
	c := inside(append(append(config.Entrypoint, config.Cmd...), "--listen", "127.0.0.1:0", "--state", "/state/community.json")...)
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	_, address, found := strings.Cut(strings.TrimSpace(line), "http://")
	if !found {
		t.Fatalf("got %q, %v", line, err)
	}
	if out, err := inside(append(health, "--listen", address)...).CombinedOutput(); err != nil || string(out) != "ready\n" {
		t.Errorf("got %q, %v", out, err)
	}
	c.Process.Signal(syscall.SIGTERM)
	if c.Wait(); c.ProcessState.ExitCode() != 0 {
		t.Errorf("ended with %v", c.ProcessState)
	}
	if info, err := os.Stat(filepath.Join(root, "state", "community.json")); err != nil || info.Sys().(*syscall.Stat_t).Uid != 65532 {
		t.Errorf("the state: %v, %v", info, err)
	}
}

func TestTheImageHoldsOnlyTheCommandCertificatesAndAFolderForState(t *testing.T) {
	repository, _ := pushed(t)
	root := pulled(t, repository)
	got := strings.Fields(run(t, root, nil, "find", ".", "-type", "f"))
	if slices.Sort(got); !slices.Equal(got, []string{"./etc/ssl/certs/ca-certificates.crt", "./ssotoken"}) {
		t.Errorf("got %q", got)
	}
	text, err := os.ReadFile(filepath.Join(root, "etc", "ssl", "certs", "ca-certificates.crt"))
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(text, []byte("BEGIN CERTIFICATE")); n < 100 || !x509.NewCertPool().AppendCertsFromPEM(text) {
		t.Errorf("%d certificates", n)
	}
}
