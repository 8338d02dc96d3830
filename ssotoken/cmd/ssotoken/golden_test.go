package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
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
	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken"
)

var update = flag.Bool("update", false, "write the golden files")

const bearer = "4f9c2e7ab1d84c06"

const keyText = "pGx4Qm8Zt1Vb7Ns2Kd9Rf3Wh6Yc0LjEa"

// members is an export with a mistake of each kind.
const members = "id,name,email,picture,licences,note\n1,Ada,ada@example.com,,5,x\n2,,bob@example.com,,,\n3,Cy,ADA@example.com,,,\n4,Dan  D,dan@example.com,/dan.png,,\n" +
	"5,Eve,eve@example.com,,many,\n6,Fay,eve@example.com,,,\n7,\"Gil,gil@example.com,,,\n8,Hal,hal@example.com\n"

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// call runs the command as a shell does, at noon.
func call(t testing.TB, stdin string, colour paint, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), args, &shell{stdin: strings.NewReader(stdin), stdout: &out, stderr: &errs, now: func() time.Time { return noon }, paint: colour, build: &debug.BuildInfo{Main: debug.Module{Version: "v0.1.0"}}})
	return out.String(), errs.String(), status
}

func sign(t *testing.T, claims jwt.MapClaims) string {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(keyText))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestOutput(t *testing.T) {
	ada := jwt.MapClaims{"sub": "user-7", "name": "Ada", "email": "ada@example.com", "iat": noon.Unix(), "exp": noon.Unix() + 60}
	good := sign(t, ada)
	loginURL := "https://community.example.com/api/auth/sso?jwt=" + good + "&redirect_uri=%2Fspaces%3Ftab%3Dposts"
	logLine := `127.0.0.1 - - [23/Nov/2026:12:00:00 +0000] "GET /login HTTP/1.1" 302 0 "` + loginURL + `" "Mozilla/5.0"`
	jsonLog := `{"time":"2026-11-23T12:00:00Z","location":"` + strings.ReplaceAll(loginURL, "&", `\u0026`) + `"}`
	mistakes := sign(t, jwt.MapClaims{
		"sub": 7, "name": "Ada", "email": "Ada <ada@example.com>", "iat": noon.Unix(), "exp": (noon.Unix() + 60) * 1000,
		"space_ids": []string{"tips"}, "spaceOperation": "REPLACE", "role": "admin", "bio": "\u202eevil\u202c",
	})
	everything := sign(t, jwt.MapClaims{
		"sub": "user-7", "name": "Ada", "email": "ada@example.com", "iat": noon.Unix() - 3700, "exp": noon.Unix() - 100,
		"spaceIds": []string{"tips", "news"}, "spacesOperation": "REPLACE", "department": strings.Repeat("Research ", 20),
	})
	replace := sign(t, jwt.MapClaims{
		"sub": "user-7", "name": "Ada", "email": "ada@example.com", "iat": noon.Unix(), "exp": noon.Unix() + 60, "spaceIds": []string{"tips"}, "spacesOperation": "REPLACE",
	})
	claims := `{"sub":"user-7","name":"Ada","email":"ada@example.com","tagline":"Mathematician","picture":"https://cdn.example.com/a.png",
		"spaces":[{"spaceId":"tips","role":"MEMBER","action":"JOIN"},{"spaceId":"old","action":"LEAVE"}],
		"department":"Research","seats":5,"share":0.5,"admin":false,"skills":["maths","music"],"years":[1833,1843],"address":{"city":"London","zip":null},"nothing":null}`
	wrong := `{"sub":7,"name":"Ada","name":"Bob","email":["ada@example.com"],"picture":"ftp://x","spaceIds":["a",1],"iat":1,"mixed":["a",1],"spacesOperation":"DELETE"}`
	member := []string{"-sub", "user-7", "-name", "Ada Lovelace", "-email", "ada@example.com"}
	with := func(more ...string) []string { return append(append([]string{"mint"}, member...), more...) }

	community := fake(t, keyText, nil)
	broken, clean := serve(t, brokenPartner), serve(t, ownLogin(t))
	consult := func(server string, more ...string) []string {
		return append([]string{"doctor", "-url", server + "/login", "-community", "community.example.com", "-cookie", "session=good"}, more...)
	}
	tests := []struct {
		name, key, stdin string
		colour           paint
		args             []string
		status           int
	}{
		{"help", "", "", false, []string{"-h"}, 0},
		{"mint-help", "", "", false, []string{"mint", "-h"}, 0},
		{"mint", keyText, "", false, with(), 0},
		{"mint-json", keyText, "", false, with("-json", "-lifetime", "5m"), 0},
		{"mint-url", keyText, "", false, with("-url", "-community", "community.example.com", "-to", "/spaces?tab=posts", "-join", "tips", "-join", "news", "-replace"), 0},
		{"mint-url-json", keyText, "", false, with("-url", "-json", "-community", "https://community.example.com"), 0},
		{"mint-fields", keyText, "", false, with("-join", "tips", "-leave", "old", "-field", "department=R=D", "-field", "seats:integer=5", "-field", "share:number=0.5", "-field", "admin:boolean=true", "-field", "renewal:date=2026-12-31", "-field", "seen:datetime=2026-12-31T10:00:00+02:00", "-field", `skills:array=["maths","music"]`, "-field", `address:object={"city":"London"}`, "-field", "bio:richtext=<p>Ada</p>", "-field", "mentor:relation=m-1"), 0},
		{"mint-claims", keyText, claims, false, []string{"mint", "-claims", "-", "-name", "Countess of Lovelace", "-field", "department=Engines"}, 0},
		{"mint-refused", keyText, "", false, []string{"mint", "-email", "Ada <ada@example.com>", "-name", " ", "-picture", "ada.png", "-field", "iat=1", "-field", "seats:integer=many", "-field", "size:huge=1", "-join", "a", "-join", "a", "-url", "-community", "http://community.example.com"}, 1},
		{"mint-refused-path", keyText, "", false, with("-url", "-community", "community.example.com", "-to", "//evil.example"), 1},
		{"mint-refused-json", keyText, wrong, false, []string{"mint", "-json", "-claims", "-"}, 1},
		{"mint-weak-key", keyText[:30], "", false, with(), 0},

		{"inspect-help", "", "", false, []string{"inspect", "-h"}, 0},
		{"inspect", keyText, good + "\n", false, []string{"inspect"}, 0},
		{"inspect-v", keyText, good, false, []string{"inspect", "-v"}, 0},
		{"inspect-undone", keyText, "[Log in](<" + strings.ReplaceAll(loginURL, "&", "&amp;") + ">),", false, []string{"inspect"}, 0},
		{"inspect-undone-json", keyText, "[Log in](<" + strings.ReplaceAll(loginURL, "&", "&amp;") + ">),", false, []string{"inspect", "-json"}, 0},
		{"inspect-jwe", keyText, "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..aXZpdg.Y2lwaGVydGV4dA.dGFn", false, []string{"inspect"}, 1},
		{"inspect-log-line", "", logLine, false, []string{"inspect"}, 0},
		{"inspect-json-log", keyText, jsonLog, false, []string{"inspect"}, 0},
		{"inspect-mistakes", keyText, "Bearer " + mistakes + "\n", false, []string{"inspect"}, 1},
		{"inspect-colour", keyText, mistakes, true, []string{"inspect"}, 1},
		{"inspect-expired", keyText, everything, false, []string{"inspect"}, 1},
		{"inspect-replace", keyText, replace, false, []string{"inspect"}, 0},
		{"inspect-two", keyText, "first " + good + " then " + mistakes, false, []string{"inspect"}, 0},
		{"inspect-wrong-key", "another key of thirty-two bytes!", good, false, []string{"inspect"}, 1},
		{"inspect-cut", keyText, good[:len(good)-50], false, []string{"inspect"}, 1},
		{"inspect-legacy-url", keyText, "https://community.example.com/api/auth/sso?ssoToken=" + good + "&redirect=https://example.com", false, []string{"inspect"}, 1},
		{"inspect-json", keyText, loginURL, false, []string{"inspect", "-json"}, 0},

		{"community-help", "", "", false, []string{"community", "-h"}, 0},
		{"check-help", "", "", false, []string{"check", "-h"}, 0},
		{"check", "", members, false, []string{"check", "-map", "sub=id", "-field", "seats:integer=licences"}, 1},
		{"check-values", "", members, true, []string{"check", "-map", "sub=id", "-field", "seats:integer=licences", "-show-values", "-examples", "1"}, 1},
		{"check-json", "", members, false, []string{"check", "-map", "sub=id,name=name", "-json"}, 1},
		{"check-fine", "", "{\"sub\":\"1\",\"name\":\" Ada\",\"email\":\"ada@example.com\"}\n", false, []string{"check"}, 0},
		{"check-semicolons", "", "sub;name;email\n1;Ada;ada@example.com\n", false, []string{"check"}, 1},

		{"smoke-help", "", "", false, []string{"smoke", "-h"}, 0},
		{"smoke", keyText, "", false, append([]string{"smoke", "-community", community, "-to", "/spaces", "-yes"}, member...), 0},
		{"smoke-refused", "another key of thirty-two bytes!", "", true, append([]string{"smoke", "-community", community, "-yes"}, member...), 1},
		{"smoke-claims-refused", keyText, "", false, []string{"smoke", "-community", community, "-sub", "7", "-yes"}, 1},

		{"doctor-help", "", "", false, []string{"doctor", "-h"}, 0},
		{"doctor-clean", keyText, "", false, consult(clean, "-logout-url", clean+"/logout"), 0},
		{"doctor-broken", keyText, "", false, consult(broken, "-settings-url", "http://www.example.com/account"), 1},
		{"doctor-broken-json", keyText, "", false, consult(broken, "-json"), 1},
		{"doctor-door-clean", keyText, bearer + "\n", false, []string{"doctor", "-json-url", clean + "/json", "-community", "community.example.com", "-bearer-file", "-", "-cookie", "session=good"}, 0},
		{"doctor-door-broken", keyText, "", false, []string{"doctor", "-json-url", broken + "/json", "-community", "community.example.com", "-cookie", "session=good"}, 1},
		{"doctor-colour", "", "", true, []string{"doctor", "-url", clean + "/login", "-community", "community.example.com"}, 0},
		{"doctor-v", keyText, "", false, consult(clean, "-v"), 0},
		{"doctor-key", keyText, "", false, []string{"doctor"}, 0},
		{"doctor-weak-key", keyText[:30], "", false, []string{"doctor"}, 0},
		{"doctor-sample-key", "{Your Private Key}", "", false, []string{"doctor"}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(keyVariable, tt.key)
			stdout, stderr, status := call(t, tt.stdin, tt.colour, tt.args...)
			if status != tt.status {
				t.Errorf("got exit status %d, want %d", status, tt.status)
			}
			if tt.key != "" && strings.Contains(stdout+stderr, tt.key) || strings.Contains(stdout+stderr, bearer) {
				t.Error("the output holds the key or the bearer token")
			}
			signature := good[strings.LastIndexByte(good, '.')+1:]
			if tt.args[0] != "mint" && strings.Contains(stdout+stderr, signature) || strings.Contains(stderr, "eyJ") {
				t.Error("the output holds the token")
			}
			got := stdout + "-- stderr --\n" + stderr + fmt.Sprintf("-- exit status %d --\n", status)
			for _, server := range []string{broken, clean, community} {
				got = strings.ReplaceAll(got, server, "http://127.0.0.1:8080")
			}
			expectGolden(t, tt.name, got)
		})
	}
}

// 80 columns are what a pipe has, above. A wider terminal has no longer lines.
func TestOutputIsForTheWidthOfTheTerminal(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	mistakes := jwt.MapClaims{"sub": 7, "name": "Ada", "email": "Ada <ada@example.com>", "iat": noon.Unix(), "exp": (noon.Unix() + 60) * 1000, "space_ids": []string{"tips"}}
	loginURL := "https://community.example.com/api/auth/sso?jwt=" + sign(t, mistakes) + "&redirect_uri=%2Fspaces"
	tests := []struct {
		name, stdin string
		args        []string
	}{
		{"help", "", []string{"help"}},
		{"mint-help", "", []string{"help", "mint"}},
		{"inspect", "<" + strings.ReplaceAll(loginURL, "&", "&amp;") + ">", []string{"inspect"}},
		{"inspect-v", loginURL, []string{"inspect", "-v"}},
		{"check", members, []string{"check", "-map", "sub=id", "-field", "seats:integer=licences"}},
		{"doctor-key", "", []string{"doctor", "-settings-url", "http://www.example.com/account"}},
	}
	for _, tt := range tests {
		at := func(columns int) string {
			var out bytes.Buffer
			run(t.Context(), tt.args, &shell{stdin: strings.NewReader(tt.stdin), stdout: &screen{&out, columns}, stderr: io.Discard, now: func() time.Time { return noon }})
			return out.String()
		}
		piped, _, _ := call(t, tt.stdin, false, tt.args...)
		for _, columns := range []int{50, 80, 120} {
			text := at(columns)
			if columns == 50 {
				expectGolden(t, tt.name+"-50-columns", text)
			} else if diff := cmp.Diff(piped, text); diff != "" {
				t.Errorf("%s at %d columns (-piped +terminal):\n%s", tt.name, columns, diff)
			}
			text, _, _ = strings.Cut(text, "\nExample:\n") // which is for copying
			for line := range strings.Lines(text) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > columns && !strings.Contains(line, "  https://") {
					t.Errorf("%s has %d columns for %d: %s", tt.name, n, columns, line)
				}
			}
		}
	}
}

func expectGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
}

func serve(t *testing.T, h http.HandlerFunc) string {
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
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "ada@example.com", "name": "Ada", "email": "ada@example.com", "iat": noon.Unix()}).SignedString([]byte(keyText))
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

func ownLogin(t *testing.T) http.HandlerFunc {
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
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: signer, Observe: quiet, Identify: func(r *http.Request) (ssotoken.Claims, error) {
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
