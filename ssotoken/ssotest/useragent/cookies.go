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

type cookie struct {
	name, value, domain, path string
	hostOnly, secure          bool
	given                     bool // by Set: Domain and Path are not known
	sameSite                  http.SameSite
	made, expires             time.Time // expires is zero for a session cookie
}

// Set adds cookies from the text of a Cookie header, such as "a=b; c=d", for the
// host of an address and no other host. They are sent whichever site the visitor
// comes from, but over https only if the address is https. An answer of that host
// that sets a cookie of the same name replaces it, whatever its Domain and Path.
func (j *Jar) Set(u *url.URL, header string) {
	for pair := range strings.SplitSeq(header, ";") {
		c := ParseSetCookie(pair)
		if c.Name == "" && c.Value == "" {
			continue
		}
		j.put(cookie{
			name: c.Name, value: c.Value, domain: hostOf(u), hostOnly: true, path: "/", given: true,
			secure: u.Scheme == "https", sameSite: http.SameSiteNoneMode,
		}, true)
	}
}

// Header returns the Cookie header of a request to an address that comes from
// its own site. It is empty if there are no cookies for it.
func (j *Jar) Header(u *url.URL, now time.Time) string {
	header, _, _ := j.send(access{url: u, same: true, safe: true}, now)
	return header
}

// Clone returns a copy, which from then on changes by itself.
func (j *Jar) Clone() *Jar {
	j.mu.Lock()
	defer j.mu.Unlock()
	return &Jar{cookies: slices.Clone(j.cookies)}
}

// An access is the part of a request on which cookies depend.
type access struct {
	url    *url.URL
	same   bool // the page with the link, form or frame is on the site
	framed bool
	safe   bool // the method is GET or HEAD
}

// send returns the Cookie header (RFC 6265bis, section 5.8.3), the names in it,
// and why other cookies of the address are not in it.
func (j *Jar) send(a access, now time.Time) (header string, names []string, withheld map[string]string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.cookies = slices.DeleteFunc(j.cookies, func(c cookie) bool { return !c.expires.IsZero() && !c.expires.After(now) })
	var sent []cookie
	for _, c := range j.cookies {
		if !c.covers(hostOf(a.url)) || !pathMatches(pathOf(a.url), c.path) {
			continue
		}
		if why := c.whyNotSent(a, now); why != "" {
			withheld = note(withheld, c.name, why)
			continue
		}
		sent = append(sent, c)
	}
	slices.SortStableFunc(sent, func(a, b cookie) int { return len(b.path) - len(a.path) })
	for i, c := range sent {
		if i > 0 {
			header += "; "
		}
		if c.name != "" {
			header += c.name + "="
		}
		header += c.value
		names = append(names, c.name)
	}
	return header, names, withheld
}

func (c cookie) covers(host string) bool {
	return host == c.domain || !c.hostOnly && strings.HasSuffix(host, "."+c.domain)
}

func (c cookie) whyNotSent(a access, now time.Time) string {
	switch {
	case c.secure && !isTrustworthy(a.url):
		return notSecure
	case a.same, c.sameSite == http.SameSiteNoneMode && !a.framed:
		return ""
	case a.framed:
		return thirdParty
	case c.sameSite == http.SameSiteStrictMode:
		return strict
	case a.safe || c.sameSite != http.SameSiteLaxMode && now.Sub(c.made) < laxPostAge:
		return ""
	}
	return lax
}

// keep stores the cookies that an answer sets (RFC 6265bis, section 5.7), and
// returns why others were refused.
func (j *Jar) keep(
	a access, set []*http.Cookie, now time.Time, isSuffix func(string) bool,
) (refused map[string]string) {
	for _, s := range set {
		c, why := newCookie(a, s, now, isSuffix)
		if why == "" && !j.put(c, c.secure || isTrustworthy(a.url)) {
			why = "a Secure cookie of this name is there, and the address is not https"
		}
		if why != "" {
			refused = note(refused, s.Name, why)
		}
	}
	return refused
}

func newCookie(a access, s *http.Cookie, now time.Time, isSuffix func(string) bool) (c cookie, why string) {
	host := hostOf(a.url)
	c = cookie{
		name: s.Name, value: s.Value, domain: s.Domain, path: s.Path,
		secure: s.Secure, sameSite: s.SameSite, made: now, expires: s.Expires,
	}
	if c.domain == host && (isIP(host) || isSuffix(host)) {
		c.domain = ""
	}
	switch {
	case hasControl(s.Raw):
		return c, "it has a control character"
	case s.Name == "" && s.Value == "":
		return c, "it is empty"
	case len(s.Name)+len(s.Value) > maxCookie:
		return c, "name and value are over 4,096 bytes"
	case c.domain != "" && c.domain != host &&
		(isIP(host) || isSuffix(c.domain) || !strings.HasSuffix(host, "."+c.domain)):
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
	if c.domain == "" {
		c.domain, c.hostOnly = host, true
	}
	if c.path == "" {
		c.path = defaultPath(a.url)
	}
	latest := now.Add(maxCookieAge)
	switch {
	case s.MaxAge < 0:
		c.expires = now
	case s.MaxAge > 0:
		c.expires = now.Add(time.Duration(s.MaxAge) * time.Second)
	}
	if c.expires.After(latest) {
		c.expires = latest
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
		isNear := old.covers(c.domain) || c.covers(old.domain)
		return old.secure && old.name == c.name && isNear && pathMatches(c.path, old.path)
	}) {
		return false
	}
	isOver := !c.expires.IsZero() && !c.expires.After(c.made)
	at := slices.IndexFunc(j.cookies, func(old cookie) bool {
		isSame := old.domain == c.domain && old.hostOnly == c.hostOnly && old.path == c.path
		return old.name == c.name && (isSame || old.given && c.covers(old.domain))
	})
	switch {
	case at >= 0 && isOver:
		j.cookies = slices.Delete(j.cookies, at, at+1)
	case at >= 0 && j.cookies[at].value == c.value:
		c.made = j.cookies[at].made
		j.cookies[at] = c
	case at >= 0: // RFC 6265bis keeps its age and place; Chromium only those of an equal value
		j.cookies = append(slices.Delete(j.cookies, at, at+1), c)
	case !isOver:
		j.cookies = append(j.cookies, c)
		j.dropOldest(c.domain)
	}
	return true
}

// dropOldest keeps to maxCookies of a domain.
func (j *Jar) dropOldest(domain string) {
	count, oldest := 0, -1
	for i, c := range j.cookies {
		if c.domain == domain {
			if count++; oldest < 0 {
				oldest = i
			}
		}
	}
	if count > maxCookies {
		j.cookies = slices.Delete(j.cookies, oldest, oldest+1)
	}
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
			if at, ok := parseDate(value); ok {
				c.Expires = at
			}
		case "max-age":
			c.MaxAge = parseMaxAge(value, c.MaxAge)
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
			c.SameSite = sameSite(value)
		case "partitioned":
			c.Partitioned = true
		}
	}
	return c
}

func sameSite(value string) http.SameSite {
	switch strings.ToLower(value) {
	case "strict":
		return http.SameSiteStrictMode
	case "lax":
		return http.SameSiteLaxMode
	case "none":
		return http.SameSiteNoneMode
	}
	return http.SameSiteDefaultMode
}

var wholeNumber = regexp.MustCompile(`^[-+]?[0-9]+$`)

// parseMaxAge returns seconds as [http.Cookie] has them, or before if the value
// is no number.
func parseMaxAge(value string, before int) int {
	if !wholeNumber.MatchString(value) {
		return before
	}
	const most = int64(maxCookieAge / time.Second)
	n, err := strconv.ParseInt(value, 10, 64)
	switch {
	case value[0] == '-' || err == nil && n == 0:
		return -1
	case err != nil: // too large
		return int(most)
	}
	return int(min(n, most))
}

// The parts of a date in Expires, in any order (RFC 6265bis, section 5.1.1).
var (
	dateDelimiters = regexp.MustCompile("[\t -/;-@\\[-`{-~]+")
	dateTime       = regexp.MustCompile(`^(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\D|$)`)
	dateDay        = regexp.MustCompile(`^(\d{1,2})(?:\D|$)`)
	dateMonth      = regexp.MustCompile(`(?i)^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)`)
	dateYear       = regexp.MustCompile(`^(\d{2,4})(?:\D|$)`)
)

func parseDate(value string) (time.Time, bool) {
	var clock, day, year []string
	month := ""
	for _, token := range dateDelimiters.Split(value, -1) {
		switch {
		case clock == nil && dateTime.MatchString(token):
			clock = dateTime.FindStringSubmatch(token)
		case day == nil && dateDay.MatchString(token):
			day = dateDay.FindStringSubmatch(token)
		case month == "" && dateMonth.MatchString(token):
			month = strings.ToLower(token[:3])
		case year == nil && dateYear.MatchString(token):
			year = dateYear.FindStringSubmatch(token)
		}
	}
	if clock == nil || day == nil || month == "" || year == nil {
		return time.Time{}, false
	}
	y, _ := strconv.Atoi(year[1])
	switch {
	case y < 70:
		y += 2000
	case y < 100:
		y += 1900
	}
	text := strings.Join([]string{strconv.Itoa(y), month, day[1], clock[1], clock[2], clock[3]}, " ")
	at, err := time.Parse("2006 Jan 2 15 4 5", text)
	return at, err == nil && y >= 1601
}

func note(notes map[string]string, name, why string) map[string]string {
	if notes == nil {
		notes = map[string]string{}
	}
	notes[name] = why
	return notes
}

func pathMatches(path, of string) bool {
	return path == of || strings.HasPrefix(path, strings.TrimSuffix(of, "/")+"/")
}

// defaultPath is the folder of an address (section 5.1.4).
func defaultPath(u *url.URL) string {
	path := pathOf(u)
	return cmp.Or(path[:strings.LastIndexByte(path, '/')], "/")
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
	return slices.ContainsFunc(strings.FieldsFunc(line, func(r rune) bool { return r == ';' || r == '=' }), func(part string) bool {
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
