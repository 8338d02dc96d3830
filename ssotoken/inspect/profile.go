package inspect

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

func (j *judge) profile() {
	if e, ok := j.present(contract.Tagline); ok {
		if text, ok := e.Text(); ok {
			j.controls(contract.Tagline, text, '\t', '\n', '\r')
			j.bidi(contract.Tagline, text)
		} else {
			j.find(contract.TaglineNotString, PartPayload, contract.Tagline, "is not a string")
		}
	}
	if e, ok := j.present(contract.Picture); ok {
		if text, ok := e.Text(); ok {
			j.picture(text)
		} else {
			j.find(contract.PictureNotString, PartPayload, contract.Picture, "is not a string")
		}
	}
}

func (j *judge) picture(text string) {
	find := func(code contract.Code, message string) { j.find(code, PartPayload, contract.Picture, message) }
	j.controls(contract.Picture, text)
	if len(text) > contract.MaxPicture {
		find(contract.PictureTooLong, fmt.Sprintf("has %d bytes", len(text)))
	}
	switch {
	case strings.ContainsFunc(text, unicode.IsSpace) || strings.ContainsAny(text, contract.NotInURL):
		find(contract.PictureCharacter, "has white space or a character that a URL never has")
	case hasInvisible(text):
		find(contract.PictureCharacter, "has an invisible character")
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || !webScheme.MatchString(text):
		find(contract.PictureNotHTTP, "is not a full http or https URL")
	case u.Hostname() == "":
		find(contract.PictureNotHTTP, "has no host")
	case u.User != nil:
		find(contract.PictureUserInfo, "has user info before its host")
	case !isPort(u.Port()):
		find(contract.PictureNotHTTP, "has a port over 65535")
	case !isWebHost(u):
		find(contract.PictureHost, "is on a host that browsers can't look up")
	}
}

var (
	webScheme    = regexp.MustCompile("^https?://")
	numericLabel = regexp.MustCompile(`(^|\.)([0-9]+|0[xX][0-9a-fA-F]*)$`)
)

func isPort(port string) bool {
	_, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil
}

// isWebHost reports whether browsers can look the host of a URL up.
func isWebHost(u *url.URL) bool {
	host := strings.TrimSuffix(u.Hostname(), ".")
	bracketed := strings.Contains(u.Host, "[")
	if bracketed || numericLabel.MatchString(host) {
		ip, err := netip.ParseAddr(u.Hostname())
		if !bracketed {
			ip, err = netip.ParseAddr(host)
		}
		return err == nil && ip.Is4() != bracketed && ip.Zone() == ""
	}
	return !hasInvisible(host) && isDomain(host, webLabel)
}
