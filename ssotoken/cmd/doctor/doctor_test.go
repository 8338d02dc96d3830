package doctor_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

func codes(r *doctor.Diagnosis) []contract.Code {
	found := []contract.Code{}
	for _, f := range r.Findings {
		found = append(found, f.Code)
	}
	return found
}

func TestAHandlerWithoutAFlawIsClean(t *testing.T) {
	report := examine(t, configFor(t, serve(t, newPartner())))
	if len(report.Findings) > 0 || report.Err() != nil {
		t.Errorf("got %+v", report.Findings)
	}
	for _, c := range report.Checks {
		note := c.Note != "" && c.Check != "login" // which says whose key the signature was checked with
		if c.State != doctor.Passed || note || !report.Complete {
			t.Errorf("got %+v", c)
		}
	}
}

func TestEachFlawIsFoundAndNothingElse(t *testing.T) {
	always := func(*http.Request) bool { return true }
	onlyGET := func(r *http.Request) bool { return r.Method != http.MethodGet }
	claim := func(name string, value any) func(*partner) { return func(p *partner) { p.claims[name] = value } }
	header := func(name, value string) func(*partner) { return func(p *partner) { p.headers[name] = value } }
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	tests := []struct {
		name  string
		flaw  func(*partner)
		codes []contract.Code
	}{
		{"no exp", func(p *partner) { delete(p.claims, "exp") }, []contract.Code{inspect.ExpMissing}},
		{"a life of 14 days", claim("exp", noon.AddDate(0, 0, 14).Unix()), []contract.Code{inspect.ExpTooFar}},
		{"a life of 10 minutes", claim("exp", noon.Unix()+600), []contract.Code{inspect.ExpOverAdvice}},
		{"exp in milliseconds", claim("exp", (noon.Unix()+60)*1000), []contract.Code{inspect.ExpMilliseconds}},
		{"a number as sub", claim("sub", 7), []contract.Code{contract.ClaimNotString}},
		{"a misspelled claim", claim("space_ids", []string{"a"}), []contract.Code{inspect.ClaimMisspelled}},
		{"another key", func(p *partner) { p.key = "another key of thirty-two bytes!" }, []contract.Code{inspect.SignatureWrong}},

		{"open redirect: referrer_uri as it is", func(p *partner) { p.check = func(s string) string { return s } },
			[]contract.Code{doctor.OpenRedirect}},
		{"a path that a careless server decodes", func(p *partner) { p.check = pathOnly },
			[]contract.Code{contract.RedirectFragile, contract.RedirectLoop}},
		{"what a browser says is the community's own", func(p *partner) { p.check = sameOrigin },
			[]contract.Code{contract.RedirectFragile, contract.RedirectLoop}},
		{"a path that is changed, and that a careless server decodes", func(p *partner) {
			p.check = func(s string) string {
				if s = pathOnly(s); s == "" || strings.HasPrefix(s, "/a") {
					return ""
				}
				return s + "&from=login"
			}
		}, []contract.Code{doctor.RedirectChanged, contract.RedirectLoop}},
		{"redirect_uri encoded twice", func(p *partner) {
			p.check = func(s string) string { return url.QueryEscape(s) }
		}, []contract.Code{doctor.RedirectChanged, contract.RedirectRefused}},
		{"open redirect: one slash and not two", func(p *partner) {
			p.check = func(s string) string {
				if strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") {
					return s
				}
				return ""
			}
		}, []contract.Code{doctor.OpenRedirect}},
		{"open redirect: checked, then decoded once more", func(p *partner) {
			check := p.check
			p.check = func(s string) string {
				if !strings.Contains(strings.ToLower(s), "%2f") && !strings.Contains(strings.ToLower(s), "%5c") {
					return check(s)
				}
				decoded, err := url.PathUnescape(s)
				if err != nil || !strings.HasPrefix(s, "/") || strings.Contains(s, "?") {
					return check(s)
				}
				return decoded
			}
		}, []contract.Code{doctor.OpenRedirect}},
		{"open redirect: to referrer_uri itself, without a session", func(p *partner) {
			p.signIn = func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", r.URL.Query().Get("referrer_uri"))
				w.WriteHeader(http.StatusFound)
			}
		}, []contract.Code{doctor.OpenRedirect}},
		{"open redirect: to referrer_uri itself, where it is a URL", func(p *partner) {
			location := p.location
			p.check = func(s string) string { return s }
			p.location = func(r *http.Request, token, redirect string) string {
				if u, err := url.Parse(redirect); err == nil && u.Host != "" {
					return redirect
				}
				return location(r, token, newPartner().check(redirect))
			}
		}, []contract.Code{doctor.OpenRedirect}},
		{"endpoints as redirect_uri", func(p *partner) {
			check := p.check
			p.check = func(s string) string {
				if s == "/auth/logout" || strings.HasPrefix(s, "/api/auth/sso?") || s == "/auth/login" {
					return s
				}
				return check(s)
			}
		}, []contract.Code{contract.RedirectLoop}},
		{"redirect_uri left out", func(p *partner) { p.check = func(string) string { return "" } }, []contract.Code{doctor.RedirectLost}},
		{"redirect_uri not encoded", func(p *partner) {
			p.location = func(_ *http.Request, token, redirect string) string {
				return community + "/api/auth/sso?jwt=" + token + "&redirect_uri=" + strings.ReplaceAll(redirect, "&redirect_uri", "")
			}
		}, []contract.Code{doctor.RedirectChanged}},
		{"no flaw: letters beyond ASCII encoded, as URL parsers do", func(p *partner) {
			check := p.check
			p.check = func(s string) string {
				u, err := url.Parse(check(s))
				if err != nil || strings.Contains(s, "%") { // one that net/url would spell in another way
					return check(s)
				}
				return u.String()
			}
		}, []contract.Code{}},
		{"an error page for a bad referrer_uri", func(p *partner) {
			check, location := p.check, p.location
			p.check = func(s string) string {
				if s != "" && s != "/" && check(s) == "" {
					return "bad"
				}
				return s
			}
			p.location = func(r *http.Request, token, redirect string) string {
				if redirect == "bad" {
					return ""
				}
				return location(r, token, redirect)
			}
		}, []contract.Code{doctor.ReferrerBreaksLogin}},

		{"the token in the body", func(p *partner) {
			p.body = func(location string) string { return `<a href="` + location + `">See Other</a>` }
		}, []contract.Code{doctor.TokenInBody}},
		{"the token in a cookie", func(p *partner) {
			p.extra = func(h http.Header, token string) { h.Set("Set-Cookie", "sso="+token) }
		}, []contract.Code{doctor.TokenInHeader}},
		{"the token in base64 in a cookie", func(p *partner) {
			p.extra = func(h http.Header, token string) {
				h.Set("Set-Cookie", "s="+url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(`{"a":"`+token+`"}`))))
			}
		}, []contract.Code{doctor.TokenInHeader}},
		{"the token in hex in a header", func(p *partner) {
			p.extra = func(h http.Header, token string) { h.Set("X-Trace", hex.EncodeToString([]byte(token))) }
		}, []contract.Code{doctor.TokenInHeader}},
		{"no Cache-Control", func(p *partner) { delete(p.headers, "Cache-Control") }, []contract.Code{doctor.Cacheable}},
		{"cacheable by the browser", header("Cache-Control", "private, max-age=60"), []contract.Code{doctor.Cacheable}},
		{"a referrer policy that is not the last", header("Referrer-Policy", "no-referrer, origin"), []contract.Code{doctor.ReferrerSent}},
		{"a permanent redirect", func(p *partner) { p.status = http.StatusMovedPermanently }, []contract.Code{doctor.RedirectPermanent}},
		{"HEAD mints", func(p *partner) {
			p.refuses = func(r *http.Request) bool { return r.Header.Get("Sec-Purpose") != "" }
		}, []contract.Code{doctor.HEADMints}},
		{"a prefetch mints", func(p *partner) { p.refuses = onlyGET }, []contract.Code{doctor.PrefetchMints}},

		{"another community", func(p *partner) {
			p.location = func(_ *http.Request, token, redirect string) string {
				return loginAt("https://community.example.net", token, redirect)
			}
		}, []contract.Code{doctor.WrongCommunity}},
		{"the community by http", func(p *partner) {
			p.location = func(_ *http.Request, token, redirect string) string {
				return loginAt("http://community.example.com", token, redirect)
			}
		}, []contract.Code{inspect.URLScheme}},
		{"the old name of the parameter", func(p *partner) {
			p.location = func(_ *http.Request, token, redirect string) string {
				return strings.Replace(loginAt(community, token, redirect), "?jwt=", "?ssoToken=", 1)
			}
		}, []contract.Code{inspect.JWTMissing, inspect.ParameterLegacy}},
		{"X-Forwarded-Host believed", func(p *partner) {
			p.location = func(r *http.Request, token, redirect string) string {
				if r.Header.Get("X-Forwarded-Host") == "" {
					return loginAt(community, token, redirect)
				}
				return loginAt("https://community."+r.Header.Get("X-Forwarded-Host"), token, redirect)
			}
		}, []contract.Code{doctor.HostBelieved}},
		{"Host believed, for the sign-in page", func(p *partner) {
			p.signIn = func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "https://"+r.Host+"/sign-in?"+r.URL.RawQuery)
				w.WriteHeader(http.StatusFound)
			}
		}, []contract.Code{doctor.HostBelieved}},
		{"Host believed of who is signed in", func(p *partner) {
			p.location = func(r *http.Request, token, redirect string) string {
				if strings.HasSuffix(r.Host, ":9") {
					return loginAt("https://"+r.Host, token, redirect)
				}
				return loginAt(community, token, redirect)
			}
		}, []contract.Code{doctor.HostBelieved}},
		{"X-Forwarded-Host believed, for the sign-in page", func(p *partner) {
			p.signIn = func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "https://"+orElse(r.Header.Get("X-Forwarded-Host"), "www.example.com")+"/sign-in?"+r.URL.RawQuery)
				w.WriteHeader(http.StatusFound)
			}
		}, []contract.Code{doctor.HostBelieved}},

		{"no session needed", func(p *partner) { p.signedIn = always }, []contract.Code{doctor.MintsWithoutSession}},
		{"any session cookie will do", func(p *partner) {
			p.signedIn = func(r *http.Request) bool {
				_, err := r.Cookie("session")
				return err == nil && !p.over["good"]
			}
		}, []contract.Code{doctor.MintsWithoutSession}},
		{"an error in place of the sign-in page", func(p *partner) { p.signIn = status(http.StatusInternalServerError) },
			[]contract.Code{doctor.SignInBroken}},
		{"an old session", func(p *partner) { p.over["good"] = true }, []contract.Code{doctor.SessionNotTaken}},
		{"a page in place of the login", func(p *partner) {
			p.location = func(r *http.Request, _, _ string) string { return "https://www.example.com/welcome" }
		}, []contract.Code{doctor.NoLogin}},
		{"an address of another port", func(p *partner) {
			p.before = func(w http.ResponseWriter, r *http.Request) bool {
				w.Header().Set("Location", "https://127.0.0.1:1"+r.URL.RequestURI())
				w.WriteHeader(http.StatusFound)
				return true
			}
		}, []contract.Code{doctor.NoLogin}},
		{"a login that goes round", func(p *partner) {
			p.location = func(r *http.Request, _, _ string) string { return "/continue" }
		}, []contract.Code{doctor.LoginLoops}},
		{"a page that asks for consent", func(p *partner) {
			p.inPage, p.body = true, func(string) string { return `<form method="post"><button>Share my profile</button></form>` }
		}, []contract.Code{doctor.ConsentPage}},
		{"an address without its slash", func(p *partner) {
			p.before = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/login" {
					http.Redirect(w, r, "/login/?"+r.URL.RawQuery, http.StatusMovedPermanently)
				}
				return r.URL.Path == "/login"
			}
		}, []contract.Code{doctor.LoginHops}},
		{"a page that refreshes itself to the login", func(p *partner) {
			p.before = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/login" && p.signedIn(r) {
					w.Write([]byte(`<meta http-equiv="refresh" content="0; url=/go?` + html.EscapeString(r.URL.RawQuery) + `">`))
				}
				return r.URL.Path == "/login" && p.signedIn(r)
			}
		}, []contract.Code{doctor.LoginHops}},
		{"a page whose script goes on", func(p *partner) {
			p.inPage, p.body = true, func(string) string { return `<script>location.href = "/go"</script>` }
		}, []contract.Code{doctor.NoLogin}},
		{"a login by the header Refresh", func(p *partner) {
			p.inPage = true
			p.before = func(w http.ResponseWriter, r *http.Request) bool {
				if p.signedIn(r) && !p.refuses(r) && r.URL.Path == "/login" {
					_, location := p.mint(r)
					w.Header().Set("Refresh", "0; url="+location)
				}
				return false
			}
		}, []contract.Code{doctor.LoginByRefresh}},
		{"a login by meta refresh", func(p *partner) {
			p.inPage, p.body = true, func(location string) string {
				return `<META HTTP-EQUIV=refresh content='0;URL="` + html.EscapeString(location) + `"'>`
			}
		}, []contract.Code{doctor.LoginByMeta}},
		{"a login by script", func(p *partner) {
			p.inPage, p.body = true, func(location string) string {
				return `<!doctype html><script>if (a < b) window.location.replace("` + strings.NewReplacer("/", `\/`, "&",
					`\u0026`).Replace(location) + `")</script>`
			}
		}, []contract.Code{doctor.LoginByScript}},
		{"a login by a form", func(p *partner) {
			p.inPage, p.body = true, func(location string) string {
				u, _ := url.Parse(location)
				form := `<form action="` + community + `/api/auth/sso" method=post><input type=hidden name=jwt value=` + u.Query().Get("jwt") + `>`
				if to := u.Query().Get("redirect_uri"); to != "" {
					form += `<input name="redirect_uri" value="` + html.EscapeString(to) + `">`
				}
				return form + `</form><script>document.forms[0].submit()</script>`
			}
		}, []contract.Code{doctor.LoginByForm}},
		{"a login by a link", func(p *partner) {
			p.inPage, p.body = true, func(location string) string {
				return `<a class=x href="` + html.EscapeString(location) + `">To the community</a>`
			}
		}, []contract.Code{doctor.LoginByLink}},
		{"a login in JSON", func(p *partner) {
			p.inPage, p.body = true, func(location string) string { return `{"ok":true,"data":{"redirect":"` + location + `"}}` }
		}, []contract.Code{doctor.LoginAsJSON}},
		{"a token in JSON", func(p *partner) {
			p.inPage, p.body = true, func(location string) string {
				u, _ := url.Parse(location)
				return `{"token":"` + u.Query().Get("jwt") + `"}`
			}
		}, []contract.Code{doctor.LoginAsJSON}},
		{"a firewall against bad values", func(p *partner) {
			p.before = func(w http.ResponseWriter, r *http.Request) bool {
				bad := strings.Contains(r.URL.RawQuery, "javascript") || strings.Contains(r.URL.RawQuery, "%2F%2F")
				if bad {
					w.WriteHeader(http.StatusForbidden)
				}
				return bad
			}
		}, []contract.Code{doctor.Firewall}},
		{"a firewall against this machine", func(p *partner) {
			p.before = func(w http.ResponseWriter, r *http.Request) bool {
				if p.signedIn(r) {
					w.Header().Set("CF-Ray", "1")
					w.WriteHeader(http.StatusForbidden)
				}
				return p.signedIn(r)
			}
		}, []contract.Code{doctor.Firewall}},
		{"a busy server", func(p *partner) {
			var n atomic.Int32
			p.before = func(w http.ResponseWriter, r *http.Request) bool {
				isFifth := n.Add(1) == 5
				if isFifth {
					w.Header().Set("Retry-After", "0")
					w.WriteHeader(http.StatusTooManyRequests)
				}
				return isFifth
			}
		}, []contract.Code{doctor.RateLimited}},
		{"a dropped connection", func(p *partner) {
			var n atomic.Int32
			p.before = func(w http.ResponseWriter, _ *http.Request) bool {
				if n.Add(1) == 5 {
					w.Header().Set("Content-Length", "9")
					w.(http.Flusher).Flush()
					panic(http.ErrAbortHandler)
				}
				return false
			}
		}, []contract.Code{doctor.ConnectionDropped}},
		{"a kept connection that is reset", func(p *partner) {
			var n atomic.Int32
			p.before = func(http.ResponseWriter, *http.Request) bool {
				if n.Add(1) == 5 {
					panic(http.ErrAbortHandler)
				}
				return false
			}
		}, []contract.Code{doctor.ConnectionDropped}},
		{"the hash of a password", claim("passwordHash", "5f4dcc3b5aa765d61d8327deb882cf99"), []contract.Code{doctor.ClaimSecret}},
		{"the hash of a password under another name", claim("legacy", "$2y$12$C6UzMDM.H6dfI/f/IKcEeO5Wf1nQj0gR9JYhQk0lq0y3o9x0o7Q9e"),
			[]contract.Code{doctor.ClaimSecret}},
		{"the hash of a password in a list", claim("old", []string{"a", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"}),
			[]contract.Code{doctor.ClaimSecret}},
		{"a token of another service", claim("githubToken", "ghp_0123456789abcdefghijABCDEFGHIJ"), []contract.Code{doctor.ClaimSecret}},
		{"a secret in camel case", claim("userPassword", "hunter2"), []contract.Code{doctor.ClaimSecret}},
		{"when the password was changed", claim("passwordChangedAt", "2026-11-23T12:00:00Z"), []contract.Code{}},
		{"that there is a password", claim("hasPassword", true), []contract.Code{}},
		{"a key in an object", claim("meta", map[string]any{"ssh": "-----BEGIN OPENSSH PRIVATE KEY-----"}),
			[]contract.Code{doctor.ClaimSecret}},
		{"an iat of half a minute ago", func(p *partner) {
			p.claims["iat"], p.claims["exp"] = noon.Unix()-30, noon.Unix()+30
		}, []contract.Code{doctor.IatLate}},
		{"the user of the query beside the session", func(p *partner) {
			p.beside = func(r *http.Request, claims jwt.MapClaims) {
				claims["sub"] = orElse(r.URL.Query().Get("user"), "user-7")
			}
		}, []contract.Code{doctor.IdentityFromRequest}},
		{"the email of the query beside the session", func(p *partner) {
			p.beside = func(r *http.Request, claims jwt.MapClaims) {
				claims["email"] = orElse(r.URL.Query().Get("email"), "ada@example.com")
			}
		}, []contract.Code{doctor.IdentityFromRequest}},
		{"the user of a header beside the session", func(p *partner) {
			p.beside = func(r *http.Request, claims jwt.MapClaims) {
				claims["sub"] = orElse(r.Header.Get("X-Forwarded-User"), "user-7")
			}
		}, []contract.Code{doctor.IdentityFromRequest}},
		{"the user of the query, of a table", func(p *partner) {
			p.beside = func(r *http.Request, claims jwt.MapClaims) {
				if r.URL.Query().Get("id") == "1" {
					claims["sub"] = "user-1"
				}
			}
		}, []contract.Code{doctor.IdentityFromRequest}},
		{"the user of the query, without a session", func(p *partner) {
			signedIn := p.signedIn
			p.signedIn = func(r *http.Request) bool { return r.URL.Query().Get("user_id") != "" || signedIn(r) }
		}, []contract.Code{doctor.MintsWithoutSession}},
		{"the community of the query", func(p *partner) {
			p.location = func(r *http.Request, token, redirect string) string {
				if host := r.URL.Query().Get("community"); host != "" && !strings.Contains(host, ":") {
					return loginAt("https://"+host, token, redirect)
				}
				return loginAt(community, token, redirect)
			}
		}, []contract.Code{doctor.CommunityFromRequest}},
		{"the community of the query, after a redirect that keeps it", func(p *partner) {
			p.before = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/login" {
					w.Header().Set("Location", "/login/?"+r.URL.RawQuery)
					w.WriteHeader(http.StatusSeeOther)
				}
				return r.URL.Path == "/login"
			}
			p.location = func(r *http.Request, token, redirect string) string {
				if host := r.URL.Query().Get("community"); host != "" && !strings.Contains(host, ":") {
					return loginAt("https://"+host, token, redirect)
				}
				return loginAt(community, token, redirect)
			}
		}, []contract.Code{doctor.CommunityFromRequest, doctor.LoginHops}},
		{"a Logout URL that leads anywhere", func(p *partner) {
			p.logout = func(w http.ResponseWriter, r *http.Request) {
				p.over["good"] = p.over["good"] || p.signedIn(r)
				w.Header().Set("Location", "/"+strings.TrimPrefix(r.URL.Query().Get("next"), "/"))
				w.WriteHeader(http.StatusSeeOther)
			}
		}, []contract.Code{doctor.LogoutOpenRedirect}},
		{"a text in place of a list of spaces", claim("spaceIds", "tips"), []contract.Code{contract.SpaceIDsMalformed}},
		{"a clock that is late", func(p *partner) {
			p.clock = noon.Add(-5 * time.Minute)
			p.claims["iat"], p.claims["exp"] = p.clock.Unix(), p.clock.Unix()+60
		}, []contract.Code{doctor.ClockDiffers}},

		{"the member of the query, without a session", func(p *partner) {
			p.letsIn(func(r *http.Request) bool { return r.URL.Query().Get("email") == "ada@example.com" })
		}, []contract.Code{doctor.MintsWithoutSession}},
		{"the member's email as the login of the query, without a session", func(p *partner) {
			p.letsIn(func(r *http.Request) bool { return r.URL.Query().Get("login") == "ada@example.com" })
		}, []contract.Code{doctor.MintsWithoutSession}},
		{"the member's email as the user of a header, without a session", func(p *partner) {
			p.letsIn(func(r *http.Request) bool { return r.Header.Get("X-Forwarded-User") == "ada@example.com" })
		}, []contract.Code{doctor.MintsWithoutSession}},
		{"the member of a header, without a session", func(p *partner) {
			p.letsIn(func(r *http.Request) bool { return r.Header.Get("X-Remote-User") == "user-7" })
		}, []contract.Code{doctor.MintsWithoutSession}},
		{"the member of a cookie, without a session", func(p *partner) {
			p.letsIn(func(r *http.Request) bool { return strings.Contains(r.Header.Get("Cookie"), "user_id=user-7") })
		}, []contract.Code{doctor.MintsWithoutSession}},
		{"the member of a JSON body, without a session", func(p *partner) {
			refuses := p.refuses
			p.refuses = func(r *http.Request) bool { return r.Method != http.MethodPost && refuses(r) }
			p.letsIn(func(r *http.Request) bool { return bodyOf(r)["userId"] == "user-7" })
		}, []contract.Code{doctor.MintsWithoutSession}},
		{"a login over an address of the partner's own", func(p *partner) {
			location := p.location
			p.location = func(r *http.Request, token, redirect string) string {
				return "/out?url=" + url.QueryEscape(location(r, token, redirect))
			}
			p.before = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/out" {
					w.Header().Set("Cache-Control", "no-store")
					w.Header().Set("Referrer-Policy", "no-referrer")
					w.Header().Set("Location", r.URL.Query().Get("url"))
					w.WriteHeader(http.StatusSeeOther)
				}
				return r.URL.Path == "/out"
			}
		}, []contract.Code{doctor.TokenInAddress}},
		{"a login over a host that counts clicks", func(p *partner) {
			location := p.location
			p.location = func(r *http.Request, token, redirect string) string {
				return "https://click.example.net/?to=" + url.QueryEscape(url.QueryEscape(location(r, token, redirect)))
			}
		}, []contract.Code{doctor.TokenInAddress}},
		{"an email that nobody has verified", claim("email_verified", false), []contract.Code{doctor.EmailNotVerified}},
		{"a + made a space", func(p *partner) {
			check := p.check
			p.check = func(s string) string { return strings.ReplaceAll(check(s), "+", " ") }
		}, []contract.Code{doctor.RedirectChanged}},
		{"a filter that drops percent signs", func(p *partner) {
			check := p.check
			p.check = func(s string) string { return strings.ReplaceAll(check(s), "%", "") }
		}, []contract.Code{doctor.RedirectChanged}},
		{"a check that drops each value with a percent sign", func(p *partner) {
			check := p.check
			p.check = func(s string) string {
				if strings.Contains(s, "%") {
					return ""
				}
				return check(s)
			}
		}, []contract.Code{doctor.RedirectLost}},
		{"an error in JSON that repeats a bad value", func(p *partner) {
			refuse(p, func(w http.ResponseWriter, value string) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusBadRequest)
				json.NewEncoder(w).Encode(map[string]string{"error": "bad referrer_uri: " + value, "url": value + "?jwt=eyJ"})
			})
		}, []contract.Code{doctor.ReferrerBreaksLogin}},
		{"a proxy that says 502 for a handler that crashes", func(p *partner) {
			refuse(p, func(w http.ResponseWriter, _ string) { w.WriteHeader(http.StatusBadGateway) })
		}, []contract.Code{doctor.ReferrerBreaksLogin}},
		{"a cache that keeps the sign-in page for everybody", func(p *partner) {
			p.before = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/login" && r.Method == http.MethodGet {
					w.Header().Set("Age", "7")
					w.Write([]byte("Sign in"))
				}
				return r.URL.Path == "/login" && r.Method == http.MethodGet
			}
		}, []contract.Code{doctor.SharedCache}},
		{"a cache that keeps the sign-in page of an address", func(p *partner) {
			p.before = func(w http.ResponseWriter, r *http.Request) bool {
				kept := r.URL.Path == "/login" && r.URL.RawQuery == ""
				if kept {
					w.Write([]byte("Sign in"))
				}
				return kept
			}
		}, []contract.Code{doctor.SharedCache}},
		{"a status for scripts in place of the sign-in page", func(p *partner) {
			p.signIn = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusUnauthorized)
				w.Write([]byte(`{"error":"not signed in"}`))
			}
		}, []contract.Code{doctor.SignInBroken}},
		{"a status without a way to sign in", func(p *partner) {
			p.signIn = func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "Unauthorized", http.StatusUnauthorized) }
		}, []contract.Code{doctor.SignInBroken}},
		{"a sign-in page with its own status", func(p *partner) {
			p.signIn = func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusUnauthorized)
				w.Write([]byte(`<a href="/sign-in?next=/login%3Freferrer_uri%3D/spaces/asked-for-by-doctor">Sign in</a>`))
			}
		}, []contract.Code{}},
		{"a token without a signature", func(p *partner) {
			location := p.location
			p.location = func(r *http.Request, token, redirect string) string {
				none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
				return location(r, none+token[strings.Index(token, "."):strings.LastIndex(token, ".")+1], redirect)
			}
		}, []contract.Code{inspect.AlgNotHS256}},

		{"a logout that needs a session", func(p *partner) {
			logout := p.logout
			p.logout = func(w http.ResponseWriter, r *http.Request) {
				if !p.signedIn(r) {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				logout(w, r)
			}
		}, []contract.Code{doctor.LogoutNotIdempotent}},
		{"a logout that keeps the session", func(p *partner) { p.logout = status(http.StatusNoContent) },
			[]contract.Code{doctor.LogoutKeepsSession}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPartner()
			tt.flaw(p)
			report := examine(t, configFor(t, serve(t, p)))
			if diff := cmp.Diff(tt.codes, codes(report)); diff != "" {
				t.Fatalf("codes (-want +got):\n%s\n%+v", diff, report.Findings)
			}
			for _, f := range report.Findings {
				if f.Message == "" || f.Sentence == "" || f.Source == "" || f.Fix == "" {
					t.Errorf("incomplete: %+v", f)
				}
				if err := report.Err(); f.Verdict != inspect.Info && !errors.Is(err, f.Code) {
					t.Errorf("got %v, want %v in it", err, f.Code)
				}
			}
			text, err := json.Marshal(report)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"eyJ", keyText, cookie, "session=good"} {
				if strings.Contains(string(text), secret) {
					t.Errorf("the report holds %q", secret)
				}
			}
		})
	}
}

// letsIn signs in whoever sends what is.
func (p *partner) letsIn(is func(*http.Request) bool) {
	signedIn := p.signedIn
	p.signedIn = func(r *http.Request) bool { return is(r) || signedIn(r) }
}

func TestACheckThatDropsLettersIsNotToldOfPercentSigns(t *testing.T) {
	p := newPartner()
	check := p.check
	p.check = func(s string) string {
		if strings.ContainsFunc(s, func(r rune) bool { return r > '~' }) {
			return ""
		}
		return check(s)
	}
	for _, f := range examine(t, configFor(t, serve(t, p))).Findings {
		if f.Code == doctor.RedirectLost && !strings.Contains(f.Message, "percent") {
			return
		}
		t.Errorf("got %s: %s", f.Code, f.Message)
	}
}

// bodyOf reads a JSON body, if there is one.
func bodyOf(r *http.Request) map[string]string {
	members := map[string]string{}
	if r.Header.Get("Content-Type") == "application/json" {
		json.NewDecoder(r.Body).Decode(&members) // what is no JSON has no members
	}
	return members
}

// refuse answers each bad referrer_uri of a member.
func refuse(p *partner, answer func(w http.ResponseWriter, value string)) {
	p.before = func(w http.ResponseWriter, r *http.Request) bool {
		value := r.URL.Query().Get("referrer_uri")
		bad := p.signedIn(r) && value != "" && value != "/" && p.check(value) == ""
		if bad {
			answer(w, value)
		}
		return bad
	}
}

// pathOnly and sameOrigin are what careful partners write: a browser stays on the
// community.
func pathOnly(s string) string {
	if strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") && !strings.ContainsFunc(s,
		func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }) {
		return s
	}
	return ""
}

func sameOrigin(s string) string {
	base := &url.URL{Scheme: "https", Host: "community.example.com", Path: "/"}
	if u, err := useragent.Resolve(base, s); err == nil && useragent.Origin(u) == community {
		return s
	}
	return ""
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
