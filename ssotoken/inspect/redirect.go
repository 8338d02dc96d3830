package inspect

import (
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/internal/localpath"
)

// RedirectURI judges a redirect_uri, already decoded from the query. It returns
// the value for a Location header, where what a header can't hold is
// percent-encoded. An error is a *[RuleError] with the code
// [contract.RedirectRefused], [contract.RedirectFragile] or
// [contract.RedirectLoop].
func RedirectURI(value string) (string, error) {
	code, why := localpath.Check(value, endpoints)
	if code != "" {
		return "", &RuleError{Finding{RuleOf(code), PartURL, contract.RedirectURI, why}}
	}
	return escape(value), nil
}

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
