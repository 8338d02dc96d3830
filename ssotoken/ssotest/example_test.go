package ssotest_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
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

// A site with tenants has a community for each. They share an address, and each has its own host. (A ServeMux would clean
// the paths, which a community must see as they came.)
func ExampleNewHandler_tenants() {
	communities := map[string]*ssotest.Handler{}
	for _, name := range []string{"Acme", "Globex"} {
		community, err := ssotest.NewHandler(ssotest.Config{Settings: ssotest.Settings{Name: name}})
		if err != nil {
			fmt.Println(err)
			return
		}
		communities[strings.ToLower(name)+".localhost"] = community
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.Host)
		if community, ok := communities[host]; ok {
			community.ServeHTTP(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	defer server.Close()

	now := time.Now().Unix()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": "u-7", "name": "Ada", "email": "ada@example.com", "iat": now, "exp": now + 60,
	}).SignedString([]byte(communities["acme.localhost"].Key().Reveal()))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, host := range []string{"acme.localhost", "globex.localhost"} {
		r, err := http.NewRequest(http.MethodGet, server.URL+"/api/auth/sso?jwt="+token, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		r.Host = net.JoinHostPort(host, r.URL.Port())
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			fmt.Println(err)
			return
		}
		res.Body.Close()
		fmt.Println(host, res.StatusCode, len(communities[host].Members()))
	}

	// Output:
	// acme.localhost 302 1
	// globex.localhost 401 0
}
