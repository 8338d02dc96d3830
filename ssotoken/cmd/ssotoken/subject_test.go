package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
)

func TestSubjectPrintsWhatTheEventOfALoginHas(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("a secret of the site\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	key, err := ssotoken.NewKey(keyText)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name       string
		logSubject func(string) string
		args       []string
	}{
		{"by default", nil, []string{"subject", "user-7"}},
		{"with a secret", ssotoken.HashSubjects([]byte("a secret of the site")), []string{"subject", "--secret-file", secret, "user-7"}},
	} {
		var got ssotoken.Event
		signer, err := ssotoken.New(ssotoken.Config{Community: "community.example.com", Key: key})
		if err != nil {
			t.Fatal(err)
		}
		login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: signer, LogSubject: tt.logSubject,
			Observe: func(_ context.Context, e ssotoken.Event) { got = e },
			Identify: func(*http.Request) (ssotoken.Claims, error) {
				return ssotoken.NewClaims().Subject("user-7").Name("Ada").VerifiedEmail("ada@example.com").Build()
			}})
		if err != nil {
			t.Fatal(err)
		}
		login.Middleware(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/login", nil))
		stdout, stderr, status := call(t, "", false, tt.args...)
		if stdout != got.Subject+"\n" || len(got.Subject) != 16 || status != 0 {
			t.Errorf("%s: exit status %d, got %q and %q, want %q", tt.name, status, stdout, stderr, got.Subject)
		}
	}
}
