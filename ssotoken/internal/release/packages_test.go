package release_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"gopkg.in/yaml.v3"
)

// packages returns GoReleaser's folder after .ci/packages, as the workflow runs it for the tag of the tools.
func packages(t *testing.T) string {
	t.Helper()
	packed.Do(func() { pack(t, filepath.Join(scratch, "packages")) })
	return filepath.Join(scratch, "packages", "ssotoken", "cmd", "dist")
}

var packed sync.Once

func pack(t *testing.T, at string, env ...string) {
	t.Helper()
	env = append(append(elsewhere(t, proxy(t)), "RELEASE_TOOLS="+tools()), env...)
	run(t, scratch, nil, "git", "clone", "--quiet", "--shared", "--branch", "ssotoken/cmd/"+version, filepath.Join(scratch, "sso"), at)
	run(t, at, env, "bash", ".ci/packages", version)
	for _, name := range []string{"artifacts.json", "config.yaml", "metadata.json"} { // GoReleaser's notes on this run
		if err := os.Remove(filepath.Join(at, "ssotoken", "cmd", "dist", name)); err != nil {
			t.Fatal(err)
		}
	}
	if status := run(t, at, nil, "git", "status", "--porcelain"); status != "" {
		t.Errorf("left behind: %s", status)
	}
}

// tools is a folder that may have GoReleaser from the last time.
func tools() string {
	if folder := os.Getenv("RELEASE_TOOLS"); folder != "" {
		return folder
	}
	return filepath.Join(scratch, "tools")
}

// sums are the checksums of all files in a folder by their paths.
func sums(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(folder), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all[name] = sum(t, filepath.Join(folder, name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func sum(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	of := sha256.Sum256(text)
	return hex.EncodeToString(of[:])
}

func TestPackagesMadeInAnotherFolderWithoutACacheAreTheSame(t *testing.T) {
	first := sums(t, packages(t))
	again := filepath.Join(t.TempDir(), "in", "another", "folder")
	pack(t, again, "GOCACHE="+t.TempDir())
	second := sums(t, filepath.Join(again, "ssotoken", "cmd", "dist"))
	if len(first) < 39 || len(first) != len(second) {
		t.Errorf("%d files, then %d", len(first), len(second))
	}
	for name, want := range first {
		if second[name] != want {
			t.Errorf("%s differs", name)
		}
	}
}

var archives = map[string]string{ // by platform
	"linux_amd64": ".tar.gz", "linux_arm64": ".tar.gz", "darwin_amd64": ".tar.gz", "darwin_arm64": ".tar.gz",
	"windows_amd64": ".zip", "windows_arm64": ".zip",
}

func nameOf(platform string) string {
	return "ssotoken_" + strings.TrimPrefix(version, "v") + "_" + platform
}

// unpacked is a folder with what is in an archive.
func unpacked(t *testing.T, archive string) string {
	t.Helper()
	folder := t.TempDir()
	if strings.HasSuffix(archive, ".zip") {
		run(t, folder, nil, "unzip", "-q", archive)
	} else {
		run(t, folder, nil, "tar", "-xzf", archive)
	}
	return folder
}

func TestAnArchiveHasTheCommandWithWhatBelongsToIt(t *testing.T) {
	dist := packages(t)
	for platform, ending := range archives {
		t.Run(platform, func(t *testing.T) {
			program := "ssotoken"
			if ending == ".zip" {
				program += ".exe"
			}
			folder := unpacked(t, filepath.Join(dist, nameOf(platform)+ending))
			for _, name := range []string{program, "LICENSE", "README.md", "completions/ssotoken.bash", "completions/_ssotoken",
				"completions/ssotoken.fish", "completions/ssotoken.ps1", "man/ssotoken.1", "man/ssotoken-doctor.1"} {
				if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.Size() < 500 {
					t.Errorf("%s: %v", name, err)
				}
			}
			if platform == runtime.GOOS+"_"+runtime.GOARCH {
				head := strings.TrimSpace(run(t, filepath.Join(scratch, "packages"), nil, "git", "rev-parse", "HEAD"))
				if got := run(t, folder, nil, "./ssotoken", "version"); !strings.HasPrefix(got, "ssotoken "+version+"\n") ||
					!strings.Contains(got, "vcs.revision="+head+"\n") {
					t.Errorf("got %s", got)
				}
			}
		})
	}
}

func TestTheChecksumsAreThoseOfArchivesAndListsOfParts(t *testing.T) {
	dist := packages(t)
	if got := run(t, dist, nil, "sha256sum", "--check", "checksums.txt"); strings.Count(got, ": OK\n") != 2*len(archives) {
		t.Errorf("got %s", got)
	}
}

func TestAListOfPartsHasEveryModuleAndTheStandardLibrary(t *testing.T) {
	dist := packages(t)
	for platform := range archives {
		text, err := os.ReadFile(filepath.Join(dist, nameOf(platform)+".cdx.json"))
		if err != nil {
			t.Fatal(err)
		}
		var list struct {
			BOMFormat string
			Metadata  struct {
				Component struct{ Name, Version string }
			}
			Components []struct{ Name, Version string }
		}
		if err := json.Unmarshal(text, &list); err != nil {
			t.Fatal(err)
		}
		parts := map[string]bool{}
		for _, part := range list.Components {
			parts[part.Name] = true
		}
		if c := list.Metadata.Component; list.BOMFormat != "CycloneDX" || c.Name != sso+"/ssotoken/cmd" || c.Version != version ||
			!parts["std"] || !parts[sso] || !parts["github.com/spf13/cobra"] {
			t.Errorf("%s: got %+v", platform, list)
		}
	}
}

// A package manager's file is right if each address is that of an archive, beside its checksum.
func TestPackageManagersGetEachArchiveWithItsChecksum(t *testing.T) {
	dist := packages(t)
	const downloads = "https://github.com/bettermode-go/sso/releases/download/ssotoken%2Fcmd%2F"
	winget := "winget/manifests/b/bettermode-go/ssotoken/" + strings.TrimPrefix(version, "v") + "/bettermode-go.ssotoken"
	for _, tt := range []struct {
		file      string
		platforms []string
		isRead    func(text []byte) error
	}{
		{"homebrew/Casks/ssotoken.rb", []string{"linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64"}, isRuby},
		{"scoop/ssotoken.json", []string{"windows_amd64", "windows_arm64"}, isYAML},
		{winget + ".installer.yaml", []string{"windows_amd64", "windows_arm64"}, isYAML},
		{winget + ".locale.en-US.yaml", nil, isYAML},
		{winget + ".yaml", nil, isYAML},
	} {
		t.Run(tt.file, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(dist, tt.file))
			if err == nil {
				err = tt.isRead(text)
			}
			if err != nil {
				t.Fatal(err)
			}
			got := strings.NewReplacer("#{version}", strings.TrimPrefix(version, "v")).Replace(string(text))
			for _, platform := range tt.platforms {
				archive := nameOf(platform) + archives[platform]
				if url := downloads + version + "/" + archive; !strings.Contains(got, url) ||
					!strings.Contains(strings.ToLower(got), sum(t, filepath.Join(dist, archive))) {
					t.Errorf("%s is not in %s", url, got)
				}
			}
			if n := len(regexp.MustCompile(`https://\S+releases/download\S+`).FindAllString(got, -1)); n != len(tt.platforms) {
				t.Errorf("%d addresses in %s", n, got)
			}
		})
	}
}

// isYAML is for JSON too.
func isYAML(text []byte) error { return yaml.Unmarshal(text, new(any)) }

func isRuby(text []byte) error {
	c := exec.Command("ruby", "-c")
	c.Stdin = bytes.NewReader(text)
	return c.Run()
}
