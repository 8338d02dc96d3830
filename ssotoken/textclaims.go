package ssotoken

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// The claims that are one text, in the order of the token.
const (
	subject = iota
	name
	email
	tagline
	picture
	textClaims // how many there are
)

// A textClaim is checked by Build and written by the encoder, both of which go
// through the one table, so that neither can forget a claim.
type textClaim struct {
	name string

	// read gives the text as it is sent, and what was put in order; or an
	// error. The text is not empty.
	read func(text string) (sent string, note, err error)

	missing error // of a blank text; nil where the claim is optional
}

var texts = [textClaims]textClaim{
	subject: {name: contract.Sub, read: readSubject,
		missing: because(contract.SubMissing, "is required: give the member's id on your site", ErrRequired)},
	name: {name: contract.Name, read: readName,
		missing: because(contract.NameMissing, "is required and must not be blank: give the name that other members see", ErrRequired)},
	email: {name: contract.Email, read: readEmail,
		missing: because(contract.EmailMissing, "is required: give the address that your site has verified", ErrRequired)},
	tagline: {name: contract.Tagline, read: readTagline},
	picture: {name: contract.Picture, read: readPicture},
}

// readSubject changes nothing: two ids that differ only in white space may be
// two members.
func readSubject(id string) (string, error, error) {
	if err := checkText(id, ""); err != nil {
		return "", nil, err
	}
	if strings.TrimSpace(id) != id {
		return "", nil, because(contract.Malformed, "has white space at an end: give the id without it")
	}
	return id, nil, checkLength(id, contract.MaxSub, contract.SubTooLong)
}

var (
	noteName    = because(contract.Normalized, "had a tab, a line ending, or more white space than single spaces between words: sent with single spaces")
	noteEmail   = because(contract.Normalized, "had white space around it: sent without")
	noteBidi    = because(contract.BidiControl, "had characters that turn the direction of text: sent without", ErrNormalized)
	notePicture = because(contract.Normalized, "was spelled in a way that only browsers read: sent with its scheme in lower case, its percent signs encoded, and no white space around it")
)

func readName(name string) (string, error, error) {
	if isTidy(name) {
		return name, nil, nil
	}
	oneWay, note := withoutBidi(name)
	tidy := strings.Join(strings.FieldsFunc(oneWay, unicode.IsSpace), " ")
	if err := checkText(tidy, ""); err != nil || tidy == name {
		return name, nil, err
	}
	if note == nil {
		note = noteName
	}
	return tidy, note, nil
}

// withoutBidi leaves out what could turn the text around a name or a tagline too.
func withoutBidi(s string) (sent string, note error) {
	if isPrintable(s) || !strings.ContainsFunc(s, turnsText) || !utf8.ValidString(s) {
		return s, nil
	}
	return strings.Map(func(r rune) rune {
		if turnsText(r) {
			return -1
		}
		return r
	}, s), noteBidi
}

func turnsText(r rune) bool { return r >= utf8.RuneSelf && unicode.Is(contract.BidiFormatting, r) }

// isTidy knows words of printable ASCII with single spaces between them, which
// need no closer look.
func isTidy(s string) bool {
	space := true
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c >= 0x7f || c == ' ' && space:
			return false
		default:
			space = c == ' '
		}
	}
	return !space
}

func readEmail(address string) (string, error, error) {
	if isOrdinaryEmail(address) {
		return address, nil, checkLength(address, contract.MaxEmail, contract.EmailTooLong)
	}
	trimmed := strings.TrimSpace(address)
	if err := checkText(trimmed, ""); err != nil {
		return "", nil, err
	}
	if err := checkLength(trimmed, contract.MaxEmail, contract.EmailTooLong); err != nil {
		return "", nil, err
	}
	if err := checkEmailForm(trimmed); err != nil || trimmed == address {
		return address, nil, err
	}
	return trimmed, noteEmail, nil
}

func readTagline(bio string) (string, error, error) {
	if isPrintable(bio) {
		return bio, nil, nil
	}
	bio, note := withoutBidi(bio)
	return bio, note, checkText(bio, "\t\n\r")
}

func readPicture(address string) (string, error, error) {
	if isOrdinaryPicture(address) {
		return address, nil, nil
	}
	tidy := tidyPicture(address)
	if err := checkText(tidy, ""); err != nil {
		return "", nil, err
	}
	if err := checkPictureForm(tidy); err != nil || tidy == address {
		return address, nil, err
	}
	return tidy, notePicture, nil
}

// tidyPicture spells a URL as this package sends it: browsers take the scheme in
// capitals, white space around the URL, and a percent sign that starts no escape.
func tidyPicture(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.Index(s, "://"); i > 0 {
		s = strings.ToLower(s[:i]) + s[i:]
	}
	path, rest := s, ""
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		path, rest = s[:i], s[i:]
	}
	if _, err := url.Parse(path); err != nil {
		path = escapeStrayPercents(path)
	}
	return path + rest
}

// escapeStrayPercents makes net/url accept a percent sign that browsers take
// as it is.
func escapeStrayPercents(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		b.WriteByte(s[i])
		if s[i] == '%' && !isEscape(s, i) {
			b.WriteString("25")
		}
	}
	return b.String()
}
