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
	findIf := func(broken bool, code contract.Code, message string) {
		j.findIf(broken, code, PartPayload, c.Name, message)
	}
	findIf(c.Status == contract.Required && !seen.MatchString(text), c.Missing, "has nothing to see")
	n := len(utf16.Encode([]rune(text)))
	findIf(c.Max > 0 && n > c.Max, c.TooLong,
		fmt.Sprintf("has %d characters, counted as JavaScript does (UTF-16 code units)", n))
	forbidden := controls
	if c.Lines {
		forbidden = notInLines
	}
	findIf(forbidden.MatchString(text), contract.ControlCharacter, "has a control character")
	switch c.Name {
	case contract.Sub:
		no, isNone := contract.NoIDOf(text)
		findIf(isNone && !no.MayBeReal, contract.SubPlaceholder, "is a placeholder, not an id: "+no.Writer)
		findIf(isNone && no.MayBeReal, contract.SubZero, "is a placeholder, not an id: "+no.Writer)
		email, _ := j.Claim(contract.Email)
		address, isText := email.Text()
		findIf(isText && strings.EqualFold(address, text), contract.SubIsEmail, "is the email address")
	case contract.Email:
		findIf(!address.MatchString(text), contract.EmailMalformed, "is not only an address")
	case contract.Picture:
		findIf(len(text) > contract.MaxPicture, contract.TooLong, fmt.Sprintf("has %d bytes", len(text)))
		hasUserInfo := webUserInfo.MatchString(text)
		findIf(hasUserInfo, contract.PictureUserInfo, "has user info before its host")
		findIf(!hasUserInfo && !webURL.MatchString(text), contract.PictureNotHTTP,
			"is not a full http or https URL with a host, without white space")
	default:
		findIf(turning.MatchString(text), contract.BidiControl, "has a character that turns the direction of text")
		findIf(c.Name == contract.Name && address.MatchString(text), contract.NameIsEmail, "is an email address")
	}
}
