package ssotoken

import (
	"strings"

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
	name     string
	check    func(string) error // of a text that is not blank
	missing  error              // of a blank one; nil where the claim is optional
	asMember string             // the claim's name in the payload, with the sign before it
}

var texts = newTextClaims([textClaims]textClaim{
	subject: {name: contract.Sub, check: checkSubject,
		missing: because(contract.SubMissing, "is required: give the member's id on your site", ErrRequired)},
	name: {name: contract.Name, check: checkName,
		missing: because(contract.NameMissing, "is required and must not be blank: give the name that other members see", ErrRequired)},
	email: {name: contract.Email, check: checkEmail,
		missing: because(contract.EmailMissing, "is required: give the address that your site has verified", ErrRequired)},
	tagline: {name: contract.Tagline, check: checkTagline},
	picture: {name: contract.Picture, check: checkPicture},
})

func newTextClaims(rows [textClaims]textClaim) [textClaims]textClaim {
	for i := range rows {
		rows[i].asMember = `,"` + rows[i].name + `":`
	}
	rows[0].asMember = "{" + rows[0].asMember[1:]
	return rows
}

func checkSubject(id string) error {
	if err := checkText(id, ""); err != nil {
		return err
	}
	if strings.TrimSpace(id) != id {
		return because(contract.Malformed, "has white space at an end: give the id without it")
	}
	return checkLength(id, contract.MaxSub, contract.SubTooLong)
}

func checkName(name string) error { return checkText(name, "") }

func checkEmail(address string) error {
	if err := checkText(address, ""); err != nil {
		return err
	}
	if err := checkLength(address, contract.MaxEmail, contract.EmailTooLong); err != nil {
		return err
	}
	return checkEmailForm(address)
}

func checkTagline(bio string) error { return checkText(bio, "\t\n\r") }

func checkPicture(url string) error {
	if err := checkText(url, ""); err != nil {
		return err
	}
	return checkPictureForm(url)
}
