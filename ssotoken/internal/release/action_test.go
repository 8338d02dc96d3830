package release_test

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

type action struct {
	Inputs  map[string]struct{ Default string }
	Outputs map[string]struct{ Value string }
	Runs    struct {
		Using string
		Steps []struct {
			ID, Uses, Shell, Run string
			Env                  map[string]string
		}
	}
}

const actionFolder = ".github/actions/doctor"

func readAction(t *testing.T) action {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(checkout(t), actionFolder, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var a action
	if err := yaml.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

var inputOf = regexp.MustCompile(`^\$\{\{ inputs\.([a-z-]+) \}\}$`)

// A runner runs the steps of the action, where gh has one release.
type runner struct {
	temp string
	env  []string
}

// gh is a GitHub with one release, in $RELEASE, whose provenance it vouches for unless $FORGED is set.
const gh = `#!/usr/bin/env bash
set -e
echo "$*" >>"$RUNNER_TEMP/asked"
case "$1 $2" in
"release list") echo ssotoken/cmd/v0.1.0 ;;
"release download")
  [ "$3" = ssotoken/cmd/v0.1.0 ] || { echo "release not found" >&2; exit 1; }
  cp "$RELEASE/$7" "$RELEASE/$9" . ;;
"attestation verify") [ -z "$FORGED" ] ;;
esac
`

func newRunner(t *testing.T, env ...string) *runner {
	t.Helper()
	temp := t.TempDir()
	write(t, filepath.Join(temp, "bin", "gh"), gh)
	if err := os.Chmod(filepath.Join(temp, "bin", "gh"), 0o755); err != nil {
		t.Fatal(err)
	}
	return &runner{temp, append([]string{"RUNNER_TEMP=" + temp, "GITHUB_OUTPUT=" + filepath.Join(temp, "output"),
		"GITHUB_PATH=" + filepath.Join(temp, "path"), "GITHUB_ACTION_PATH=" + filepath.Join(checkout(t), actionFolder),
		"RELEASE=" + packages(t), "RUNNER_OS=" + map[string]string{"linux": "Linux", "darwin": "macOS"}[runtime.GOOS],
		"RUNNER_ARCH=" + map[string]string{"amd64": "X64", "arm64": "ARM64"}[runtime.GOARCH]}, env...)}
}

// step runs one of the steps with what it prepends to the PATH so far.
func (r *runner) step(t *testing.T, i int, with map[string]string) (log string, err error) {
	t.Helper()
	a := readAction(t)
	added, _ := os.ReadFile(filepath.Join(r.temp, "path"))
	folders := append(strings.Fields(string(added)), filepath.Join(r.temp, "bin"), os.Getenv("PATH"))
	env := append([]string{"PATH=" + strings.Join(folders, string(os.PathListSeparator))}, r.env...)
	for name, value := range a.Runs.Steps[i].Env {
		if input := inputOf.FindStringSubmatch(value); input != nil {
			value = cmp.Or(with[input[1]], a.Inputs[input[1]].Default)
		}
		env = append(env, name+"="+value)
	}
	_, log, err = try(t, r.temp, env, a.Runs.Steps[i].Shell, "--noprofile", "--norc", "-eo", "pipefail", "-c", a.Runs.Steps[i].Run)
	return log, err
}

// step runs the action as a runner does, and returns doctor's log, the outputs and the error.
func step(t *testing.T, with map[string]string) (log string, outputs map[string]string, err error) {
	t.Helper()
	r := newRunner(t)
	if log, err = r.step(t, 0, with); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	log, err = r.step(t, 1, with)
	outputs = map[string]string{}
	lines, _ := os.ReadFile(filepath.Join(r.temp, "output"))
	for _, line := range strings.Fields(string(lines)) {
		name, path, _ := strings.Cut(line, "=")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		outputs[name] = string(text)
	}
	if left, _ := filepath.Glob(filepath.Join(r.temp, "secrets-*")); left != nil {
		t.Errorf("%s is left", left)
	}
	return log, outputs, err
}

func TestTheActionTakesOnlyAReleaseWithItsChecksumAndProvenance(t *testing.T) {
	forged := t.TempDir()
	archive := nameOf(runtime.GOOS+"_"+runtime.GOARCH) + ".tar.gz"
	write(t, filepath.Join(forged, archive), "not what the checksum is of")
	run(t, forged, nil, "cp", filepath.Join(packages(t), "checksums.txt"), ".")
	for _, tt := range []struct {
		name, version, env string
		want               string // of the log; "" where it is taken
	}{
		{"the newest", "", "FORGED=", ""},
		{"by its version", version, "FORGED=", ""},
		{"one that there is not", "v9.0.0", "FORGED=", "release not found"},
		{"no version", "v1;id", "FORGED=", "::error title=ssotoken doctor::version is such as v0.2.0"},
		{"another archive", "", "RELEASE=" + forged, "::error title=ssotoken doctor::the checksum of " + archive + " is wrong"},
		{"somebody else's", "", "FORGED=1", "::error title=ssotoken doctor::the provenance of " + archive + " is wrong"},
		{"another machine", "", "RUNNER_ARCH=ARM", "::error title=ssotoken doctor::there is no ssotoken for this runner"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRunner(t, tt.env)
			log, err := r.step(t, 0, map[string]string{"version": tt.version})
			added, _ := os.ReadFile(filepath.Join(r.temp, "path"))
			if (err == nil) != (tt.want == "") || (len(added) > 0) != (tt.want == "") || !strings.Contains(log, tt.want) {
				t.Errorf("got %v, PATH %q\n%s", err, added, log)
			}
			asked, _ := os.ReadFile(filepath.Join(r.temp, "asked"))
			if verified := "attestation verify " + archive + " --repo bettermode-go/sso --signer-workflow bettermode-go/sso/.github/" +
				"workflows/release.yml --source-ref refs/tags/ssotoken/cmd/v0.1.0\n"; err == nil && !strings.Contains(string(asked), verified) {
				t.Errorf("asked %s", asked)
			}
		})
	}
}

func TestEachInputOfTheActionReachesItsStepAsData(t *testing.T) {
	a := readAction(t)
	var inputs []string
	for i, name := range []string{"install.sh", "doctor.sh"} {
		script, err := os.ReadFile(filepath.Join(checkout(t), actionFolder, name))
		if err != nil {
			t.Fatal(err)
		}
		step := a.Runs.Steps[i]
		for variable, value := range step.Env {
			if match := inputOf.FindStringSubmatch(value); match != nil {
				inputs = append(inputs, match[1])
				if !strings.Contains(string(script), `$`+variable) {
					t.Errorf("%s does not read %s", name, variable)
				}
			}
		}
		if strings.Contains(step.Run, "${{") || !strings.Contains(step.Run, name) {
			t.Errorf("got %+v", step)
		}
	}
	for name := range a.Inputs {
		if !slices.Contains(inputs, name) {
			t.Errorf("nothing reads %s", name)
		}
	}
	if len(inputs) != len(a.Inputs) || len(a.Runs.Steps) != 2 || a.Runs.Using != "composite" {
		t.Errorf("got %+v", a)
	}
}

func TestTheActionAnnotatesWhatDoctorFinds(t *testing.T) {
	const cookie, key = "session=s-7f3a", "Zr4u7x!A%D*G-KaPdSgVkYp3s6v9y$B&"
	log, outputs, err := step(t, map[string]string{"url": partner(t), "community": "community.example.com", "cookie": cookie, "key": key})
	if err == nil || !strings.Contains(log, "\n::error title=token-parts::") || !strings.Contains(log, "\n::warning title=cacheable::") {
		t.Errorf("got %v\n%s", err, log)
	}
	if !strings.Contains(outputs["junit"], "token-parts") {
		t.Errorf("got %q", outputs["junit"])
	}
	for _, secret := range []string{cookie, key} {
		if strings.Contains(log+outputs["junit"], secret) {
			t.Errorf("%q is shown", secret)
		}
	}
}

func TestTheActionAnnotatesWhyACheckCouldNotBeMade(t *testing.T) {
	for _, tt := range []struct {
		name string
		with map[string]string
		want string
	}{
		{"a shell's words in an address", map[string]string{"url": "https://$(id)`id`;\nid",
			"community": "community.example.com"}, "--url: is not a full http or https URL"},
		{"no number", map[string]string{"thorough": "very"}, "::error title=ssotoken doctor::"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log, outputs, err := step(t, tt.with)
			if err == nil || !strings.Contains(log, tt.want) || len(outputs) > 0 || strings.Contains(log, "uid=") {
				t.Errorf("got %v, %v\n%s", err, outputs, log)
			}
		})
	}
}

func TestTheActionFailsWhereNobodyAnswers(t *testing.T) {
	log, outputs, err := step(t, map[string]string{"url": "http://127.0.0.1:1/login", "community": "community.example.com"})
	if err == nil || !strings.Contains(log, "\n::error title=unknown::without a session: ") || !strings.Contains(outputs["junit"], "<error ") {
		t.Errorf("got %v, %v\n%s", err, outputs, log)
	}
}

func TestTheActionPassesWithoutFindings(t *testing.T) {
	log, outputs, err := step(t, map[string]string{"key": "Zr4u7x!A%D*G-KaPdSgVkYp3s6v9y$B&"})
	if err != nil || strings.Contains(log, "::error") || !strings.Contains(outputs["junit"], `failures="0" errors="0"`) {
		t.Errorf("got %v, %v\n%s", err, outputs, log)
	}
}

// partner is a site that redirects to the community with something that is no token.
func partner(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("session"); err != nil {
			fmt.Fprint(w, "Sign in")
			return
		}
		back := url.QueryEscape(r.URL.Query().Get("referrer_uri"))
		http.Redirect(w, r, "https://community.example.com/api/auth/sso?jwt=none&redirect_uri="+back, http.StatusFound)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/login"
}
