package ssotoken

import (
	"encoding/gob"
	"net/http"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/internal/localpath"
)

// A ReturnPath is where in the community a member goes after the login: a
// path with its query and fragment, checked so that no reader of it can be
// led off the community's pages. The zero ReturnPath is the home page.
//
// It comes from [ParseReturnPath], [Community.ReturnPath] or
// [Community.ReturnPathOf]. It can be kept in a session as
// gob, JSON or text, and is checked again when it is read back.
//
// It does not know its community: it is a page of whichever community the login
// goes to. Where tenants have one each, keep the tenant beside it. For a community
// under a path, it is the path on the origin, with the community's in front.
type ReturnPath struct{ path string }

// String returns the path, such as /spaces?tab=posts#top. It is empty for home.
func (p ReturnPath) String() string { return p.path }

// ParseReturnPath takes a path of the community: it starts with one slash and
// has at most 2,000 bytes ([contract.MaxReturnPath]). "" and "/" are home. A good
// path is kept byte for byte.
//
// It refuses, always with [ErrReturnPath], whatever leads elsewhere in a browser
// or in a server that decodes once more: as it is, after percent-decoding any
// number of times, or after Unicode compatibility mapping. That is a second slash
// at the start, a backslash, a dot segment, a control character or invalid UTF-8.
// It also refuses the community's endpoints that are no page
// ([contract.Endpoints]): they would change or end the session, or start the
// login again.
//
// The error says which rule it was, never the value. The path is home then: a
// bad return path is no reason to keep a member out.
func ParseReturnPath(s string) (ReturnPath, error) { return Community{}.parsePath(s) }

func (c Community) parsePath(s string) (ReturnPath, error) {
	switch s {
	case "", "/":
		return ReturnPath{}, nil
	}
	if len(s) > contract.MaxReturnPath {
		return ReturnPath{}, refusePath("has over %d bytes", contract.MaxReturnPath)
	}
	if code, why := localpath.Check(s, c.folder, endpoints); code != "" {
		return ReturnPath{}, refusePath("%s", why)
	}
	return ReturnPath{s}, nil
}

func refusePath(format string, args ...any) error {
	return contract.ReturnPath.Errorf("return path dropped: it "+format, args...)
}

// isOwnPath reports whether s is a path that stays on the site that uses it. Its
// endpoints are the site's own matter.
func isOwnPath(s string) bool {
	code, _ := localpath.Check(s, "", nil)
	return len(s) <= contract.MaxReturnPath && code == ""
}

// ReturnPath is [ParseReturnPath], except that it also takes a full URL of
// this community, and refuses the endpoints of one under a path there too.
// Whatever else is on that origin is taken: it is a page of your own site.
func (c Community) ReturnPath(value string) (ReturnPath, error) {
	if _, address, ok := strings.Cut(value, "://"); ok {
		end := len(value)
		if i := strings.IndexAny(address, "/?#"); i >= 0 {
			end += i - len(address)
		}
		origin, err := parseOrigin(value[:end], anyHost)
		if err == nil && origin == c.origin {
			value = value[end:]
			if value != "" && value[0] != '/' {
				value = "/" + value
			}
		}
	}
	return c.parsePath(value)
}

// ReturnPathOf reads where the visitor was: the parameter referrer_uri of a
// request's query, which the community appends to the Authorization URL and the
// Sign Up URL, by the rules of [Community.ReturnPath]. It is home if the query has
// none. A query with several, or one that names it without being readable, is
// refused: the path is home then, and the login can go on with it.
func (c Community) ReturnPathOf(r *http.Request) (ReturnPath, error) {
	switch values, isNamed := referrers(r.URL.RawQuery); {
	case len(values) == 1:
		return c.ReturnPath(values[0])
	case len(values) > 1:
		return ReturnPath{}, refusePath("comes with another %s", contract.ReferrerURI)
	case isNamed:
		return ReturnPath{}, refusePath("can't be read: the query names it, but has no parameter %s", contract.ReferrerURI)
	}
	return ReturnPath{}, nil
}

// referrers returns each referrer_uri of a raw query, and reports whether the query
// has its name at all. net/url drops a pair with a semicolon or a stray percent
// sign. Here a stray percent sign is itself, as in browsers, and a semicolon is
// part of the value, unless the parameter is only found after one: that is a query
// with semicolons between its parameters, or one that was escaped as HTML (&amp;).
func referrers(query string) (values []string, isNamed bool) {
	for _, pairs := range []string{query, strings.ReplaceAll(query, ";", "&")} {
		for pair := range strings.SplitSeq(pairs, "&") {
			name, value, _ := strings.Cut(pair, "=")
			if unescapeQuery(name) == contract.ReferrerURI {
				values = append(values, unescapeQuery(value))
			}
		}
		if values != nil {
			return values, true
		}
	}
	return nil, strings.Contains(strings.ToLower(unescapeQuery(query)), contract.ReferrerURI)
}

// unescapeQuery decodes a name or a value of a query as a browser does.
func unescapeQuery(s string) string {
	return localpath.Decode(strings.ReplaceAll(s, "+", " "))
}

// Session stores keep values of any type with encoding/gob, which must know the
// type beforehand.
func init() { gob.Register(ReturnPath{}) }

// MarshalText returns the path, for JSON and other texts.
func (p ReturnPath) MarshalText() ([]byte, error) { return []byte(p.path), nil }

// UnmarshalText is [ParseReturnPath]: a value from a session, or from where a
// visitor could change it, is checked again. After an error p is home.
func (p *ReturnPath) UnmarshalText(text []byte) (err error) {
	*p, err = ParseReturnPath(string(text))
	return err
}

// MarshalBinary returns the path, for encoding/gob, which does not use MarshalText.
func (p ReturnPath) MarshalBinary() ([]byte, error) { return p.MarshalText() }

// UnmarshalBinary is UnmarshalText: a session's decoder fails for a path that was
// tampered with.
func (p *ReturnPath) UnmarshalBinary(b []byte) error { return p.UnmarshalText(b) }
