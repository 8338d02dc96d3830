package doctor_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

const password = "correct horse battery"

// A signInSite is a partner with a sign-in page without a flaw. A test breaks
// one of its parts.
type signInSite struct {
	*partner
	page    func(r *http.Request) string
	header  map[string]string
	cookie  http.Cookie
	after   func(r *http.Request) string
	methods string
}

func newSignInSite() *signInSite {
	s := &signInSite{partner: newPartner(), methods: "GET POST"}
	s.page = func(r *http.Request) string {
		return `<!doctype html><title>Sign in</title><form method="post"><!-- > --><input name=user><input type=password ` +
			`name=password><input type=hidden name=csrf value="a&amp;b"><button>Sign in</button></form>`
	}
	s.header = map[string]string{"Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; form-action 'self' " + community}
	s.cookie = http.Cookie{Name: "session", Value: "good", Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode}
	s.after = func(r *http.Request) string { return r.URL.RequestURI() }
	s.signIn = func(w http.ResponseWriter, r *http.Request) {
		for name, value := range s.header {
			w.Header().Set(name, value)
		}
		switch {
		case !strings.Contains(s.methods, r.Method):
			w.WriteHeader(http.StatusMethodNotAllowed)
		case r.Method == http.MethodPost && r.FormValue("user") == "ada" && r.FormValue("password") == password && r.FormValue("csrf") == "a&b":
			http.SetCookie(w, &s.cookie)
			w.Header().Set("Location", s.after(r))
			w.WriteHeader(http.StatusSeeOther)
		default:
			fmt.Fprint(w, s.page(r))
		}
	}
	return s
}

// withForm is a page whose form has these attributes and fields too.
func withForm(attributes, fields string) func(*http.Request) string {
	return func(*http.Request) string {
		return `<form ` + attributes + `><input name=user><input type=password name=password><input type=hidden name=csrf value="a&amp;b">` +
			fields + `</form>`
	}
}

func signInConfig(t *testing.T, h http.Handler) doctor.Config {
	t.Helper()
	c := over(t, direct{h})
	c.Cookie, c.Form = "", url.Values{"user": {"ada"}, "password": {password}}
	return c
}

func TestTheWholeTripOfAMemberIsClean(t *testing.T) {
	report := examine(t, signInConfig(t, newSignInSite()))
	if len(report.Findings) > 0 || !report.Complete {
		t.Errorf("got %+v", report.Findings)
	}
	if got := states(report); got["sign-in"] != doctor.Passed || got["login"] != doctor.Passed || got["hostile referrers"] != doctor.Passed {
		t.Errorf("got %+v", report.Checks)
	}
}

func TestEachFlawOfASignInIsFoundAndNothingElse(t *testing.T) {
	redirect := func(location string) func(*signInSite) {
		return func(s *signInSite) {
			s.signIn = func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", strings.ReplaceAll(location, "QUERY", r.URL.RawQuery))
				w.WriteHeader(http.StatusFound)
			}
		}
	}
	answer := func(status int, body string) func(*signInSite) {
		return func(s *signInSite) {
			s.signIn = func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				fmt.Fprint(w, body)
			}
		}
	}
	page := func(attributes, fields string) func(*signInSite) {
		return func(s *signInSite) { s.page = withForm(attributes, fields) }
	}
	policy := func(text string) func(*signInSite) {
		return func(s *signInSite) {
			s.header["Content-Security-Policy"] = "frame-ancestors 'none'; form-action " + text
		}
	}
	tests := []struct {
		name  string
		flaw  func(*signInSite)
		codes []contract.Code
	}{
		{"a sign-in page elsewhere that gets the way back", redirect("https://id.example.com/authorize?state=b7d8e3c1a5&QUERY"),
			[]contract.Code{}},
		{"a sign-in page elsewhere that has the way in its address", redirect("https://id.example.com/?back=QUERY"), []contract.Code{}},
		{"a status without a page", answer(http.StatusForbidden, "Forbidden"), []contract.Code{doctor.SignInBroken}},
		{"an empty page", answer(http.StatusOK, "<!doctype html><title>x</title><style>p{}</style><p> </p>"),
			[]contract.Code{doctor.SignInBlank}},
		{"a page of scripts is not empty", answer(http.StatusOK, `<div id=app></div><script src="/app.js"></script>`), []contract.Code{}},
		{"a redirect to itself", redirect("/login?QUERY"), []contract.Code{doctor.SignInLoops}},
		{"a redirect back to the community", redirect(community + "/spaces"), []contract.Code{doctor.SignInToCommunity}},
		{"a sign-in page that is not told the way", redirect("https://id.example.com/sign-in"), []contract.Code{doctor.ReferrerForgotten}},
		{"a form that loses the way", page(`method=post action=/login`, ""), []contract.Code{doctor.ReferrerForgotten}},
		{"a form for another site", page(`method=post action="https://id.example.com/login"`, ""), []contract.Code{doctor.FormElsewhere}},
		{"a password in the address", page(`action=""`, ""), []contract.Code{doctor.FormByGET}},
		{"a pattern that takes GET alone", func(s *signInSite) { s.methods = "GET" }, []contract.Code{doctor.FormNotTaken}},
		{"a form whose action lost its prefix", func(s *signInSite) {
			s.page = func(r *http.Request) string { return withForm(`method=post action="/in?`+r.URL.RawQuery+`"`, "")(r) }
			s.before = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/in" {
					http.NotFound(w, r)
				}
				return r.URL.Path == "/in"
			}
		}, []contract.Code{doctor.FormNotTaken}},
		{"a policy that stops the redirect after the form", policy("'self'"), []contract.Code{doctor.FormActionBlocked}},
		{"a policy for another community", policy("'self' https://*.example.net"), []contract.Code{doctor.FormActionBlocked}},
		{"a policy that lets nothing through", policy("'none'"), []contract.Code{doctor.FormActionBlocked}},
		{"a policy with a wildcard", policy("'self' https://*.example.com"), []contract.Code{}},
		{"a policy of a scheme", policy("https:"), []contract.Code{}},
		{"a page for any frame", func(s *signInSite) { s.header = nil }, []contract.Code{doctor.SignInFramed}},
		{"frames by the older header", func(s *signInSite) { s.header = map[string]string{"X-Frame-Options": "DENY"} }, []contract.Code{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSignInSite()
			tt.flaw(s)
			c := over(t, direct{s})
			if diff := cmp.Diff(tt.codes, codes(examine(t, c))); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEachFlawOfTheTripIsFoundAndNothingElse(t *testing.T) {
	cookie := func(change func(*http.Cookie)) func(*signInSite) {
		return func(s *signInSite) { change(&s.cookie) }
	}
	after := func(location string) func(*signInSite) {
		return func(s *signInSite) { s.after = func(*http.Request) string { return location } }
	}
	tests := []struct {
		name  string
		flaw  func(*signInSite)
		codes []contract.Code
	}{
		{"a cookie that stays at home", cookie(func(c *http.Cookie) { c.SameSite = http.SameSiteStrictMode }),
			[]contract.Code{doctor.CookieStrict}},
		{"a cookie over http", cookie(func(c *http.Cookie) { c.Secure = false }), []contract.Code{doctor.CookieInsecure}},
		{"a cookie for scripts", cookie(func(c *http.Cookie) { c.HttpOnly = false }), []contract.Code{doctor.CookieScriptable}},
		{"a cookie for the whole domain", cookie(func(c *http.Cookie) { c.Domain = "example.com" }), []contract.Code{doctor.CookieDomain}},
		{"a form that loses the way", after("/login"), []contract.Code{doctor.RedirectLost}},
		{"another password", func(s *signInSite) {
			s.page = func(*http.Request) string { return `<form method=post><input name=user><input name=password></form>` }
		}, []contract.Code{doctor.SignInFails}},
		{"a page in place of the login", after("/home"), []contract.Code{doctor.RedirectLost}},
		{"another site after the sign-in", after("https://www.example.net/"), []contract.Code{doctor.SignInFails}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSignInSite()
			tt.flaw(s)
			report := examine(t, signInConfig(t, s))
			if diff := cmp.Diff(tt.codes, codes(report)); diff != "" {
				t.Errorf("codes (-want +got):\n%s\n%+v", diff, report.Findings)
			}
			text, err := json.Marshal(report)
			if err != nil || strings.Contains(string(text), password) || strings.Contains(string(text), "correct+horse") {
				t.Errorf("the report holds the password: %v", err)
			}
		})
	}
}

// Each try sends the test member a mail, and the link in it is for no program.
func TestASignInByLinkIsUnknownAndAskedForOnce(t *testing.T) {
	s, mails := newSignInSite(), 0
	s.signIn = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Frame-Options", "DENY")
		if r.PostFormValue("email") != "" {
			mails++
			fmt.Fprint(w, `<h1>Look into your inbox</h1>`)
			return
		}
		fmt.Fprint(w, `<form method=post><input type=email name=email><button>Send me a link</button></form>`)
	}
	c := signInConfig(t, s)
	c.Form = url.Values{"email": {"ada@example.com"}}
	report := examine(t, c)
	got := states(report)
	if len(report.Findings) > 0 || report.Complete || got["sign-in"] != doctor.Unknown || got["login"] != doctor.Skipped || mails != 1 {
		t.Errorf("%d mails, %+v, %+v", mails, report.Findings, report.Checks)
	}
	notes := fmt.Sprint(report.Checks)
	for _, want := range []string{"--cookie-file", "asks for no password"} {
		if !strings.Contains(notes, want) {
			t.Errorf("no note has %q: %s", want, notes)
		}
	}
}

// An identity provider asks for the name, then for the password, and posts the
// result back by a form that sends itself.
func TestASignInMayLeadOverAnIdentityProvider(t *testing.T) {
	p := newPartner()
	mux := http.NewServeMux()
	mux.Handle("www.example.com/", p)
	p.signIn = func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "flow", Value: r.URL.RequestURI(), Path: "/", Quoted: true})
		http.Redirect(w, r, "https://id.example.net/name?state=1", http.StatusFound)
	}
	page := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }
	}
	mux.HandleFunc("id.example.net/name",
		page(`<form action=/password method=post><input name=user><button name=go value=1>Next</button></form>`))
	mux.HandleFunc("POST id.example.net/password", page(`<form action=/done method=post><input type=password name=password></form>`))
	mux.HandleFunc("POST id.example.net/done", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `<form action="https://www.example.com/callback" method=post><input type=hidden name=code value="`+
			r.FormValue("password")+`"></form><script>document.forms[0].submit()</script>`)
	})
	mux.HandleFunc("POST www.example.com/callback", func(w http.ResponseWriter, r *http.Request) {
		flow, err := r.Cookie("flow")
		if err != nil || r.FormValue("code") != password {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "good", Path: "/", HttpOnly: true, Secure: true})
		w.Header().Set("Location", flow.Value)
		w.WriteHeader(http.StatusSeeOther)
	})
	c := signInConfig(t, mux)
	report := examine(t, c)
	if diff := cmp.Diff([]contract.Code{doctor.SignInFails}, codes(report)); diff != "" ||
		!strings.Contains(report.Findings[0].Message, "https://id.example.net/name, where doctor does not go") {
		t.Errorf("without the host: codes (-want +got):\n%s\n%+v", diff, report.Findings)
	}
	c.AllowHosts = []string{"id.example.net"}
	if report := examine(t, c); len(report.Findings) > 0 || states(report)["login"] != doctor.Passed {
		t.Errorf("got %+v", report.Findings)
	}
}

func TestTheSignUpURLIsVisitedLikeTheAuthorizationURL(t *testing.T) {
	tests := []struct {
		name   string
		signUp http.HandlerFunc
		codes  []contract.Code
	}{
		{"the same handler", nil, []contract.Code{}},
		{"a page without the login", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Frame-Options", "DENY")
			fmt.Fprint(w, withForm("method=post", "")(r))
		}, []contract.Code{doctor.SignUpNoLogin}},
		{"no page", http.NotFound, []contract.Code{doctor.SignInBroken, doctor.SignUpNoLogin}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSignInSite()
			s.before = func(w http.ResponseWriter, r *http.Request) bool {
				own := r.URL.Path == "/sign-up" && tt.signUp != nil
				if own {
					tt.signUp(w, r)
				}
				return own
			}
			c := over(t, direct{s})
			c.SignUpURL = "https://www.example.com/sign-up"
			if diff := cmp.Diff(tt.codes, codes(examine(t, c))); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
		})
	}
}
