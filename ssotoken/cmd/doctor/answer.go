package doctor

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"iter"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

// A loginURL is where a visitor is sent to be logged in.
type loginURL struct {
	raw    string
	url    *url.URL
	origin string
	by     means
	isBare bool // a token alone, without its login URL
}

// loginAt is the login URL that an address is, if it is one: one with a token,
// or one of the community.
func loginAt(u *url.URL, community string) (*loginURL, bool) {
	l := &loginURL{raw: u.String(), url: u, origin: useragent.Origin(u)}
	return l, hasToken(u) || l.origin == community || u.Path == contract.SSOPath
}

// mints reports whether an answer gives a token away, by its redirect or in
// its body.
func (a *answer) mints() bool {
	if u := a.target(); u != nil && (hasToken(u) || wraps(u)) {
		return true
	}
	return loginInBody.MatchString(a.body) || holdsMember(a.body)
}

// wraps reports whether an address is one of the partner's own with a login URL
// or a member's token in a parameter.
func wraps(u *url.URL) bool {
	text := u.RawQuery + "#" + u.EscapedFragment()
	for range 3 {
		if holdsMember(text) {
			return true
		}
		plain, err := url.QueryUnescape(text)
		if err != nil || plain == text {
			return false
		}
		text = plain
	}
	return false
}

var (
	loginInBody = regexp.MustCompile(`[?&;](?:` + contract.JWT + `|` + contract.OldJWT + `)=eyJ[A-Za-z0-9_-]+\.`)
	anyJWT      = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.`) // a token anywhere
)

func hasToken(u *url.URL) bool {
	q := u.Query()
	return q.Has(contract.JWT) || q.Has(contract.OldJWT)
}

// target is where a browser goes after a redirect; nil when it stays.
func (a *answer) target() *url.URL {
	location := a.header.Get("Location")
	switch a.status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		if location != "" {
			return a.resolve(location)
		}
	}
	return nil
}

// onward is where a browser goes by itself, by a redirect or a refresh; nil when
// it stays.
func (a *answer) onward() *url.URL {
	if u := a.target(); u != nil {
		return u
	}
	if u := a.resolve(refreshTo(a.header.Get("Refresh"))); u != nil && a.header.Get("Refresh") != "" {
		return u
	}
	if !refreshes.MatchString(a.body) {
		return nil
	}
	return a.onPage(refreshTo(a.page().refresh))
}

// refreshes spares other pages the parsing.
var refreshes = regexp.MustCompile(`(?i)http-equiv\s*=\s*["']?refresh`)

// resolve is where a browser goes by an address; nil when it goes nowhere.
func (a *answer) resolve(address string) *url.URL {
	u, err := useragent.Resolve(a.url, address)
	if err != nil {
		return nil
	}
	return u
}

// seenAt names where a redirect leads, without the query, which can hold a
// token.
func seenAt(u *url.URL) string {
	if at := useragent.Origin(u); at != "null" {
		return at + u.Path
	}
	return "an address with the scheme " + strings.ToLower(u.Scheme)
}

// A means is how an answer sends the visitor on to be logged in.
type means int

const (
	byRedirect means = iota
	byRefresh        // the header Refresh
	byMeta           // meta refresh
	byScript
	byForm // that submits itself, or waits for a press
	byLink
	byJSON
)

// codes are the findings about the means that are not a redirect.
var meansCodes = map[means]contract.Code{
	byRefresh: LoginByRefresh, byMeta: LoginByMeta, byScript: LoginByScript,
	byForm: LoginByForm, byLink: LoginByLink, byJSON: LoginAsJSON,
}

// login returns the login URL that an answer leads to, however it does.
func (a *answer) login(community string) (*loginURL, bool) {
	if u := a.target(); u != nil {
		return loginAt(u, community)
	}
	if u := a.resolve(refreshTo(a.header.Get("Refresh"))); u != nil && hasToken(u) {
		return at(u, byRefresh), true
	}
	if a.isJSON() {
		if a.status >= 400 { // an error may repeat what it was given
			return nil, false
		}
		return a.loginInJSON(community)
	}
	if !mayHoldLogin.MatchString(a.body) {
		return nil, false
	}
	p := a.page()
	if u := a.onPage(refreshTo(p.refresh)); u != nil && hasToken(u) {
		return at(u, byMeta), true
	}
	if u := a.carrier(scriptTexts(p)); u != nil {
		return at(u, byScript), true
	}
	for _, f := range p.forms {
		q := url.Values{}
		for _, field := range f.fields {
			if field.name != "" {
				q.Add(field.name, field.value)
			}
		}
		if !mayHoldLogin.MatchString(f.action + "?" + q.Encode()) {
			continue
		}
		if u := a.onPage(f.action); u != nil {
			u.RawQuery = joined("&", u.RawQuery, q.Encode())
			if tokenIn(u) {
				return at(u, byForm), true
			}
		}
	}
	if u := a.carrier(slices.Values(p.links)); u != nil {
		return at(u, byLink), true
	}
	return nil, false
}

// scriptTexts are the strings of the scripts that have a token.
func scriptTexts(p *page) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, script := range p.scripts {
			if !strings.Contains(script, "eyJ") {
				continue
			}
			for _, text := range stringsOf(script) {
				if !yield(text) {
					return
				}
			}
		}
	}
}

// maxCarriers is how many tokens and addresses with one are looked at: no page of
// a login has more.
const maxCarriers = 100

// carrier is where the first address leads that carries a token; nil without one.
func (a *answer) carrier(addresses iter.Seq[string]) *url.URL {
	n := 0
	for address := range addresses {
		if !strings.Contains(address, "eyJ") {
			continue
		}
		if u := a.onPage(address); u != nil && tokenIn(u) {
			return u
		}
		if n++; n == maxCarriers {
			break
		}
	}
	return nil
}

// mayHoldLogin spares other pages the parsing.
var mayHoldLogin = regexp.MustCompile(`eyJ|` + contract.JWT + `(?:=|&#)`)

func at(u *url.URL, by means) *loginURL {
	l, _ := loginAt(u, "")
	l.by = by
	return l
}

// tokenIn reports whether an address carries a token, and not another value of
// the same name.
func tokenIn(u *url.URL) bool {
	q := u.Query()
	return strings.HasPrefix(q.Get(contract.JWT)+q.Get(contract.OldJWT), "eyJ")
}

// onPage is where an address on the page leads; nil without one.
func (a *answer) onPage(address string) *url.URL {
	if address == "" {
		return nil
	}
	u, err := useragent.Resolve(a.base(), address)
	if err != nil {
		return nil
	}
	return u
}

// baseOf is what the addresses of a page are relative to.
func (a *answer) baseOf() *url.URL {
	if base := a.page().base; base != "" {
		if u := a.resolve(base); u != nil {
			return u
		}
	}
	return a.url
}

// refreshTo reads what follows the seconds of a refresh.
func refreshTo(refresh string) string {
	_, rest, _ := strings.Cut(strings.ReplaceAll(refresh, ",", ";"), ";")
	rest = strings.TrimSpace(rest)
	if name, value, ok := strings.Cut(rest, "="); ok && strings.EqualFold(strings.TrimSpace(name), "url") {
		rest = strings.TrimSpace(value)
	}
	return strings.Trim(rest, `"'`)
}

var scriptString = regexp.MustCompile("\"(?:[^\"\\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\\n]|\\\\.)*'|`(?:[^`\\\\]|\\\\.)*`")

// stringsOf returns the strings of a script, unescaped.
func stringsOf(script string) (texts []string) {
	for _, literal := range scriptString.FindAllString(script, -1) {
		texts = append(texts, scriptEscapes.Replace(literal[1:len(literal)-1]))
	}
	return texts
}

var scriptEscapes = strings.NewReplacer(`\/`, "/", `\u0026`, "&", `\x26`, "&",
	`\u003d`, "=", `\u003D`, "=", `\x3d`, "=", `\u002F`, "/", `\u002f`, "/", `&amp;`, "&")

var scriptGoes = regexp.MustCompile("location(?:\\.href)?\\s*=\\s*([\"'`][^\"'`]+[\"'`])" +
	"|location\\.(?:replace|assign)\\(\\s*([\"'`][^\"'`]+[\"'`])")

// scriptTarget is an address that a script of the page goes to, where it is
// written out; "" if there is none.
func scriptTarget(p *page) string {
	for _, script := range p.scripts {
		if m := scriptGoes.FindStringSubmatch(script); m != nil {
			return stringsOf(m[1] + m[2])[0]
		}
	}
	return ""
}

func (a *answer) isJSON() bool {
	media, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	return media == "application/json" || strings.HasSuffix(media, "+json") ||
		strings.HasPrefix(strings.TrimSpace(a.body), "{")
}

// loginInJSON finds a login URL, or else a token alone, in JSON.
func (a *answer) loginInJSON(community string) (*loginURL, bool) {
	var body any
	if json.Unmarshal([]byte(a.body), &body) != nil {
		return nil, false
	}
	texts := textsIn(body)
	addresses := slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return !isAddress.MatchString(text) })
	if u := a.carrier(slices.Values(addresses)); u != nil {
		return at(u, byJSON), true
	}
	token := ""
	for _, text := range texts {
		if anyJWT.MatchString(text) && isMember(text) {
			token = text
			break
		}
	}
	u, err := url.Parse(community + contract.SSOPath + "?" + contract.JWT + "=" + token)
	if token == "" || err != nil {
		return nil, false
	}
	l := at(u, byJSON)
	l.isBare = true
	return l, true
}

// isAddress tells an address from a sentence with one in it.
var isAddress = regexp.MustCompile(`^(?:https?:/)?/\S*$`)

func textsIn(value any) (texts []string) {
	switch value := value.(type) {
	case string:
		texts = append(texts, value)
	case []any:
		for _, v := range value {
			texts = append(texts, textsIn(v)...)
		}
	case map[string]any:
		for _, v := range value {
			texts = append(texts, textsIn(v)...)
		}
	}
	return texts
}

// isMember reports whether a token names a member, as no other token on a page
// does.
func isMember(token string) bool {
	parts := strings.Split(token, ".")
	if len(parts) < 2 {
		return false
	}
	var claims map[string]json.RawMessage
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	return err == nil && json.Unmarshal(payload, &claims) == nil &&
		claims[contract.Sub] != nil && claims[contract.Email] != nil
}

// holdsMember reports whether a text holds such a token.
func holdsMember(text string) bool {
	return slices.ContainsFunc(wholeJWT.FindAllString(text, maxCarriers), isMember)
}

var wholeJWT = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*`)

// token returns the token in a login URL.
func (l *loginURL) token() string {
	q := l.url.Query()
	return q.Get(contract.JWT) + q.Get(contract.OldJWT)
}

// holds says in which form a text holds a token; "" if it doesn't.
func holds(text, token string) string {
	if token == "" {
		return ""
	}
	for range 3 {
		if strings.Contains(text, token) {
			return "as it is"
		}
		for _, form := range inBase64(token) {
			if strings.Contains(text, form) {
				return "in base64"
			}
		}
		plain, err := url.QueryUnescape(strings.ReplaceAll(text, "+", "%2B"))
		if err != nil || plain == text {
			break
		}
		text = plain
	}
	if strings.Contains(strings.ToLower(text), hex.EncodeToString([]byte(token))) {
		return "in hex"
	}
	return ""
}

// inBase64 returns the part of a token that is the same wherever it is in a text that
// is encoded as a whole. The base64 of a token has no + and /, which base64url
// spells otherwise.
func inBase64(token string) (forms []string) {
	for skip := range min(3, len(token)) {
		whole := token[skip:]
		forms = append(forms, base64.StdEncoding.EncodeToString([]byte(whole[:len(whole)/3*3])))
	}
	return forms
}
