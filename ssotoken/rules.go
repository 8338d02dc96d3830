package ssotoken

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A textClaim is a claim that is one text, in the order of the token.
type textClaim int

const (
	textSubject textClaim = iota
	textName
	textEmail
	textTagline
	textPicture
	textCount // how many there are
)

// texts are read by Build and written by the encoder, both of which go through this
// table, so that neither can forget a claim.
var texts = [textCount]struct {
	name string

	// read returns the text as it is sent, with what is noted about it, or an error.
	// The text is not empty.
	read func(text string) (sent string, note, err error)

	missing error // of an empty text; nil where the claim is optional
}{
	textSubject: {contract.Sub, readSubject, errNoSubject},
	textName:    {contract.Name, readName, errNoName},
	textEmail:   {contract.Email, readEmail, errNoEmail},
	textTagline: {contract.Tagline, readTagline, nil},
	textPicture: {contract.Picture, readPicture, nil},
}

func (i textClaim) name() string { return texts[i].name }

func (i textClaim) isRequired() bool { return texts[i].missing != nil }

var (
	errNoSubject = contract.SubMissing.Errorf("is required: give the member's id on your site")
	errNoName    = contract.NameMissing.Errorf("is required and must not be blank: give the name that other members see")
	errNoEmail   = contract.EmailMissing.Errorf("is required: give the address that your site has verified")
)

// A class is a set of kinds of characters.
type class uint16

const (
	visible   class = 1 << iota
	space           // white space
	untidy          // white space other than single spaces between words; it is space<<1
	line            // a tab, line feed or carriage return
	control         // another control character
	invisible       // what nobody sees: format characters, fillers, blanks
	bidi            // what turns the direction of the text around it, past its own end (UAX #9, 2.1 to 2.5)
	delimiter       // what no plain email address has
	broken          // not UTF-8
)

// classes are those of ASCII. A byte beyond it has none.
var classes = func() (table [256]class) {
	for c := range utf8.RuneSelf {
		table[c] = visible
		if c < ' ' || c == 0x7f {
			table[c] = control
		}
	}
	table[' '], table['\v'], table['\f'] = space, space|untidy|control, space|untidy|control
	table['\t'], table['\n'], table['\r'] = space|untidy|line, space|untidy|line, space|untidy|line
	for _, c := range "()<>[]:;,\"\\" {
		table[c] |= delimiter
	}
	return table
}()

// scan returns the kinds of characters in a text, and its length in UTF-16 code units.
func scan(s string) (found class, units int) {
	units = len(s)
	before := space // the kind of the character before
	for i := 0; i < len(s); i++ {
		kind := classes[s[i]]
		if kind == 0 {
			var size int
			kind, size = classOf(s[i:])
			i += size - 1
			units -= size - 1
			if size == utf8.UTFMax {
				units++ // a surrogate pair
			}
		}
		found |= kind | kind&before&space<<1 // white space after white space: untidy, without a branch
		before = kind
	}
	if s != "" {
		found |= before & space << 1
	}
	return found, units
}

// classOf returns the kind of the first character of a text, which is beyond ASCII.
func classOf(s string) (class, int) {
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case r == utf8.RuneError && size == 1:
		return broken, size
	case r == '\u0085':
		return control | space | untidy, size
	case unicode.IsSpace(r):
		return space | untidy, size
	case unicode.IsControl(r):
		return control, size
	case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		return bidi | invisible, size
	case r == '\u2800', r == '\U0001d159', r == '\U00013441', r == '\U00013442', // drawn as nothing
		unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector): // UAX #44
		return invisible, size
	case unicode.IsMark(r):
		return 0, size
	}
	return visible, size
}

// trimmed returns a text without white space around it, and what scan says of that.
func trimmed(text string) (sent string, found class, units int) {
	if found, units = scan(text); found&untidy != 0 {
		text = strings.TrimSpace(text)
		found, units = scan(text)
	}
	return text, found, units
}

// isBlank reports whether a reader would see nothing.
func isBlank(s string) bool {
	found, _ := scan(s)
	return found&visible == 0
}

// checkText refuses invalid UTF-8 and control characters, line endings among them.
func checkText(s string) error {
	found, _ := scan(s)
	return refuse(found, control|line)
}

// refuse says what a text with characters of these kinds is refused for.
func refuse(found, refused class) error {
	switch {
	case found&broken != 0:
		return contract.Encoding.Errorf("is not valid UTF-8: convert it, or find out what cut it")
	case found&refused != 0:
		return contract.ControlCharacter.Errorf("contains a control character: remove it")
	}
	return nil
}

func checkLength(units, max int, code contract.Code) error {
	if units <= max {
		return nil
	}
	return code.Errorf("is %d characters long, over the limit of %d (counted as UTF-16 code units)", units, max)
}

// readSubject changes nothing: two ids that differ only in white space may be
// two members.
func readSubject(id string) (string, error, error) {
	found, units := scan(id)
	if found&(visible|broken) == 0 {
		return "", nil, errNoSubject
	}
	if err := refuse(found, control|line); err != nil {
		return "", nil, err
	}
	if found&untidy != 0 && strings.TrimSpace(id) != id {
		return "", nil, contract.Malformed.Errorf("has white space at an end: give the id without it")
	}
	return id, nil, checkLength(units, contract.MaxSub, contract.SubTooLong)
}

// checkIsID refuses the contract's texts that are no id.
func checkIsID(id string) error {
	no, ok := contract.NoIDOf(id)
	switch {
	case !ok:
		return nil
	case no.MayBeReal:
		return contract.SubZero.Errorf("is a placeholder, not an id (%s): find out why the member's id is missing; "+
			"if a member of your site really has this id, say so by AllowSubject", no.Writer)
	}
	return contract.SubPlaceholder.Errorf("is a placeholder, not an id (%s): find out why the member's id is missing", no.Writer)
}

var (
	noteName = contract.Normalized.Errorf(
		"had a tab, a line ending, or more white space than single spaces between words: sent with single spaces")
	noteAddress = normalized{contract.NameIsEmail.Errorf("is an email address, and names are public: sent as it is")}
	noteEmail   = contract.Normalized.Errorf("had white space around it: sent without")
	noteBidi    = normalized{contract.BidiControl.Errorf("had characters that change the direction of text: sent without")}
	notePicture = contract.Normalized.Errorf("had white space around it, or a scheme in capitals: sent without")
)

func readName(text string) (sent string, note, err error) {
	found, _ := scan(text)
	sent = text
	if found&broken == 0 && found&(untidy|bidi) != 0 {
		sent = strings.Join(strings.Fields(withoutBidi(text)), " ")
		switch {
		case found&bidi != 0:
			note = noteBidi
		case sent != text:
			note = noteName
		}
		found, _ = scan(sent)
	}
	if found&(visible|broken) == 0 {
		return "", nil, errNoName
	}
	if err := refuse(found, control|line); err != nil {
		return "", nil, err
	}
	if note == nil && isAddress(sent) {
		note = noteAddress
	}
	return sent, note, nil
}

func withoutBidi(s string) string {
	return strings.Map(func(r rune) rune {
		if kind, _ := classOf(string(r)); kind&bidi != 0 {
			return -1
		}
		return r
	}, s)
}

func readTagline(bio string) (sent string, note, err error) {
	found, _ := scan(bio)
	if err := refuse(found, control); err != nil {
		return "", nil, err
	}
	if found&visible == 0 {
		return "", nil, nil
	}
	if found&bidi != 0 {
		bio, note = withoutBidi(bio), noteBidi
	}
	return bio, note, nil
}

var errEmail = contract.EmailMalformed.Errorf(
	"is not one plain address: write only local@domain, without a name, brackets, white space or invisible characters")

// readEmail takes any address that could have received mail. It has no grammar of
// the domain: that could only keep a verified member out.
func readEmail(text string) (sent string, note, err error) {
	sent, found, units := trimmed(text)
	if sent != text {
		note = noteEmail
	}
	if found&(visible|broken) == 0 {
		return "", nil, errNoEmail
	}
	if err := refuse(found, control|line); err != nil {
		return "", nil, err
	}
	if err := checkLength(units, contract.MaxEmail, contract.EmailTooLong); err != nil {
		return "", nil, err
	}
	if !isPlainAddress(sent, found) {
		return "", nil, errEmail
	}
	return sent, note, nil
}

func isPlainAddress(s string, found class) bool {
	at := strings.IndexByte(s, '@')
	return found&(space|line|control|invisible|delimiter|broken) == 0 && at > 0 && at < len(s)-1 && !strings.Contains(s[at+1:], "@")
}

func isAddress(s string) bool {
	found, _ := scan(s)
	return isPlainAddress(s, found)
}

// readPicture takes a full URL. The community does not check it, so the rest of it
// is the browsers' matter.
func readPicture(text string) (sent string, note, err error) {
	sent, found, _ := trimmed(text)
	if err := refuse(found, control|line); err != nil {
		return "", nil, err
	}
	scheme, rest, ok := strings.Cut(sent, "://")
	if ok && !(scheme == "https" || scheme == "http") {
		scheme = strings.ToLower(scheme)
		sent = scheme + "://" + rest
	}
	authority := rest
	if end := strings.IndexAny(rest, `/?#\`); end >= 0 {
		authority = rest[:end]
	}
	switch {
	case !ok || scheme != "https" && scheme != "http":
		return "", nil, contract.PictureNotHTTP.Errorf("must be a full URL that starts with https:// or http://")
	case found&space != 0:
		return "", nil, contract.PictureNotHTTP.Errorf("contains white space, which a URL never has: percent-encode it")
	case len(sent) > contract.MaxPicture:
		return "", nil, contract.TooLong.Errorf("has %d bytes, over the limit of %d: give the picture's address, not the picture",
			len(sent), contract.MaxPicture)
	case strings.Contains(authority, "@"):
		return "", nil, contract.PictureUserInfo.Errorf("contains user info before the host: a picture's address is public, remove it")
	case authority == "" || authority[0] == ':':
		return "", nil, contract.PictureNotHTTP.Errorf("has no host: write the full address")
	}
	if sent != text {
		note = notePicture
	}
	return sent, note, nil
}

// subjectPrefix and 43 characters of base64url are 50 characters, as many as a
// sub may have.
const subjectPrefix = "sha256-"

// SubjectFrom returns a subject of at most 50 characters for an id that may be
// longer, such as a SAML NameID or an id of an enterprise directory. It is stable:
// the same id always has the same subject, on every machine.
//
// An id that fits is returned as it is. A longer one becomes "sha256-" and the
// SHA-256 of its UTF-8 bytes in base64url (RFC 4648, section 5) without padding,
// and so does an id that has that form itself: no id can pass for the subject of
// another. Never cut an id instead: two members could become one.
//
// For 51 times "a" it is sha256-v8X-DjYBUsqYxQ-rTtfjB4wX3rwpF3QNUACRO2hsoSk.
func SubjectFrom(id string) string {
	_, units := scan(id)
	if units <= contract.MaxSub && !(strings.HasPrefix(id, subjectPrefix) && len(id) == contract.MaxSub) {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return subjectPrefix + base64.RawURLEncoding.EncodeToString(sum[:])
}
