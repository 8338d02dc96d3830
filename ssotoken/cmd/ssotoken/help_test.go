package main

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

func TestHelpOfAVerbIsWhatItsFlagPrints(t *testing.T) {
	sh, _, _ := newShell("")
	for _, verb := range names(newRoot(sh)) {
		asked, _, status := call(t, "", false, "help", verb)
		flagged, _, _ := call(t, "", false, verb, "--help")
		if status != 0 || asked != flagged || !strings.HasPrefix(asked, "Usage: ssotoken "+verb) {
			t.Errorf("%s: exit status %d:\n%s", verb, status, asked)
		}
	}
	overview, _, _ := call(t, "", false, "-h")
	if got, _, status := call(t, "", false, "help"); got != overview || status != 0 {
		t.Errorf("exit status %d, %s", status, got)
	}
}

// A flag without a group would not be listed.
func TestHelpAndTheManualHaveEveryFlag(t *testing.T) {
	sh, _, _ := newShell("")
	for _, cmd := range newRoot(sh).Commands() {
		if cmd.Name() == "completion" {
			continue
		}
		text, _, _ := call(t, "", false, "help", cmd.Name())
		manual, _, status := call(t, "", false, "man", cmd.Name())
		if status != 0 || !strings.Contains(manual, ".TH \"SSOTOKEN") || !strings.Contains(manual, exitStatus) {
			t.Errorf("the manual of %s: exit status %d, %s", cmd.Name(), status, manual)
		}
		cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if !strings.Contains(text, "--"+f.Name) || !strings.Contains(manual, "--"+f.Name) {
				t.Errorf("%s --%s is not there", cmd.Name(), f.Name)
			}
		})
	}
}

func TestAMisspelledWordIsAnsweredWithTheOneThatIsMeant(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"inpsect"}, `ssotoken: unknown command "inpsect"; did you mean "inspect"?`},
		{[]string{"docter"}, `ssotoken: unknown command "docter"; did you mean "doctor"?`},
		{[]string{"Mint"}, `ssotoken: unknown command "Mint"; did you mean "mint"?`},
		{[]string{"tokens"}, `ssotoken: unknown command "tokens"`},
		{[]string{"eyJhbGciOiJIUzI1NiJ9.e30.c2VjcmV0"}, "ssotoken: unknown command"},
		{[]string{"mint", "--lifetme", "60s"}, `ssotoken mint: unknown flag "--lifetme"; did you mean "--lifetime"?`},
		{[]string{"mint", "--eyJhbGciOiJIUzI1NiJ9.e30.x"}, "ssotoken mint: unknown flag"},
		{[]string{"mint", "-url"}, "ssotoken mint: a flag has two dashes: --url"},
		{[]string{"inspect", "--key-fil=x"}, `ssotoken inspect: unknown flag "--key-fil"; did you mean "--key-file"?`},
		{[]string{"mint", "--to"}, "ssotoken mint: --to needs a value"},
		{[]string{"mint", "-x"}, `ssotoken mint: unknown flag "-x"`},
		{[]string{"help", "chek"}, `ssotoken help: unknown verb "chek"; did you mean "check"?`},
		{[]string{"explain", "open-redirct"}, `ssotoken explain: unknown code "open-redirct"; did you mean "open-redirect"?`},
		{[]string{"explain", "eyJhbGciOiJIUzI1NiJ9.e30.x"}, "ssotoken explain: unknown code"},
		{[]string{"completion", "bsh"}, `ssotoken completion: unknown shell "bsh"; did you mean "bash"?`},
		{[]string{"completion", "bash", "eyJ"}, "ssotoken completion bash: unexpected argument"},
		{[]string{"completion"}, "ssotoken completion: name a shell: bash, zsh, fish or powershell"},
	} {
		stdout, stderr, status := call(t, "", false, tt.args...)
		if first, _, _ := strings.Cut(stderr, "\n"); status != statusUsage || stdout != "" || first != tt.want {
			t.Errorf("%q: got exit status %d, %q, want %q", tt.args, status, first, tt.want)
		}
	}
}

func TestVersionIsAFlagToo(t *testing.T) {
	want, _, _ := call(t, "", false, "version")
	for _, flag := range []string{"-version", "--version"} {
		if got, _, status := call(t, "", false, flag); got != want || status != 0 {
			t.Errorf("%s: exit status %d, %s", flag, status, got)
		}
	}
}

func TestExplainKnowsEveryCodeAndEachIsThereOnce(t *testing.T) {
	list, _, _ := call(t, "", false, "explain")
	seen := map[contract.Code]bool{}
	for _, r := range allRules() {
		text, _, status := call(t, "", false, "explain", string(r.Code))
		flat := strings.Join(strings.Fields(text), " ")
		for _, want := range []string{string(r.Code), r.Sentence, r.Fix, r.Source.String()} {
			if !strings.Contains(flat, strings.Join(strings.Fields(want), " ")) || status != 0 {
				t.Errorf("%s: exit status %d, %q is not said", r.Code, status, want)
			}
		}
		if seen[r.Code] || !strings.Contains(list, string(r.Code)) {
			t.Errorf("%s is there twice, or is not in the list", r.Code)
		}
		seen[r.Code] = true
	}
}
