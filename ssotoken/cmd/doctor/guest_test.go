package doctor_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
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

// A guestbook lists the hosts that saw a text in a request.
type guestbook struct {
	next   http.RoundTripper
	secret string

	mu    sync.Mutex
	hosts []string
}

func (g *guestbook) RoundTrip(r *http.Request) (*http.Response, error) {
	var all strings.Builder
	r.Header.Write(&all)
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		all.Write(body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
	}
	g.mu.Lock()
	if strings.Contains(all.String(), g.secret) && !slices.Contains(g.hosts, r.URL.Host) {
		g.hosts = append(g.hosts, r.URL.Host)
	}
	g.mu.Unlock()
	return g.next.RoundTrip(r)
}

func TestASessionGoesToItsOwnHostOnly(t *testing.T) {
	const own = "www.example.com"
	change := func(f func(*doctor.Config)) func(*doctor.Config) { return f }
	tests := []struct {
		name   string
		secret string
		change func(*doctor.Config)
		hosts  []string
	}{
		{"a Logout URL elsewhere", "good", change(func(c *doctor.Config) { c.LogoutURL = "https://id.example.com/logout" }), []string{own}},
		{"a Sign Up URL elsewhere", "good", change(func(c *doctor.Config) { c.SignUpURL = "https://join.example.com/login" }), []string{own}},
		{"a JSON URL elsewhere", "good", change(func(c *doctor.Config) { c.JSONURL = "https://api.example.com/json" }), []string{own}},
		{"a name of this machine", "good", change(func(c *doctor.Config) {
			c.AuthorizationURL, c.LogoutURL = "http://127.0.0.1/login", "http://localhost/logout"
		}), []string{"127.0.0.1"}},
		{"another port of the host", "good", change(func(c *doctor.Config) { c.LogoutURL = "https://www.example.com:8443/logout" }),
			[]string{own, own + ":8443"}},
		{"a host that is named", "good", change(func(c *doctor.Config) {
			c.LogoutURL, c.AllowHosts = "https://id.example.com/logout", []string{"id.example.com"}
		}), []string{own, "id.example.com"}},
		{"a header for every request", "letmein", change(func(c *doctor.Config) {
			c.LogoutURL, c.Header = "https://id.example.com/logout", map[string]string{"X-Preview": "letmein"}
		}), []string{own}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			book := &guestbook{next: direct{newPartner()}, secret: tt.secret}
			c := over(t, book)
			tt.change(&c)
			report := examine(t, c)
			if diff := cmp.Diff(tt.hosts, book.hosts); diff != "" {
				t.Errorf("hosts (-want +got):\n%s", diff)
			}
			if notes := fmt.Sprint(report.Checks); len(tt.hosts) == 1 && tt.secret == "good" && !strings.Contains(notes, "-allow-host") {
				t.Errorf("no note names the flag: %s", notes)
			}
		})
	}
}

// oddCookies are sessions as Chromium keeps them.
var oddCookies = []string{
	`session="abc"`, `session={"id":"7","to":"a, b"}`, `session=a"b`, "session=J\u00f6rg", "auth[id]=7", "app:sid=7", "session=a=b==",
	"session=a%20b c",
}

func TestACookieIsKeptAndSentByteForByte(t *testing.T) {
	for _, pair := range oddCookies {
		t.Run(pair, func(t *testing.T) {
			s := newSignInSite()
			isThere := func(r *http.Request) bool {
				return !s.over["good"] && slices.Contains(strings.Split(r.Header.Get("Cookie"), "; "), pair)
			}
			s.signedIn = isThere
			site := stub(func(r *http.Request) (*http.Response, error) {
				res, err := direct{s}.RoundTrip(r)
				if res.Header.Get("Set-Cookie") != "" {
					res.Header.Set("Set-Cookie", pair+"; Path=/; HttpOnly; Secure; SameSite=Lax")
				}
				return res, err
			})
			given, form := over(t, site), signInConfig(t, s)
			form.Transport = site
			given.Cookie = "theme=dark; " + pair
			for name, c := range map[string]doctor.Config{"given": given, "signed in": form} {
				s.over["good"] = false
				report := examine(t, c)
				if len(report.Findings) > 0 || states(report)["login"] != doctor.Passed {
					t.Errorf("%s: %v %+v", name, codes(report), report.Checks)
				}
			}
		})
	}
}

// Scripts read these to send them back in a header.
func TestACookieAgainstForgeryIsForScripts(t *testing.T) {
	for _, name := range []string{
		"csrftoken", "_xsrf", "XSRF-TOKEN", "_csrf", "__Host-csrf", "__RequestVerificationToken",
	} {
		s := newSignInSite()
		signIn := s.signIn
		s.signIn = func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Set-Cookie", name+"=1; Path=/")
			signIn(w, r)
		}
		given := over(t, direct{s})
		given.Cookie = name + "=1; " + cookie
		for _, c := range []doctor.Config{given, signInConfig(t, s)} {
			s.over["good"] = false
			if report := examine(t, c); len(report.Findings) > 0 {
				t.Errorf("%s: %+v", name, report.Findings)
			}
		}
	}
}

// A name says nothing, so doctor asks without the cookie.
func TestACookieCarriesTheSessionIfThereIsNoLoginWithoutIt(t *testing.T) {
	for name, want := range map[string][]contract.Code{
		"theme": {}, "u": {doctor.CookieInsecure, doctor.CookieScriptable}, "sidebar": {},
	} {
		p := newPartner()
		p.signedIn = func(r *http.Request) bool {
			c, err := r.Cookie("u")
			return err == nil && c.Value == "good" && !p.over["good"]
		}
		signIn := p.signIn
		p.signIn = func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Set-Cookie", name+"=1; Path=/")
			signIn(w, r)
		}
		c := over(t, direct{p})
		c.Cookie = "u=good; theme=1; sidebar=1"
		if diff := cmp.Diff(want, codes(examine(t, c))); diff != "" {
			t.Errorf("%s: codes (-want +got):\n%s", name, diff)
		}
	}
}

func TestAFindingNamesTheOneParameterThatBit(t *testing.T) {
	p := newPartner()
	p.beside = func(r *http.Request, claims jwt.MapClaims) {
		claims["email"] = orElse(r.URL.Query().Get("mail"), "ada@example.com")
	}
	p.letsIn(func(r *http.Request) bool { return r.Header.Get("X-User-Email") == "ada@example.com" })
	p.logout = func(w http.ResponseWriter, r *http.Request) {
		p.over["good"] = true
		w.Header().Set("Location", orElse(r.URL.Query().Get("goto"), "/"))
		w.WriteHeader(http.StatusSeeOther)
	}
	want := map[contract.Code]string{
		doctor.MintsWithoutSession: `curl -i -H 'X-User-Email: EMAIL' 'https://www.example.com/login'`,
		doctor.IdentityFromRequest: `curl -i -b "$COOKIE" 'https://www.example.com/login?mail=doctor-probe-4711%40evil.example'`,
		doctor.LogoutOpenRedirect:  `curl -i 'https://www.example.com/logout?goto=https%3A%2F%2Fevil.example%2F'`,
	}
	got := map[contract.Code]string{}
	report := examine(t, over(t, direct{p}))
	for _, f := range report.Findings {
		got[f.Code] = f.Curl
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if text, err := json.Marshal(report); err != nil || strings.Contains(string(text), "ada@example.com") ||
		strings.Contains(string(text), "user-7") {
		t.Errorf("the report has a member's data: %v", err)
	}
}

func TestTheSessionOfOneMemberIsNotThatOfAnother(t *testing.T) {
	who := map[string]string{"session=good": "ada@example.com", "other=yes": "bob@example.com"}
	of := func(r *http.Request) string {
		for pair, email := range who {
			if strings.Contains(r.Header.Get("Cookie"), pair) {
				return email
			}
		}
		return ""
	}
	p := newPartner()
	p.signedIn = func(r *http.Request) bool { return of(r) != "" && !p.over["good"] }
	p.beside = func(r *http.Request, claims jwt.MapClaims) {
		email := of(r)
		if asked := r.URL.Query().Get("email"); asked == "ada@example.com" || asked == "bob@example.com" { // users.find(…) || session
			email = asked
		}
		claims["sub"], claims["email"], claims["name"] = "id of "+email, email, "Name of "+email
	}
	c := over(t, direct{p})
	if report := examine(t, c); len(report.Findings) > 0 {
		t.Errorf("with one session: got %+v", report.Findings)
	}
	p.over["good"] = false
	c.OtherCookie = "other=yes"
	if diff := cmp.Diff([]contract.Code{doctor.IdentityFromRequest}, codes(examine(t, c))); diff != "" {
		t.Errorf("codes (-want +got):\n%s", diff)
	}
}

// A community on a name of the partner's own is on its site.
func TestAStrictCookieStaysAtHomeOnlyFromAnotherSite(t *testing.T) {
	for address, want := range map[string]inspect.Verdict{
		"https://www.example.com/login": inspect.Info, "https://www.example.net/login": inspect.Warn, "http://127.0.0.1/login": inspect.Warn,
	} {
		s := newSignInSite()
		s.cookie.SameSite = http.SameSiteStrictMode
		c := signInConfig(t, s)
		c.AuthorizationURL, c.LogoutURL = address, ""
		report := examine(t, c)
		if len(report.Findings) != 1 || report.Findings[0].Code != doctor.CookieStrict || report.Findings[0].Verdict != want {
			t.Errorf("%s: got %+v", address, report.Findings)
		}
	}
}

// Without a sub there is nothing to compare.
func TestTwoTokensWithoutASubAreNotOneMember(t *testing.T) {
	p := newPartner()
	delete(p.claims, "sub")
	p.letsIn(func(r *http.Request) bool { return strings.Contains(r.Header.Get("Cookie"), "other=yes") })
	c := over(t, direct{p})
	c.OtherCookie = "other=yes"
	if report := examine(t, c); report.Has(doctor.SameMember) {
		t.Errorf("got %v", codes(report))
	}
}

// What a page or an address can be made of to keep its reader busy.
func TestNoAnswerKeepsDoctorBusy(t *testing.T) {
	const n = 1 << 16 // what is quadratic takes minutes
	fill := func(start, text string) string { return start + strings.Repeat(text, n/len(text)) }
	for name, body := range map[string]string{
		"less-than signs":     fill("", "<"),
		"base and scripts":    fill(`<base href="https://a.example/`+strings.Repeat("a/", 1000)+`">`, `<script>x="/a?x=eyJ"</script>`),
		"forms":               fill("", `<form action=a?x=eyJ>`),
		"fields of one form":  fill(`<form method=post><input type=password>`, `<input name=a form=b>`),
		"attributes":          fill(`<input `, `a=b `),
		"an open attribute":   fill(`<a href="`, `<a href=`),
		"an open comment":     fill(`<!--`, `--!`),
		"nested elements":     fill("", `<div><table><tr>`),
		"end tags":            fill("", `</script`),
		"a script of quotes":  fill(`<script>`, `"'`+"`"),
		"links":               fill("", `<a href="//@@@@@@?x=eyJ">`),
		"options":             fill(`<form><select name=a>`, `<option selected value=b>`),
		"character entities":  fill("", `&amp;&#x3c;&lt`),
		"a nested JSON":       fill("", `[`),
		"a JSON of addresses": fill(`["`, `/?x=eyJ","`),
		"tokens":              fill("", "eyJh.eyJh.h "),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPartner()
			p.signIn = func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }
			p.inPage, p.body = true, func(string) string { return body }
			c := over(t, direct{p})
			c.MaxTime = time.Minute
			if _, err := doctor.Check(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
	for name, location := range map[string]string{
		"at signs": fill("//", "@"), "slashes": fill("", "/a"), "dots": fill("", "/.."),
		"labels": fill("//", "a."), "percent signs": fill("/", "%"),
		"layers of encoding": fill("/?url=", "%25"), "backslashes": fill("", `\`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPartner()
			p.location = func(*http.Request, string, string) string { return location }
			c := over(t, direct{p})
			c.MaxTime = time.Minute
			if _, err := doctor.Check(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
}

// What a form's session shows is what a cookie shows.
func TestACheckGoesOnWithTheSessionOfTheForm(t *testing.T) {
	flaws := func(s *signInSite) {
		delete(s.headers, "Cache-Control")
		s.check = func(v string) string { return v }
		s.refuses = func(r *http.Request) bool { return r.Header.Get("Sec-Purpose") != "" }
	}
	want := []contract.Code{doctor.OpenRedirect, doctor.Cacheable, doctor.HEADMints}
	for _, tt := range []struct {
		name  string
		after func(r *http.Request) string
		page  string // that the form leads to
		also  contract.Code
	}{
		{"after the login", func(r *http.Request) string { return r.URL.RequestURI() }, "", ""},
		{"after the way is lost", func(*http.Request) string { return "/login" }, "", doctor.RedirectLost},
		{"after a page of the site", func(*http.Request) string { return "/home" }, "<h1>Welcome back</h1>", doctor.SignInFails},
		{"after a page whose script goes on", func(r *http.Request) string { return "/home?" + r.URL.RawQuery },
			`<script>location.href = "/login?referrer_uri=%2Fsearch%3Fq%3Da%2520b%26tab%3Dposts%23top"</script>`, ""},
		{"after a link to another site", func(*http.Request) string { return "https://www.example.net/" }, "", doctor.SignInFails},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSignInSite()
			flaws(s)
			s.after = tt.after
			s.before = func(w http.ResponseWriter, r *http.Request) bool {
				isHome := tt.page != "" && r.URL.Path == "/home"
				if isHome {
					fmt.Fprint(w, tt.page)
				}
				return isHome
			}
			report := examine(t, signInConfig(t, s))
			expected := want
			if tt.also != "" {
				expected = append([]contract.Code{tt.also}, want...)
			}
			if diff := cmp.Diff(expected, codes(report)); diff != "" || strings.Contains(fmt.Sprint(report.Checks), "no session cookie") {
				t.Errorf("codes (-want +got):\n%s\n%+v", diff, report.Checks)
			}
		})
	}
}

func TestAnOpenRedirectAfterTheSignInIsFound(t *testing.T) {
	for _, name := range []string{"next", "return_to"} {
		s := newSignInSite()
		s.after = func(r *http.Request) string { return orElse(r.URL.Query().Get(name), r.URL.RequestURI()) }
		report := examine(t, signInConfig(t, s))
		if diff := cmp.Diff([]contract.Code{doctor.OpenRedirect}, codes(report)); diff != "" || report.Findings[0].Check != "sign-in" {
			t.Errorf("%s: codes (-want +got):\n%s\n%+v", name, diff, report.Findings)
		}
	}
}

// The sign-in page that sends back to the community is one fault, not two.
func TestAVisitorWhoIsSentBackIsOneFinding(t *testing.T) {
	p := newPartner()
	p.signIn = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", community+"/spaces")
		w.WriteHeader(http.StatusFound)
	}
	c := over(t, direct{p})
	c.Form = url.Values{"user": {"ada"}}
	if diff := cmp.Diff([]contract.Code{doctor.SignInToCommunity}, codes(examine(t, c))); diff != "" {
		t.Errorf("codes (-want +got):\n%s", diff)
	}
}

func TestAReportHoldsAPieceOfALongText(t *testing.T) {
	p := newPartner()
	p.headers["Cache-Control"] = strings.Repeat("public, ", 1<<15)
	if got := examine(t, over(t, direct{p})).Findings[0].Message; len(got) > 5000 || !strings.HasSuffix(got, "…") {
		t.Errorf("got %d bytes", len(got))
	}
}

func TestTheWorstFindingIsTheFirst(t *testing.T) {
	p := newPartner()
	delete(p.headers, "Cache-Control")
	p.claims["iss"] = "partner"
	p.check = func(s string) string { return s }
	var got []inspect.Verdict
	for _, f := range examine(t, over(t, direct{p})).Findings {
		got = append(got, f.Verdict)
	}
	if diff := cmp.Diff([]inspect.Verdict{inspect.Fail, inspect.Warn, inspect.Info}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Each rule has a test that breaks it, and says what to do.
func TestEveryRuleIsWholeAndHasItsOwnCode(t *testing.T) {
	seen := map[contract.Code]bool{}
	for _, r := range doctor.Rules() {
		whole := r.Area == inspect.AreaSite && r.Verdict != "" && r.Source != "" &&
			strings.HasSuffix(r.Sentence, ".") && strings.HasSuffix(r.Fix, ".")
		if !whole || seen[r.Code] || doctor.RuleOf(r.Code) != r {
			t.Errorf("got %+v", r)
		}
		seen[r.Code] = true
	}
}
