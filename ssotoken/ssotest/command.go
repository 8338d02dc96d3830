package ssotest

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A command repeats a login elsewhere.
type command struct {
	ID, Name, About, Text string
}

func commandsFor(l *Attempt) []command {
	return []command{
		{"curl", "As curl", "Sends it again: the community judges it anew, by the time that it then is.", "curl -i " + shellQuote(l.URL)},
		{"inspect", "As ssotoken inspect", "Takes it apart at the terminal. It reads the token from its input, which no list of processes shows, and the key from BETTERMODE_SSO_KEY.",
			"ssotoken inspect <<'END'\n" + l.URL + "\nEND"},
		{"gotest", "As a Go test", "Holds it as it was judged, by the clock of then.", goTest(l)},
	}
}

// shellQuote writes a text as one word of a POSIX shell.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// goTest is a test that expects what the judge said.
func goTest(l *Attempt) string {
	expect := `	if err := report.Err(); err != nil {
		t.Errorf("refused: %v", err)
	}`
	var code contract.Code
	if !l.Report.Accepted() && errors.As(l.Err, &code) {
		expect = fmt.Sprintf(`	if !report.Has(%q) {
		t.Errorf("found %%v", report.Findings)
	}`, code)
	}
	return fmt.Sprintf(`func TestLogin%d(t *testing.T) {
	const loginURL = %q
	key, err := ssotoken.KeyFromEnv("BETTERMODE_SSO_KEY")
	if err != nil {
		t.Fatal(err)
	}
	report := inspect.LoginURL(loginURL, inspect.Options{Key: key, Now: time.Unix(%d, 0)})
%s
}`, l.Number, l.URL, l.Report.Now.Unix(), expect)
}

// requestLine is the request as HTTP has it.
func requestLine(address string) string {
	scheme, rest, _ := strings.Cut(address, "://")
	host, target, _ := strings.Cut(rest, "/")
	return "GET /" + target + " HTTP/1.1\nHost: " + host + "\n(over " + scheme + ")"
}

// tokenOf gives the token in a login URL, as the community read it.
func tokenOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Query().Get(contract.JWT)
}
