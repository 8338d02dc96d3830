package ssotoken_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
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

// A sign-in page at another address gets the address to come back to in a parameter.
func ExampleSignInAt() {
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{
		Signer: exampleSigner(),
		Identify: func(r *http.Request) (ssotoken.Claims, error) {
			if _, err := r.Cookie("session"); err != nil {
				return ssotoken.Claims{}, ssotoken.ErrNoSession
			}
			return ssotoken.NewClaims().Subject("42").Name("Ada Lovelace").VerifiedEmail("ada@example.com").Build()
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/community/login", login.Middleware(ssotoken.SignInAt("/signin", "next")))
	mux.HandleFunc("POST /signin", func(w http.ResponseWriter, r *http.Request) {
		// The password is right, and the session is started. Anybody can link to this
		// page with another next: take only addresses that this site knows.
		next := r.FormValue("next")
		if path, _, _ := strings.Cut(next, "?"); path != "/community/login" {
			next = "/"
		}
		http.Redirect(w, r, next, http.StatusSeeOther)
	})

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/community/login?referrer_uri=%2Fspaces%2Fnews", nil))
	signInPage := w.Header().Get("Location")
	fmt.Println(signInPage)

	w = httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("POST", signInPage, nil))
	fmt.Println(w.Header().Get("Location"))
	// Output:
	// /signin?next=%2Fcommunity%2Flogin%3Freferrer_uri%3D%252Fspaces%252Fnews
	// /community/login?referrer_uri=%2Fspaces%2Fnews
}

// The JSON is the payload of an ID token that an OpenID Connect library has verified.
func ExampleOIDCClaims() {
	var token ssotoken.OIDCClaims
	payload := `{"sub":"auth0|7", "given_name":"Ada", "family_name":"Lovelace", "email":"ada@example.com", "email_verified":true}`
	if err := json.Unmarshal([]byte(payload), &token); err != nil {
		fmt.Println(err)
		return
	}
	builder, err := token.Builder()
	if err != nil {
		fmt.Println(err) // such as ErrEmailUnverified
		return
	}
	_, err = builder.Tagline("Mathematician").BuildLenient()
	fmt.Println(err)
	// Output: <nil>
}

// A GraphQL API, or any other of yours, returns the login URL to a script. The session
// comes in a header that no page can make a browser send, so nothing else has to be
// checked. With cookies, put http.CrossOriginProtection in front.
func ExampleSigner_LoginURL_api() {
	signer := exampleSigner()
	type user struct{ id, name, email string }
	sessions := map[string]user{"a-bearer-token": {"42", "Ada Lovelace", "ada@example.com"}}

	communityLogin := func(ctx context.Context, r *http.Request, returnTo string) (url string, err error) { // the resolver
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		u, ok := sessions[token]
		if !ok {
			return "", errors.New("UNAUTHENTICATED")
		}
		claims, err := ssotoken.NewClaims().Subject(u.id).Name(u.name).VerifiedEmail(u.email).BuildLenient()
		if err != nil {
			return "", err
		}
		path, err := signer.Community().ReturnPath(returnTo)
		if err != nil {
			fmt.Println(err) // and home instead
		}
		return signer.LoginURL(ctx, claims, path)
	}

	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		url, err := communityLogin(r.Context(), r, "/spaces/news")
		if err != nil {
			fmt.Fprintf(w, `{"errors":[{"message":%q}]}`, err.Error())
			return
		}
		json.NewEncoder(w).Encode(map[string]any{"data": map[string]string{"communityLogin": url}})
	})
	for _, authorization := range []string{"Bearer a-bearer-token", ""} {
		r := httptest.NewRequest("POST", "/graphql", nil)
		r.Header.Set("Authorization", authorization)
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		fmt.Println(strings.Contains(w.Body.String(), "https://community.example.com/api/auth/sso?jwt="),
			strings.Contains(w.Body.String(), "UNAUTHENTICATED"))
	}
	// Output:
	// true false
	// false true
}

// The events of a member are found by their id.
func ExampleHashSubjects() {
	hash := ssotoken.HashSubjects([]byte("a secret that is only for this")) // for LoginConfig.LogSubject
	fmt.Println(hash("42"))
	// Output: f532e97f0837e671
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

// Each tenant has its own community and key, bound together in a signer. The
// member's record, not the request, says whose member it is: a session of acme is
// worth nothing at initech.
func ExampleLoginConfig_SignerFor() {
	key, err := ssotoken.NewKey("Zr4u7x!A%D*G-KaPdSgVkYp3s6v9y$B&")
	if err != nil {
		fmt.Println(err)
		return
	}
	acme, err := ssotoken.New(ssotoken.Config{Tenant: "acme", Community: "acme.community.example", Key: key})
	if err != nil {
		fmt.Println(err)
		return
	}
	initech, err := ssotoken.New(ssotoken.Config{Tenant: "initech", Community: "initech.community.example", Key: key})
	if err != nil {
		fmt.Println(err)
		return
	}
	signers := map[string]*ssotoken.Signer{"acme.example.com": acme, "initech.example.com": initech} // by host

	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{
		SignerFor: func(r *http.Request) (*ssotoken.Signer, error) {
			if signer, ok := signers[r.Host]; ok {
				return signer, nil
			}
			return nil, ssotoken.ErrNoTenant
		},
		IdentifyIn: func(r *http.Request, tenant string) (ssotoken.Claims, error) {
			// Find the session and the member among the tenant's. This site forgets
			// to, and takes whoever is signed in.
			u := struct{ ID, Tenant, Name, Email string }{"42", "acme", "Ada Lovelace", "ada@example.com"}
			return ssotoken.NewClaims().Subject(u.ID).Tenant(u.Tenant).Name(u.Name).VerifiedEmail(u.Email).BuildLenient()
		},
		Observe: func(_ context.Context, e ssotoken.Event) {
			if e.Err != nil {
				fmt.Println("-", e.Kind, e.Code)
			}
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := login.Middleware(http.NotFoundHandler()) // your sign-in page
	for _, host := range []string{"acme.example.com", "initech.example.com", "other.example.com"} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", "https://"+host+"/community/login", nil))
		fmt.Println(host, w.Code)
	}
	// Output:
	// acme.example.com 303
	// - refused wrong-tenant
	// initech.example.com 403
	// - turned-away no-tenant
	// other.example.com 404
}

func ExampleEmbed_Frame() {
	frame, err := (ssotoken.Embed{Space: "news", Query: url.Values{"composer": {"false"}}}).Frame("/login", "News")
	fmt.Println(err)
	fmt.Println(strings.ReplaceAll(string(frame), " referrer", "\n referrer"))
	// Output:
	// <nil>
	// <iframe src="/login?referrer_uri=%2Fembed%2Fspace%2Fnews%3Fcomposer%3Dfalse" title="News"
	//  referrerpolicy="no-referrer" loading="lazy"></iframe>
}

func ExampleCode() {
	_, err := ssotoken.NewClaims().Subject("42").Name("Ada").VerifiedEmail("ada").Build()
	var field *ssotoken.FieldError
	if errors.As(err, &field) {
		fmt.Println(ssotoken.CodeOf(field))
	}
	// Output: email-malformed
}
