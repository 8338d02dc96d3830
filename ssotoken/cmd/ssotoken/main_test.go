package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

func TestAWrongCommandLineExitsWith2(t *testing.T) {
	const secret = "eyJhbGciOiJIUzI1NiJ9.e30.c2VjcmV0"
	tests := []struct {
		name, key string
		args      []string
		want      string
	}{
		{"nothing", "", nil, "Usage: ssotoken VERB"},
		{"another verb", "", []string{secret}, "unknown command"},
		{"an unknown flag", keyText, []string{"mint", "-x"}, "unknown flag"},
		{"the key as an argument", "", []string{"mint", "--key", keyText}, `unknown flag "--key"`},
		{"a token as an argument", keyText, []string{"inspect", secret}, "a token by standard input or a file"},
		{"a token as a flag's value", keyText, []string{"mint", "--url=" + secret}, "invalid value for --url"},
		{"a lifetime without a unit", keyText, []string{"mint", "--lifetime", secret}, "invalid value for --lifetime"},
		{"two keys", "", []string{"mint", "--key-env", "A", "--key-file", "B"}, "--key-env and --key-file: give one of the two"},
		{"two keys for doctor", "", []string{"doctor", "--key-env", "A", "--key-file", "B"}, "--key-env and --key-file: give one of the two"},
		{"a URL without a community", keyText, []string{"mint", "--url"}, "--url needs --community"},
		{"a community without a URL", keyText, []string{"mint", "--community", "c.example.com"}, "--community and --to go with --url"},
		{"leaving all and one", keyText, []string{"mint", "--replace", "--leave", "a"}, "--replace leaves every other space already"},
		{"a field without a value", keyText, []string{"mint", "--field", "department"}, "--field is KEY=VALUE"},
		{"doctor with nothing to do", "", []string{"doctor"}, "nothing to check"},
		{"doctor without a community", "", []string{"doctor", "--url", "https://www.example.com/"}, "--url needs --community"},
		{"a JSON door without a community", "", []string{"doctor", "--json-url", "https://www.example.com/"}, "--json-url needs --community"},
		{"a bearer token without its door", "", []string{"doctor", "--bearer-file", "-"}, "--bearer-file goes with --json-url"},
		{"a bearer token as an argument", "", []string{"doctor", "--bearer", secret}, `unknown flag "--bearer"`},
		{"two files from standard input", "", []string{"doctor", "--json-url", "https://www.example.com/", "--community",
			"c.example.com", "--cookie-file", "-", "--bearer-file", "-"}, "only one of the files is standard input"},
		{"an unknown column type", "", []string{"check", "--field", "seats:huge"}, "has a type that is not one of"},
		{"a claim that is none", "", []string{"check", "--map", "id=sub"}, "names no claim"},
		{"a map without a column", "", []string{"check", "--map", "sub"}, "invalid value for --map"},
		{"a separator that is none", "", []string{"check", "--comma", "xy"}, "--comma is one character"},
		{"standard input twice", "", []string{"check", "--in", "-", "--previous", "-"}, "standard input can be read once"},
		{"smoke without a community", keyText, []string{"smoke"}, "--community is missing"},
		{"smoke without time", keyText, []string{"smoke", "--community", "c.example.com", "--timeout", "0s"}, "--timeout is more than 0"},
		{"smoke with claims where the answer comes from", keyText, []string{"smoke", "--community", "c.example.com",
			"--claims", "-"}, "give --yes"},
		{"JSON with annotations in it", keyText, []string{"doctor", "--json", "--annotate"}, "--json and --annotate"},
		{"two cookies", "", []string{"doctor", "--cookie", "a=" + secret, "--cookie-file", "-"}, "--cookie and --cookie-file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(keyVariable, tt.key)
			stdout, stderr, status := call(t, "", false, tt.args...)
			if status != 2 || stdout != "" || !strings.Contains(stderr, tt.want) {
				t.Errorf("got exit status %d, %q and %q, want %q", status, stdout, stderr, tt.want)
			}
			if strings.Contains(stderr, secret) || strings.Contains(stderr, keyText) {
				t.Errorf("a secret is repeated: %q", stderr)
			}
		})
	}
}

func TestAFailureIsAClearLineAndExitsWith1(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large")
	if err := os.WriteFile(large, bytes.Repeat([]byte("a"), maxInput+1), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, key, stdin string
		args             []string
		want             string
	}{
		{"no key", "", "", []string{"mint"}, "no key: set BETTERMODE_SSO_KEY"},
		{"a sample key", "{Your Private Key}", "", []string{"mint"}, "environment variable BETTERMODE_SSO_KEY: the key is a sample"},
		{"a bad key to inspect with", "short", "e30.e30.e30", []string{"inspect"}, "the key is under 16 bytes"},
		{"the key in place of its variable's name", "", "", []string{"mint", "--key-env", keyText},
			"no variable with the name in --key-env"},
		{"the key in place of its file's path", "", "", []string{"mint", "--key-file", keyText}, "no such file"},
		{"no file of claims", keyText, "", []string{"mint", "--claims", filepath.Join(dir, "none")},
			"the file that --claims names: no such file"},
		{"a folder", keyText, "", []string{"inspect", "--in", dir}, "the file that --in names: is a directory"},
		{"claims that are no JSON", keyText, "sub: 7", []string{"mint", "--claims", "-"},
			"the claims are not JSON in UTF-8: line 1, column 1: this is not JSON"},
		{"claims that are a list", keyText, "[]", []string{"mint", "--claims", "-"}, "the claims are JSON, but not one object"},
		{"too much input", keyText, "", []string{"inspect", "--in", large}, "more than 1048576 bytes"},
		{"no token", keyText, "GET /login HTTP/1.1", []string{"inspect"}, "no token and no login URL"},
		{"no input", keyText, "", []string{"inspect"}, "no token and no login URL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(keyVariable, tt.key)
			stdout, stderr, status := call(t, tt.stdin, false, tt.args...)
			if status != 1 || stdout != "" || !strings.Contains(stderr, tt.want) {
				t.Errorf("got exit status %d, %q and %q, want %q", status, stdout, stderr, tt.want)
			}
			if strings.Contains(stderr, keyText) {
				t.Errorf("the key is repeated: %q", stderr)
			}
		})
	}
}

func TestABadSettingOfDoctorExitsWith2(t *testing.T) {
	tests := []struct {
		name, key, stdin string
		args             []string
		want             string
	}{
		{"a bad address", keyText, "", []string{"doctor", "--url", "www.example.com", "--community", "c.example.com",
			"--cookie", "session=x"}, "--url: is not a full http or https URL without user info and fragment"},
		{"a bearer token with its scheme", keyText, "Bearer " + keyText, []string{"doctor", "--json-url",
			"https://www.example.com/", "--community", "c.example.com", "--bearer-file", "-"},
			"--bearer-file: is not one token: give it without the word Bearer"},
		{"no bearer token", keyText, "\n", []string{"doctor", "--json-url", "https://www.example.com/", "--community",
			"c.example.com", "--bearer-file", "-"}, "the file that --bearer-file names is empty"},
		{"no cookie", keyText, "\n", []string{"doctor", "--url", "https://www.example.com/", "--community", "c.example.com",
			"--cookie-file", "-"}, "the file that --cookie-file names has no cookie"},
		{"no authority", keyText, "-----", []string{"doctor", "--url", "https://www.example.com/", "--community",
			"c.example.com", "--ca-file", "-"}, "holds no certificate in PEM"},
		{"no such code", keyText, "", []string{"doctor", "--ignore", "none"}, "invalid value for --ignore: there is no such code"},
		{"no such verdict", keyText, "", []string{"doctor", "--fail-on", "pass"}, "it is none of fail, warn and info"},
		{"a header without a colon", keyText, "", []string{"doctor", "--header", "X"}, "it has no colon"},
		{"a header that is none", keyText, "", []string{"doctor", "--header", "X Y: z"}, "--header: has a name or a value that no header has"},
		{"a negative rate", keyText, "", []string{"doctor", "--rate", "-1"}, "--rate: is negative"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(keyVariable, tt.key)
			stdout, stderr, status := call(t, tt.stdin, false, tt.args...)
			if status != 2 || stdout != "" || !strings.Contains(stderr, tt.want) || strings.Contains(stderr, keyText) {
				t.Errorf("got exit status %d, %q and %q, want %q", status, stdout, stderr, tt.want)
			}
		})
	}
}

func TestTheKeyComesFromAVariableOrAFile(t *testing.T) {
	t.Setenv(keyVariable, "")
	t.Setenv("OTHER_KEY", keyText)
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(keyText+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--key-env", "OTHER_KEY"}, {"--key-file", file}} {
		token, stderr, status := call(t, "", false,
			append([]string{"mint", "--sub", "1", "--name", "Ada", "--email", "ada@example.com"}, args...)...)
		if status != 0 {
			t.Fatalf("%q: got exit status %d, %s", args, status, stderr)
		}
		report, _, status := call(t, token, false, append([]string{"inspect"}, args...)...)
		if status != 0 || !strings.Contains(report, "verified with the key") {
			t.Errorf("%q: got exit status %d, %s", args, status, report)
		}
	}
}

func TestColoursAreForATerminalAndNotWithNO_COLOR(t *testing.T) {
	tests := []struct {
		name     string
		terminal bool
		noColor  string
		term     string
		want     paint
	}{
		{"a terminal", true, "", "xterm", true},
		{"a pipe", false, "", "xterm", false},
		{"NO_COLOR", true, "1", "xterm", false},
		{"a terminal without colours", true, "", "dumb", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("NO_COLOR", tt.noColor)
			t.Setenv("TERM", tt.term)
			if got := colours(tt.terminal); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestProgressIsOneLineOfATerminal(t *testing.T) {
	server := serve(t, ownLogin(t))
	sh, _, errs := newShell("")
	sh.progress = true
	status := run(t.Context(), []string{"doctor", "--url", server + "/login", "--community", "community.example.com",
		"--cookie", "session=good"}, sh)
	got := errs.String()
	if status != 0 || strings.Contains(got, "\n") ||
		!regexp.MustCompile(`\r\x1b\[Khostile referrers \d+/\d+`).MatchString(got) || !strings.HasSuffix(got, "\r\x1b[K") {
		t.Errorf("got exit status %d, %q", status, got)
	}
}

// The claims and the types of custom fields are those of the contract.
func TestMintTakesEveryClaimAndFieldTypeOfTheContract(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	args := []string{"mint"}
	want := map[string]any{}
	for _, c := range contract.Claims() {
		if !c.IsText {
			continue
		}
		value := map[string]string{contract.Email: "ada@example.com", contract.Picture: "https://www.example.com/ada.png"}[c.Name]
		if value == "" {
			value = c.Name + " of Ada"
		}
		args = append(args, "--"+c.Name, value)
		want[c.Name] = value
	}
	for _, f := range contract.FieldTypes() {
		args = append(args, "--field", "k-"+f.Name+":"+f.Name+"="+f.Example)
		var value any = f.Example
		if f.JSON != "string" {
			if err := json.Unmarshal([]byte(f.Example), &value); err != nil {
				t.Fatal(err)
			}
		}
		want["k-"+f.Name] = value
	}
	stdout, stderr, status := call(t, "", false, args...)
	if status != 0 {
		t.Fatalf("exit status %d: %s", status, stderr)
	}
	part, err := base64.RawURLEncoding.DecodeString(strings.Split(stdout, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	if err := json.Unmarshal(part, &got); err != nil {
		t.Fatal(err)
	}
	delete(got, contract.Iat)
	delete(got, contract.Exp)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMintRefusesALifetimeThatNoTokenHas(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	const limits = "--lifetime is whole seconds, from 1s to 1h0m0s; without it, 1m0s"
	for _, tt := range []struct{ lifetime, want string }{
		{"0", limits}, {"-1s", limits}, {"1500ms", limits}, {"1h0m1s", limits},
		{"60", "invalid value for --lifetime: a time is written like 60s or 5m"}, {"a minute",
			"invalid value for --lifetime: a time is written like 60s or 5m"}, {"", "a time is written like 60s or 5m"},
	} {
		stdout, stderr, status := call(t, "", false, "mint", "--sub", "1", "--name", "Ada", "--email", "ada@example.com",
			"--lifetime", tt.lifetime)
		if status != 2 || stdout != "" || !strings.Contains(stderr, tt.want) {
			t.Errorf("%s: got exit status %d, %q and %q, want %q", tt.lifetime, status, stdout, stderr, tt.want)
		}
	}
}

func TestMintWarnsOfAMisspelledClaim(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	const rest = `"name":"Ada","email":"ada@example.com"`
	warns := func(name, meant string) string {
		return "ssotoken mint: " + name + " is taken for a custom field; perhaps " + meant + " is meant\n"
	}
	for _, tt := range []struct {
		claims string
		flags  []string
		status int
		want   string
	}{
		{`{"sub":"1",` + rest + `,"space_ids":["a"],"company":"x"}`, nil, 0, warns("space_ids", "spaceIds")},
		{`{"sub":"1",` + rest + `,"userId":"1"}`, nil, 0, warns("userId", "sub")},
		{`{"Sub":"1",` + rest + `}`, nil, 1, warns("Sub", "sub") + "ssotoken mint: 1 value refused:\n  sub: is required"},
		{`{"sub":"1",` + rest + `,"spaceids":["a",1]}`, nil, 1, warns("spaceids", "spaceIds") + "ssotoken mint: 1 value refused:\n  spaceids:"},
		{`{"sub":"1",` + rest + `}`, []string{"--field", "user_id=7"}, 0, warns("user_id", "sub")},
		{`{"sub":"1",` + rest + `,"role":"x"}`, nil, 0, ""},
	} {
		stdout, stderr, status := call(t, tt.claims, false, append([]string{"mint", "--claims", "-"}, tt.flags...)...)
		if status != tt.status || (stdout != "") != (status == 0) || !strings.HasPrefix(stderr, tt.want) || tt.want == "" && stderr != "" {
			t.Errorf("%s: got exit status %d and %q, want %q", tt.claims, status, stderr, tt.want)
		}
	}
}

func TestMintReadsClaimsWithAByteOrderMark(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	stdout, stderr, status := call(t, "\ufeff"+`{"sub":"1","name":"Ada","email":"ada@example.com"}`, false, "mint", "--claims", "-")
	if status != 0 || stderr != "" || !strings.HasPrefix(stdout, "eyJ") {
		t.Errorf("got exit status %d and %q", status, stderr)
	}
}

// Half of a surrogate pair is refused: it would become another character.
func TestMintSaysWhereJSONIsWrong(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	for claims, want := range map[string]string{
		"{\n  \"sub\": \"1\",\n}":             "line 2, column 13: this is not JSON",
		`{"sub":"1","name":"A\ud83d"}`:        "line 1, column 21: an escape is half of a surrogate pair",
		"{\x00\"\x00s\x00":                    "UTF-16",
		"{\"name\": \"J\xf6rg\"}":             "line 1, column 12: a byte is not UTF-8",
		`{"sub":"1","company":{"x\udc00":1}}`: "line 1, column 25: an escape is half of a surrogate pair",
	} {
		stdout, stderr, status := call(t, claims, false, "mint", "--claims", "-")
		if status != 1 || stdout != "" || !strings.Contains(stderr, "the claims are not JSON in UTF-8: ") || !strings.Contains(stderr, want) {
			t.Errorf("%s: got exit status %d, %q and %q, want %q", claims, status, stdout, stderr, want)
		}
	}
}

// What a verb does not need stays for the next command.
func TestStandardInputIsNotReadUnasked(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	in := strings.NewReader("for the next command")
	sh, _, _ := newShell("")
	sh.stdin = in
	status := run(t.Context(), []string{"mint", "--sub", "1", "--name", "Ada", "--email", "ada@example.com"}, sh)
	if status != 0 || in.Len() != len("for the next command") {
		t.Errorf("exit status %d, %d bytes are left", status, in.Len())
	}
}
