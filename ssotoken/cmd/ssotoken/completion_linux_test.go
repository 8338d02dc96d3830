package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// completed are words that a person has typed, the last of them in part, and
// what each shell offers.
var completed = []struct {
	typed string
	want  []string
}{
	{"ssotoken in", []string{"inspect"}},
	{"ssotoken m", []string{"man", "mint"}},
	{"ssotoken x", nil},
	{"ssotoken inspect -", []string{"-in", "-json", "-key-env", "-key-file", "-v"}},
	{"ssotoken mint -lea", []string{"-leave", "-leave-all"}},
	{"ssotoken mint -url -to", []string{"-to"}},
	{"ssotoken completion ", []string{"bash", "fish", "zsh"}},
	{"ssotoken help ins", []string{"inspect"}},
	{"ssotoken mint -claims mem", []string{"members.json"}},
	{"ssotoken mint -name mem", nil},
}

// script writes the completion of a shell into a folder where there is a file
// to complete too.
func script(t *testing.T, shell string) (dir string) {
	t.Helper()
	if _, err := exec.LookPath(shell); err != nil {
		t.Skip(shell + " is not there")
	}
	stdout, _, status := call(t, "", false, "completion", shell)
	if status != 0 {
		t.Fatalf("exit status %d", status)
	}
	dir = t.TempDir()
	for name, text := range map[string]string{"script": stdout, "members.json": "{}"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestBashCompletesVerbsFlagsAndPaths(t *testing.T) {
	dir := script(t, "bash")
	for _, tt := range completed {
		// As readline does it: the function, and names of files where it gives
		// nothing and default completion is on.
		const ask = `source ./script
compopt() { [ "$1 $2" = "+o default" ] && off=1; }
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); off=
_ssotoken
[ ${#COMPREPLY[@]} -gt 0 ] || [ "$off" ] || COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
printf '%s\n' "${COMPREPLY[@]}"`
		cmd := exec.CommandContext(t.Context(), "bash", append([]string{"--norc", "-c", ask, "bash"}, strings.Split(tt.typed, " ")...)...)
		offers(t, cmd, dir, tt.typed, tt.want)
	}
}

func TestFishCompletesVerbsFlagsAndPaths(t *testing.T) {
	dir := script(t, "fish")
	for _, tt := range completed {
		cmd := exec.CommandContext(t.Context(), "fish", "--no-config", "-c", "source ./script; complete -C $argv[1] | string split -f1 \\t; true", tt.typed)
		cmd.Env = append(os.Environ(), "HOME="+dir)
		offers(t, cmd, dir, tt.typed, tt.want)
	}
}

func offers(t *testing.T, cmd *exec.Cmd, dir, typed string, want []string) {
	t.Helper()
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%q: %v", typed, err)
	}
	got := strings.Fields(string(out))
	slices.Sort(got)
	if len(got) == 0 {
		got = nil
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %q (-want +got):\n%s", cmd.Path, typed, diff)
	}
}

// A person presses the tab key.
func TestTabCompletesInAShell(t *testing.T) {
	for shell, start := range map[string][]string{"bash": {"--norc", "--noprofile", "-i"}, "zsh": {"-f", "-i"}} {
		t.Run(shell, func(t *testing.T) {
			dir := script(t, shell)
			p := startOn(t, 80, shell, start, "HOME="+dir, "PS1=READY ", "PROMPT=READY ", "TERM=dumb")
			p.types("cd " + dir + "\n")
			if shell == "zsh" {
				p.types("unsetopt prompt_cr prompt_sp; autoload -U compinit; compinit -D -u\n")
			}
			p.types("source ./script; echo $((40+2))loaded\n")
			p.sees("42loaded")
			p.types("ssotoken compl\tba\t")
			p.sees("ssotoken completion")
			p.sees("bash ")
			p.types("\x15ssotoken mint -repl\t-claims mem\t")
			p.sees("ssotoken mint -replace")
			p.sees("members.json ")
			p.types("\x15exit\n")
			io.Copy(io.Discard, p.master) // until nobody has the terminal open
			p.cmd.Wait()
		})
	}
}
