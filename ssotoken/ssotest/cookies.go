package ssotest

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken/internal/loopback"
)

// laxPostAge is for how long a cookie without SameSite comes with another site's
// form, so that sign-ins by POST from elsewhere work.
const laxPostAge = 2 * time.Minute

// thirdParty is why a frame on another site's page has no cookies.
const thirdParty = "the page around the frame is another site's"

// A cookieStore keeps the cookies of a browser, in the order in which they were
// made.
type cookieStore struct {
	now     func() time.Time
	cookies []keptCookie
}

type keptCookie struct {
	*http.Cookie // Path is set
	domain       string
	hostOnly     bool
	made         time.Time
	expires      time.Time // zero: never, as long as the browser runs
}

// An access is a request, to cookies.
type access struct {
	url    *url.URL
	same   bool // the page that sends the visitor, or has the frame, is on the site
	framed bool
	safe   bool // the method changes nothing
}

// send gives the cookies for a request, and why others of the address stay behind.
func (s *cookieStore) send(a access) (sent []*http.Cookie, withheld map[string]string) {
	now := s.now()
	s.cookies = slices.DeleteFunc(s.cookies, func(c keptCookie) bool { return !c.expires.IsZero() && !c.expires.After(now) })
	for _, c := range s.cookies {
		if !c.belongsTo(a.url) {
			continue
		}
		if why := c.whyNotSent(a, now); why != "" {
			withheld = note(withheld, c.Name, why)
			continue
		}
		sent = append(sent, c.Cookie)
	}
	slices.SortStableFunc(sent, func(a, b *http.Cookie) int { return len(b.Path) - len(a.Path) })
	return sent, withheld
}

func (c keptCookie) belongsTo(u *url.URL) bool {
	host, path := strings.ToLower(u.Hostname()), u.EscapedPath()
	if host != c.domain && (c.hostOnly || !strings.HasSuffix(host, "."+c.domain)) {
		return false
	}
	return path == c.Path || strings.HasPrefix(path, strings.TrimSuffix(c.Path, "/")+"/") || c.Path == "/"
}

func (c keptCookie) whyNotSent(a access, now time.Time) string {
	switch {
	case c.Secure && !isTrustworthy(a.url):
		return "Secure, and the address is not https"
	case a.same:
		return ""
	case a.framed:
		return thirdParty
	case c.SameSite == http.SameSiteNoneMode:
		return ""
	case c.SameSite == http.SameSiteStrictMode:
		return "SameSite=Strict, and the visit comes from another site"
	case a.safe || c.SameSite != http.SameSiteLaxMode && now.Sub(c.made) < laxPostAge:
		return ""
	}
	return "SameSite=Lax, or none of them, and the form is another site's"
}

// keep takes the cookies of an answer, and gives why some are refused.
func (s *cookieStore) keep(a access, cookies []*http.Cookie) (refused map[string]string) {
	for _, c := range cookies {
		if why := s.whyNotKept(a, c); why != "" {
			refused = note(refused, c.Name, why)
			continue
		}
		s.replace(a.url, c)
	}
	return refused
}

func (s *cookieStore) whyNotKept(a access, c *http.Cookie) string {
	host, domain := strings.ToLower(a.url.Hostname()), domainOf(c)
	switch {
	case domain != "" && domain != host && (isIP(host) || !strings.Contains(domain, ".") || !strings.HasSuffix(host, "."+domain)):
		return "its Domain is not the site's"
	case c.Secure && !isTrustworthy(a.url):
		return "Secure, and the address is not https"
	case c.SameSite == http.SameSiteNoneMode && !c.Secure:
		return "SameSite=None without Secure"
	case hasPrefix(c.Name, "__Secure-") && !c.Secure, hasPrefix(c.Name, "__Host-") && (!c.Secure || domain != "" || c.Path != "/"):
		return "its name promises what its attributes don't"
	case a.framed && !a.same:
		return thirdParty
	}
	return ""
}

// replace puts a cookie in place of the one with its name, domain and path. One
// that is over already only removes that.
func (s *cookieStore) replace(u *url.URL, c *http.Cookie) {
	now := s.now()
	kept := keptCookie{Cookie: c, domain: domainOf(c), made: now, expires: c.Expires}
	if kept.domain == "" || isIP(kept.domain) || !strings.Contains(kept.domain, ".") {
		kept.domain, kept.hostOnly = strings.ToLower(u.Hostname()), true
	}
	if !strings.HasPrefix(c.Path, "/") {
		c.Path = "/"
		if end := strings.LastIndexByte(u.EscapedPath(), '/'); end > 0 {
			c.Path = u.EscapedPath()[:end]
		}
	}
	switch {
	case c.MaxAge < 0:
		kept.expires = now
	case c.MaxAge > 0:
		kept.expires = now.Add(time.Duration(c.MaxAge) * time.Second)
	}
	s.cookies = slices.DeleteFunc(s.cookies, func(old keptCookie) bool {
		return old.Name == c.Name && old.domain == kept.domain && old.hostOnly == kept.hostOnly && old.Path == c.Path
	})
	s.cookies = append(s.cookies, kept)
}

func note(notes map[string]string, name, why string) map[string]string {
	if notes == nil {
		notes = map[string]string{}
	}
	notes[name] = why
	return notes
}

func domainOf(c *http.Cookie) string { return strings.ToLower(strings.TrimPrefix(c.Domain, ".")) }

func hasPrefix(name, prefix string) bool {
	return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
}

// isTrustworthy reports whether an address counts as secure: by https, or since it
// is on this machine.
func isTrustworthy(u *url.URL) bool { return u.Scheme == "https" || loopback.Is(u.Hostname()) }

func isIP(host string) bool {
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}

// isOneSite compares two origins without a list of public suffixes.
func isOneSite(a, b string) (bool, error) { return siteOf(a) == siteOf(b), nil }

func siteOf(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return origin
	}
	host := strings.ToLower(u.Hostname())
	if labels := strings.Split(host, "."); !isIP(host) && len(labels) > 2 {
		host = strings.Join(labels[len(labels)-2:], ".")
	}
	return u.Scheme + "://" + host
}
