// Package browser reads addresses as browsers do: by the WHATWG URL Standard.
package browser

import (
	"errors"
	"net/url"
	"strings"

	whatwg "github.com/nlnwa/whatwg-url/url"
)

// The parser takes quadratic time for the slashes and the @ of an address.
const (
	maxPath = 4096
	maxAt   = 16
)

var errTooLong = errors.New("the address is too long")

// Resolve reads ref on a page whose address is base, which is http or https. An
// error says that a browser goes nowhere.
func Resolve(base *url.URL, ref string) (*url.URL, error) {
	if end := strings.IndexAny(ref+"?", "?#"); end > maxPath || strings.Count(ref[:end], "@") > maxAt {
		return nil, errTooLong
	}
	w, err := whatwg.ParseRef(base.String(), ref)
	if err != nil {
		return nil, err
	}
	if !w.IsSpecialScheme() || w.Scheme() == "file" {
		return &url.URL{Scheme: w.Scheme(), Opaque: strings.TrimPrefix(w.Href(true), w.Protocol())}, nil
	}
	u, err := url.Parse("//host" + w.Pathname() + w.Search())
	if err != nil { // net/url refuses a percent sign that encodes nothing
		if w, err = lenient.ParseRef(base.String(), ref); err != nil {
			return nil, err
		}
		if u, err = url.Parse("//host" + w.Pathname() + w.Search()); err != nil {
			return nil, err
		}
	}
	u.Scheme, u.Host = w.Scheme(), w.Host()
	if w.Username() != "" || w.Password() != "" {
		u.User = url.User(w.Username())
	}
	u.Fragment = w.Fragment()
	return u, nil
}

var lenient = whatwg.NewParser(whatwg.WithPercentEncodeSinglePercentSign())

var ports = map[string]string{"http": "80", "https": "443", "ws": "80", "wss": "443", "ftp": "21"}

// Origin is the scheme, host and port of an address, without a default port.
// It is "null" for an address that has none.
func Origin(u *url.URL) string {
	port, special := ports[strings.ToLower(u.Scheme)]
	if !special {
		return "null"
	}
	return strings.ToLower(u.Scheme) + "://" + strings.TrimSuffix(strings.ToLower(u.Host), ":"+port)
}
