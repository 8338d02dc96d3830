package inspect

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf16"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// texts judges the claims that are one text. Without sub, name or email the real
// community answers HTTP 500: absent, null and "" all count as missing, as in
// JavaScript.
func (j *judge) texts() {
	for _, c := range contract.Claims() {
		e, ok := j.Claim(c.Name)
		text, isText := e.Text()
		switch {
		case !c.IsText:
		case c.Status == contract.Required && (!ok || e.isNull() || isText && text == ""):
			j.find(c.Missing, PartPayload, c.Name, "is missing or empty")
		case !ok:
		case e.isNull():
			j.find(claimNull, PartPayload, c.Name, "is null")
		case !isText:
			j.find(contract.ClaimNotString, PartPayload, c.Name, "is not a string")
		default:
			j.text(c, text)
		}
	}
}

// hidden are the characters that nobody sees, for a class of an expression: white
// space, control and format characters, and those of Default_Ignorable_Code_Point (UAX
// #44) and others that are drawn as nothing.
const hidden = `\s\pZ\p{Cc}\p{Cf}\x{34f}\x{115f}\x{1160}\x{17b4}\x{17b5}` +
	`\x{180b}-\x{180f}\x{2065}\x{2800}\x{3164}\x{fe00}-\x{fe0f}\x{ffa0}` +
	`\x{fff0}-\x{fff8}\x{13441}\x{13442}\x{1d159}\x{e0000}-\x{e0fff}`

const white = `\s\pZ\x{85}\v` // white space, for a class

var (
	seen        = regexp.MustCompile(`[^` + hidden + `\pM]`)
	controls    = regexp.MustCompile(`\p{Cc}`)
	notInLines  = regexp.MustCompile(`[\x00-\x08\v\f\x0e-\x1f\x7f-\x{9f}]`)
	turning     = regexp.MustCompile(`[\x{202a}-\x{202e}\x{2066}-\x{2069}]`)
	address     = regexp.MustCompile(`^[^@` + hidden + `()<>\[\]:;,"\\]+@[^@` + hidden + `()<>\[\]:;,"\\]+$`)
	webURL      = regexp.MustCompile(`^https?://[^/?#\\:@` + white + `][^` + white + `]*$`)
	webUserInfo = regexp.MustCompile(`^https?://[^/?#\\]*@`)
)

func (j *judge) text(c contract.Claim, text string) {
	find := func(code contract.Code, message string) { j.find(code, PartPayload, c.Name, message) }
	if c.Status == contract.Required && !seen.MatchString(text) {
		find(c.Missing, "has nothing to see")
	}
	if n := len(utf16.Encode([]rune(text))); c.Max > 0 && n > c.Max {
		find(c.TooLong, fmt.Sprintf("has %d characters, counted as JavaScript does (UTF-16 code units)", n))
	}
	forbidden := controls
	if c.Lines {
		forbidden = notInLines
	}
	if forbidden.MatchString(text) {
		find(contract.ControlCharacter, "has a control character")
	}
	switch c.Name {
	case contract.Sub:
		j.sub(text, find)
	case contract.Email:
		if !address.MatchString(text) {
			find(contract.EmailMalformed, "is not only an address")
		}
	case contract.Picture:
		picture(text, find)
	default:
		if turning.MatchString(text) {
			find(contract.BidiControl, "has a character that turns the direction of text")
		}
	}
	if c.Name == contract.Name && address.MatchString(text) {
		find(contract.NameIsEmail, "is an email address")
	}
}

func (j *judge) sub(sub string, find func(contract.Code, string)) {
	if no, ok := contract.NoIDOf(sub); ok {
		code := contract.SubPlaceholder
		if no.MayBeReal {
			code = contract.SubZero
		}
		find(code, "is a placeholder, not an id: "+no.Writer)
	}
	email, _ := j.Claim(contract.Email)
	if text, ok := email.Text(); ok && strings.EqualFold(text, sub) {
		find(contract.SubIsEmail, "is the email address")
	}
}

func picture(text string, find func(contract.Code, string)) {
	if len(text) > contract.MaxPicture {
		find(contract.TooLong, fmt.Sprintf("has %d bytes", len(text)))
	}
	switch {
	case webUserInfo.MatchString(text):
		find(contract.PictureUserInfo, "has user info before its host")
	case !webURL.MatchString(text):
		find(contract.PictureNotHTTP, "is not a full http or https URL with a host, without white space")
	}
}
