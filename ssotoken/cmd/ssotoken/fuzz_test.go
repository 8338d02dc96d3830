package main

import (
	"strings"
	"testing"
	"unicode"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// Claims in JSON give a token that package inspect accepts, or are refused with
// nothing on standard output.
func FuzzClaimsInJSONAreMintedOrRefused(f *testing.F) {
	for _, s := range []string{
		`{"sub":"1","name":"Ada","email":"ada@example.com"}`,
		`{"sub":"1","name":"Ada","email":"a@b.c","spaces":[{"spaceId":"x","role":"MEMBER","action":"LEAVE"}],"seats":5,` +
			`"tags":["a"],"o":{"x":[1.5]}}`,
		`{"sub":1,"name":null,"email":[],"spaceIds":"x","spacesOperation":"REPLACE"}`, `{"sub":"1","sub":"2"}`, `[]`, `{`,
		"\xff", `{"a":{"b":{"c":[[1]]}}}`,
	} {
		f.Add(s)
	}
	key, err := ssotoken.NewKey(keyText)
	if err != nil {
		f.Fatal(err)
	}
	f.Setenv(keyVariable, keyText)
	f.Fuzz(func(t *testing.T, claims string) {
		stdout, stderr, status := call(t, claims, false, "mint", "--claims", "-")
		switch {
		case status == 0:
			token := strings.TrimSuffix(stdout, "\n")
			if report := inspect.Token(token, inspect.Options{Key: key, Now: noon}); !report.Accepted() {
				t.Fatalf("%q: minted, but %v", claims, report.Err())
			}
		case stdout != "" || stderr == "":
			t.Fatalf("%q: exit status %d with %q and %q", claims, status, stdout, stderr)
		}
	})
}

// Any text may be searched for a login.
func FuzzAnyTextIsInspected(f *testing.F) {
	for _, s := range []string{"", "eyJhbGciOiJIUzI1NiJ9.e30.c2VjcmV0",
		`GET /?jwt=x "https://c.example/api/auth/sso?jwt=eyJ.e30.x&redirect_uri=%2F" 303`,
		`{"url":"https:\/\/c\/api\/auth\/sso?jwt=a\u0026b"}`, "\x1b[31m", "https://[::1/?jwt=",
		"::stop-commands::x", "##[error]x", "https://c.example/api/auth/sso?jwt=e30.e30.x\u202e&redirect_uri=/::x",
		"\xff\xfee\x00y\x00J\x00", "> https://a.example/?url=https%3A%2F%2Fb.example%2F%3Fjwt%3DeyJ\n> hbGc=\n",
		"jwt=3DeyJ=\n=3D&#38;\\u0026", "http://http://?jwt=",
		"https://urldefense.proofpoint.com/v2/url?u=https-3A__c_-3Fjwt-3Dx", "v4.local.x"} {
		f.Add(s)
	}
	f.Setenv(keyVariable, keyText)
	f.Fuzz(func(t *testing.T, text string) {
		for _, flag := range []string{"--json=false", "--json"} {
			stdout, stderr, status := call(t, text, false, "inspect", flag)
			if status != 0 && status != 1 || stdout == "" && stderr == "" {
				t.Fatalf("%q: exit status %d with %q and %q", text, status, stdout, stderr)
			}
			for line := range strings.Lines(stdout + stderr) {
				line = strings.TrimSuffix(line, "\n")
				if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
					t.Fatalf("%q: a character that can't be seen reaches the terminal: %q", text, line)
				}
				if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") {
					t.Fatalf("%q: a workflow command: %q", text, line)
				}
			}
		}
	})
}
