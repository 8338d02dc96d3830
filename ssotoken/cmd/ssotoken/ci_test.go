package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
)

// A diagnosis in every form in which doctor gives it.
type forms struct {
	json         doctor.Diagnosis
	sarif, junit string
	annotations  []string
}

func diagnose(t *testing.T, wantStatus int, args ...string) forms {
	t.Helper()
	t.Setenv(keyVariable, keyText)
	var f forms
	sarif, junit := filepath.Join(t.TempDir(), "doctor.sarif"), filepath.Join(t.TempDir(), "doctor.xml")
	args = append([]string{"doctor", "-community", "community.example.com", "-cookie", "session=good"}, args...)
	out, _, status := call(t, "", false, append(args, "-json")...)
	if err := json.Unmarshal([]byte(out), &f.json); err != nil || status != wantStatus {
		t.Fatalf("got exit status %d, %v", status, err)
	}
	out, stderr, status := call(t, "", false, append(args, "-annotate", "-sarif", sarif, "-junit", junit)...)
	if status != wantStatus {
		t.Fatalf("got exit status %d, %s", status, stderr)
	}
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "::") {
			f.annotations = append(f.annotations, line)
		}
	}
	for path, text := range map[string]*string{sarif: &f.sarif, junit: &f.junit} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		*text = string(data)
	}
	for _, secret := range []string{"eyJ", keyText, "session=good", bearer} {
		if strings.Contains(out+f.sarif+f.junit, secret) {
			t.Errorf("a report holds %q", secret)
		}
	}
	return f
}

func TestEachFindingIsOneResultOfSARIF(t *testing.T) {
	f := diagnose(t, 1, "-url", serve(t, brokenPartner)+"/login")
	var log sarifLog
	decoder := json.NewDecoder(strings.NewReader(f.sarif))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 || log.Runs[0].Tool.Driver.Name == "" || log.Runs[0].Tool.Driver.Version != "v0.1.0" {
		t.Errorf("got %+v", log)
	}
	levels := map[string]string{"fail": "error", "warn": "warning", "info": "note"}
	run := log.Runs[0]
	var want, got [][5]string
	for _, f := range f.json.Findings {
		want = append(want, [5]string{string(f.Code), levels[string(f.Verdict)], f.Message + " " + f.Fix, f.Check, f.Sentence})
	}
	for _, r := range run.Results {
		rule := run.Tool.Driver.Rules[r.RuleIndex]
		if rule.ID != r.RuleID {
			t.Errorf("rule %d is %s, not %s", r.RuleIndex, rule.ID, r.RuleID)
		}
		got = append(got, [5]string{r.RuleID, r.Level, r.Message.Text, r.Locations[0].LogicalLocations[0].Name, rule.ShortDescription.Text})
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 5 {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	if skipped := run.Invocations[0].Notifications; len(skipped) != 1 || skipped[0].Message.Text != "logout: skipped: no Logout URL was given" {
		t.Errorf("got notifications %+v", skipped)
	}
}

func TestAnEmptyListOfResultsSaysThatNothingWasFound(t *testing.T) {
	if got := diagnose(t, 0, "-url", serve(t, ownLogin(t))+"/login"); !strings.Contains(got.sarif, `"results": []`) || got.annotations != nil {
		t.Errorf("got %s, %q", got.sarif, got.annotations)
	}
}

func TestEachCheckIsOneTestOfJUnit(t *testing.T) {
	f := diagnose(t, 1, "-url", serve(t, brokenPartner)+"/login")
	var got junitSuites
	if err := xml.Unmarshal([]byte(f.junit), &got); err != nil {
		t.Fatal(err)
	}
	states := map[doctor.State]int{}
	for i, check := range f.json.Checks {
		states[check.State]++
		c := got.Suite.Cases[i]
		if c.Name != check.Check || (c.Failure != nil) != (check.State == doctor.Failed) || (c.Skipped != nil) != (check.State == doctor.Skipped) {
			t.Errorf("got %+v for %+v", c, check)
		}
		for _, finding := range f.json.Findings {
			text := c.Out
			if c.Failure != nil {
				text += c.Failure.Text
			}
			if inIt := strings.Contains(text, finding.Message); inIt != (finding.Check == check.Check) {
				t.Errorf("%s has %s: %v", check.Check, finding.Code, inIt)
			}
		}
	}
	s := got.Suite
	if s.Tests != len(f.json.Checks) || len(s.Cases) != s.Tests || s.Failures != states[doctor.Failed] || s.Skipped != states[doctor.Skipped] || s.Failures == 0 || s.Skipped == 0 {
		t.Errorf("got %d tests, %d failures, %d skipped of %v", s.Tests, s.Failures, s.Skipped, states)
	}
}

func TestEachFindingIsOneAnnotation(t *testing.T) {
	f := diagnose(t, 1, "-url", serve(t, brokenPartner)+"/login")
	commands := map[string]string{"fail": "error", "warn": "warning", "info": "notice"}
	back := strings.NewReplacer("%0A", "\n", "%0D", "\r", "%25", "%")
	for i, finding := range f.json.Findings {
		want := "::" + commands[string(finding.Verdict)] + " title=" + string(finding.Code) + "::" + finding.Message + "\n" + finding.Sentence + "\n" + finding.Fix + "\n"
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
	f := diagnose(t, statusUnknown, "-url", "http://127.0.0.1:1/login")
	unknown := 0
	for _, check := range f.json.Checks {
		if check.State == doctor.Unknown {
			unknown++
		}
	}
	var log sarifLog
	var suites junitSuites
	if err := errors.Join(json.Unmarshal([]byte(f.sarif), &log), xml.Unmarshal([]byte(f.junit), &suites)); err != nil {
		t.Fatal(err)
	}
	notified := 0
	for _, n := range log.Runs[0].Invocations[0].Notifications {
		if n.Level == "error" {
			notified++
		}
	}
	annotated := strings.Count(strings.Join(f.annotations, ""), "::error title=unknown::")
	if unknown == 0 || notified != unknown || annotated != unknown || suites.Suite.Errors != unknown || log.Runs[0].Invocations[0].ExecutionSuccessful {
		t.Errorf("%d unknown checks: %d notifications, %d annotations, %d errors, %+v", unknown, notified, annotated, suites.Suite.Errors, log)
	}
}

func TestAReportThatCannotBeWrittenIsAnError(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	for _, name := range []string{"-sarif", "-junit"} {
		_, stderr, status := call(t, "", false, "doctor", name, filepath.Join(t.TempDir(), "none", "report"))
		if want := "the file that " + name + " names: no such file"; status != 1 || !strings.Contains(stderr, want) {
			t.Errorf("got exit status %d, %q, want %q", status, stderr, want)
		}
	}
}
