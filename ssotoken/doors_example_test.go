package ssotoken_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/bettermode-go/sso/ssotoken"
)

// A sign-in that leaves the site, such as OAuth, loses the query of the
// Authorization URL. The return path waits in the site's session.
func ExampleLogin_RedirectTo() {
	signer := exampleSigner()
	var session []byte // what the site keeps for this visitor
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{
		Signer:   signer,
		Identify: func(*http.Request) (ssotoken.Claims, error) { return ssotoken.Claims{}, ssotoken.ErrNoSession },
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	mux := http.NewServeMux()
	mux.Handle("/community/login", login.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to, err := signer.Community().ReturnPathOf(r)
		if err != nil {
			fmt.Println(err) // and home instead
		}
		session, _ = json.Marshal(map[string]ssotoken.ReturnPath{"to": to})
		http.Redirect(w, r, "https://id.example.com/authorize?state=…", http.StatusSeeOther)
	})))
	mux.HandleFunc("/oauth/callback", func(w http.ResponseWriter, r *http.Request) {
		// The site has checked state and code, and knows who this is.
		claims, err := ssotoken.NewClaims().Subject("42").Name("Ada Lovelace").VerifiedEmail("ada@example.com").Build()
		var kept struct{ To ssotoken.ReturnPath }
		if err := errors.Join(err, json.Unmarshal(session, &kept)); err != nil {
			http.Error(w, "Please sign in again.", http.StatusBadRequest)
			return
		}
		login.RedirectTo(w, r, claims, kept.To)
	})

	for _, address := range []string{"/community/login?referrer_uri=/spaces/news", "/oauth/callback?code=…"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", address, nil))
		place, query, _ := strings.Cut(w.Header().Get("Location"), "?")
		fmt.Println(w.Code, place, strings.HasSuffix(query, "&redirect_uri=%2Fspaces%2Fnews"))
	}
	// Output:
	// 303 https://id.example.com/authorize false
	// 303 https://community.example.com/api/auth/sso true
}

func ExampleNewLogout() {
	logout, err := ssotoken.NewLogout(ssotoken.LogoutConfig{
		End: func(w http.ResponseWriter, r *http.Request) error {
			// delete the session from your store, if there is one
			http.SetCookie(w, &http.Cookie{Name: "session", Path: "/", MaxAge: -1})
			return nil
		},
		To: "/signed-out",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	w := httptest.NewRecorder()
	logout.ServeHTTP(w, httptest.NewRequest("GET", "/community/logout", nil))
	fmt.Println(w.Code, w.Header().Get("Location"))
	// Output: 303 /signed-out
}

// Each tenant has a community and a key of its own, bound together in a signer.
func ExampleLoginConfig_SignerFor() {
	signers := map[string]*ssotoken.Signer{"a.example.com": exampleSigner()} // by host
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{
		SignerFor: func(r *http.Request) (*ssotoken.Signer, error) {
			if signer, ok := signers[r.Host]; ok {
				return signer, nil
			}
			return nil, errors.New("no community for this host")
		},
		Identify: func(*http.Request) (ssotoken.Claims, error) {
			return ssotoken.NewClaims().Subject("42").Name("Ada Lovelace").VerifiedEmail("ada@example.com").Build()
		},
		OnError: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, "not found", http.StatusNotFound)
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, host := range []string{"a.example.com", "b.example.com"} {
		w := httptest.NewRecorder()
		login.Middleware(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "https://"+host+"/community/login", nil))
		fmt.Println(host, w.Code)
	}
	// Output:
	// a.example.com 303
	// b.example.com 404
}

func ExampleEmbed_Frame() {
	frame, err := (ssotoken.Embed{Space: "news", Composer: ssotoken.Off}).Frame("/community/login", "News")
	fmt.Println(frame, err)
	// Output: <iframe src="/community/login?referrer_uri=%2Fembed%2Fspace%2Fnews%3Fcomposer%3Dfalse" title="News" referrerpolicy="no-referrer" loading="lazy"></iframe> <nil>
}

func ExampleCode() {
	_, err := ssotoken.NewClaims().Subject("42").Name("Ada").VerifiedEmail("ada").Build()
	var field *ssotoken.FieldError
	if errors.As(err, &field) {
		fmt.Println(ssotoken.CodeOf(field))
	}
	// Output: email-malformed
}
