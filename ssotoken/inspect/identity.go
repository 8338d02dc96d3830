package inspect

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// identity judges three claims: without one of them the real community answers
// HTTP 500. Absent, null and "" all count as missing, as in JavaScript.
func (j *judge) identity() {
	claims := []struct {
		name               string
		missing, notString contract.Code
		judge              func(string)
	}{
		{contract.Sub, contract.SubMissing, contract.SubNotString, j.sub},
		{contract.Name, contract.NameMissing, contract.NameNotString, j.name},
		{contract.Email, contract.EmailMissing, contract.EmailNotString, j.email},
	}
	isMissing := func(name string) bool {
		e, ok := j.Claim(name)
		return !ok || e.isNull() || string(e.Value) == `""`
	}
	for _, c := range claims {
		if isMissing(c.name) {
			j.find(c.missing, PartPayload, c.name, "is missing or empty")
		}
	}
	for _, c := range claims {
		if isMissing(c.name) {
			continue
		}
		e, _ := j.Claim(c.name)
		if text, ok := e.Text(); ok {
			c.judge(text)
		} else {
			j.find(c.notString, PartPayload, c.name, "is not a string")
		}
	}
}

func (j *judge) sub(sub string) {
	if isBlank(sub) {
		j.find(contract.SubBlank, PartPayload, contract.Sub, "is blank")
	}
	if n := units(sub); n > contract.MaxSub {
		j.find(contract.SubTooLong, PartPayload, contract.Sub, fmt.Sprintf("has %d characters, counted as JavaScript does (UTF-16 code units)", n))
	}
	for _, no := range noIDs {
		if no.text.MatchString(sub) {
			code := contract.SubPlaceholder
			if no.MayBeReal {
				code = contract.SubZero
			}
			j.find(code, PartPayload, contract.Sub, "is no id, but what stands for none: "+no.Writer)
			break
		}
	}
	email, _ := j.Claim(contract.Email)
	if text, ok := email.Text(); ok && strings.EqualFold(text, sub) {
		j.find(contract.SubIsEmail, PartPayload, contract.Sub, "is the email address")
	}
	j.controls(contract.Sub, sub)
}

func (j *judge) name(name string) {
	if isBlank(name) {
		j.find(contract.NameBlank, PartPayload, contract.Name, "is blank")
	}
	j.controls(contract.Name, name)
	j.bidi(contract.Name, name)
}

func (j *judge) email(email string) {
	if n := units(email); n > contract.MaxEmail {
		j.find(contract.EmailTooLong, PartPayload, contract.Email, fmt.Sprintf("has %d characters, counted as JavaScript does (UTF-16 code units)", n))
	}
	j.controls(contract.Email, email)
	address, err := mail.ParseAddress(email)
	if err != nil || address.Name != "" || address.Address != email {
		j.find(contract.EmailMalformed, PartPayload, contract.Email, "is not only an address")
		return
	}
	if hasInvisible(email) {
		j.find(contract.EmailInvisible, PartPayload, contract.Email, "has an invisible character")
	}
	domain := email[strings.LastIndex(email, "@")+1:]
	if !strings.HasPrefix(domain, "[") && !isDomain(domain, mailLabel) {
		j.find(contract.EmailDomain, PartPayload, contract.Email, "is at a domain that is no host name")
	}
}

// controls looks for control characters other than those in allowed.
func (j *judge) controls(claim, text string, allowed ...rune) {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && !slices.Contains(allowed, r) }) {
		j.find(contract.ControlCharacter, PartPayload, claim, "has a control character")
	}
}

func (j *judge) bidi(claim, text string) {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(contract.BidiFormatting, r) }) {
		j.find(contract.BidiControl, PartPayload, claim, "has a character that turns the direction of text")
	}
}

// noIDs are the patterns of the contract as expressions.
var noIDs = func() (list []noID) {
	for _, no := range contract.NoIDs() {
		pattern := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(no.Pattern))
		list = append(list, noID{no, regexp.MustCompile("^(?is:" + pattern + ")$")})
	}
	return list
}()

type noID struct {
	contract.NoID
	text *regexp.Regexp
}

// isBlank reports whether a reader would see nothing.
func isBlank(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) })
}

// units counts UTF-16 code units, as JavaScript does.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}
