package inspect

import (
	"fmt"
	"net/mail"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/bettermode-go/sso/ssotoken"
)

// identity judges the three claims without which the real community answers
// HTTP 500. Absent, null and "" are all missing: JavaScript sees no
// difference.
func (j *judge) identity() {
	claims := []struct {
		name               string
		missing, notString Code
		judge              func(string)
	}{
		{"sub", SubMissing, SubNotString, j.sub},
		{"name", NameMissing, NameNotString, j.name},
		{"email", EmailMissing, EmailNotString, j.email},
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
		j.find(SubBlank, PartPayload, "sub", "is blank")
	}
	if n := units(sub); n > ssotoken.MaxSubject {
		j.find(SubTooLong, PartPayload, "sub", fmt.Sprintf("has %d characters, counted as JavaScript does (UTF-16 code units)", n))
	}
	email, _ := j.Claim("email")
	if text, ok := email.Text(); ok && strings.EqualFold(text, sub) {
		j.find(SubIsEmail, PartPayload, "sub", "is the email address")
	}
	j.controls("sub", sub)
}

func (j *judge) name(name string) {
	if isBlank(name) {
		j.find(NameBlank, PartPayload, "name", "is blank")
	}
	j.controls("name", name)
}

func (j *judge) email(email string) {
	if n := units(email); n > ssotoken.MaxEmail {
		j.find(EmailTooLong, PartPayload, "email", fmt.Sprintf("has %d characters, counted as JavaScript does (UTF-16 code units)", n))
	}
	address, err := mail.ParseAddress(email)
	if err != nil || address.Name != "" || address.Address != email {
		j.find(EmailMalformed, PartPayload, "email", "is not an address alone")
	}
}

func (j *judge) profile() {
	if e, ok := j.present("tagline"); ok {
		if _, ok := e.Text(); !ok {
			j.find(TaglineNotString, PartPayload, "tagline", "is not a string")
		}
	}
	if e, ok := j.present("picture"); ok {
		if text, ok := e.Text(); ok {
			j.picture(text)
		} else {
			j.find(PictureNotString, PartPayload, "picture", "is not a string")
		}
	}
}

func (j *judge) picture(text string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https":
		j.find(PictureNotHTTP, PartPayload, "picture", "is not a full http or https URL")
	case u.Hostname() == "":
		j.find(PictureNotHTTP, PartPayload, "picture", "has no host")
	case u.User != nil:
		j.find(PictureUserInfo, PartPayload, "picture", "has user info before its host")
	}
}

func (j *judge) controls(claim, text string) {
	if strings.ContainsFunc(text, unicode.IsControl) {
		j.find(ControlCharacter, PartPayload, claim, "has a control character")
	}
}

// isBlank reports whether a reader would see nothing.
func isBlank(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) })
}

// units counts as JavaScript does.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}
