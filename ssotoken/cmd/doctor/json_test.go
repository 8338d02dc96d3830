package doctor_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// A door returns the login URL in JSON, without a flaw, and is written without the
// SDK's own. A test breaks one of its parts.
type door struct {
	*partner
	status   int
	signedIn func(*http.Request) bool
	trusts   func(*http.Request) bool // asked only where the session is a cookie
	methods  []string
	refusal  http.HandlerFunc // nobody is signed in
	cors     func(h http.Header, r *http.Request)
	kind     string // Content-Type
	answer   func(location, expires string) any
	expires  string
	mu       sync.Mutex
}

func newDoor(p *partner) *door {
	d := &door{partner: p, status: http.StatusOK, methods: []string{"POST"}, kind: "application/json; charset=utf-8",
		expires: noon.Add(time.Minute).Format(time.RFC3339)}
	d.signedIn = func(r *http.Request) bool { return p.signedIn(r) || hasBearer(r) }
	d.trusts = func(r *http.Request) bool {
		site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
		return site == "same-origin" || site == "" && (origin == "" || origin == "http://"+r.Host)
	}
	d.refusal = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }
	d.cors = func(http.Header, *http.Request) {}
	d.answer = func(location, expires string) any {
		return map[string]any{"url": location, "expiresAt": expires}
	}
	return d
}

func hasBearer(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer "+bearer }

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.before(w, r) {
		return
	}
	d.cors(w.Header(), r)
	w.Header().Set("Date", d.clock.UTC().Format(http.TimeFormat))
	switch {
	case !strings.Contains(strings.Join(d.methods, " "), r.Method):
		w.WriteHeader(http.StatusMethodNotAllowed)
	case !d.signedIn(r):
		d.refusal(w, r)
	case !hasBearer(r) && !d.trusts(r):
		w.WriteHeader(http.StatusForbidden)
	default:
		_, location := d.mint(r)
		w.Header().Set("Cache-Control", d.headers["Cache-Control"])
		w.Header().Set("Content-Type", d.kind)
		if location == "" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.WriteHeader(d.status)
		json.NewEncoder(w).Encode(d.answer(location, d.expires))
	}
}

func jsonConfig(t *testing.T, server *httptest.Server) doctor.Config {
	t.Helper()
	return doctor.Config{JSONURL: server.URL + "/json", Community: community, Cookie: cookie, Bearer: bearer, Key: newKey(t, keyText),
		Now: func() time.Time { return noon }}
}

func TestAJSONDoorWithoutAFlawIsClean(t *testing.T) {
	server := serve(t, newDoor(newPartner()))
	for _, session := range []struct{ cookie, bearer, note string }{
		{cookie, bearer, ""},
		{cookie, "", ""},
		{"", bearer, "without the session cookie: there was no login by one to look at"},
	} {
		c := jsonConfig(t, server)
		c.Cookie, c.Bearer = session.cookie, session.bearer
		report := examine(t, c)
		if len(report.Findings) > 0 || report.Err() != nil || report.JSONURL != c.JSONURL {
			t.Errorf("got %+v", report.Findings)
		}
		if len(report.Checks) != 6 || report.Requests > 55 {
			t.Errorf("%d requests, %+v", report.Requests, report.Checks)
		}
		for _, check := range report.Checks {
			if check.State != doctor.Passed || check.Check != "JSON other origins" && check.Note != "" || check.Check == "JSON other origins" &&
				check.Note != session.note {
				t.Errorf("got %+v", check)
			}
		}
	}
}

func TestEachFlawOfAJSONDoorIsFoundAndNothingElse(t *testing.T) {
	always := func(*http.Request) bool { return true }
	claim := func(name string, value any) func(*door) { return func(d *door) { d.claims[name] = value } }
	reflect := func(h http.Header, r *http.Request) {
		h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	answers := func(answer func(location, expires string) any) func(*door) {
		return func(d *door) { d.answer = answer }
	}
	refuses := func(status int, location string) func(*door) {
		return func(d *door) {
			d.refusal = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", location)
				w.WriteHeader(status)
			}
		}
	}
	tests := []struct {
		name  string
		flaw  func(*door)
		codes []contract.Code
	}{
		{"no session needed", func(d *door) { d.signedIn = always }, []contract.Code{doctor.JSONMintsWithoutSession}},
		{"any bearer token will do", func(d *door) {
			signedIn := d.signedIn
			d.signedIn = func(r *http.Request) bool { return r.Header.Get("Authorization") != "" || signedIn(r) }
		}, []contract.Code{doctor.JSONMintsWithoutSession}},
		{"any session cookie will do", func(d *door) {
			d.signedIn = func(r *http.Request) bool {
				_, err := r.Cookie("session")
				return err == nil || hasBearer(r)
			}
		}, []contract.Code{doctor.JSONMintsWithoutSession}},
		{"the sign-in page in place of a status", refuses(http.StatusFound, "/sign-in"), []contract.Code{doctor.JSONStatus}},
		{"a status of success without a session", refuses(http.StatusOK, ""), []contract.Code{doctor.JSONStatus}},
		{"an old session", func(d *door) { d.signedIn = hasBearer }, []contract.Code{doctor.JSONNoLogin}},
		{"a page in place of the login", answers(func(_, expires string) any {
			return map[string]any{"url": "https://www.example.com/welcome", "expiresAt": expires}
		}), []contract.Code{doctor.JSONNoLogin, doctor.JSONNoLogin}},

		{"another name of url", answers(func(location, expires string) any {
			return map[string]any{"loginUrl": location, "expiresAt": expires}
		}), []contract.Code{doctor.JSONShape}},
		{"the names in capitals", answers(func(location, expires string) any {
			return map[string]any{"URL": location, "ExpiresAt": expires}
		}), []contract.Code{doctor.JSONShape}},
		{"the URL as text", answers(func(location, _ string) any { return location }), []contract.Code{doctor.JSONShape}},
		{"no expiresAt", answers(func(location, _ string) any { return map[string]any{"url": location} }), []contract.Code{doctor.JSONShape}},
		{"expiresAt in seconds", answers(func(location, _ string) any {
			return map[string]any{"url": location, "expiresAt": noon.Unix() + 60}
		}), []contract.Code{doctor.JSONShape}},
		{"JSON that says it is HTML", func(d *door) { d.kind = "text/html" }, []contract.Code{doctor.JSONShape}},
		{"another status", func(d *door) { d.status = http.StatusCreated }, []contract.Code{doctor.JSONShape}},
		{"expiresAt that is not exp", func(d *door) { d.expires = noon.Add(time.Hour).Format(time.RFC3339) },
			[]contract.Code{doctor.JSONExpires}},
		{"cacheable by the browser", func(d *door) { d.headers["Cache-Control"] = "private" }, []contract.Code{doctor.Cacheable}},

		{"GET mints", func(d *door) { d.methods = []string{"GET", "POST"} }, []contract.Code{doctor.JSONGETMints}},
		{"a foreign page gets a token", func(d *door) { d.trusts = always }, []contract.Code{doctor.JSONCrossOrigin}},
		{"a foreign form gets a token", func(d *door) {
			trusts := d.trusts
			d.trusts = func(r *http.Request) bool { return trusts(r) || r.Header.Get("Content-Type") == "text/plain" }
		}, []contract.Code{doctor.JSONCrossOrigin}},
		{"a sandboxed frame gets a token", func(d *door) {
			trusts := d.trusts
			d.trusts = func(r *http.Request) bool { return trusts(r) || r.Header.Get("Origin") == "null" }
		}, []contract.Code{doctor.JSONCrossOrigin}},
		{"an older browser's foreign page gets a token", func(d *door) {
			d.trusts = func(r *http.Request) bool { return r.Header.Get("Sec-Fetch-Site") != "cross-site" }
		}, []contract.Code{doctor.JSONCrossOrigin}},
		{"any origin is let in with cookies", func(d *door) { d.cors = reflect }, []contract.Code{doctor.JSONCORS}},
		{"the null origin is let in with cookies", func(d *door) {
			d.cors = func(h http.Header, r *http.Request) {
				if r.Header.Get("Origin") == "null" {
					reflect(h, r)
				}
			}
		}, []contract.Code{doctor.JSONCORS}},
		{"an origin is compared by its beginning", func(d *door) {
			d.cors = func(h http.Header, r *http.Request) {
				if strings.HasPrefix(r.Header.Get("Origin"), "http://"+r.Host) {
					reflect(h, r)
				}
			}
		}, []contract.Code{doctor.JSONCORS}},
		{"any origin is let in", func(d *door) {
			d.cors = func(h http.Header, r *http.Request) { h.Set("Access-Control-Allow-Origin", "*") }
		}, []contract.Code{doctor.JSONCORSAny}},

		{"no exp", func(d *door) { delete(d.claims, "exp") }, []contract.Code{inspect.ExpMissing}},
		{"a life of 10 minutes", func(d *door) {
			d.claims["exp"], d.expires = noon.Unix()+600, noon.Add(10*time.Minute).Format(time.RFC3339)
		}, []contract.Code{inspect.ExpOverAdvice}},
		{"a number as sub", claim("sub", 7), []contract.Code{contract.ClaimNotString}},
		{"another key", func(d *door) { d.key = "another key of thirty-two bytes!" }, []contract.Code{inspect.SignatureWrong}},
		{"another community", func(d *door) {
			d.location = func(_ *http.Request, token, redirect string) string {
				return loginAt("https://community.example.net", token, redirect)
			}
		}, []contract.Code{doctor.WrongCommunity}},
		{"a clock that is late", func(d *door) {
			d.clock = noon.Add(-5 * time.Minute)
			d.claims["iat"], d.claims["exp"], d.expires = d.clock.Unix(), d.clock.Unix()+60, d.clock.Add(time.Minute).Format(time.RFC3339)
		}, []contract.Code{doctor.ClockDiffers}},

		{"open redirect: referrer_uri as it is", func(d *door) { d.check = func(s string) string { return s } },
			[]contract.Code{doctor.OpenRedirect}},
		{"open redirect: to referrer_uri itself, where it is a URL", func(d *door) {
			location, check := d.location, d.check
			d.check = func(s string) string { return s }
			d.location = func(r *http.Request, token, redirect string) string {
				if u, err := url.Parse(redirect); err == nil && u.Host != "" {
					return redirect
				}
				return location(r, token, check(redirect))
			}
		}, []contract.Code{doctor.OpenRedirect}},
		{"redirect_uri left out", func(d *door) { d.check = func(string) string { return "" } }, []contract.Code{doctor.RedirectLost}},
		{"referrer_uri decoded once more", func(d *door) {
			check := d.check
			d.check = func(s string) string {
				if s = check(s); strings.Contains(s, "%20") {
					s = strings.ReplaceAll(s, "%20", " ")
				}
				return s
			}
		}, []contract.Code{doctor.RedirectChanged}},
		{"the member of the body, without a session", func(d *door) {
			signedIn := d.signedIn
			d.signedIn = func(r *http.Request) bool { return bodyOf(r)["email"] == "ada@example.com" || signedIn(r) }
		}, []contract.Code{doctor.JSONMintsWithoutSession}},
		{"the member's email as the user of the body, without a session", func(d *door) {
			signedIn := d.signedIn
			d.signedIn = func(r *http.Request) bool { return bodyOf(r)["user"] == "ada@example.com" || signedIn(r) }
		}, []contract.Code{doctor.JSONMintsWithoutSession}},
		{"the member of the body beside the session", func(d *door) {
			d.beside = func(r *http.Request, claims jwt.MapClaims) {
				claims["email"] = orElse(bodyOf(r)["mail"], "ada@example.com")
			}
		}, []contract.Code{doctor.IdentityFromRequest}},
		{"an error that repeats a bad referrer_uri as its url", func(d *door) {
			refuse(d.partner, func(w http.ResponseWriter, value string) {
				w.WriteHeader(http.StatusBadRequest)
				json.NewEncoder(w).Encode(map[string]string{"url": value})
			})
		}, []contract.Code{doctor.ReferrerBreaksLogin}},
		{"an error for a bad referrer_uri", func(d *door) {
			check, location := d.check, d.location
			d.check = func(s string) string {
				if s != "" && s != "/" && check(s) == "" {
					return "bad"
				}
				return s
			}
			d.location = func(r *http.Request, token, redirect string) string {
				if redirect == "bad" {
					return ""
				}
				return location(r, token, redirect)
			}
		}, []contract.Code{doctor.ReferrerBreaksLogin}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDoor(newPartner())
			tt.flaw(d)
			report := examine(t, jsonConfig(t, serve(t, d)))
			if diff := cmp.Diff(tt.codes, codes(report)); diff != "" {
				t.Fatalf("codes (-want +got):\n%s\n%+v", diff, report.Findings)
			}
			if err := report.Err(); report.Findings[0].Verdict != inspect.Info && !errors.Is(err, tt.codes[0]) {
				t.Errorf("got %v", err)
			}
			text, err := json.Marshal(report)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"eyJ", keyText, cookie, bearer, "session=good", "user-7"} {
				if strings.Contains(string(text), secret) {
					t.Errorf("the report holds %q", secret)
				}
			}
		})
	}
}

func TestTheSessionsOfTwoMembersAreTwoMembersAtAJSONDoor(t *testing.T) {
	for _, tt := range []struct {
		name  string
		who   func(*http.Request) string
		codes []contract.Code
	}{
		{"two", func(r *http.Request) string { return orElse(r.Header.Get("Cookie"), "bearer") }, []contract.Code{}},
		{"the first for everybody", func(*http.Request) string { return "user-7" }, []contract.Code{doctor.SameMember}},
		{"the other one by the body", func(r *http.Request) string {
			if bodyOf(r)["id"] == "other=yes" {
				return "other=yes"
			}
			return orElse(r.Header.Get("Cookie"), "bearer")
		}, []contract.Code{doctor.IdentityFromRequest}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDoor(newPartner())
			d.letsIn(func(r *http.Request) bool { return strings.Contains(r.Header.Get("Cookie"), "other=yes") })
			d.beside = func(r *http.Request, claims jwt.MapClaims) { claims["sub"] = tt.who(r) }
			c := jsonConfig(t, serve(t, d))
			c.OtherCookie = "other=yes"
			if diff := cmp.Diff(tt.codes, codes(examine(t, c))); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
		})
	}
}

// Two doors with the same flaw are two findings: each is to be mended.
func TestAFlawOfBothDoorsIsFoundTwice(t *testing.T) {
	p := newPartner()
	p.claims["exp"] = noon.Unix() + 600
	server := serve(t, p)
	c := configFor(t, server)
	c.JSONURL = server.URL + "/json"
	report := examine(t, c)
	want := []contract.Code{inspect.ExpOverAdvice, inspect.ExpOverAdvice, doctor.JSONExpires}
	if diff := cmp.Diff(want, codes(report)); diff != "" {
		t.Errorf("codes (-want +got):\n%s", diff)
	}
}

func TestAJSONDoorIsCheckedAsFarAsItGoesWithoutASession(t *testing.T) {
	d := newDoor(newPartner())
	d.cors = func(h http.Header, _ *http.Request) { h.Set("Access-Control-Allow-Origin", "*") }
	c := jsonConfig(t, serve(t, d))
	c.Cookie, c.Bearer = "", ""
	report := examine(t, c)
	if diff := cmp.Diff([]contract.Code{doctor.JSONCORSAny}, codes(report)); diff != "" {
		t.Errorf("codes (-want +got):\n%s", diff)
	}
	states := map[string]doctor.State{}
	for _, check := range report.Checks {
		states[check.Check] = check.State
	}
	want := map[string]doctor.State{"settings": doctor.Passed, "JSON, no session": doctor.Passed, "JSON login": doctor.Skipped,
		"JSON identity": doctor.Skipped, "JSON return paths": doctor.Skipped, "JSON other origins": doctor.Failed}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}
