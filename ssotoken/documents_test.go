package ssotoken_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest/redirects"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// captured is what a pattern's group has in a text, once.
func captured(t *testing.T, text, pattern string) string {
	t.Helper()
	found := regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1)
	if len(found) != 1 {
		t.Fatalf("%s is found %d times", pattern, len(found))
	}
	return found[0][1]
}

func TestTheProgramInTheReadmeLogsAMemberIn(t *testing.T) {
	folder := t.TempDir()
	source := captured(t, readme(t), "(?s)<!-- program -->\n\n```go\n(.*?)```")
	if err := os.WriteFile(filepath.Join(folder, "main.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(folder, "program.exe")
	if out, err := exec.Command("go", "build", "-o", program, filepath.Join(folder, "main.go")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	address := freeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	var log bytes.Buffer
	site := exec.Command(program)
	site.Env = append(os.Environ(), "BETTERMODE_SSO_KEY="+keyText, "PORT="+port)
	site.Stderr = &log
	if err := site.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- site.Wait() }()
	t.Cleanup(func() {
		site.Process.Kill()
		<-exited
	})
	for listens := false; !listens; {
		select {
		case err := <-exited:
			exited <- err
			t.Fatalf("%v\n%s", err, &log)
		default:
		}
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			listens = true
		}
	}

	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	page := "http://" + address + "/community/login?referrer_uri=/spaces/news"
	if r, err := client.Get(page); err != nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
		t.Errorf("the sign-in page is not shown as HTML: %v", err)
	} else {
		r.Body.Close()
	}
	answer := func(r *http.Response, err error) (status int, to, body string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		text, _ := io.ReadAll(r.Body)
		return r.StatusCode, r.Header.Get("Location"), string(text)
	}
	if status, _, body := answer(client.Get(page)); status != http.StatusOK || !strings.Contains(body, "<form") {
		t.Errorf("without a session: %d %s", status, body)
	}
	status, to, _ := answer(client.PostForm(page, nil))
	if status != http.StatusSeeOther || !strings.HasPrefix(to, "?referrer_uri=/spaces/news") {
		t.Fatalf("after signing in: %d %s", status, to)
	}
	_, login, _ := answer(client.Get("http://" + address + "/community/login" + to))
	key, err := ssotoken.NewKey(keyText)
	if err != nil {
		t.Fatal(err)
	}
	site.Process.Kill()
	exited <- <-exited // the log is complete
	for _, want := range []string{"Sign in at http://localhost:" + port + "/community/login", "event=minted"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s: %s", want, &log)
		}
	}
	report := inspect.LoginURL(login, inspect.Options{Key: key})
	if err := report.Err(); err != nil || !strings.HasPrefix(login, "https://community.example.com/api/auth/sso?") ||
		!strings.HasSuffix(login, "&redirect_uri=%2Fspaces%2Fnews") {
		t.Errorf("the login URL: %v", err)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestTheFiguresInTheReadmeAreThoseThatWereMeasured(t *testing.T) {
	text := readme(t)
	hostile := len(redirects.Hostile())
	if want, got := fmt.Sprintf("%d,%03d", hostile/1000, hostile%1000), captured(t, text,
		`<!-- hostile -->([\d,]+)<!-- end -->`); got != want {
		t.Errorf("%s hostile referrers, want %s", got, want)
	}
}

// An anchor is made of a heading as GitHub makes it.
func anchorsOf(text string) map[string]bool {
	all := map[string]bool{}
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		words := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		all[strings.ReplaceAll(words, " ", "-")] = true
	}
	return all
}

func TestEveryLinkInADocumentLeadsToAFileAndAHeading(t *testing.T) {
	links := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".md" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, link := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(string(text), -1) {
			to, anchor, _ := strings.Cut(link[1], "#")
			if strings.Contains(to, "://") {
				continue
			}
			links++
			file := filepath.Join(filepath.Dir(path), to)
			if to == "" {
				file = path
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: %s leads nowhere", path, link[1])
				continue
			}
			if anchor == "" || filepath.Ext(file) != ".md" { // a line of a program
				continue
			}
			target, err := os.ReadFile(file)
			if err != nil || !anchorsOf(string(target))[anchor] {
				t.Errorf("%s: %s names no heading", path, link[1])
			}
		}
		return nil
	})
	if err != nil || links < 20 {
		t.Errorf("%d links, %v", links, err)
	}
}
