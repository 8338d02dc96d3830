package main

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
)

// A diagnosis in every form that doctor prints.
type forms struct {
	json        doctor.Diagnosis
	junit       string
	annotations []string
}

func diagnose(t *testing.T, wantStatus int, args ...string) forms {
	t.Helper()
	t.Setenv(keyVariable, keyText)
	var f forms
	junit := filepath.Join(t.TempDir(), "doctor.xml")
	args = append([]string{"doctor", "--community", "community.example.com", "--cookie", "session=good"}, args...)
	out, _, status := call(t, "", false, append(args, "--json")...)
	if err := json.Unmarshal([]byte(out), &f.json); err != nil || status != wantStatus {
		t.Fatalf("got exit status %d, %v", status, err)
	}
	out, stderr, status := call(t, "", false, append(args, "--annotate", "--junit", junit)...)
	if status != wantStatus {
		t.Fatalf("got exit status %d, %s", status, stderr)
	}
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "::") {
			f.annotations = append(f.annotations, line)
		}
	}
	data, err := os.ReadFile(junit)
	if err != nil {
		t.Fatal(err)
	}
	f.junit = string(data)
	for _, secret := range []string{"eyJ", keyText, "session=good", bearer} {
		if strings.Contains(out+f.junit, secret) {
			t.Errorf("a report holds %q", secret)
		}
	}
	return f
}

func TestEachCheckIsOneTestOfJUnit(t *testing.T) {
	f := diagnose(t, 1, "--url", serve(t, brokenPartner)+"/login")
	var got junit.Testsuites
	if err := xml.Unmarshal([]byte(f.junit), &got); err != nil {
		t.Fatal(err)
	}
	states := map[doctor.State]int{}
	for i, check := range f.json.Checks {
		states[check.State]++
		c := got.Suites[0].Testcases[i]
		if c.Name != check.Check || (c.Failure != nil) != (check.State == doctor.Failed) ||
			(c.Skipped != nil) != (check.State == doctor.Skipped) {
			t.Errorf("got %+v for %+v", c, check)
		}
		for _, finding := range f.json.Findings {
			text := ""
			if c.SystemOut != nil {
				text += c.SystemOut.Data
			}
			if c.Failure != nil {
				text += c.Failure.Data
			}
			if inIt := strings.Contains(text, finding.Message); inIt != (finding.Check == check.Check) {
				t.Errorf("%s has %s: %v", check.Check, finding.Code, inIt)
			}
		}
	}
	s := got.Suites[0]
	if s.Tests != len(f.json.Checks) || len(s.Testcases) != s.Tests || s.Failures != states[doctor.Failed] ||
		s.Skipped != states[doctor.Skipped] || s.Failures == 0 || s.Skipped == 0 {
		t.Errorf("got %d tests, %d failures, %d skipped of %v", s.Tests, s.Failures, s.Skipped, states)
	}
}

func TestEachFindingIsOneAnnotation(t *testing.T) {
	f := diagnose(t, 1, "--url", serve(t, brokenPartner)+"/login")
	commands := map[string]string{"fail": "error", "warn": "warning", "info": "notice"}
	back := strings.NewReplacer("%0A", "\n", "%0D", "\r", "%25", "%")
	for i, finding := range f.json.Findings {
		want := "::" + commands[string(finding.Verdict)] + " title=" + string(finding.Code) + "::" + finding.Message + "\n" +
			finding.Sentence + "\n" + finding.Fix + "\n"
		if diff := cmp.Diff(want, back.Replace(f.annotations[i])); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if len(f.annotations) != len(f.json.Findings) {
		t.Errorf("%d annotations of %d findings", len(f.annotations), len(f.json.Findings))
	}
}

// Nobody answers, so nothing is known to be right.
func TestACheckThatIsUnknownIsAnErrorInEveryForm(t *testing.T) {
	f := diagnose(t, statusUnknown, "--url", "http://127.0.0.1:1/login")
	unknown := 0
	for _, check := range f.json.Checks {
		if check.State == doctor.Unknown {
			unknown++
		}
	}
	var suites junit.Testsuites
	if err := xml.Unmarshal([]byte(f.junit), &suites); err != nil {
		t.Fatal(err)
	}
	annotated := strings.Count(strings.Join(f.annotations, ""), "::error title=unknown::")
	if unknown == 0 || annotated != unknown || suites.Suites[0].Errors != unknown {
		t.Errorf("%d unknown checks: %d annotations, %d errors", unknown, annotated, suites.Suites[0].Errors)
	}
}

func TestAReportThatCannotBeWrittenIsAnError(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	_, stderr, status := call(t, "", false, "doctor", "--junit", filepath.Join(t.TempDir(), "none", "report"))
	if want := "the file that --junit names: no such file"; status != 1 || !strings.Contains(stderr, want) {
		t.Errorf("got exit status %d, %q, want %q", status, stderr, want)
	}
}
