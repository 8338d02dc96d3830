package frameworks_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/examples/frameworks/chi"
	"github.com/bettermode-go/sso/examples/frameworks/cors"
	"github.com/bettermode-go/sso/examples/frameworks/partner"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
)

// bearer returns a browser's session as a bearer token, as an app would send it.
func (b *browser) bearer() string {
	b.tr.t.Helper()
	r, err := http.NewRequest("GET", b.tr.site, nil)
	if err != nil {
		b.tr.t.Fatal(err)
	}
	for _, c := range b.jar.Cookies(r.URL) {
		if c.Name == "session" {
			return c.Value
		}
	}
	b.tr.t.Fatal("there is no session")
	return ""
}

// serveCORS is the JSON door of package cors beside chi's other doors.
func serveCORS(t *testing.T, site *partner.Site) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/", chi.New(site))
	mux.Handle(partner.JSONPath, cors.New(site))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func TestAFrontendGetsTheLoginURLAndComesBackToThePage(t *testing.T) {
	onEach(t, func(t *testing.T, tr *trip) {
		const encoded, deep = "?referrer_uri=%2Fsearch%3Fq%3Da%2520b%26tab%3Dposts", "/search?q=a%20b&tab=posts"
		b := tr.newBrowser()
		b.signIn()
		res := b.visit("POST", tr.site+partner.JSONPath+encoded, nil, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Dest: empty", "Origin: SELF")
		var answer struct {
			URL       string
			ExpiresAt time.Time
		}
		if err := json.Unmarshal([]byte(res.body), &answer); err != nil || res.StatusCode != http.StatusOK ||
			res.Header.Get("Content-Type") != "application/json" || answer.ExpiresAt.IsZero() {
			t.Fatalf("got %s %v, %v", res.Status, res.Header, err)
		}
		tr.expectPrivate("answer", res)
		end := b.visit("GET", answer.URL, nil)
		if got, want := end.Request.URL.String(), tr.community.URL+deep; got != want || !strings.Contains(end.body, "Ada Lovelace") {
			t.Errorf("got %s at %s, want %s", end.Status, got, want)
		}
	})
}

func TestTheJSONDoorAnswersOnlyPOSTAndOnlyASession(t *testing.T) {
	tests := []struct {
		method, authorization string
		signedIn              bool
		status                int
		code                  string
	}{
		{"GET", "", true, http.StatusMethodNotAllowed, "method"},
		{"HEAD", "", true, http.StatusMethodNotAllowed, ""},
		{"PUT", "", true, http.StatusMethodNotAllowed, "method"},
		{"DELETE", "", true, http.StatusMethodNotAllowed, "method"},
		{"OPTIONS", "", true, http.StatusMethodNotAllowed, "method"},
		{"POST", "", false, http.StatusUnauthorized, "no-session"},
		{"POST", "Bearer made-up", false, http.StatusUnauthorized, "no-session"},
		{"POST", "Bearer made-up", true, http.StatusUnauthorized, "no-session"}, // the cookie does not help it
		{"POST", "Basic YTpi", true, http.StatusUnauthorized, "no-session"},
	}
	onEach(t, func(t *testing.T, tr *trip) {
		for _, tt := range tests {
			what := strings.Join([]string{tt.method, tt.authorization}, " ")
			b := tr.newBrowser()
			if tt.signedIn {
				b.signIn()
			}
			res := b.visit(tt.method, tr.site+partner.JSONPath, nil, "Authorization: "+tt.authorization)
			want := ""
			if tt.code != "" {
				want = `{"error":"` + tt.code + `"}` + "\n"
			}
			if res.StatusCode != tt.status || res.body != want {
				t.Errorf("%s: got %s %s", what, res.Status, res.body)
			}
			if tt.status == http.StatusMethodNotAllowed && res.Header.Get("Allow") != "POST" {
				t.Errorf("%s: Allow is %q", what, res.Header.Get("Allow"))
			}
			tr.expectPrivate(what, res)
		}
		if n := tr.minted(); n != 0 {
			t.Errorf("%d tokens were minted", n)
		}
	})
}

// The requests that a page of another origin can make a browser send, all with the
// visitor's cookie: what mints, and what does not.
func TestTheJSONDoorMintsForNoForeignPage(t *testing.T) {
	const form, text, multipart = "Content-Type: application/x-www-form-urlencoded", "Content-Type: text/plain",
		"Content-Type: multipart/form-data; boundary=x"
	const evil, cross, same = "Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"
	const trusted = "Origin: " + frontend
	tests := []struct {
		name    string
		headers []string
		mints   bool
	}{
		{"the site's own page", []string{"Sec-Fetch-Site: same-origin", "Origin: SELF"}, true},
		{"the site's own page with JSON", []string{"Sec-Fetch-Site: same-origin", "Origin: SELF", "Content-Type: application/json"}, true},
		{"the site's own form", []string{"Sec-Fetch-Site: same-origin", "Origin: SELF", form, "Sec-Fetch-Mode: navigate",
			"Sec-Fetch-Dest: document"}, true},
		{"the site's own page, an older browser", []string{"Origin: SELF"}, true},
		{"a program", []string{"Content-Type: "}, true},
		{"a program with a bearer token", []string{"Authorization: Bearer TOKEN"}, true},
		{"a foreign page with a bearer token", []string{cross, evil, "Authorization: bearer TOKEN"}, true},
		{"the trusted frontend", []string{cross, trusted}, true},
		{"the trusted frontend of the same site", []string{same, trusted}, true},
		{"the trusted frontend, an older browser", []string{trusted}, true},

		{"a foreign page", []string{cross, evil, "Content-Type: "}, false},
		{"a foreign page with JSON", []string{cross, evil, "Content-Type: application/json"}, false},
		{"a foreign page of the same site", []string{same, "Origin: https://blog.example.com"}, false},
		{"a foreign form", []string{cross, evil, form, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, false},
		{"a foreign form of text", []string{cross, evil, text, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, false},
		{"a foreign form of parts", []string{cross, evil, multipart, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, false},
		{"a foreign form in a frame", []string{cross, evil, form, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"}, false},
		{"a foreign page without CORS", []string{cross, evil, text, "Sec-Fetch-Mode: no-cors"}, false},
		{"a foreign page, an older browser", []string{evil, text}, false},
		{"a foreign form, an older browser", []string{evil, form}, false},
		{"a sandboxed frame", []string{cross, "Origin: null"}, false},
		{"a sandboxed frame, an older browser", []string{"Origin: null"}, false},
		{"a foreign page with a password of HTTP", []string{cross, evil, "Authorization: Basic YTpi"}, false},
		{"a foreign page with an empty bearer token", []string{cross, evil, "Authorization: Bearer "}, false},
		{"the trusted frontend's host by http", []string{cross, "Origin: http://app.example.com"}, false},
		{"the trusted frontend's host as a beginning", []string{cross, "Origin: " + frontend + ".evil.example"}, false},
		{"the trusted frontend's host on another port", []string{cross, "Origin: " + frontend + ":8443"}, false},
		{"another Host that is the Origin's", []string{cross, evil, "X-Forwarded-Host: evil.example"}, false},
	}
	onEach(t, func(t *testing.T, tr *trip) {
		for _, tt := range tests {
			b := tr.newBrowser()
			b.signIn()
			headers := strings.Split(strings.ReplaceAll(strings.Join(tt.headers, "\n"), "TOKEN", b.bearer()), "\n")
			before := tr.minted()
			res := b.visit("POST", tr.site+partner.JSONPath, nil, headers...)
			if minted := strings.Contains(res.body, "jwt=ey"); minted != tt.mints || tr.minted()-before != count(tt.mints) {
				t.Errorf("%s: got %s %s", tt.name, res.Status, res.body)
			}
			if !tt.mints && (res.StatusCode != http.StatusForbidden || res.body != `{"error":"cross-origin"}`+"\n") {
				t.Errorf("%s: got %s %s", tt.name, res.Status, res.body)
			}
			if got := res.Header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("%s: lets in %q", tt.name, got)
			}
		}
	})
}

func count(mints bool) int {
	if mints {
		return 1
	}
	return 0
}

func TestDoctorFindsNothing(t *testing.T) {
	check := func(t *testing.T, tr *trip) {
		b := tr.newBrowser()
		b.signIn()
		report, err := doctor.Check(t.Context(), doctor.Config{
			AuthorizationURL: tr.site + partner.LoginPath, JSONURL: tr.site + partner.JSONPath, LogoutURL: tr.site + partner.LogoutPath,
			Community: tr.community.URL, Cookie: "session=" + b.bearer(), Bearer: b.bearer(), Key: tr.community.Key(),
		})
		if err != nil || len(report.Findings) > 0 {
			t.Errorf("got %v, %+v", err, report)
		}
	}
	onEach(t, check)
	t.Run("cors", func(t *testing.T) { check(t, newTrip(t, serveCORS)) })
}

func TestOnlyTheFrontendIsLetInByCORS(t *testing.T) {
	tr := newTrip(t, serveCORS)
	b := tr.newBrowser()
	b.signIn()
	const evil = "https://evil.example"
	tests := []struct {
		name          string
		method        string
		headers       []string
		status        int
		allow, answer string // the origin that is let in, and what the body begins with
	}{
		{"the frontend's preflight", "OPTIONS", []string{"Origin: " + frontend, "Access-Control-Request-Method: POST"},
			http.StatusNoContent, frontend, ""},
		{"its preflight for a bearer token", "OPTIONS",
			[]string{"Origin: " + frontend, "Access-Control-Request-Method: POST",
				"Access-Control-Request-Headers: authorization"}, http.StatusNoContent, frontend, ""},
		{"its request with the cookie", "POST", []string{"Origin: " + frontend, "Sec-Fetch-Site: same-site"}, http.StatusOK, frontend, `{"url":`},
		{"its request with a bearer token", "POST",
			[]string{"Origin: " + frontend, "Sec-Fetch-Site: cross-site", "Authorization: Bearer TOKEN"}, http.StatusOK,
			frontend, `{"url":`},
		{"its request without a session", "POST", []string{"Origin: " + frontend, "Sec-Fetch-Site: cross-site",
			"Authorization: Bearer x"}, http.StatusUnauthorized, frontend, `{"error":"no-session"}`},

		{"its preflight for another method", "OPTIONS",
			[]string{"Origin: " + frontend, "Access-Control-Request-Method: PUT"}, http.StatusNoContent, "", ""},
		{"its preflight for another header", "OPTIONS",
			[]string{"Origin: " + frontend, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: x-other"},
			http.StatusNoContent, "", ""},
		{"another origin's preflight", "OPTIONS", []string{"Origin: " + evil, "Access-Control-Request-Method: POST"},
			http.StatusNoContent, "", ""},
		{"another origin's request with the cookie", "POST", []string{"Origin: " + evil, "Sec-Fetch-Site: cross-site"},
			http.StatusForbidden, "", `{"error":"cross-origin"}`},
		{"another origin's form", "POST", []string{"Origin: " + evil, "Sec-Fetch-Site: cross-site",
			"Content-Type: text/plain"}, http.StatusForbidden, "", `{"error":"cross-origin"}`},
		{"the null origin's request", "POST", []string{"Origin: null", "Sec-Fetch-Site: cross-site"}, http.StatusForbidden,
			"", `{"error":"cross-origin"}`},
		{"the frontend's host as a beginning", "POST",
			[]string{"Origin: " + frontend + ".evil.example", "Sec-Fetch-Site: cross-site"}, http.StatusForbidden, "",
			`{"error":"cross-origin"}`},
		{"a GET of the frontend", "GET", []string{"Origin: " + frontend, "Sec-Fetch-Site: same-site"},
			http.StatusMethodNotAllowed, "", `{"error":"method"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			headers := strings.Split(strings.ReplaceAll(strings.Join(tt.headers, "\n"), "TOKEN", b.bearer()), "\n")
			res := b.visit(tt.method, tr.site+partner.JSONPath, nil, headers...)
			credentials := ""
			if tt.allow != "" {
				credentials = "true"
			}
			got := []string{res.Header.Get("Access-Control-Allow-Origin"), res.Header.Get("Access-Control-Allow-Credentials")}
			if diff := cmp.Diff([]string{tt.allow, credentials}, got); diff != "" {
				t.Errorf("CORS (-want +got):\n%s", diff)
			}
			if res.StatusCode != tt.status || !strings.HasPrefix(res.body, tt.answer) ||
				!strings.Contains(strings.Join(res.Header.Values("Vary"), ","), "Origin") {
				t.Errorf("got %s, %v, %s", res.Status, res.Header, res.body)
			}
		})
	}
}

func TestWithoutFrontendsCORSLetsNobodyIn(t *testing.T) {
	tr := newTrip(t, func(t *testing.T, site *partner.Site) string {
		site.Frontends = nil
		return serveCORS(t, site)
	})
	res := tr.newBrowser().visit("OPTIONS", tr.site+partner.JSONPath, nil, "Origin: "+frontend, "Access-Control-Request-Method: POST")
	if got := res.Header.Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("lets in %q", got)
	}
}

// A form of another origin is refused by the pages too, which do not trust the
// frontend.
func TestTheFrontendsOriginIsTrustedOnlyByTheJSONDoor(t *testing.T) {
	onEach(t, func(t *testing.T, tr *trip) {
		b := tr.newBrowser()
		b.still = true
		if res := b.visit("POST", tr.loginURL("%2F"), ada, "Sec-Fetch-Site: same-site",
			"Origin: "+frontend); res.StatusCode != http.StatusForbidden || len(res.Cookies()) != 0 {
			t.Errorf("got %s, %v", res.Status, res.Cookies())
		}
	})
	if _, err := partner.New(nil, nil, "app.example.com"); err == nil || ssotoken.CodeOf(err) == "" {
		t.Errorf("a host in place of an origin: got %v", err)
	}
}
