package inspect

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/internal/localpath"
	"github.com/bettermode-go/sso/ssotoken/internal/loopback"
)

// URL is what a login URL has besides its token.
type URL struct {
	Community string `json:"community"` // its origin, and the path that it is under, if any
	Path      string `json:"path"`      // after it
	Length    int    `json:"length"`    // in bytes

	// RedirectURI is redirect_uri as sent; empty when there is none.
	RedirectURI string `json:"redirectUri,omitempty"`

	// Location is where a known member lands: redirect_uri as it goes into
	// the Location header. It is the home page if redirect_uri is absent or dropped.
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
		j.find(urlMalformed, PartURL, "", "is not an absolute URL")
		return
	}
	folder, path := "", u.EscapedPath()
	if before, isSSO := strings.CutSuffix(path, contract.SSOPath); isSSO && localpath.IsFolder(before) {
		folder, path = before, contract.SSOPath
	}
	j.URL.Community, j.URL.Path, j.URL.Location = u.Scheme+"://"+u.Host+folder, path, folder+"/"
	mayBeHTTP := j.options.DevelopmentHTTP || loopback.Is(u.Hostname())
	j.findIf(u.Scheme != "https" && !(u.Scheme == "http" && mayBeHTTP), URLScheme, PartURL, "", "is not https")
	j.findIf(u.User != nil, urlUserInfo, PartURL, "", "has user info")
	j.findIf(path != contract.SSOPath, urlPath, PartURL, "", "has another path")
	j.findIf(u.Fragment != "", urlFragment, PartURL, "", "has a fragment")
	j.findIf(len(raw) > contract.DefaultMaxURL, contract.URLTooLong, PartURL, "", fmt.Sprintf("has %d bytes", len(raw)))
	query, err := url.ParseQuery(u.RawQuery)
	j.findIf(err != nil, URLQuery, PartURL, "", "has a query that is not percent-encoded as it should be")
	for _, name := range slices.Sorted(maps.Keys(query)) {
		today, isOld := oldNames[name]
		j.findIf(isOld, ParameterLegacy, PartURL, name, "is the old name of "+today)
		isKnown := isOld || name == contract.JWT || name == contract.RedirectURI
		j.findIf(!isKnown, parameterUnknown, PartURL, jsonPath(name), "is a parameter that a community does not read")
	}
	j.redirect(query[contract.RedirectURI], folder)
	n := len(query[contract.JWT])
	j.findIf(n > 1, JWTRepeated, PartURL, contract.JWT, fmt.Sprintf("is there %d times", n))
	token := query.Get(contract.JWT)
	j.findIf(token == "", JWTMissing, PartURL, contract.JWT, "is missing or empty")
	if token = cmp.Or(token, query.Get(OldJWT)); token != "" {
		j.token(token)
	}
	if len(j.Effects) > 0 {
		j.Effects = append(j.Effects, j.landing())
	}
}

func (j *judge) landing() string {
	switch {
	case j.URL.RedirectURI == "":
		return "goes to the home page, since there is no redirect_uri"
	case j.Has(contract.RedirectRefused) || j.Has(contract.RedirectFragile) || j.Has(contract.RedirectLoop):
		return "drops redirect_uri and goes to the home page"
	}
	return "goes to redirect_uri, unless the member is new and a homepage for new users is set"
}

func (j *judge) redirect(values []string, folder string) {
	j.findIf(len(values) > 1, RedirectRepeated, PartURL, contract.RedirectURI, fmt.Sprintf("is there %d times", len(values)))
	if len(values) == 0 || values[0] == "" {
		return
	}
	j.URL.RedirectURI = values[0]
	if code, why := localpath.Check(values[0], folder, endpoints); code != "" {
		j.find(code, PartURL, contract.RedirectURI, why)
		return
	}
	j.URL.Location = escape(values[0])
}

// RedirectURI judges a redirect_uri, already decoded from the query. It returns
// the value for a Location header, where what a header can't hold is
// percent-encoded. An error is a *[RuleError] with the code
// [contract.RedirectRefused], [contract.RedirectFragile] or
// [contract.RedirectLoop].
func RedirectURI(value string) (string, error) { return RedirectURIUnder("", value) }

// RedirectURIUnder is [RedirectURI] for a community under a path, such as /hub, whose
// endpoints are refused there too.
func RedirectURIUnder(path, value string) (string, error) {
	code, why := localpath.Check(value, path, endpoints)
	if code != "" {
		return "", &RuleError{Finding{RuleOf(code), PartURL, contract.RedirectURI, why}}
	}
	return escape(value), nil
}

// The names that jwt and redirect_uri had on older pages of the vendor.
const (
	OldJWT         = "ssoToken"
	OldRedirectURI = "redirect"
)

var oldNames = map[string]string{OldJWT: contract.JWT, OldRedirectURI: contract.RedirectURI}

var endpoints = contract.Endpoints()

// escape percent-encodes what a Location header or Go's URL parser can't take.
func escape(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 || c == '%' && !localpath.IsEscape(s, i) {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
