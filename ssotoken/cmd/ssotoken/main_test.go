package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
		{"another verb", "", []string{secret}, "none of the verbs"},
		{"an unknown flag", keyText, []string{"mint", "-x"}, "flag provided but not defined: -x"},
		{"the key as an argument", "", []string{"mint", "-key", keyText}, "not defined: -key"},
		{"a token as an argument", keyText, []string{"inspect", secret}, "a token by standard input or a file"},
		{"a token as a flag's value", keyText, []string{"mint", "-url=" + secret}, "invalid value for -url"},
		{"a lifetime without a unit", keyText, []string{"mint", "-lifetime", secret}, "invalid value for -lifetime"},
		{"two keys", "", []string{"mint", "-key-env", "A", "-key-file", "B"}, "-key-env and -key-file: give one of the two"},
		{"two keys for doctor", "", []string{"doctor", "-key-env", "A", "-key-file", "B"}, "-key-env and -key-file: give one of the two"},
		{"a URL without a community", keyText, []string{"mint", "-url"}, "-url needs -community"},
		{"a community without a URL", keyText, []string{"mint", "-community", "c.example.com"}, "-community and -to go with -url"},
		{"leaving all and one", keyText, []string{"mint", "-replace", "-leave", "a"}, "-replace leaves every other space already"},
		{"a field without a value", keyText, []string{"mint", "-field", "department"}, "-field is KEY=VALUE"},
		{"doctor with nothing to do", "", []string{"doctor"}, "nothing to check"},
		{"doctor without a community", "", []string{"doctor", "-url", "https://www.example.com/"}, "-url needs -community"},
		{"a JSON door without a community", "", []string{"doctor", "-json-url", "https://www.example.com/"}, "-json-url needs -community"},
		{"a bearer token without its door", "", []string{"doctor", "-bearer-file", "-"}, "-bearer-file goes with -json-url"},
		{"a bearer token as an argument", "", []string{"doctor", "-bearer", secret}, "not defined: -bearer"},
		{"two files from standard input", "", []string{"doctor", "-json-url", "https://www.example.com/", "-community", "c.example.com", "-cookie-file", "-", "-bearer-file", "-"}, "only one of the files is standard input"},
		{"an unknown column type", "", []string{"check", "-field", "seats:huge"}, "has a type that is not one of"},
		{"a claim that is none", "", []string{"check", "-map", "id=sub"}, "names no claim"},
		{"a map without a column", "", []string{"check", "-map", "sub"}, "-map is CLAIM=COLUMN"},
		{"a separator that is none", "", []string{"check", "-comma", "x"}, "-comma is one of"},
		{"standard input twice", "", []string{"check", "-in", "-", "-previous", "-"}, "standard input can be read once"},
		{"smoke without a community", keyText, []string{"smoke"}, "-community is missing"},
		{"smoke without time", keyText, []string{"smoke", "-community", "c.example.com", "-timeout", "0s"}, "-timeout is more than 0"},
		{"smoke with claims where the answer comes from", keyText, []string{"smoke", "-community", "c.example.com", "-claims", "-"}, "give -yes"},
		{"two cookies", "", []string{"doctor", "-cookie", "a=" + secret, "-cookie-file", "-"}, "-cookie and -cookie-file"},
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
		{"the key in place of its variable's name", "", "", []string{"mint", "-key-env", keyText}, "no variable of the name that -key-env gives"},
		{"the key in place of its file's path", "", "", []string{"mint", "-key-file", keyText}, "the file that -key-file names: no such file"},
		{"no file of claims", keyText, "", []string{"mint", "-claims", filepath.Join(dir, "none")}, "the file that -claims names: no such file"},
		{"a folder", keyText, "", []string{"inspect", "-in", dir}, "the file that -in names: is a directory"},
		{"claims that are no JSON", keyText, "sub: 7", []string{"mint", "-claims", "-"}, "not one JSON object"},
		{"claims that are a list", keyText, "[]", []string{"mint", "-claims", "-"}, "not one JSON object"},
		{"too much input", keyText, "", []string{"inspect", "-in", large}, "more than 1048576 bytes"},
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
		{"a bad address", keyText, "", []string{"doctor", "-url", "www.example.com", "-community", "c.example.com", "-cookie", "session"}, "-url: is not a full http or https URL without user info and fragment; -cookie: is not of the form name=value"},
		{"a bearer token with its scheme", keyText, "Bearer " + keyText, []string{"doctor", "-json-url", "https://www.example.com/", "-community", "c.example.com", "-bearer-file", "-"}, "-bearer-file: is not one token: give it without the word Bearer"},
		{"no bearer token", keyText, "\n", []string{"doctor", "-json-url", "https://www.example.com/", "-community", "c.example.com", "-bearer-file", "-"}, "the file that -bearer-file names is empty"},
		{"no cookie", keyText, "\n", []string{"doctor", "-url", "https://www.example.com/", "-community", "c.example.com", "-cookie-file", "-"}, "the file that -cookie-file names has no cookie"},
		{"no authority", keyText, "-----", []string{"doctor", "-url", "https://www.example.com/", "-community", "c.example.com", "-ca-file", "-"}, "holds no certificate in PEM"},
		{"no such code", keyText, "", []string{"doctor", "-ignore", "none"}, "invalid value for -ignore: the contract has no such code"},
		{"no such verdict", keyText, "", []string{"doctor", "-fail-on", "pass"}, "it is none of fail, warn and info"},
		{"a header without a colon", keyText, "", []string{"doctor", "-header", "X"}, "it has no colon"},
		{"a header that is none", keyText, "", []string{"doctor", "-header", "X Y: z"}, "-header: has a name or a value that no header has"},
		{"a negative rate", keyText, "", []string{"doctor", "-rate", "-1"}, "-rate: is negative"},
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
	for _, args := range [][]string{{"-key-env", "OTHER_KEY"}, {"-key-file", file}} {
		token, stderr, status := call(t, "", false, append([]string{"mint", "-sub", "1", "-name", "Ada", "-email", "ada@example.com"}, args...)...)
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

func TestTheLoginIsFoundInWhateverStandsAroundIt(t *testing.T) {
	const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2ln"
	const url = "https://c.example.com/api/auth/sso?jwt=" + token
	tests := []struct {
		name, text, want string
		isURL            bool
		others           int
	}{
		{"a token", token, token, false, 0},
		{"a token with a line ending", "\ufeff" + token + "\r\n", token, false, 0},
		{"a token with padding is judged as it is", token + "=", token + "=", false, 0},
		{"a token in a header", "Authorization: Bearer " + token, token, false, 0},
		{"a token in quotes", `{"token":"` + token + `"}`, token, false, 0},
		{"a token cut short", "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIi", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIi", false, 0},
		{"a request line", `"GET /api/auth/sso?jwt=` + token + `&redirect_uri=%2F HTTP/1.1" 302`, token, false, 0},
		{"an address without a scheme", "c.example.com/api/auth/sso?jwt=" + token, token, false, 0},
		{"a URL", url + "\n", url, true, 0},
		{"a URL at the end of a sentence", "It went to " + url + ".", url, true, 0},
		{"a URL in HTML", `<a href="` + url + `">`, url, true, 0},
		{"a URL in JSON", `{"to":"https:\/\/c.example.com\/api\/auth\/sso?redirect_uri=%2F\u0026jwt=` + token + `"}`, "https://c.example.com/api/auth/sso?redirect_uri=%2F&jwt=" + token, true, 0},
		{"the same twice", token + " " + token, token, false, 0},
		{"two", token + " " + token + "x", token, false, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, isURL, others, err := findLogin(tt.text)
			if got != tt.want || isURL != tt.isURL || others != tt.others || err != nil {
				t.Errorf("got %q, %v, %d, %v", got, isURL, others, err)
			}
		})
	}
}

func TestProgressIsOneLineOfATerminal(t *testing.T) {
	var out, errs bytes.Buffer
	server := serve(t, ownLogin(t))
	status := run(t.Context(), []string{"doctor", "-url", server + "/login", "-community", "community.example.com"},
		&shell{stdin: strings.NewReader(""), stdout: &out, stderr: &errs, now: func() time.Time { return noon }, progress: true})
	got := errs.String()
	if status != 0 || strings.Contains(got, "\n") || !strings.Contains(got, "\r\x1b[Khostile referrers 5/") || !strings.HasSuffix(got, "\r\x1b[K") {
		t.Errorf("got exit status %d, %q", status, got)
	}
}

// The claims and the types of custom fields are those of the contract.
func TestMintTakesEveryClaimAndFieldTypeOfTheContract(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	args := []string{"mint"}
	want := map[string]any{}
	for _, c := range contract.Claims() {
		if c.Setter == "" || c.Setter == "Spaces" || !c.Status.Reserved() {
			continue
		}
		value := map[string]string{contract.Email: "ada@example.com", contract.Picture: "https://www.example.com/ada.png"}[c.Name]
		if value == "" {
			value = c.Name + " of Ada"
		}
		args = append(args, "-"+c.Name, value)
		want[c.Name] = value
	}
	for _, f := range contract.FieldTypes() {
		args = append(args, "-field", "k-"+f.Name+":"+f.Name+"="+f.Example)
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

// 0 is a usage error: the library would take it for its default.
func TestMintRefusesALifetimeThatNoTokenHas(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	for _, tt := range []struct {
		lifetime string
		status   int
		want     string
	}{
		{"0", 2, "-lifetime is 1s to 1h0m0s"},
		{"-1s", 1, "-lifetime: must be whole seconds"},
		{"1500ms", 1, "-lifetime: must be whole seconds"},
		{"1h0m1s", 1, "-lifetime: must be whole seconds"},
	} {
		stdout, stderr, status := call(t, "", false, "mint", "-sub", "1", "-name", "Ada", "-email", "ada@example.com", "-lifetime", tt.lifetime)
		if status != tt.status || stdout != "" || !strings.Contains(stderr, tt.want) {
			t.Errorf("%s: got exit status %d, %q and %q, want %d and %q", tt.lifetime, status, stdout, stderr, tt.status, tt.want)
		}
	}
}

func TestMintWarnsOfAMisspelledClaim(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	stdout, stderr, status := call(t, `{"sub":"1","name":"Ada","email":"ada@example.com","space_ids":["a"],"company":"x"}`, false, "mint", "-claims", "-")
	if want := "ssotoken mint: space_ids is sent as a custom field; perhaps spaceIds is meant\n"; status != 0 || stdout == "" || stderr != want {
		t.Errorf("got exit status %d and %q, want %q", status, stderr, want)
	}
}
