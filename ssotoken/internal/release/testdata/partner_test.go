package partner_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
)

func TestTheLoginIsRight(t *testing.T) {
	key, err := ssotoken.NewKey("Zr4u7x!A%D*G-KaPdSgVkYp3s6v9y$B&")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssotoken.New(ssotoken.Config{Community: "https://community.example.com", Key: key})
	if err != nil {
		t.Fatal(err)
	}
	identify := func(r *http.Request) (ssotoken.Claims, error) {
		if c, err := r.Cookie("session"); err != nil || c.Value != "ada" {
			return ssotoken.Claims{}, ssotoken.ErrNoSession
		}
		return ssotoken.NewClaims().Subject("user-7").Name("Ada").VerifiedEmail("ada@example.com").Build()
	}
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: signer, Identify: identify})
	if err != nil {
		t.Fatal(err)
	}
	signIn := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "Sign in") })
	server := httptest.NewServer(login.Middleware(signIn))
	defer server.Close()
	report, err := doctor.Check(t.Context(), doctor.Config{
		AuthorizationURL: server.URL + "/community/login", Community: "https://community.example.com", Cookie: "session=ada", Key: key,
	})
	if err == nil {
		err = report.Err()
	}
	if err != nil {
		t.Error(err)
	}
}
