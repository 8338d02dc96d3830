package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

const bearer = "4f9c2e7ab1d84c06"

const keyText = "pGx4Qm8Zt1Vb7Ns2Kd9Rf3Wh6Yc0LjEa"

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

// asCommand makes this test's program the command, to be killed, with fileLimit as the most bytes of a file.
const (
	asCommand = "TEST_AS_SSOTOKEN"
	fileLimit = "TEST_SSOTOKEN_FILE_LIMIT"
)

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		limitFiles()
		main()
	}
	dialer := &net.Dialer{}
	http.DefaultTransport.(*http.Transport).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if host, port, _ := net.SplitHostPort(address); strings.HasSuffix(host, ".localhost") { // not every machine resolves it
			address = net.JoinHostPort("127.0.0.1", port)
		}
		return dialer.DialContext(ctx, network, address)
	}
	testscript.Main(m, map[string]func(){"ssotoken": func() { os.Exit(onSystem(atNoon)) }})
}

// call runs the command as a shell does, at noon.
func call(t testing.TB, stdin string, colour paint, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	sh, out, errs := newShell(stdin)
	sh.paint = colour
	status = run(t.Context(), args, sh)
	return out.String(), errs.String(), status
}

func newShell(stdin string) (sh *shell, stdout, stderr *bytes.Buffer) {
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	return &shell{
		stdin: strings.NewReader(stdin), stdout: &screen{to: stdout}, stderr: &screen{to: stderr}, raw: stdout, now: atNoon,
		build: &debug.BuildInfo{Main: debug.Module{Version: "v0.1.0"}},
	}, stdout, stderr
}

func signed(t testing.TB, claims jwt.MapClaims) string {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(keyText))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestScripts runs testdata/script. They find files with tokens, and the servers $CLEAN, $BROKEN and $COMMUNITY.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			good := jwt.MapClaims{"sub": "user-7", "name": "Ada", "email": "ada@example.com", "iat": noon.Unix(), "exp": noon.Unix() + 60}
			url := "https://community.example.com/api/auth/sso?jwt=" + signed(t, good) + "&redirect_uri=%2Fspaces%3Ftab%3Dposts"
			files := map[string]string{
				"good.jwt": signed(t, good),
				"cut.jwt":  signed(t, good)[:len(signed(t, good))-50],
				"url.txt":  url,
				"link.txt": "[Log in](<" + strings.ReplaceAll(url, "&", "&amp;") + ">),",
				"log.json": `{"time":"2026-11-23T12:00:00Z","location":"` + strings.ReplaceAll(url, "&", `\u0026`) + `"}`,
				"fence.jwt": signed(t, jwt.MapClaims{"sub": "7", "name": "::stop-commands::x ##[error]x",
					"email": "ada@example.com", "iat": noon.Unix(), "exp": noon.Unix() + 60}),
				"mistakes.jwt": signed(t, jwt.MapClaims{
					"sub": 7, "name": "Ada", "email": "Ada <ada@example.com>", "iat": noon.Unix(), "exp": (noon.Unix() + 60) * 1000,
					"space_ids": []string{"tips"}, "role": "admin", "bio": "\u202eevil\u009b\u202c",
				}),
			}
			for name, text := range files {
				if err := os.WriteFile(filepath.Join(e.WorkDir, name), []byte(text), 0o600); err != nil {
					return err
				}
			}
			e.Setenv("KEY", keyText)
			e.Setenv(keyVariable, keyText)
			e.Setenv("CLEAN", serve(t, ownLogin(t)))
			e.Setenv("BROKEN", serve(t, brokenPartner))
			e.Setenv("COMMUNITY", fake(t, keyText, nil))
			return nil
		},
	})
}

// fake is a community whose clock and answers are at noon.
func fake(t *testing.T, key string, change func(*ssotest.Config)) string {
	t.Helper()
	k, err := ssotoken.NewKey(key)
	if err != nil {
		t.Fatal(err)
	}
	config := ssotest.Config{Now: func() time.Time { return noon }, Settings: ssotest.Settings{Key: k,
		OtherLoginMethods: true, Spaces: []ssotest.Space{{ID: "tips"}}}}
	if change != nil {
		change(&config)
	}
	handler, err := ssotest.NewHandler(config)
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, handler.ServeHTTP)
}

func serve(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", noon.Format(http.TimeFormat))
		h(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// brokenPartner makes the mistakes that partners make most.
func brokenPartner(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie("session"); err != nil || c.Value != "good" {
		fmt.Fprint(w, "Sign in")
		return
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "ada@example.com", "name": "Ada",
		"email": "ada@example.com", "iat": noon.Unix()}).SignedString([]byte(keyText))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	location := "https://community.example.com/api/auth/sso?jwt=" + token + "&redirect_uri=" + r.URL.Query().Get("referrer_uri")
	if r.URL.Path == "/json" {
		w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		fmt.Fprintf(w, `{"url":%q}`, location)
		return
	}
	http.Redirect(w, r, location, http.StatusFound)
}

func ownLogin(t testing.TB) http.HandlerFunc {
	t.Helper()
	key, err := ssotoken.NewKey(keyText)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssotoken.New(ssotoken.Config{Community: "community.example.com", Key: key, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	quiet := func(context.Context, ssotoken.Event) {}
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: signer, Observe: quiet,
		Identify: func(r *http.Request) (ssotoken.Claims, error) {
			if c, err := r.Cookie("session"); (err != nil || c.Value != "good") && r.Header.Get("Authorization") != "Bearer "+bearer {
				return ssotoken.Claims{}, ssotoken.ErrNoSession
			}
			return ssotoken.NewClaims().Subject("user-7").Name("Ada").VerifiedEmail("ada@example.com").Build()
		}})
	if err != nil {
		t.Fatal(err)
	}
	logout, err := ssotoken.NewLogout(ssotoken.LogoutConfig{Observe: quiet, End: func(w http.ResponseWriter, _ *http.Request) error {
		http.SetCookie(w, &http.Cookie{Name: "session", MaxAge: -1})
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	page := login.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "Sign in") }))
	mux := http.NewServeMux()
	mux.Handle("/login", page)
	mux.Handle("/json", login.JSON())
	mux.Handle("/logout", logout)
	return mux.ServeHTTP
}

// members is an export with a mistake of each kind.
const members = "id,name,email,picture,licences,note\n1,Ada,ada@example.com,,5,x\n2,,bob@example.com,,,\n3,Cy,ADA@example.com,,,\n" +
	"4,Dan  D,dan@example.com,/dan.png,,\n5,Eve,eve@example.com,,many,\n6,Fay,eve@example.com,,,\n" +
	"7,\"Gil,gil@example.com,,,\n8,Hal,hal@example.com\n"

// What is no terminal gets 80 columns. A wider terminal has no longer lines.
func TestOutputIsForTheWidthOfTheTerminal(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	mistakes := jwt.MapClaims{"sub": 7, "name": "Ada", "email": "Ada <ada@example.com>", "iat": noon.Unix(), "exp": (noon.Unix() + 60) * 1000}
	loginURL := "https://community.example.com/api/auth/sso?jwt=" + signed(t, mistakes) + "&redirect_uri=%2Fspaces"
	for _, tt := range []struct {
		stdin string
		args  []string
	}{
		{"", []string{"help"}},
		{"", []string{"help", "mint"}},
		{"", []string{"help", "doctor"}},
		{"<" + strings.ReplaceAll(loginURL, "&", "&amp;") + ">", []string{"inspect"}},
		{loginURL, []string{"inspect", "-v"}},
		{members, []string{"check", "--map", "sub=id", "--field", "seats:integer=licences"}},
		{"", []string{"doctor", "--settings-url", "http://www.example.com/account"}},
		{"", []string{"explain", "open-redirect"}},
	} {
		piped, _, _ := call(t, tt.stdin, false, tt.args...)
		for columns, widest := range map[int]int{50: 50, 80: 80, 120: 80} {
			sh, out, _ := newShell(tt.stdin)
			sh.stdout.columns = columns
			run(t.Context(), tt.args, sh)
			if columns >= 80 && out.String() != piped {
				t.Errorf("%q at %d columns is not what a pipe gets:\n%s", tt.args, columns, out)
			}
			before, example, _ := strings.Cut(out.String(), "\nExample:\n") // which is for copying
			_, after, _ := strings.Cut(example, "\n\n")
			for line := range strings.Lines(before + after) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > widest &&
					!strings.Contains(line, "https://") && !strings.HasPrefix(line, "  --") {
					t.Errorf("%q has %d columns for %d: %s", tt.args, n, columns, line)
				}
			}
		}
	}
}
