package useragent

import (
	"cmp"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bettermode-go/sso/ssotoken/internal/loopback"
)

// The limits of RFC 6265bis, sections 5.5 to 5.7, and Chromium's for a host.
const (
	maxCookie    = 4096 // bytes of name and value
	maxAttribute = 1024 // bytes of an attribute's value
	maxCookieAge = 400 * 24 * time.Hour
	maxCookies   = 180 // of one host or domain

	// laxPostAge is how long a cookie without SameSite is sent with another
	// site's form, so that sign-ins by POST from elsewhere work.
	laxPostAge = 2 * time.Minute
)

// Why a cookie was withheld or refused.
const (
	notSecure  = "Secure, and the address is not https"
	strict     = "SameSite=Strict, and the visit comes from another site"
	lax        = "SameSite=Lax, or none of them, and the form is another site's"
	thirdParty = "the page around the frame is another site's"
)

// A Jar keeps the cookies of one visitor. The zero Jar is empty. It is safe for
// concurrent use.
type Jar struct {
	mu      sync.Mutex
	cookies []cookie // in the order in which they got their values
}

// A cookie has a Domain and a Path always. Its Expires is zero for a session cookie.
type cookie struct {
	http.Cookie
	hostOnly bool
	given    bool // by Set: Domain and Path are not known
	made     time.Time
}

// Set adds cookies from the text of a Cookie header, such as "a=b; c=d", for the
// host of an address and no other host. They are sent whichever site the visitor
// comes from, but over https only if the address is https. An answer of that host
// that sets a cookie of the same name replaces it, whatever its Domain and Path.
func (j *Jar) Set(u *url.URL, header string) {
	for pair := range strings.SplitSeq(header, ";") {
		c := cookie{Cookie: *ParseSetCookie(pair), hostOnly: true, given: true}
		if c.Name != "" || c.Value != "" {
			c.Domain, c.Path, c.Secure, c.SameSite = hostOf(u), "/", u.Scheme == "https", http.SameSiteNoneMode
			j.put(c, true)
		}
	}
}

// Header returns the Cookie header of a request to an address that comes from
// its own site. It is empty if there are no cookies for it.
func (j *Jar) Header(u *url.URL, now time.Time) string {
	header, _ := j.send(access{url: u, same: true, safe: true, now: now})
	return header
}

// An access is the part of a request on which cookies depend.
type access struct {
	url    *url.URL
	same   bool // the page with the link, form or frame is on the site
	framed bool
	safe   bool // the method is GET or HEAD
	now    time.Time
}

// send returns the Cookie header (RFC 6265bis, section 5.8.3), and why other cookies
// of the address are not in it.
func (j *Jar) send(a access) (header string, withheld map[string]string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.cookies = slices.DeleteFunc(j.cookies, func(c cookie) bool { return c.isOver(a.now) })
	withheld = map[string]string{}
	sent := slices.DeleteFunc(slices.Clone(j.cookies), func(c cookie) bool {
		if !c.covers(hostOf(a.url)) || !pathMatches(pathOf(a.url), c.Path) {
			return true
		}
		why := c.whyNotSent(a)
		if why != "" {
			withheld[c.Name] = why
		}
		return why != ""
	})
	slices.SortStableFunc(sent, func(a, b cookie) int { return len(b.Path) - len(a.Path) })
	var pairs []string
	for _, c := range sent {
		if c.Name != "" {
			c.Value = c.Name + "=" + c.Value
		}
		pairs = append(pairs, c.Value)
	}
	return strings.Join(pairs, "; "), withheld
}

func (c cookie) isOver(now time.Time) bool { return !c.Expires.IsZero() && !c.Expires.After(now) }

func (c cookie) covers(host string) bool {
	return host == c.Domain || !c.hostOnly && strings.HasSuffix(host, "."+c.Domain)
}

func (c cookie) whyNotSent(a access) string {
	switch {
	case c.Secure && !isTrustworthy(a.url):
		return notSecure
	case a.same, c.SameSite == http.SameSiteNoneMode && !a.framed:
		return ""
	case a.framed:
		return thirdParty
	case c.SameSite == http.SameSiteStrictMode:
		return strict
	case a.safe || c.SameSite != http.SameSiteLaxMode && a.now.Sub(c.made) < laxPostAge:
		return ""
	}
	return lax
}

// keep stores the cookies that an answer sets (RFC 6265bis, section 5.7), and
// returns why others were refused.
func (j *Jar) keep(a access, set []*http.Cookie, isSuffix func(string) bool) map[string]string {
	refused := map[string]string{}
	for _, s := range set {
		c, why := newCookie(a, s, isSuffix)
		if why == "" && !j.put(c, c.Secure || isTrustworthy(a.url)) {
			why = "a Secure cookie of this name is there, and the address is not https"
		}
		if why != "" {
			refused[s.Name] = why
		}
	}
	return refused
}

func newCookie(a access, s *http.Cookie, isSuffix func(string) bool) (c cookie, why string) {
	host := hostOf(a.url)
	c = cookie{Cookie: *s, made: a.now}
	if c.Domain == "" || c.Domain == host && (isIP(host) || isSuffix(host)) {
		c.Domain, c.hostOnly = host, true
	}
	switch {
	case hasControl(s.Raw):
		return c, "it has a control character"
	case s.Name == "" && s.Value == "":
		return c, "it is empty"
	case len(s.Name)+len(s.Value) > maxCookie:
		return c, "name and value are over 4,096 bytes"
	case c.Domain != host && (isIP(host) || isSuffix(c.Domain) || !c.covers(host)):
		return c, "its Domain is not the site's"
	case s.Secure && !isTrustworthy(a.url):
		return c, notSecure
	case s.SameSite == http.SameSiteNoneMode && !s.Secure:
		return c, "SameSite=None without Secure"
	case s.Partitioned && !s.Secure:
		return c, "Partitioned without Secure"
	case !s.Secure && hasPrefix(s, "__Secure-"),
		hasPrefix(s, "__Host-") && (!s.Secure || s.Domain != "" || s.Path != "/"),
		s.Name == "" && (hasPrefix(s, "__Secure-") || hasPrefix(s, "__Host-")):
		return c, "its name promises what its attributes don't"
	case a.framed && !a.same:
		return c, thirdParty
	}
	if c.Path == "" {
		path := pathOf(a.url)
		c.Path = cmp.Or(path[:strings.LastIndexByte(path, '/')], "/") // section 5.1.4
	}
	latest := a.now.Add(maxCookieAge)
	switch {
	case s.MaxAge < 0:
		c.Expires = a.now
	case s.MaxAge > 0:
		c.Expires = a.now.Add(time.Duration(s.MaxAge) * time.Second)
	}
	if c.Expires.After(latest) {
		c.Expires = latest
	}
	return c, ""
}

// put stores a cookie in place of the one with its name, domain and path. One
// that is over only removes that. It reports false if a Secure cookie is in the
// way of one without.
func (j *Jar) put(c cookie, mayOverlay bool) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !mayOverlay && slices.ContainsFunc(j.cookies, func(old cookie) bool {
		isNear := old.covers(c.Domain) || c.covers(old.Domain)
		return old.Secure && old.Name == c.Name && isNear && pathMatches(c.Path, old.Path)
	}) {
		return false
	}
	at := slices.IndexFunc(j.cookies, func(old cookie) bool {
		isSame := old.Domain == c.Domain && old.hostOnly == c.hostOnly && old.Path == c.Path
		return old.Name == c.Name && (isSame || old.given && c.covers(old.Domain))
	})
	switch {
	case at >= 0 && c.isOver(c.made):
		j.cookies = slices.Delete(j.cookies, at, at+1)
	case at >= 0 && j.cookies[at].Value == c.Value:
		c.made = j.cookies[at].made
		j.cookies[at] = c
	case at >= 0: // RFC 6265bis keeps its age and place; Chromium only those of an equal value
		j.cookies = append(slices.Delete(j.cookies, at, at+1), c)
	case !c.isOver(c.made):
		j.cookies = append(j.cookies, c)
		count := 0
		for i, old := range slices.Backward(j.cookies) {
			if old.Domain == c.Domain {
				if count++; count > maxCookies {
					j.cookies = slices.Delete(j.cookies, i, i+1)
				}
			}
		}
	}
	return true
}

// ParseSetCookie reads the value of a Set-Cookie header as browsers do (RFC
// 6265bis, section 5.6), byte for byte: quotes, commas, JSON and UTF-8 are part
// of a value, and a cookie may have no name. [net/http] drops such cookies.
// Whatever is wrong with an attribute, the cookie is the rest. MaxAge is at most
// 400 days, and negative where the cookie is over.
func ParseSetCookie(line string) *http.Cookie {
	pair, attributes, _ := strings.Cut(line, ";")
	c := &http.Cookie{Raw: line}
	name, value, ok := strings.Cut(pair, "=")
	if !ok {
		name, value = "", pair
	}
	c.Name, c.Value = trim(name), trim(value)
	for attribute := range strings.SplitSeq(attributes, ";") {
		name, value, _ := strings.Cut(attribute, "=")
		value = trim(value)
		if len(value) > maxAttribute {
			continue
		}
		switch strings.ToLower(trim(name)) {
		case "expires":
			for _, form := range dateForms {
				if at, err := time.Parse(form, value); err == nil {
					c.Expires = at
				}
			}
		case "max-age":
			if wholeNumber.MatchString(value) {
				c.MaxAge = maxAge(value)
			}
		case "domain":
			c.Domain = strings.ToLower(strings.TrimPrefix(value, "."))
		case "path":
			if c.Path = ""; strings.HasPrefix(value, "/") {
				c.Path = value
			}
		case "secure":
			c.Secure = true
		case "httponly":
			c.HttpOnly = true
		case "samesite":
			c.SameSite = cmp.Or(sameSite[strings.ToLower(value)], http.SameSiteDefaultMode)
		case "partitioned":
			c.Partitioned = true
		}
	}
	return c
}

var sameSite = map[string]http.SameSite{
	"strict": http.SameSiteStrictMode, "lax": http.SameSiteLaxMode, "none": http.SameSiteNoneMode,
}

// dateForms are what servers write in Expires.
var dateForms = []string{
	time.RFC1123, time.RFC850, time.ANSIC, "Mon, 02-Jan-2006 15:04:05 MST", "Mon, 02-Jan-06 15:04:05 MST",
}

var wholeNumber = regexp.MustCompile(`^[-+]?[0-9]+$`)

// maxAge returns seconds as [http.Cookie] has them. A number that is too large for
// ParseInt is the largest.
func maxAge(value string) int {
	n, _ := strconv.ParseInt(value, 10, 64)
	if n <= 0 {
		return -1
	}
	return int(min(n, int64(maxCookieAge/time.Second)))
}

func pathMatches(path, of string) bool {
	return path == of || strings.HasPrefix(path, strings.TrimSuffix(of, "/")+"/")
}

func pathOf(u *url.URL) string {
	if path := u.EscapedPath(); strings.HasPrefix(path, "/") {
		return path
	}
	return "/"
}

func hostOf(u *url.URL) string { return strings.ToLower(u.Hostname()) }

// hasPrefix looks at the value of a cookie without a name, since servers read
// what is before its first = as one.
func hasPrefix(c *http.Cookie, prefix string) bool {
	text := cmp.Or(c.Name, c.Value)
	return len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix)
}

func trim(s string) string { return strings.Trim(s, " \t") }

// hasControl reports control characters in the names and values of a line. RFC
// 6265bis allows tabs in them; Chromium only around them.
func hasControl(line string) bool {
	parts := strings.FieldsFunc(line, func(r rune) bool { return r == ';' || r == '=' })
	return slices.ContainsFunc(parts, func(part string) bool {
		return strings.ContainsFunc(trim(part), func(r rune) bool { return r < ' ' || r == 0x7f })
	})
}

// isTrustworthy reports whether an address counts as secure: by https, or because
// it is on this machine.
func isTrustworthy(u *url.URL) bool { return u.Scheme == "https" || loopback.Is(u.Hostname()) }

func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
