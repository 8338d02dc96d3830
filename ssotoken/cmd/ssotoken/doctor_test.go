package main

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheExitStatusOfDoctorTellsFindingsFromTheUnknown(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	broken, clean := serve(t, brokenPartner), serve(t, ownLogin(t))
	at := func(address string, more ...string) []string {
		return append([]string{"doctor", "--url", address + "/login", "--community", "community.example.com", "--cookie",
			"session=good"}, more...)
	}
	const nobody = "http://127.0.0.1:1"
	tests := []struct {
		name            string
		args            []string
		status          int
		verdict, stderr string
	}{
		{"nothing to fix", at(clean), 0, "PASSED", ""},
		{"findings", at(broken), 1, "TO FIX", ""},
		{"nobody answers", at(nobody), 3, "NOT SURE", "GET http://127.0.0.1:1/login: dial tcp 127.0.0.1:1: connect: connection refused"},
		{"only a weak finding", at(broken, "--only", "cacheable"), 1, "TO FIX", ""},
		{"a weak finding that is no failure", at(broken, "--only", "cacheable", "--fail-on", "fail"), 0, "TO FIX", ""},
		{"a bad finding", at(broken, "--fail-on", "fail"), 1, "TO FIX", ""},
		{"what is ignored", at(broken, "--only", "cacheable,referrer-sent", "--ignore", "cacheable", "--ignore",
			"referrer-sent"), 0, "PASSED", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			stdout, stderr, status := call(t, "", false, tt.args...)
			if status != tt.status || !strings.Contains(stderr, tt.stderr) || !strings.HasPrefix(stdout, tt.verdict+"  ") {
				t.Errorf("got exit status %d, want %d, %q\n%s", status, tt.status, stderr, stdout)
			}
		})
	}
	stdout, _, _ := call(t, "", false, at(nobody, "--json")...)
	var report struct {
		Complete bool
		Checks   []struct{ State string }
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || report.Complete || report.Checks[1].State != "unknown" {
		t.Errorf("got %+v, %v", report, err)
	}
}

func TestASessionIsReadAsPeopleHaveIt(t *testing.T) {
	const agent = "Odd/1 (quote ' and \\)"
	jar := "# Netscape HTTP Cookie File\n\n#HttpOnly_HOST\tFALSE\t/\tFALSE\t0\tsession\tgood\n" +
		"HOST\tFALSE\t/login\tFALSE\t9999999999\ttheme\tdark\n" +
		".example.com\tTRUE\t/\tFALSE\t0\tother\tno\nHOST\tFALSE\t/\tTRUE\t0\tsecure\tyes\nHOST\tFALSE\t/\tFALSE\t1\told\tno\n" +
		"HOST\tFALSE\t/account\tFALSE\t0\tdeep\tno\n"
	tests := []struct{ name, text, cookie, agent string }{
		{"a pair", "session=good", "session=good", ""},
		{"pairs on lines", "session=good;\r\ntheme=dark\r\n", "session=good; theme=dark", ""},
		{"a line of the header", "\ufeffCookie: session=good; theme=dark\n", "session=good; theme=dark", ""},
		{"a whole header", "GET / HTTP/1.1\nHost: HOST\ncookie: session=good\nUser-Agent: Odd/2\n", "session=good", "Odd/2"},
		{"a cookie jar", jar, "session=good; theme=dark; secure=yes", ""},
		{"copied as cURL", "curl 'https://www.example.com/' \\\n  -H 'accept: */*' \\\n  -b 'session=good; theme=dark' \\\n  " +
			"-H 'user-agent: Odd/1 (quote '\\'' and \\)' --compressed", "session=good; theme=dark", agent},
		{"copied as cURL, with a header", `curl "https://www.example.com/" -H "Cookie: session=good" -A "Odd/1 (quote ' and ` +
			`\\)"`, "session=good", agent},
		{"copied as cURL, with escapes", `curl 'https://www.example.com/' -b $'session=good; theme=d\u0061rk\'s'`,
			"session=good; theme=dark's", ""},
		{"what browsers keep", `session=good; a={"b":[1]}; c="d"; e[f]=ö; app:sid=1=2`,
			`session=good; a={"b":[1]}; c="d"; e[f]=ö; app:sid=1=2`, ""},
		{"lines Set-Cookie:", "HTTP/1.1 200 OK\nSet-Cookie: session=good; Path=/; HttpOnly\nset-cookie: old=x; " +
			"Max-Age=0\nSet-Cookie: theme=dark", "session=good; theme=dark", ""},
		{"what Set-Cookie holds", "session=good; Path=/; HttpOnly; SameSite=Lax", "session=good", ""},
		{"a browser's panel", "cookie:\nsession=good; theme=dark\nuser-agent:\nOdd/2", "session=good; theme=dark", "Odd/2"},
		{"copied as fetch (Node.js)", "fetch(\"https://www.example.com/\", {\n  \"headers\": {\n    \"accept\": \"*/*\",\n    " +
			"\"cookie\": \"session=good; theme=dark\"\n  },\n  \"body\": null,\n  \"method\": \"GET\"\n});", "session=good; theme=dark", ""},
		{"copied as PowerShell", "$session = New-Object Microsoft.PowerShell.Commands.WebRequestSession\n$session.UserAgent = " +
			"\"Odd/2\"\n$session.Cookies.Add((New-Object System.Net.Cookie(\"session\", \"good\", \"/\", \"www.example.com\")))\n" +
			"$session.Cookies.Add((New-Object System.Net.Cookie(\"theme\", \"a`\"b`$c\", \"/\", \"www.example.com\")))\n" +
			"Invoke-WebRequest -UseBasicParsing -Uri \"https://www.example.com/\" `\n-WebSession $session", `session=good; theme=a"b$c`, "Odd/2"},
		{"Cookie-Editor", `[{"domain":"HOST","hostOnly":true,"name":"session","path":"/","secure":true,"value":"good"},` +
			`{"domain":".example.com","name":"other","value":"no"},{"domain":"HOST","expirationDate":1.5,"name":"old",` +
			`"value":"no"}]`, "session=good", ""},
		{"Playwright", `{"cookies":[{"name":"session","value":"good","domain":"HOST","path":"/","expires":-1,"secure":false},` +
			`{"name":"deep","value":"no","domain":"HOST","path":"/account","expires":-1}],"origins":[]}`, "session=good", ""},
		{"copied as cURL for cmd.exe", "curl ^\"https://www.example.com/^\" ^\n  -b ^\"session=good; theme=dark^\" ^\n  -H " +
			"^\"user-agent: Odd/2^\"", "session=good; theme=dark", "Odd/2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var cookie, agent string
			address := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if c := r.Header.Get("Cookie"); strings.Contains(c, "good") {
					cookie, agent = c, r.UserAgent()
				}
				fmt.Fprint(w, "Sign in")
			})
			call(t, strings.ReplaceAll(tt.text, "HOST", "127.0.0.1"), false, "doctor", "--only", "mints-without-session",
				"--url", address+"/login", "--community", "community.example.com", "--cookie-file", "-")
			if cookie != tt.cookie || tt.agent != "" && agent != tt.agent {
				t.Errorf("got %q, %q", cookie, agent)
			}
		})
	}
}

// Nonsense would be sent as a session, and the site called broken.
func TestAFileThatIsNoSessionIsSaidToBeNone(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"a text", "the cookie is in my other trousers", "has a form that is unknown"},
		{"only a value", "s3cr3t-value", "has a form that is unknown"},
		{"HTML", "<!doctype html><title>Sign in</title>", "has a form that is unknown"},
		{"rows of a browser's storage panel", "session\ts3cr3t-value\texample.com\t/\tSession\t11\t✓\t\tLax\n", "has a form that is unknown"},
		{"a HAR file", `{"log":{"entries":[]}}`, "has a form that is unknown"},
		{"HTML with a pair", "<html><body>session=s3cr3t-value</body></html>", "has a form that is unknown"},
		{"an address", "https://www.example.com/?session=s3cr3t-value", "has a form that is unknown"},
		{"a pair in quotes", `"session=s3cr3t-value"`, "has a form that is unknown"},
		{"YAML", "cookies:\n  - name: session\n    value: s3cr3t-value\n", "has a form that is unknown"},
		{"a list", `["session=s3cr3t-value"]`, "has a form that is unknown"},
		{"a sentence with a pair", "my cookie is session=s3cr3t-value", "has a form that is unknown"},
		{"half of JSON", `[{"name":"session",`, "has a form that is unknown"},
		{"fetch without the cookie", "fetch(\"https://www.example.com/\", {\n  \"headers\": {\"accept\": \"*/*\"},\n  " +
			"\"credentials\": \"include\"\n});", "was copied as fetch without the cookie"},
		{"PowerShell without the cookie", "Invoke-WebRequest -Uri \"https://www.example.com/\"", "was copied as PowerShell without the cookie"},
		{"cURL without the cookie", "curl 'https://www.example.com/' -H 'accept: */*'", "was copied as cURL without the cookie"},
		{"a cookie of another host", `[{"name":"session","value":"s3cr3t-value","domain":"other.example"}]`, "has no cookie for this address"},
		{"nothing", "\n", "has no cookie"},
	} {
		args := []string{"doctor", "--url", "https://www.example.com/login", "--community", "c.example.com", "--cookie-file", "-"}
		stdout, stderr, status := call(t, tt.text, false, args...)
		if status != statusUsage || stdout != "" || !strings.Contains(stderr, "the file that --cookie-file names "+tt.want) ||
			strings.Contains(stderr, "s3cr3t") {
			t.Errorf("%s: got exit status %d, %q", tt.name, status, stderr)
		}
	}
}

func TestACertificateOfAnotherAuthorityIsTrustedByFile(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "Sign in") }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"doctor", "--url", server.URL + "/login", "--community", "community.example.com", "--only", "no-login"}
	if _, stderr, status := call(t, "", false, args...); status != 3 || !strings.Contains(stderr, "certificate signed by unknown authority") {
		t.Errorf("without the file: got exit status %d, %q", status, stderr)
	}
	if stdout, stderr, status := call(t, "", false, append(args, "--ca-file", file)...); status != 0 {
		t.Errorf("got exit status %d, %q\n%s", status, stderr, stdout)
	}
}

func TestAMemberSignsInByTheFieldsOfAFile(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	own := ownLogin(t)
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("session"); err == nil && c.Value == "good" || r.URL.Path != "/login" {
			own(w, r)
			return
		}
		if r.Method == http.MethodPost && r.FormValue("user") == "ada" && r.FormValue("password") == "a=b c" {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "good", Path: "/", HttpOnly: true})
			http.Redirect(w, r, r.URL.RequestURI(), http.StatusSeeOther)
			return
		}
		w.Header().Set("X-Frame-Options", "DENY")
		fmt.Fprint(w, "<form method=post><input name=user><input name=password type=password></form>")
	})
	args := []string{"doctor", "--url", address + "/login", "--community", "community.example.com", "--form-file", "-"}
	for fields, want := range map[string]int{"user=ada\r\npassword=a=b c\n": 0, "user=ada\npassword=wrong": 1} {
		stdout, stderr, status := call(t, fields, false, args...)
		if status != want || strings.Contains(stdout+stderr, "wrong") || strings.Contains(stdout+stderr, "a=b") {
			t.Errorf("got exit status %d, want %d, %q\n%s", status, want, stderr, stdout)
		}
	}
	if _, stderr, status := call(t, "user", false, args...); status != 2 || !strings.Contains(stderr, "a field is FIELD=VALUE") {
		t.Errorf("got exit status %d, %q", status, stderr)
	}
}

func TestDoctorThatIsStoppedPrintsTheReportSoFar(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	address := serve(t, brokenPartner)
	for _, format := range []string{"", "--json"} {
		ctx, cancel := context.WithCancel(t.Context())
		args := []string{"doctor", "--url", address + "/login", "--community", "community.example.com", "--cookie", "session=good"}
		if format != "" {
			args = append(args, format)
		}
		sh, out, _ := newShell("")
		sh.stderr = &screen{to: stopAt{"deep links", cancel}}
		status := run(ctx, args, sh)
		want := map[string]string{"": "not complete", "--json": `"complete": false`}[format]
		if status == 0 || !strings.Contains(out.String(), want) || !strings.Contains(out.String(), "exp-missing") {
			t.Errorf("%s: got exit status %d\n%s", format, status, out.String())
		}
	}
}

// stopAt is a terminal whose person presses Ctrl-C at a word.
type stopAt struct {
	word string
	stop func()
}

func (s stopAt) Write(p []byte) (int, error) {
	if strings.Contains(string(p), s.word) {
		s.stop()
	}
	return len(p), nil
}
