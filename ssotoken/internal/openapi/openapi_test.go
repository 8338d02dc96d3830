package openapi_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi-validator/errors"

	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

const document = "/_fake/openapi.json"

// newCommunity has a value in every place of its JSON.
func newCommunity(t *testing.T) *ssotest.Community {
	t.Helper()
	c := ssotest.NewCommunity(t, ssotest.Config{
		Settings: ssotest.Settings{
			Spaces:       []ssotest.Space{{ID: "s1"}, {ID: "s2"}},
			CustomFields: []ssotest.CustomField{{Name: "Seats", Type: "number", ExternalKeys: []string{"seats"}}},
		},
		Members: []ssotest.Member{{ExternalID: "u-1", Name: "Grace", Email: "grace@example.com"}, {Name: "Eve", Email: "eve@example.com"}},
	})
	logIn := func(redirectURI string, claims jwt.MapClaims) {
		claims["iat"], claims["exp"], claims["name"] = time.Now().Unix(), time.Now().Unix()+60, "Ada"
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(c.Key().Reveal()))
		if err != nil {
			t.Fatal(err)
		}
		_, _, _ = exchange(t, http.MethodGet, c.URL+"/api/auth/sso?jwt="+token+"&redirect_uri="+url.QueryEscape(redirectURI), "")
	}
	ada := jwt.MapClaims{
		"sub": "u-7", "email": "ada@example.com", "tagline": "Weaves", "picture": "https://img.example.com/a.png",
		"seats": 7, "other": map[string]any{"a": nil}, "avatar_url": "x", "spaces": []map[string]string{
			{"spaceId": "s1", "role": "MEMBER", "action": "JOIN"}, {"spaceId": "s2", "role": "MEMBER", "action": "LEAVE"},
			{"spaceId": "s9", "role": "MEMBER", "action": "JOIN"},
		},
	}
	logIn("/spaces/s1", ada)
	logIn("//evil.example/", ada)                                                                                // again
	logIn("", jwt.MapClaims{"sub": "u-8", "email": "ada@example.com"})                                           // a conflict
	logIn("", jwt.MapClaims{"sub": "u-7", "email": "grace@example.com"})                                         // another
	logIn("", jwt.MapClaims{"sub": "u-9", "email": "eve@example.com", "spaceIds": []string{}, "__proto__": "x"}) // is linked
	logIn("", jwt.MapClaims{"sub": nil, "email": 7, "nbf": "soon", "aud": "x", "role": "ADMIN"})
	for _, query := range []string{"", "?token=x", "?jwt=x.y.z", "?jwt=a.b.c.d.e", "?jwt=e30.e30.&jwt=x"} {
		_, _, _ = exchange(t, http.MethodGet, c.URL+"/api/auth/sso"+query, "")
	}
	return c
}

// exchange follows no redirect. The bodies of both can be read.
func exchange(t *testing.T, method, address, body string) (*http.Request, *http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body == "" {
		r.Body = http.NoBody
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	r.Body, res.Body = io.NopCloser(strings.NewReader(body)), io.NopCloser(bytes.NewReader(data))
	return r, res, data
}

// served is the document of a community, and its validator.
func served(t *testing.T, c *ssotest.Community) (libopenapi.Document, validator.Validator) {
	t.Helper()
	_, _, data := exchange(t, http.MethodGet, c.URL+document, "")
	d, err := libopenapi.NewDocument(data)
	if err != nil {
		t.Fatal(err)
	}
	v, errs := validator.NewValidator(d, config.WithFormatAssertions())
	if errs != nil {
		t.Fatal(errs)
	}
	return d, v
}

func reasons(errs []*errors.ValidationError) string {
	var b strings.Builder
	for _, e := range errs {
		fmt.Fprintln(&b, e.Message, e.Reason)
		for _, s := range e.SchemaValidationErrors {
			fmt.Fprintln(&b, "  ", s.Reason, s.KeywordLocation)
		}
	}
	return b.String()
}

var calls = []struct {
	method, path, body string
	status             int
}{
	{"GET", "/_fake/ready", "", 200},
	{"GET", "/_fake/settings", "", 200},
	{"PATCH", "/_fake/settings", `{"name": "Ours", "spaces": [{"id": "s3"}], "customFields": [{"name": "Any"}]}`, 200},
	{"PATCH", "/_fake/settings", `{"logoutUrl": "x", "delayNanoseconds": -1}`, 422},
	{"GET", "/_fake/members", "", 200},
	{"GET", "/_fake/members/u-7", "", 200},
	{"GET", "/_fake/members/nobody", "", 404},
	{"GET", "/_fake/logins", "", 200},
	{"GET", "/_fake/logins?after=3", "", 200},
	{"GET", "/_fake/logins?after=99&wait=1ms", "", 200},
	{"GET", "/_fake/logins?after=3&wait=2h", "", 400},
	{"GET", "/_fake/logins/1", "", 200},
	{"GET", "/_fake/logins/99", "", 404},
	{"GET", "/_fake/next", "", 200},
	{"POST", "/_fake/next", `{"refuse": "exp-expired", "delay": "3s", "sendBack": true, "times": 2}`, 200},
	{"POST", "/_fake/next", `{"drop": true}`, 200},
	{"POST", "/_fake/next", `{"refuse": "no-such-code"}`, 422},
	{"GET", "/_fake/clock", "", 200},
	{"POST", "/_fake/clock", `{"advance": "90s"}`, 200},
	{"POST", "/_fake/clock", `{"set": "2027-01-01T00:00:00Z"}`, 200},
	{"POST", "/_fake/clock", `{"set": "2999-01-01T00:00:00Z"}`, 422},
	{"POST", "/_fake/reset", `{}`, 200},
	{"POST", "/_fake/reset", `{"members": [{"externalId": "u-2", "email": "b@example.com", "fields": {"Seats": [1]}}]}`, 200},
	{"POST", "/_fake/reset", `{"members": [{"email": ""}]}`, 422},
}

func TestTheDocumentIsOpenAPIAndWhatIsSentAndAnsweredFollowsIt(t *testing.T) {
	c := newCommunity(t)
	d, v := served(t, c)
	if ok, errs := v.ValidateDocument(); !ok {
		t.Fatalf("the document is none:\n%s", reasons(errs))
	}
	for _, call := range calls {
		t.Run(call.method+" "+call.path+" "+call.body, func(t *testing.T) {
			r, res, data := exchange(t, call.method, c.URL+call.path, call.body)
			if res.StatusCode != call.status {
				t.Fatalf("HTTP %d, want %d: %s", res.StatusCode, call.status, data)
			}
			if ok, errs := v.ValidateHttpRequestResponse(r, res); !ok {
				t.Errorf("%s\n%s", reasons(errs), data)
			}
		})
	}
	model, err := d.BuildV3Model()
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range model.Model.Paths.PathItems.FromOldest() {
		start, _, isOne := strings.Cut(path, "{")
		for method := range item.GetOperations().FromOldest() {
			tried := slices.ContainsFunc(calls, func(call struct {
				method, path, body string
				status             int
			}) bool {
				called, _, _ := strings.Cut(call.path, "?")
				called, after, _ := strings.Cut(called, start)
				return strings.EqualFold(call.method, method) && called == "" && (after != "") == isOne && call.status == 200
			})
			if !tried {
				t.Errorf("%s %s is not tried", method, path)
			}
		}
	}
}

// The test above proves something only if the document refuses something else.
func TestWhatDoesNotFollowTheDocumentIsNoticed(t *testing.T) {
	c := newCommunity(t)
	_, v := served(t, c)
	for _, tt := range []struct{ method, path, body, old, new string }{
		{"GET", "/_fake/ready", "", `true`, `"yes"`},
		{"GET", "/_fake/settings", "", `"keyFingerprint"`, `"key"`},
		{"GET", "/_fake/settings", "", `"name"`, `"title"`},
		{"GET", "/_fake/members", "", `"externalId"`, `"sub"`},
		{"GET", "/_fake/logins", "", `"number": 1`, `"number": "1"`},
		{"GET", "/_fake/logins", "", `"findings"`, `"mistakes"`},
		{"GET", "/_fake/logins/1", "", `"leftNanoseconds"`, `"left"`},
		{"GET", "/_fake/logins/1", "", `"at": "2`, `"at": "x2`},
		{"GET", "/_fake/members/nobody", "", `"error"`, `"message"`},
		{"POST", "/_fake/next", `{"refuse": "exp-expired"}`, `"times"`, `"count"`},
		{"POST", "/_fake/clock", `{"advance": "1s"}`, `"offset"`, `"skew"`},
	} {
		r, res, data := exchange(t, tt.method, c.URL+tt.path, tt.body)
		if ok, errs := v.ValidateHttpRequestResponse(r, res); !ok {
			t.Fatalf("%s: %s", tt.path, reasons(errs))
		}
		changed := bytes.Replace(data, []byte(tt.old), []byte(tt.new), 1)
		res.Body = io.NopCloser(bytes.NewReader(changed))
		if ok, _ := v.ValidateHttpResponse(r, res); ok || bytes.Equal(changed, data) {
			t.Errorf("%s with %s for %s is taken", tt.path, tt.new, tt.old)
		}
	}
	for path, body := range map[string]string{
		"/_fake/next": `{"code": "exp-expired"}`, "/_fake/clock": `{"set": "2027-01-01T00:00:00Z", "advance": "1s"}`,
		"/_fake/reset": `{"members": [{}]}`,
	} {
		r, _, _ := exchange(t, http.MethodPost, c.URL+path, body)
		if ok, _ := v.ValidateHttpRequest(r); ok {
			t.Errorf("%s takes %s", path, body)
		}
	}
}

// The values that the document lists are those of the module.
func TestTheListedVerdictsAreThoseOfTheRules(t *testing.T) {
	_, _, data := exchange(t, http.MethodGet, newCommunity(t).URL+document, "")
	for _, rule := range inspect.Rules() {
		for _, value := range []string{string(rule.Verdict), string(rule.Source)} {
			if !bytes.Contains(data, []byte(fmt.Sprintf("%q", value))) {
				t.Errorf("%q is missing", value)
			}
		}
	}
}
