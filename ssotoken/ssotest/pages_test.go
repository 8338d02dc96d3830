package ssotest_test

import (
	"encoding/base64"
	"fmt"
	"html"
	"math"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// everyPage is a community with something on each page, and their paths.
func everyPage(t *testing.T, folder ...string) (*ssotest.Community, []string) {
	c := newCommunity(t, ssotest.Config{
		Settings: ssotest.Settings{
			AuthorizationURL: partner, OtherLoginMethods: true,
			Spaces:       []ssotest.Space{{ID: "s1", Name: "Tips", Slug: "tips"}},
			CustomFields: []ssotest.CustomField{{Name: "Company", ExternalKeys: []string{"company"}}},
		},
		Members: []ssotest.Member{{Name: "", Email: "nameless@example.com"}},
		Path:    strings.Join(folder, ""),
	})
	b := browser(t)
	accept(
		t, b, c,
		but(
			jwt.MapClaims{
				"name": "<script>alert(1)</script>", "picture": "javascript:alert(1)", "tagline": "</style>",
				"company": "Engines", "x": 1, "spaceIds": []string{"s1", "s9"},
			},
		),
	)
	login(t, b, c, but(jwt.MapClaims{"exp": nil}), "//evil.example")
	login(t, b, c, but(jwt.MapClaims{"sub": "u-8"}), "/x")
	return c, []string{
		"/", "/spaces", "/spaces/tips", "/spaces/tips/post/1", "/spaces/none", "/members", "/members/member-1",
		"/members/member-2", "/members/none", "/members?q=zzz", "/logins",
		"/logins?outcome=refused&code=exp-missing",
		"/_fake/admin", "/_fake/admin?saved=key", "/_fake/inspect", "/_fake/mistakes", "/_fake/codes",
		"/_fake/codes/exp-missing", "/_fake/codes/none", "/_fake/none", "/logins/1", "/logins/2", "/logins/3",
		"/logins/99",
		"/auth/login", "/auth/signup", "/auth/login/direct", "/embed/space/tips", "/embed/x", "/x?layout=basic",
		"/api/auth/sso", "/api/auth/sso?jwt=" + token(t, c, but(jwt.MapClaims{"exp": nil})),
	}
}

func TestPagesAreWholeAccessibleAndHaveOneScriptOfTheirOwn(t *testing.T) {
	c, paths := everyPage(t)
	heading := regexp.MustCompile(`<h1[ >]`)
	header := regexp.MustCompile(`<th(>| role="[a-z]+">)`)
	b := browser(t)
	login(t, b, c, ada, "")
	for _, path := range append(paths, "/settings") {
		for who, visitor := range map[string]*http.Client{"guest": browser(t), "member": b} {
			a := get(t, visitor, c.URL+path)
			if a.status == http.StatusFound {
				continue // a guest has no settings
			}
			mustContain(t, a.body, `<html lang="en">`, `<main id="main"`, "ake community", `name="viewport"`, "</html>", `href="#main"`)
			if n := len(heading.FindAllString(a.body, -1)); n != 1 {
				t.Errorf("%s (%s): %d main headings", path, who, n)
			}
			if strings.Count(a.body, "<table") != strings.Count(a.body, "<caption>") || header.MatchString(a.body) {
				t.Errorf("%s (%s): a table without a caption, or a header cell without a scope", path, who)
			}
			framed := strings.HasPrefix(path, "/embed") || strings.Contains(path, "layout=")
			body := strings.Replace(a.body, `<script src="/_fake/page.js" defer></script>`, "", 1)
			if (body == a.body) != framed {
				t.Errorf("%s (%s): the script is missing, or in a page for a frame", path, who)
			}
			for _, bad := range []string{"<script", " onclick", " style=", `src="javascript`, `href="javascript`} {
				if strings.Contains(body, bad) {
					t.Errorf("%s (%s): the page has %s", path, who, bad)
				}
			}
			for name, want := range map[string]string{"Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8"} {
				if got := a.header.Get(name); got != want {
					t.Errorf("%s: %s is %q", path, name, got)
				}
			}
			policy := a.header.Get("Content-Security-Policy")
			mayBeFramed := framed || strings.HasPrefix(path, "/api")
			if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "script-src 'self'") == framed ||
				strings.Contains(policy, "unsafe") || strings.Contains(policy, "frame-ancestors 'none'") == mayBeFramed {
				t.Errorf("%s: policy %s", path, policy)
			}
			if strings.HasPrefix(path, "/api") && a.header.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("%s: Referrer-Policy %q", path, a.header.Get("Referrer-Policy"))
			}
		}
	}
}

func TestLoginPageTakesTheTokenApart(t *testing.T) {
	c := newCommunity(t, ssotest.Config{
		Settings: ssotest.Settings{
			Spaces:       []ssotest.Space{{ID: "s1", Name: "Tips"}},
			CustomFields: []ssotest.CustomField{{Name: "Company", ExternalKeys: []string{"company"}}},
		},
	})
	claims := but(jwt.MapClaims{"company": "Engines", "space_ids": 1, "spaceIds": []string{"s1", "s9"}})
	b := browser(t)
	login(t, b, c, claims, "/deep")
	login(t, b, c, but(jwt.MapClaims{"exp": nil}), "/deep")
	body := get(t, b, c.URL+"/logins/1").body
	mustContain(
		t, body, "was created as a new member", "<code>/deep</code>", "Joined 1 space", "<bdi>Tips</bdi>, <code>s1</code>",
		"<bdi>Company</bdi> took the claim <code>company</code>", "spaceIds[1]", "perhaps spaceIds is meant",
		"sub has at most 50 characters.", "✓ verified", "60 s after it came", "&#34;Engines&#34;",
	)
	refused := get(t, b, c.URL+"/logins/2").body
	mustContain(t, refused, "HTTP 401", `href="/_fake/codes/exp-missing"`, "valid forever")
	mustContain(t, get(t, b, c.URL+"/members").body, "Last login:", `href="/logins/2"`)
}

func TestARefusedLoginSaysWhyInWordsAndLeadsOn(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	b := browser(t)
	now := start.Unix()
	login(t, b, c, but(jwt.MapClaims{"iat": now - 121, "exp": now - 61}), "")
	late := get(t, b, c.URL+"/logins/1").body
	mustContain(t, textOf(late, "text-summary"), "refused with HTTP 401 exp-expired\npayload exp has passed. Make")
	mustContain(
		t, late, "It claims to be <strong><bdi>Ada</bdi></strong>",
		"<strong>The token expired 61 s before it came.</strong>", `<a href="/logins?member=u-7">This member's logins</a>`,
	)
	if strings.Contains(late, "<meter") {
		t.Error("a full meter looks like a login in time")
	}
	ahead := newCommunity(t, ssotest.Config{Settings: ssotest.Settings{ClockSkew: 10 * time.Minute}})
	login(t, b, ahead, ada, "")
	mustContain(
		t, get(t, b, ahead.URL+"/logins/1").body,
		"expired 9 min before it came, by the community's clock, which was set apart by 10 min.",
	)
	wrong := get(t, b, c.URL+post(t, b, c.URL+"/_fake/mistakes", url.Values{"mistake": {"wrong-key"}}).location).body
	mustContain(t, wrong, `key is in the <a href="/_fake/admin#key">settings</a>`)
}

func TestAMistakeAboutASpaceIsNamed(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	b := browser(t)
	accept(t, b, c, but(jwt.MapClaims{"spaceIds": []string{"a", "b"}}))
	mustContain(t, get(t, b, c.URL+"/logins").body, "2 mistakes</span> <span class=\"quiet\">2 spaces unknown")
	mustContain(
		t, get(t, b, c.URL+"/logins/1").body,
		"2 mistakes</span>  <code>spaceIds[0]</code>: the community has no space with this ID",
	)
}

// textOf is the text of a block of a page.
func textOf(page, id string) string {
	_, text, _ := strings.Cut(page, `id="`+id+`"`)
	_, text, _ = strings.Cut(text, ">")
	text, _, _ = strings.Cut(text, "</")
	return html.UnescapeString(text)
}

func TestALoginIsSharedWithoutItsToken(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	b := browser(t)
	accept(t, b, c, but(jwt.MapClaims{`na"me`: []int{1}}))
	page := get(t, b, c.URL+"/logins/1").body
	mustContain(t, page, `<a href="/_fake/logins/1">this login as JSON</a>`)
	summary := textOf(page, "text-summary")
	diff(t, "summary", "Login 1, "+start.UTC().Format(time.DateTime)+" UTC: accepted\nna\"me matches no custom field.", summary)
	if strings.Contains(summary, ada["email"].(string)) {
		t.Error("the summary has a claim's value")
	}
	signature := token(t, c, ada)
	signature = signature[strings.LastIndex(signature, "."):]
	if strings.Contains(get(t, b, c.URL+"/_fake/logins/1").body, signature) {
		t.Error("the JSON has the token")
	}
}

// Languages whose JSON escapes letters send the same claims.
func TestClaimsAreReadableAndCanBeSignedAgain(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	b := browser(t)
	logIn := func(name string) string {
		header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`))
		payload := fmt.Sprintf(`{"sub":"u-7","name":%s,"email":"ada@example.com","iat":%d,"exp":%d}`, name, start.Unix(), start.Unix()+60)
		input := header + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
		signature := must(jwt.SigningMethodHS256.Sign(input, []byte(c.Key().Reveal())))
		get(t, b, c.URL+"/api/auth/sso?jwt="+input+"."+base64.RawURLEncoding.EncodeToString(signature))
		return get(t, b, c.URL+"/logins/"+strconv.Itoa(len(c.Attempts()))).body
	}
	logIn(`"Jürgen ש 🎉"`)
	page := logIn(`"J\u00fcrgen \u05e9 \ud83c\udf89"`)
	mustContain(t, page, `<code>"Jürgen ש 🎉"</code>`, "The claims are those of")
	diff(t, "claims", `{
  "sub": "u-7",
  "name": "Jürgen ש 🎉",
  "email": "ada@example.com"
}`, textOf(page, "text-claims"))
	for _, hidden := range []string{`"A\u202eB"`, `"A\u0022B"`, `"A\u005cB"`, `"A\\u00fcB"`, `"A\u0000B"`} {
		mustContain(t, logIn(hidden), "<code>"+hidden+"</code>")
	}
}

func TestALoginIsComparedWithTheOneBeforeOfItsSubOrEmail(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	b := browser(t)
	accept(t, b, c, ada)
	login(t, b, c, but(jwt.MapClaims{"sub": 7}), "")
	mustContain(
		t, get(t, b, c.URL+"/logins/2").body, `Claims of <a href="/logins/1">`,
		`<code>"u-7"</code></td><td><code>7</code>`, `<a href="/logins?q=ada%40example.com">Logins with this email</a>`,
	)
	login(t, b, c, but(jwt.MapClaims{"sub": "u-8", "email": "other@example.com"}), "")
	for range 2 {
		login(t, b, c, but(jwt.MapClaims{"sub": nil, "email": nil}), "")
	}
	for _, path := range []string{"/logins/3", "/logins/5"} {
		if strings.Contains(get(t, b, c.URL+path).body, `id="difference"`) {
			t.Errorf("%s is compared with the login of who may be somebody else", path)
		}
	}
}

func TestALongNameFillsNoPage(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	b := browser(t)
	long := strings.Repeat("Ada ", 100)
	accept(t, b, c, but(jwt.MapClaims{"name": long}))
	for _, path := range []string{"/", "/logins", shelf} {
		if strings.Contains(get(t, b, c.URL+path).body, "<bdi>"+long) {
			t.Errorf("%s has the whole name", path)
		}
	}
}

func TestTheHeaderMarksThePartThatAPageIsIn(t *testing.T) {
	c, _ := everyPage(t)
	for path, want := range map[string]string{
		"/logins": `"/logins" aria-current="page"`, "/logins/1": `"/logins" aria-current="true"`,
		"/members/member-1": `"/members" aria-current="true"`, "/spaces/tips": `"/spaces" aria-current="true"`,
		"/_fake/codes/exp-missing": `"/_fake/codes" aria-current="true"`,
	} {
		body := get(t, browser(t), c.URL+path).body
		mustContain(t, body, "<a href="+want)
		if n := strings.Count(body, "aria-current"); n != 1 {
			t.Errorf("%s: %d parts are marked", path, n)
		}
	}
}

func TestAButtonThatLeadsNowhereLeadsToItsSetting(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	mustContain(t, get(t, browser(t), c.URL+"/auth/signup").body, `<a href="/_fake/admin">Set one</a>`)
	mustContain(t, get(t, browser(t), c.URL+"/auth/login").body, `<a href="/_fake/admin">set the URL</a>`)
}

func TestOnlyTheRevealOfALoginsPageHasTheToken(t *testing.T) {
	for name, claims := range map[string]jwt.MapClaims{"in order": ada, "without exp": but(jwt.MapClaims{"exp": nil})} {
		c := newCommunity(t, ssotest.Config{})
		b := browser(t)
		login(t, b, c, claims, "/deep")
		whole := token(t, c, claims)
		signature := whole[strings.LastIndex(whole, ".")+1:]
		page := get(t, b, c.URL+"/logins/1").body
		mustContain(
			t, page, "curl -i &#39;"+c.URL+"/api/auth/sso?jwt="+whole, "ssotoken inspect", "func TestLogin1(t *testing.T)",
			`<span class="js">`+signature+"</span></pre></details>",
		)
		folded := regexp.MustCompile(`(?s)<details( class="reveal")?><summary>.*?</details>`)
		if strings.Contains(folded.ReplaceAllString(page, ""), signature) {
			t.Errorf("%s: the token is not behind the reveal alone", name)
		}
		for _, path := range []string{"/", "/logins", "/members", "/_fake/codes/exp-missing", "/_fake/mistakes", "/api/auth/sso?jwt=" + whole} {
			body := get(t, b, c.URL+path).body
			if strings.Contains(body, signature) {
				t.Errorf("%s: %s shows the token", name, path)
			}
			if strings.Contains(body+page, c.Key().Reveal()) {
				t.Errorf("%s: %s shows the key", name, path)
			}
		}
	}
}

// Who sees it can't log in with it.
func TestATokenThatHasExpiredIsShownAtOnce(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	b := browser(t)
	claims := but(jwt.MapClaims{"exp": start.Unix() - 1})
	login(t, b, c, claims, "/deep")
	whole := token(t, c, claims)
	body := get(t, b, c.URL+"/logins/1").body
	mustContain(t, body, `<span class="js">`+whole[strings.LastIndex(whole, ".")+1:]+"</span></pre>")
	if strings.Contains(body, "Reveal the token") {
		t.Error("it has to be revealed")
	}
}

func TestPageShowsItsAddressExactly(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	b := browser(t)
	accept(t, b, c, ada)
	for _, path := range []string{"/a//b/../c", "/search?q=a%20b+c", "/gr%C3%B6%C3%9Fe", "/a%2fb?x&y=", "/a;b,c=d"} {
		a := get(t, b, c.URL+path)
		if a.status != http.StatusOK {
			t.Errorf("%s: HTTP %d", path, a.status)
		}
		mustContain(t, a.body, `<code id="where">`+strings.ReplaceAll(strings.ReplaceAll(path, "&", "&amp;"), "+", "&#43;")+`</code>`)
	}
}

func TestTextHasContrast(t *testing.T) {
	css := string(must(os.ReadFile("pages/style.css")))
	variable := regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{3,6});`)
	light, dark, ok := strings.Cut(css, "prefers-color-scheme: dark")
	if !ok {
		t.Fatal("no dark colours")
	}
	pairs := [][2]string{
		{"ink", "ground"}, {"ink", "card"}, {"quiet", "ground"}, {"quiet", "card"}, {"accent", "card"},
		{"accent", "ground"}, {"on-accent", "accent"},
		{"on-notice", "notice"}, {"pass", "pass-ground"}, {"warn", "warn-ground"}, {"fail", "fail-ground"},
		{"info", "info-ground"}, {"ink", "fail-ground"}, {"accent", "fail-ground"}, {"quiet", "fail-ground"}, {"ink", "pass-ground"},
		{"jh", "card"}, {"jp", "card"}, {"js", "card"}, {"jh", "ground"}, {"js", "ground"},
	}
	for name, sheet := range map[string]string{"light": light, "dark": dark} {
		colours := map[string]float64{}
		for _, m := range variable.FindAllStringSubmatch(sheet, -1) {
			colours[m[1]] = luminance(t, m[2])
		}
		for _, p := range pairs {
			a, b := colours[p[0]], colours[p[1]]
			if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < 4.5 {
				t.Errorf("%s: %s on %s has a contrast of %.1f, under 4.5", name, p[0], p[1], ratio)
			}
		}
	}
}

// luminance is the relative luminance of WCAG 2.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	digits := colour[1:]
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(digits[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
