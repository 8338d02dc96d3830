package release_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
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

// step runs the action's own step as a runner does, and returns the log, the
// outputs and the error.
func step(t *testing.T, with map[string]string) (log string, outputs map[string]string, err error) {
	t.Helper()
	a, temp := readAction(t), t.TempDir()
	last := a.Runs.Steps[len(a.Runs.Steps)-1]
	env := []string{"RUNNER_TEMP=" + temp, "GITHUB_OUTPUT=" + filepath.Join(temp, "output"),
		"GITHUB_ACTION_PATH=" + filepath.Join(checkout(t), actionFolder)}
	for name, value := range last.Env {
		input := inputOf.FindStringSubmatch(value)[1]
		if given, ok := with[input]; ok {
			env = append(env, name+"="+given)
		} else {
			env = append(env, name+"="+a.Inputs[input].Default)
		}
	}
	_, log, err = try(t, temp, env, last.Shell, "--noprofile", "--norc", "-eo", "pipefail", "-c", last.Run)
	outputs = map[string]string{}
	lines, _ := os.ReadFile(filepath.Join(temp, "output"))
	for _, line := range strings.Fields(string(lines)) {
		name, path, _ := strings.Cut(line, "=")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		outputs[name] = string(text)
	}
	if left, _ := filepath.Glob(filepath.Join(temp, "secrets-*")); left != nil {
		t.Errorf("%s is left", left)
	}
	return log, outputs, err
}

func TestEachInputOfTheActionReachesDoctorAsData(t *testing.T) {
	a := readAction(t)
	own := a.Runs.Steps[len(a.Runs.Steps)-1]
	script, err := os.ReadFile(filepath.Join(checkout(t), actionFolder, "doctor.sh"))
	if err != nil {
		t.Fatal(err)
	}
	var inputs []string
	for name, value := range own.Env {
		match := inputOf.FindStringSubmatch(value)
		if match == nil || !strings.Contains(string(script), `$`+name+`"`) {
			t.Fatalf("%s is %s", name, value)
		}
		inputs = append(inputs, match[1])
	}
	for name := range a.Inputs {
		if !slices.Contains(inputs, name) {
			t.Errorf("nothing reads %s", name)
		}
	}
	if len(inputs) != len(a.Inputs) || a.Runs.Using != "composite" || strings.Contains(own.Run, "${{") {
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
