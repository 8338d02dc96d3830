package doctor

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

// A loginURL is where a visitor is sent to be logged in.
type loginURL struct {
	raw    string
	url    *url.URL
	origin string
	folder string        // of a community under a path
	by     contract.Code // the finding about how it came; "" for a redirect
	isBare bool          // a token alone, without its login URL
}

// loginAt is the login URL that an address is, if it is one: one with a token, or one of the community.
func loginAt(u *url.URL, community string) (*loginURL, bool) {
	l := &loginURL{raw: u.String(), url: u, origin: useragent.Origin(u)}
	folder, isSSO := strings.CutSuffix(u.EscapedPath(), contract.SSOPath)
	if isSSO {
		l.folder = folder
	}
	return l, hasToken(u) || isIn(u, community) || isSSO
}

// isIn reports whether an address is one of a community: it may share its origin with the partner.
func isIn(u *url.URL, community string) bool {
	return strings.HasPrefix(useragent.Origin(u)+u.EscapedPath()+"/", community+"/")
}

// mints reports whether an answer reveals a token, by its redirect or in its body.
func (a *answer) mints() bool {
	if u := a.target(); u != nil && (hasToken(u) || wraps(u)) {
		return true
	}
	return loginInBody.MatchString(a.body) || holdsMember(a.body)
}

// wraps reports whether an address is one of the partner's own with a login URL or a member's token in a parameter.
func wraps(u *url.URL) bool {
	return slices.ContainsFunc(unescaped(u.RawQuery+"#"+u.EscapedFragment()), holdsMember)
}

// unescaped returns a text as it is, and without one to three layers of percent-encoding.
func unescaped(text string) []string {
	texts := []string{text}
	for range 3 {
		plain, err := url.PathUnescape(text)
		if err != nil { // a text with a percent sign of its own
			plain = strings.NewReplacer("%2F", "/", "%2f", "/", "%25", "%").Replace(text)
		}
		if plain == text {
			break
		}
		text = plain
		texts = append(texts, text)
	}
	return texts
}

var (
	loginInBody = regexp.MustCompile(`[?&;](?:` + contract.JWT + `|` + inspect.OldJWT + `)=eyJ[A-Za-z0-9_-]+\.`)
	anyJWT      = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.`) // a token anywhere
)

func hasToken(u *url.URL) bool {
	q := u.Query()
	return q.Has(contract.JWT) || q.Has(inspect.OldJWT)
}

// target is where a browser goes after a redirect; nil when it stays.
func (a *answer) target() *url.URL {
	switch a.status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return resolve(a.url, a.header.Get("Location"))
	}
	return nil
}

// onward is where a browser goes by itself, by a redirect or a refresh; nil when it stays.
func (a *answer) onward() *url.URL {
	return cmp.Or(a.target(), a.refreshed(), a.onPage(refreshTo(a.page().refresh)))
}

// refreshed is where the header Refresh leads; nil without one.
func (a *answer) refreshed() *url.URL { return resolve(a.url, refreshTo(a.header.Get("Refresh"))) }

// resolve is where a browser goes by an address; nil when it goes nowhere.
func resolve(base *url.URL, address string) *url.URL {
	if address == "" {
		return nil
	}
	u, err := useragent.Resolve(base, address)
	if err != nil {
		return nil
	}
	return u
}

// onPage is where an address on the page leads; nil without one.
func (a *answer) onPage(address string) *url.URL {
	base := a.url
	if u := resolve(a.url, a.page().base); u != nil {
		base = u
	}
	return resolve(base, address)
}

// seenAt names where a redirect leads, without the query, which can hold a token.
func seenAt(u *url.URL) string {
	if at := useragent.Origin(u); at != "null" {
		return at + u.Path
	}
	return "an address with the scheme " + strings.ToLower(u.Scheme)
}

// loginOf returns the login URL that an answer leads to, by whatever means.
func (d *doctor) loginOf(a *answer) (*loginURL, bool) {
	community := d.community.String()
	if u := a.target(); u != nil {
		return loginAt(u, community)
	}
	if u := a.refreshed(); u != nil && hasToken(u) {
		return at(u, LoginByRefresh), true
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
		return at(u, LoginByMeta), true
	}
	var inScripts []string
	for _, script := range p.scripts {
		if strings.Contains(script, "eyJ") {
			inScripts = append(inScripts, stringsOf(script)...)
		}
	}
	if u := a.carrier(inScripts); u != nil {
		return at(u, LoginByScript), true
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
				return at(u, LoginByForm), true
			}
		}
	}
	if u := a.carrier(p.links); u != nil {
		return at(u, LoginByLink), true
	}
	return nil, false
}

// maxCarriers is how many tokens and addresses with one are looked at: no page of a login has more.
const maxCarriers = 100

// carrier is where the first address leads that carries a token; nil without one.
func (a *answer) carrier(addresses []string) *url.URL {
	n := 0
	for _, address := range addresses {
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

func at(u *url.URL, by contract.Code) *loginURL {
	l, _ := loginAt(u, "")
	l.by = by
	return l
}

// tokenIn reports whether an address carries a token, and not another value of the same name.
func tokenIn(u *url.URL) bool {
	q := u.Query()
	return strings.HasPrefix(q.Get(contract.JWT)+q.Get(inspect.OldJWT), "eyJ")
}

// refreshTo returns the address that follows the seconds of a refresh.
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

// scriptTarget is an address that a script of the page goes to, where it is written out; "" if there is none.
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
	var texts []string
	for decoder := json.NewDecoder(strings.NewReader(a.body)); ; {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, false
		}
		if text, ok := token.(string); ok {
			texts = append(texts, text)
		}
	}
	addresses := slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return !isAddress.MatchString(text) })
	if u := a.carrier(addresses); u != nil {
		return at(u, LoginAsJSON), true
	}
	i := slices.IndexFunc(texts, func(text string) bool { return anyJWT.MatchString(text) && isMember(text) })
	if i < 0 {
		return nil, false
	}
	u, err := url.Parse(community + contract.SSOPath + "?" + contract.JWT + "=" + texts[i])
	if err != nil {
		return nil, false
	}
	l := at(u, LoginAsJSON)
	l.isBare = true
	return l, true
}

// isAddress tells an address from a sentence with one in it.
var isAddress = regexp.MustCompile(`^(?:https?:/)?/\S*$`)

// isMember reports whether a token names a member, as no other token on a page does.
func isMember(token string) bool {
	parts := strings.Split(token, ".") // of a match of anyJWT, at least three
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
	return q.Get(contract.JWT) + q.Get(inspect.OldJWT)
}

// holds says in which form a text holds a token; "" if it doesn't.
func holds(text, token string) string {
	if token == "" {
		return ""
	}
	for _, text := range unescaped(text) {
		switch {
		case strings.Contains(text, token):
			return "as it is"
		case containsAny(text, inBase64(token)):
			return "in base64"
		case strings.Contains(strings.ToLower(text), hex.EncodeToString([]byte(token))):
			return "in hex"
		}
	}
	return ""
}

func containsAny(text string, parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}

// inBase64 returns the parts of a token that are the same wherever it is in a text that is encoded as a whole. The
// base64 of a token has no + and /, which base64url spells otherwise.
func inBase64(token string) (forms []string) {
	for skip := range min(3, len(token)) {
		end := len(token) - (len(token)-skip)%3
		forms = append(forms, base64.StdEncoding.EncodeToString([]byte(token[skip:end])))
	}
	return forms
}
