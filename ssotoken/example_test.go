package ssotoken_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

func exampleSigner() *ssotoken.Signer {
	key, err := ssotoken.NewKey("Zr4u7x!A%D*G-KaPdSgVkYp3s6v9y$B&") // KeyFromEnv in a program
	if err != nil {
		panic(err)
	}
	signer, err := ssotoken.New(ssotoken.Config{
		Community: "https://community.example.com",
		Key:       key,
		Now:       func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }, // leave it out
	})
	if err != nil {
		panic(err)
	}
	return signer
}

// The login URL of a member who goes back to the page of before.
func ExampleSigner_LoginURL() {
	claims, err := ssotoken.NewClaims().Subject("42").Name("Ada Lovelace").VerifiedEmail("ada@example.com").Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	to, err := ssotoken.ParseReturnPath("/search?q=a%20b#top")
	if err != nil {
		fmt.Println("going home instead:", err)
	}
	login, err := exampleSigner().LoginURL(context.Background(), claims, to)
	if err != nil {
		fmt.Println(err)
		return
	}
	u, _ := url.Parse(login)
	fmt.Println(u.Scheme, u.Host, u.Path)
	fmt.Println(u.Query().Get("redirect_uri"))
	// Output:
	// https community.example.com /api/auth/sso
	// /search?q=a%20b#top
}

// A misuse: a login URL that is made with the page is expired when its link is
// clicked, and in the page's HTML it is a credential. Link to your own
// Authorization URL, where [Login.Middleware] mints at the click.
func ExampleSigner_LoginURL_misuseMintedBeforeTheClick() {
	key, _ := ssotoken.NewKey("Zr4u7x!A%D*G-KaPdSgVkYp3s6v9y$B&")
	clock := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	signer, err := ssotoken.New(ssotoken.Config{Community: "community.example.com", Key: key, Now: func() time.Time { return clock }})
	if err != nil {
		fmt.Println(err)
		return
	}
	claims, err := ssotoken.NewClaims().Subject("42").Name("Ada Lovelace").VerifiedEmail("ada@example.com").Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	link, err := signer.LoginURL(context.Background(), claims, ssotoken.ReturnPath{})
	if err != nil {
		fmt.Println(err)
		return
	}
	read := clock.Add(2 * time.Minute) // the visitor reads the page, then clicks
	fmt.Println(inspect.LoginURL(link, inspect.Options{Key: key, Now: read}).Err())
	// Output: login refused: payload exp: has passed [exp-expired: A token is valid until its exp, and no longer valid at that second.]
}

// The Authorization URL of a site, as a visitor with and without a session
// meets it.
func ExampleLogin_Middleware() {
	identify := func(r *http.Request) (ssotoken.Claims, error) {
		if _, err := r.Cookie("session"); err != nil {
			return ssotoken.Claims{}, ssotoken.ErrNoSession
		}
		return ssotoken.NewClaims().
			Subject("42").Name("Ada Lovelace").VerifiedEmail("ada@example.com").
			Spaces(spaces.Add("space-news")).
			Custom(customfields.Of(customfields.Text("department", "Research"))).
			Build()
	}
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: exampleSigner(), Identify: identify})
	if err != nil {
		fmt.Println(err)
		return
	}
	signInPage := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "the sign-in page") })
	handler := login.Middleware(signInPage)

	r := httptest.NewRequest("GET", "/community/login?referrer_uri=/spaces", nil)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)

	r.AddCookie(&http.Cookie{Name: "session", Value: "a-random-id"})
	w = httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	location := w.Header().Get("Location")
	fmt.Println(w.Code, strings.HasPrefix(location, "https://community.example.com/api/auth/sso?jwt="),
		strings.HasSuffix(location, "&redirect_uri=%2Fspaces"))
	// Output:
	// 200 the sign-in page
	// 303 true true
}

// All mistakes are reported together, and none shows the value.
func ExampleClaimsBuilder_Build() {
	_, err := ssotoken.NewClaims().
		Subject("42").
		VerifiedEmail("Ada <ada@example.com>").
		Picture("/avatars/ada.png").
		Build()
	var refused *ssotoken.ClaimsError
	if errors.As(err, &refused) {
		for _, field := range refused.Fields {
			fmt.Println(field)
		}
	}
	// Output:
	// name: is required and must not be blank: give the name that other members see
	// email: is not one plain address: write only local@domain, without a name, brackets, white space or invisible characters
	// picture: must be a full URL that starts with https:// or http://
}

// A bad avatar keeps nobody out.
func ExampleClaimsBuilder_BuildLenient() {
	claims, err := ssotoken.NewClaims().
		Subject("42").Name("Ada Lovelace").VerifiedEmail("ada@example.com").
		Picture("/avatars/ada.png").
		BuildLenient()
	for _, note := range claims.Notes() {
		fmt.Println("left out:", note)
	}
	fmt.Println(claims.Subject(), err)
	// Output:
	// left out: picture: must be a full URL that starts with https:// or http://
	// 42 <nil>
}

// A misuse: the referrer of a crafted link. The error is for your log; the
// path beside it is home, so the login goes on.
func ExampleCommunity_ReturnPath() {
	to, err := exampleSigner().Community().ReturnPath(`/\evil.example`)
	fmt.Println(to.String() == "", err)
	// Output: true return path dropped: it has a backslash, which browsers read as a slash
}

// Keys and tokens can be passed to a logger without harm.
func ExampleKey() {
	key, err := ssotoken.NewKey("Zr4u7x!A%D*G-KaPdSgVkYp3s6v9y$B&")
	fmt.Printf("%v %+v %s %v\n", key, []any{key}, key.Fingerprint(), err)
	_, err = ssotoken.NewKey("{Your Private Key}")
	fmt.Println(err)
	// Output:
	// ssotoken.Key(redacted) [ssotoken.Key(redacted)] ff7485159fb6 <nil>
	// the key is a sample from a page, or a template that was not filled in: put the community's own in its place
}
