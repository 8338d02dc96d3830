// Package samesite says whether a community that a partner's page shows in a
// frame is on the partner's own site, as browsers see it.
//
// It decides whether the frame's login works. On one site the community's
// cookies are first-party, and the member is logged in inside the frame.
// Across sites they are third-party: browsers keep back those that are
// SameSite=Lax or Strict, and many block or partition the others, so that the
// frame shows the community as a guest sees it. The cure is an address for the
// community below the partner's own domain, such as community.example.com for
// www.example.com.
//
//	ok, err := samesite.Same("https://www.example.com", "https://community.example.com")
//
// The answer depends on the public suffix list, which comes with
// golang.org/x/net and changes with its version. This package is a module of
// its own so that a program which only logs members in does not need either.
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

// ErrOrigin says that an argument is no origin, such as
// https://www.example.com: a scheme of http or https, a host, perhaps a port,
// and nothing else.
var ErrOrigin = errors.New("not an origin such as https://www.example.com")

// Same reports whether two origins are one site to a browser, and hence
// whether the cookies of a community in a frame on the partner's page are
// first-party. The rule is "same site" of the HTML standard, with schemes:
//
//   - the schemes are the same: http and https are two sites;
//   - the registrable domains are the same, that is, the public suffix and one
//     label more: example.co.uk, or ada.github.io;
//   - a host without a registrable domain is on one site with itself alone: an
//     IP address, localhost, and a public suffix itself;
//   - a dot at the end counts: example.com. is not on the site of example.com;
//   - ports don't matter, nor does the case; an international name is the
//     same as its xn-- form.
//
// It looks at two addresses alone, not at what else decides about a cookie: its
// attributes, the browser's settings, and a further page of another site that
// has the partner's page in a frame.
//
// An argument that is no origin gives an [ErrOrigin].
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

// A site is what cookies belong to. Two are the same if they are equal.
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
		return site{}, errors.New("brackets belong around an IPv6 address alone")
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
		return "", errors.New("its host is no domain name")
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

// ascii reads international names as browsers do (UTS #46 with the settings
// of the URL standard), which take an underscore and any hyphens.
var ascii = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.CheckHyphens(false), idna.BidiRule())

func checkName(name string) error {
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_')
		}) {
			return errors.New("its host is no domain name")
		}
	}
	// Browsers read such a name as an IPv4 address, if need be by another base
	// and with fewer parts.
	last := labels[len(labels)-1]
	hex, isHex := strings.CutPrefix(last, "0x")
	if strings.Trim(last, "0123456789") == "" || isHex && strings.Trim(hex, "0123456789abcdef") == "" {
		return errors.New("its host ends in a number, but is no IP address in four decimal parts")
	}
	return nil
}
