package inspect

import (
	"fmt"
	"net/mail"
	"net/url"
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
}

func (j *judge) email(email string) {
	if n := units(email); n > contract.MaxEmail {
		j.find(contract.EmailTooLong, PartPayload, contract.Email, fmt.Sprintf("has %d characters, counted as JavaScript does (UTF-16 code units)", n))
	}
	address, err := mail.ParseAddress(email)
	if err != nil || address.Name != "" || address.Address != email {
		j.find(contract.EmailMalformed, PartPayload, contract.Email, "is not only an address")
	}
}

func (j *judge) profile() {
	if e, ok := j.present(contract.Tagline); ok {
		if _, ok := e.Text(); !ok {
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
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https":
		j.find(contract.PictureNotHTTP, PartPayload, contract.Picture, "is not a full http or https URL")
	case u.Hostname() == "":
		j.find(contract.PictureNotHTTP, PartPayload, contract.Picture, "has no host")
	case u.User != nil:
		j.find(contract.PictureUserInfo, PartPayload, contract.Picture, "has user info before its host")
	}
}

func (j *judge) controls(claim, text string) {
	if strings.ContainsFunc(text, unicode.IsControl) {
		j.find(contract.ControlCharacter, PartPayload, claim, "has a control character")
	}
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
