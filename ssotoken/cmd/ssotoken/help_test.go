package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestHelpOfAVerbIsWhatItsFlagGives(t *testing.T) {
	for _, v := range allVerbs() {
		asked, _, status := call(t, "", false, "help", v.name)
		flagged, _, _ := call(t, "", false, v.name, "-h")
		if status != 0 || asked != flagged || !strings.HasPrefix(asked, "Usage: ssotoken "+v.name) {
			t.Errorf("%s: exit status %d (-h +help):\n%s", v.name, status, cmp.Diff(flagged, asked))
		}
	}
	overview, _, _ := call(t, "", false, "-h")
	if got, _, status := call(t, "", false, "help"); got != overview || status != 0 {
		t.Errorf("exit status %d, %s", status, got)
	}
}

func TestHelpNamesEachVerbOnce(t *testing.T) {
	var names []string
	for _, v := range allVerbs() {
		names = append(names, v.name)
	}
	slices.Sort(names)
	for _, v := range allVerbs() {
		if v.name == "help" {
			if diff := cmp.Diff(names, slices.Sorted(slices.Values(v.words))); diff != "" {
				t.Errorf("the words of help (-want +got):\n%s", diff)
			}
		}
	}
	if got := slices.Compact(slices.Clone(names)); len(got) != len(names) {
		t.Errorf("a verb is there twice: %q", names)
	}
}

// Examples are for copying, so they are as they are; a screen of 80 columns has
// room for them.
func TestHelpIsReadableInAnyWidth(t *testing.T) {
	for _, columns := range []int{50, 80, 120} {
		for _, v := range allVerbs() {
			var b strings.Builder
			v.help(&screen{&b, columns})
			text, example, _ := strings.Cut(b.String(), "\nExample:\n")
			_, after, _ := strings.Cut(example, v.example)
			for line := range strings.Lines(text + after) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > min(columns, 80) {
					t.Errorf("%s: %d columns: %s", v.name, n, line)
				}
			}
		}
	}
}

func TestAMisspelledWordIsAnsweredWithTheOneThatIsMeant(t *testing.T) {
	tests := []struct {
		args []string
		want string // "" is no suggestion
	}{
		{[]string{"inpsect"}, "inspect"},
		{[]string{"docter"}, "doctor"},
		{[]string{"Mint"}, "mint"},
		{[]string{"versions"}, "version"},
		{[]string{"tokens"}, ""},
		{[]string{"mint", "-lifetme", "60s"}, "-lifetime"},
		{[]string{"inspect", "-jsn"}, "-json"},
		{[]string{"inspect", "--key-fil=x"}, "-key-file"},
		{[]string{"mint", "-x"}, ""},
		{[]string{"help", "chek"}, "check"},
		{[]string{"completion", "bsh"}, "bash"},
	}
	for _, tt := range tests {
		stdout, stderr, status := call(t, "", false, tt.args...)
		_, meant, _ := strings.Cut(stderr, "did you mean ")
		meant, _, _ = strings.Cut(meant, "?")
		if status != 2 || stdout != "" || meant != tt.want {
			t.Errorf("%q: got exit status %d, %q", tt.args, status, stderr)
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

func TestTheManualHasEveryVerbAndFlag(t *testing.T) {
	manual, _, status := call(t, "", false, "man")
	expectGolden(t, "ssotoken.1", manual)
	if status != 0 {
		t.Errorf("exit status %d", status)
	}
	for _, v := range allVerbs() {
		_, section, _ := strings.Cut(manual, "\n.SS ssotoken "+v.name+"\n")
		section, _, _ = strings.Cut(section, "\n.S")
		for _, o := range v.options() {
			if !strings.Contains(section, "\n.BI "+roff("-"+o.name)+" ") {
				t.Errorf("ssotoken %s -%s is not there", v.name, o.name)
			}
		}
	}
}

// The programs that show a manual find nothing wrong with it but its date, which
// it has not.
func TestProgramsReadTheManual(t *testing.T) {
	manual, _, _ := call(t, "", false, "man")
	for _, program := range []string{"groff -man -Tutf8 -ww -z", "mandoc -T lint", "man -l -"} {
		args := strings.Fields(program)
		if _, err := exec.LookPath(args[0]); err != nil {
			t.Logf("%s is not there", args[0])
			continue
		}
		cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
		cmd.Stdin = strings.NewReader(manual)
		cmd.Env = append(cmd.Environ(), "MANPAGER=cat", "MANWIDTH=78", "LC_ALL=C.UTF-8")
		out, err := cmd.CombinedOutput()
		if args[0] == "man" {
			if text := strings.Join(strings.Fields(string(out)), " "); err != nil || !strings.Contains(text, "-lifetime time time from iat to exp, 1s to 1h") {
				t.Errorf("%s: %v, %.2000s", program, err, out)
			}
			continue
		}
		for line := range strings.Lines(string(out)) {
			if !strings.Contains(line, "missing date") {
				t.Errorf("%s: %s", program, line)
			}
		}
	}
}
