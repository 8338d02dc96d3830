package main

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

func TestTheReadmeShowsJSONAsItIs(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	samples := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(readme, -1)
	if len(samples) != 2 {
		t.Fatalf("%d samples of JSON", len(samples))
	}
	config, err := ssotest.ParseConfig(samples[0][1])
	if err == nil {
		_, err = ssotest.NewHandler(config)
	}
	if err != nil {
		t.Errorf("the file of settings: %v", err)
	}

	s := start(t, string(samples[0][1]), "--config", "-")
	s.login(keyText, ada)
	got := fromJSON[map[string]any](s, "logins/1")
	var want map[string]any
	if err := json.Unmarshal(samples[1][1], &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("the names in a login (-want +got):\n%s", diff)
	}
	for _, same := range []string{"accepted", "status", "error", "refusedFor", "member", "changes", "at"} {
		if diff := cmp.Diff(want[same], got[same]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", same, diff)
		}
	}
}

// Where a sample has three dots, it leaves something out. Errors are wrapped at a terminal only.
func TestTheReadmeShowsWhatIsPrinted(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("testdata/script/check.txtar")
	if err != nil {
		t.Fatal(err)
	}
	_, members, _ := strings.Cut(string(script), "-- members.csv --\n")
	members, _, _ = strings.Cut(members, "-- ")
	samples := regexp.MustCompile("(?s)\n\n```\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	for _, tt := range []struct {
		begins, stdin string
		args          []string
	}{
		{"ssotoken mint: 2 values refused", "", []string{"mint", "--sub", "1", "--name", "A", "--email", "A <a@example.com>",
			"--join", "a", "--join", "b c"}},
		{"REFUSED  This is a token", strings.Join(strings.Split(signed(t, jwt.MapClaims{"sub": "1"}), ".")[:2], "."), []string{"inspect"}},
		{"           8  members", members, []string{"check", "--map", "sub=id", "--field", "seats:integer=licences"}},
	} {
		i := slices.IndexFunc(samples, func(s []string) bool { return strings.HasPrefix(s[1], tt.begins) })
		if i < 0 {
			t.Errorf("no sample begins with %q", tt.begins)
			continue
		}
		sh, stdout, stderr := newShell(tt.stdin)
		sh.stderr.columns = maxColumns
		run(t.Context(), tt.args, sh)
		got := stderr.String() + stdout.String()
		for part := range strings.SplitSeq(samples[i][1], "…\n") {
			if !strings.Contains(got, part) {
				t.Errorf("got\n%s\nwant\n%s", got, part)
			}
		}
	}
}

func TestThePageForSupportNamesCodesAndFlagsThatThereAre(t *testing.T) {
	text, err := os.ReadFile("../../docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	words := regexp.MustCompile("`([a-z]+(?:-[a-z]+)+)`").FindAllStringSubmatch(string(text), -1)
	known := append(ruleCodes(), string(ssotoken.TurnedAway), string(ssotoken.ReturnPathDropped), string(ssotoken.NotSignedIn))
	for _, word := range words {
		if !slices.Contains(known, word[1]) {
			t.Errorf("%s is no code and no event", word[1])
		}
	}
	commands := regexp.MustCompile(`(?m)^ssotoken (\w+) .*$`).FindAllStringSubmatch(string(text), -1)
	sh, _, _ := newShell("")
	for _, command := range commands {
		verb := named(newRoot(sh), command[1])
		for _, flag := range regexp.MustCompile(`--([a-z-]+)`).FindAllStringSubmatch(command[0], -1) {
			if verb.Flags().Lookup(flag[1]) == nil {
				t.Errorf("%s has no --%s", command[1], flag[1])
			}
		}
	}
	if len(words) < 10 || len(commands) < 3 {
		t.Errorf("%d codes, %d commands", len(words), len(commands))
	}
}

func TestTheImageRunsACommandThatThereIs(t *testing.T) {
	dockerfile, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	var args []string
	command := regexp.MustCompile(`\nCMD (\[.*\])\n`).FindSubmatch(dockerfile)
	if command == nil {
		t.Fatal("there is no CMD")
	}
	if err := json.Unmarshal(command[1], &args); err != nil {
		t.Fatal(err)
	}
	sh, _, _ := newShell("")
	cmd, rest, err := newRoot(sh).Find(args)
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	if err != nil || cmd.Name() != "community" || cmd.Flags().NArg() > 0 {
		t.Errorf("%q: %v", args, err)
	}
}

func TestTheVariablesOfTheImageAndTheDocsAreThoseOfFlags(t *testing.T) {
	sh, _, _ := newShell("")
	verb := named(newRoot(sh), "community")
	for _, name := range []string{"Dockerfile", "compose.yaml", "README.md"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(`SSOTOKEN_([A-Z_]+)`).FindAllSubmatch(text, -1)
		for _, variable := range found {
			if verb.Flags().Lookup(strings.ToLower(strings.ReplaceAll(string(variable[1]), "_", "-"))) == nil {
				t.Errorf("%s: no flag has %s", name, variable[0])
			}
		}
		if len(found) == 0 {
			t.Errorf("%s names no variable", name)
		}
	}
}
