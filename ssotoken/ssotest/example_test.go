package ssotest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// A token, made by any library, logs a new member in at the page where it was.
func ExampleNewHandler() {
	now := time.Unix(1700000000, 0)
	community, err := ssotest.NewHandler(ssotest.Config{
		Now: func() time.Time { return now },
		Settings: ssotest.Settings{
			Spaces:       []ssotest.Space{{ID: "s1", Name: "Tips", Slug: "tips"}},
			CustomFields: []ssotest.CustomField{{Name: "Company", Type: "text", ExternalKeys: []string{"company"}}},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(community)
	defer server.Close()

	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": "u-7", "name": "Ada", "email": "ada@example.com", "spaceIds": []string{"s1"}, "company": "Engines",
		"iat": now.Unix(), "exp": now.Unix() + 60,
	}).SignedString([]byte(community.Key().Reveal()))
	if err != nil {
		fmt.Println(err)
		return
	}
	res, err := http.Get(server.URL + "/api/auth/sso?jwt=" + token + "&redirect_uri=%2Fspaces%2Ftips")
	if err != nil {
		fmt.Println(err)
		return
	}
	res.Body.Close()
	fmt.Println(res.StatusCode, res.Request.URL.Path)

	member, _ := community.Member("u-7")
	fmt.Println(member.Name, member.Spaces, member.Fields)
	for _, l := range community.Attempts() {
		fmt.Println("created:", l.Created, "error:", l.Err)
		fmt.Println(l.Landing.Why)
	}

	// Output:
	// 200 /spaces/tips
	// Ada [s1] map[Company:"Engines"]
	// created: true error: <nil>
	// This is redirect_uri as it came: a relative path of the community.
}
