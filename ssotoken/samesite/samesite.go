// Package samesite says whether a partner's page and the community that it
// shows in a frame are one site, as browsers see it.
//
// This decides whether the login works in the frame. On one site the
// community's cookies are first-party, and the member is logged in inside the
// frame. Across sites they are third-party. Browsers then don't send cookies
// with SameSite=Lax or Strict, and many block or partition the others, so the
// frame shows the community as a guest sees it. To avoid this, give the
// community an address under the partner's own domain, such as
// community.example.com for www.example.com.
//
//	ok, err := samesite.Same("https://www.example.com", "https://community.example.com")
//
// The answer depends on the public suffix list, which comes with
// golang.org/x/net and changes with its version. This package is a module of
// its own, so that a program that only logs members in needs neither.
package samesite

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// ErrOrigin says that an argument is not an origin. An origin, such as
// https://www.example.com, has the scheme http or https, a host, perhaps a
// port, and nothing else.
var ErrOrigin = errors.New("not an origin such as https://www.example.com")

// Same reports whether two origins are one site to a browser. If so, the
// cookies of a community in a frame on the partner's page are first-party. The
// rule is "same site" of the HTML standard, with schemes:
//
//   - the schemes are the same: http and https are two sites;
//   - the registrable domains are the same, that is, the public suffix and one
//     label more: example.co.uk, or ada.github.io;
//   - a host without a registrable domain is on one site only with itself: an
//     IP address, localhost, and a public suffix itself;
//   - a dot at the end counts: example.com. is not on the site of example.com;
//   - ports and case don't matter; an international name is the same as its
//     xn-- form.
//
// It looks only at the two addresses. A cookie also depends on its attributes,
// on the browser's settings, and on whether a page of another site has the
// partner's page in a frame.
//
// For an argument that is not an origin it returns an [ErrOrigin].
func Same(partner, community string) (bool, error) {
	p, partnerErr := parse(partner)
	if partnerErr != nil {
		partnerErr = fmt.Errorf("samesite: the partner's address is %w: %w", ErrOrigin, partnerErr)
	}
	c, communityErr := parse(community)
	if communityErr != nil {
		communityErr = fmt.Errorf("samesite: the community's address is %w: %w", ErrOrigin, communityErr)
	}
	if err := errors.Join(partnerErr, communityErr); err != nil {
		return false, err
	}
	return p == c, nil
}

// A site is what cookies belong to. Two equal values are one site.
type site struct {
	scheme string
	name   string // registrable domain, or the host that has none
}

func parse(origin string) (site, error) {
	u, err := url.Parse(origin)
	switch {
	case err != nil:
		return site{}, errors.New("it does not parse")
	case u.Scheme != "https" && u.Scheme != "http":
		return site{}, errors.New("it does not start with https:// or http://")
	case u.User != nil:
		return site{}, errors.New("it holds user info")
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || strings.Contains(origin, "#"):
		return site{}, errors.New("it goes on after the host")
	case strings.HasPrefix(u.Host, "[") != strings.Contains(u.Hostname(), ":"):
		return site{}, errors.New("brackets belong only around an IPv6 address")
	}
	if port := u.Port(); port != "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return site{}, errors.New("its port is over 65535")
		}
	}
	name, err := siteName(u.Hostname())
	return site{u.Scheme, name}, err
}

func siteName(host string) (string, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Zone() != "" {
			return "", errors.New("its IP address has a zone")
		}
		return ip.String(), nil
	}
	name, err := ascii.ToASCII(host)
	if err != nil {
		return "", errors.New("its host is not a domain name")
	}
	name, dot := strings.CutSuffix(name, ".")
	if err := checkName(name); err != nil {
		return "", err
	}
	if domain, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil {
		name = domain
	} // else the name is itself a public suffix
	if dot {
		name += "."
	}
	return name, nil
}

// ascii reads international names as browsers do: by UTS #46 with the settings
// of the URL standard, which allow an underscore and any hyphens.
var ascii = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.CheckHyphens(false), idna.BidiRule())

func checkName(name string) error {
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_')
		}) {
			return errors.New("its host is not a domain name")
		}
	}
	// Browsers read a name that ends in a number as an IPv4 address, which may
	// have another base and fewer parts.
	last := labels[len(labels)-1]
	hex, isHex := strings.CutPrefix(last, "0x")
	if strings.Trim(last, "0123456789") == "" || isHex && strings.Trim(hex, "0123456789abcdef") == "" {
		return errors.New("its host ends in a number, but is not an IP address in four decimal parts")
	}
	return nil
}
