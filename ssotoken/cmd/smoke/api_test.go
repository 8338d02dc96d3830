package smoke_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/smoke"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

type object = map[string]any

// answeredBy is a login at the fake, whose API's answers go through change before they are sent.
func answeredBy(t *testing.T, change func(w http.ResponseWriter, r *http.Request, token string, answer object)) smoke.Config {
	t.Helper()
	key := newKey(t, "a-key-of-thirty-two-bytes-or-more")
	var fields []ssotest.CustomField
	for name, kind := range map[string]string{"company": "text", "seats": "number", "beta": "boolean", "since": "date", "tags": "array"} {
		fields = append(fields, ssotest.CustomField{Name: name, Type: kind, ExternalKeys: []string{name}})
	}
	fake, err := ssotest.NewHandler(ssotest.Config{Settings: ssotest.Settings{Key: key, OtherLoginMethods: true, CustomFields: fields,
		Spaces: []ssotest.Space{{ID: "tips"}, {ID: "news"}}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/graphql" {
			fake.ServeHTTP(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		var asked struct{ Variables map[string]string }
		var answer object
		r.Body = io.NopCloser(bytes.NewReader(body))
		recorded := httptest.NewRecorder()
		fake.ServeHTTP(recorded, r)
		if json.Unmarshal(body, &asked) != nil || json.Unmarshal(recorded.Body.Bytes(), &answer) != nil {
			t.Errorf("the fake answered %s to %s", recorded.Body, body)
		}
		change(w, r, asked.Variables["ssoToken"], answer)
	}))
	t.Cleanup(server.Close)
	c := configOf(t, server.URL, key)
	c.API = smoke.DefaultAPI(c.Signer.Community())
	c.Claims, err = ssotoken.NewClaims().Subject("user-7").Name("Ada Lovelace").VerifiedEmail("Ada@example.com").
		Tagline("Caf\u00e9s <b>&</b> machines").Picture("https://www.example.com/ada.png").Spaces(spaces.Add("tips", "news")).
		Custom(customfields.Of(customfields.Text("company", "Acme"), customfields.Number("seats", 4.5), customfields.Boolean("beta", true),
			customfields.Date("since", time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)), customfields.Array("tags", []string{"a", "b", "c"}))).Build()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// changed answers with another member.
func changed(change func(tokens, member object)) func(http.ResponseWriter, *http.Request, string, object) {
	return func(w http.ResponseWriter, _ *http.Request, _ string, answer object) {
		tokens := answer["data"].(object)["tokens"].(object)
		change(tokens, tokens["member"].(object))
		json.NewEncoder(w).Encode(answer)
	}
}

func set(name string, value any) func(tokens, member object) {
	return func(_, member object) { member[name] = value }
}

func field(key string, value any) func(tokens, member object) {
	return func(_, member object) {
		for _, f := range member["fields"].([]any) {
			if f.(object)["key"] == key {
				f.(object)["value"] = value
			}
		}
	}
}

// The golden file has the findings and decisions of each row.
func TestTheAPIShowsHowWhatIsStoredDiffersFromWhatWasSent(t *testing.T) {
	var got strings.Builder
	found := map[contract.Code]bool{}
	for _, tt := range []struct {
		name   string
		change func(tokens, member object)
	}{
		{"as sent", func(_, _ object) {}},
		{"another external ID", set("externalId", "another")},
		{"a name without white space", set("name", "AdaLovelace")},
		{"an email in lower case", set("email", "ada@example.com")},
		{"an email that is not verified", set("emailStatus", "sent")},
		{"a verified email", set("emailStatus", "verified")},
		{"no tagline", set("tagline", nil)},
		{"a tagline of decomposed letters", set("tagline", "Cafe\u0301s <b>&</b> machines")},
		{"an escaped tagline", set("tagline", "Caf\u00e9s &lt;b&gt;&amp;&lt;/b&gt; machines")},
		{"a tagline without tags", set("tagline", "Caf\u00e9s & machines")},
		{"a tagline that is cut", set("tagline", "Caf\u00e9s <b>…")},
		{"a name that is a list", set("name", []any{"Ada"})},
		{"a picture elsewhere", set("profilePicture", object{"url": "https://cdn.example.net/x.png"})},
		{"an admin", func(tokens, _ object) { tokens["role"] = object{"type": "admin"} }},
		{"one space of two", set("spaces", object{"nodes": []any{object{"id": "tips"}}})},
		{"a raw custom text", field("company", "Acme")},
		{"a number as text", field("seats", `"4.5"`)},
		{"a rounded number", field("seats", "5")},
		{"another boolean", field("beta", "false")},
		{"a date with a time", field("since", `"2026-01-02T00:00:00.000Z"`)},
		{"a shorter array", field("tags", `["a","b"]`)},
		{"a longer array", field("tags", `["a","b","c","d"]`)},
		{"no such field", func(tokens, member object) {
			tokens["network"] = object{"memberFields": object{"fields": []any{object{"key": "org", "externalKeys": []any{"company"}}}}}
			field("company", "x")(tokens, member)
			field("company", "x")(tokens, object{"fields": []any{}})
		}},
		{"other settings", func(tokens, _ object) {
			tokens["networkPublicInfo"] = object{"jwtSsoAuthUrls": object{"authorizationUrl": "https://www.example.com/LOGIN"}}
			tokens["network"] = object{"activeSso": object{"logoutUrl": "https://www.example.com/logout"}}
		}},
	} {
		c := answeredBy(t, changed(tt.change))
		c.Settings = ssotest.Settings{AuthorizationURL: "https://www.example.com/login", LogoutURL: "https://www.example.com/logout",
			SignUpURL: "https://www.example.com/join"}
		report := logIn(t, c)
		fmt.Fprintf(&got, "# %s\n", tt.name)
		for _, f := range report.Findings {
			found[f.Code] = true
			fmt.Fprintf(&got, "%s %s: %s\n", f.Verdict, f.Code, f.Message)
		}
		for _, d := range report.Decisions {
			if tt.name == "as sent" || strings.Contains(d, ": contradicted ") {
				fmt.Fprintf(&got, "  %s\n", d)
			}
		}
	}
	golden := filepath.Join("testdata", "stored.golden")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if diff := cmp.Diff(string(want), got.String()); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, r := range smoke.Rules() {
		if strings.HasPrefix(string(r.Code), "stored-") && !found[r.Code] {
			t.Errorf("nothing shows %s", r.Code)
		}
	}
}

func TestAnAnswerOfAnotherFormIsShownWithoutValues(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer func(w http.ResponseWriter, r *http.Request, token string)
		code   contract.Code
		words  string
	}{
		{"another form", func(w http.ResponseWriter, _ *http.Request, _ string) {
			fmt.Fprint(w, `{"tokens":[{"accessToken":"Acc3ss","user":{"Ada Lovelace":1,"ada@example.com":true,"age":null}}],"Acme":[]}`)
		}, smoke.APIAnswer, "{tokens: [{accessToken: text, user: {age: null, …: boolean, …: number}}], …: array}"},
		{"an error that repeats the token", func(w http.ResponseWriter, _ *http.Request, token string) {
			w.WriteHeader(http.StatusBadRequest)
			json.NewEncoder(w).Encode(object{"errors": []any{object{"message": "bad token " + token, "code": "108", token: 1}}})
		}, smoke.APIAnswer, "HTTP 400 without a member; its form, without values: {errors: [{code: text, message: text, …: number}]}"},
		{"a page", func(w http.ResponseWriter, _ *http.Request, token string) {
			fmt.Fprint(w, "<title>", token)
		}, smoke.APIAnswer, "values: null"},
		{"a redirect", func(w http.ResponseWriter, r *http.Request, _ string) {
			http.Redirect(w, r, "https://other.example.com/graphql", http.StatusPermanentRedirect)
		}, smoke.APIAnswer, "HTTP 308"},
		{"a wide form", func(w http.ResponseWriter, _ *http.Request, _ string) {
			wide := object{}
			for i := range 1000 {
				wide[fmt.Sprint("name", i)] = "Acc3ss"
			}
			json.NewEncoder(w).Encode(wide)
		}, smoke.APIAnswer, "name10: text"},
		{"names that are objects", func(w http.ResponseWriter, _ *http.Request, _ string) {
			fmt.Fprint(w, `{"data":{"tokens":{"member":{"externalId":{},"name":[{}],"email":{"a":1},"fields":[{"key":{}},{"key":[]},7],
				"spaces":{"nodes":[{"id":{}},{"id":[]},null]}},"role":[],
				"network":{"memberFields":{"fields":[{"key":{},"externalKeys":["company",{}]}]}}}}}`)
		}, "stored-type", "In place of name, the community has another JSON type"},
		{"a long body", func(w http.ResponseWriter, _ *http.Request, _ string) {
			io.WriteString(w, `{"data":"`+strings.Repeat("Acc3ss", 1<<20)+`"}`)
		}, smoke.APIAnswer, "values: null"},
		{"no answer", func(http.ResponseWriter, *http.Request, string) { panic(http.ErrAbortHandler) }, smoke.NoAnswer, "The API: No answer"},
	} {
		c := answeredBy(t, func(w http.ResponseWriter, r *http.Request, token string, _ object) { tt.answer(w, r, token) })
		report := logIn(t, c)
		text, err := json.Marshal(report)
		if err != nil {
			t.Fatal(err)
		}
		if i := slices.IndexFunc(report.Findings, func(f smoke.Finding) bool { return f.Code == tt.code }); i < 0 ||
			!strings.Contains(report.Findings[i].Message, tt.words) || len(report.Findings[i].Message) > 700 {
			t.Errorf("%s: got %s", tt.name, text)
		}
		for _, value := range []string{"eyJ", "Acc3ss", "Ada", "example.com", "Acme"} {
			if strings.Contains(string(text), value) {
				t.Errorf("%s: %s is in %s", tt.name, value, text)
			}
		}
	}
}

func TestTheAccessTokenIsNotEvenAskedFor(t *testing.T) {
	const access = "Acc3ss-of-the-member"
	c := answeredBy(t, func(w http.ResponseWriter, r *http.Request, _ string, answer object) {
		tokens := answer["data"].(object)["tokens"].(object)
		if _, isSelected := tokens["accessToken"]; isSelected || r.Header.Get("Cookie") != "" || r.Header.Get("Origin") != "" {
			t.Errorf("asked for %v with %v", tokens, r.Header)
		}
		tokens["accessToken"], tokens["refreshToken"] = access, access
		json.NewEncoder(w).Encode(answer)
	})
	if text, _ := json.Marshal(logIn(t, c)); strings.Contains(string(text), access) {
		t.Errorf("the access token is in %s", text)
	}
}

func TestNoTokenGoesToAnAPIWithoutTLS(t *testing.T) {
	for _, api := range []string{"http://api.example.com", "https://user@api.example.com", "ftp://127.0.0.1/", "api.example.com"} {
		c := answeredBy(t, nil)
		c.API = api
		if report, err := smoke.Login(t.Context(), c); ssotoken.CodeOf(err) != contract.Malformed {
			t.Errorf("%s: got %v and %+v", api, err, report)
		}
	}
}

func TestTheAPIOfACommunityIsTheVendorsOrTheFakes(t *testing.T) {
	for community, want := range map[string]string{"community.example.com": "https://api.bettermode.com",
		"http://localhost:8090": "http://localhost:8090/graphql", "http://127.0.0.1:8090/hub": "http://127.0.0.1:8090/hub/graphql"} {
		c, err := ssotoken.ParseCommunity(community)
		if got := smoke.DefaultAPI(c); got != want || err != nil {
			t.Errorf("%s: got %s, %v", community, got, err)
		}
	}
}
