package inspect

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken"
)

// LoginPath is where a community takes tokens.
const LoginPath = "/api/auth/sso"

// URL is what a login URL has besides its token.
type URL struct {
	Community string `json:"community"` // its origin: scheme, host and port
	Path      string `json:"path"`
	Length    int    `json:"length"` // in bytes

	// Redirect is redirect_uri as sent; empty when there is none.
	Redirect string `json:"redirect,omitempty"`

	// Location is where a known member lands: redirect_uri as it goes into
	// the Location header, or / when there is none or it is dropped.
	Location string `json:"location"`
}

// LoginURL judges a whole login URL, with the token in it.
func LoginURL(raw string, o Options) *Report {
	j := newJudge(o)
	j.loginURL(raw)
	j.settle()
	return j.Report
}

func (j *judge) loginURL(raw string) {
	j.URL = &URL{Length: len(raw), Location: "/"}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme == "" || u.Host == "" {
		j.find(URLMalformed, PartURL, "", "is not an absolute URL")
		return
	}
	j.URL.Community, j.URL.Path = u.Scheme+"://"+u.Host, u.EscapedPath()
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		j.find(URLScheme, PartURL, "", "is not https")
	}
	if u.User != nil {
		j.find(URLUserInfo, PartURL, "", "has user info")
	}
	if u.EscapedPath() != LoginPath {
		j.find(URLPath, PartURL, "", "has another path")
	}
	if u.Fragment != "" {
		j.find(URLFragment, PartURL, "", "has a fragment")
	}
	if len(raw) > ssotoken.DefaultMaxURL {
		j.find(URLTooLong, PartURL, "", fmt.Sprintf("has %d bytes", len(raw)))
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		j.find(URLQuery, PartURL, "", "has a query that is not percent-encoded as it should be")
	}
	j.parameters(query)
	j.redirect(query["redirect_uri"])
	switch tokens := query["jwt"]; {
	case len(tokens) > 1:
		j.find(JWTRepeated, PartURL, "jwt", fmt.Sprintf("stands %d times", len(tokens)))
		j.token(tokens[0])
	case len(tokens) == 1 && tokens[0] != "":
		j.token(tokens[0])
	default:
		j.find(JWTMissing, PartURL, "jwt", "is missing or empty")
		if old := query.Get("ssoToken"); old != "" {
			j.token(old)
		}
	}
	if len(j.Effects) > 0 {
		j.Effects = append(j.Effects, j.landing())
	}
}

func (j *judge) landing() string {
	switch {
	case j.URL.Redirect == "":
		return "goes to the home page, since there is no redirect_uri"
	case j.Has(RedirectRefused) || j.Has(RedirectLoop):
		return "drops redirect_uri and goes to the home page"
	}
	return "goes to redirect_uri, unless the member is new and a homepage for new users is set"
}

func (j *judge) parameters(query url.Values) {
	names := make([]string, 0, len(query))
	for name := range query {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		switch name {
		case "jwt", "redirect_uri":
		case "ssoToken":
			j.find(ParameterLegacy, PartURL, name, "is the old name of jwt")
		case "redirect":
			j.find(ParameterLegacy, PartURL, name, "is the old name of redirect_uri")
		default:
			j.find(ParameterUnknown, PartURL, jsonPath("", name), "is a parameter that a community does not read")
		}
	}
}

func (j *judge) redirect(values []string) {
	if len(values) > 1 {
		j.find(RedirectRepeated, PartURL, "redirect_uri", fmt.Sprintf("stands %d times", len(values)))
	}
	if len(values) == 0 || values[0] == "" {
		return
	}
	j.URL.Redirect = values[0]
	code, message, location := landOn(values[0])
	if code != "" {
		j.find(code, PartURL, "redirect_uri", message)
		return
	}
	j.URL.Location = location
}

// loopback reports whether a host name means this machine.
func loopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
