package inspect

import (
	"cmp"
	"slices"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A Rule is a sentence of the contract between a partner and a community. [Rules]
// lists those that this module keeps.
type Rule struct {
	Code     contract.Code `json:"code"`
	Area     Area          `json:"-"`
	Verdict  Verdict       `json:"verdict"` // if it is broken
	Source   Source        `json:"source"`
	Sentence string        `json:"rule"`
	Fix      string        `json:"fix"` // what to do about it
}

// A Verdict says how bad it is to break a rule.
type Verdict string

const (
	Pass Verdict = "pass" // the rule holds, or can't be broken
	Info Verdict = "info" // worth knowing
	Warn Verdict = "warn" // a mistake that a community lets through
	Fail Verdict = "fail" // a strict community refuses the login, or a token or an account is at risk
)

var verdicts = []Verdict{Pass, Info, Warn, Fail}

// WorseThan reports whether v is worse than other.
func (v Verdict) WorseThan(other Verdict) bool {
	return slices.Index(verdicts, v) > slices.Index(verdicts, other)
}

// A Source says who made a rule.
type Source string

const (
	VendorPage  Source = "S" // the vendor's page on JWT SSO
	VendorOther Source = "V" // another page of the vendor
	PublicCode  Source = "P" // seen in public code
	OurDecision Source = "D" // a decision of this project, where no page says it
)

// String returns the source in words.
func (s Source) String() string {
	words := map[Source]string{
		VendorPage: "the vendor's page on JWT SSO", VendorOther: "another page of the vendor",
		PublicCode: "public code", OurDecision: "our decision, where the vendor is silent",
	}
	return cmp.Or(words[s], string(s))
}

// An Area says what a rule is about, and so who looks for it.
type Area string

const (
	AreaURL      Area = "login URL" // judged by this package
	AreaToken    Area = "token"     // judged by this package
	AreaMember   Area = "member"    // found by a community that has members, such as that of package ssotest
	AreaSite     Area = "site"      // a partner's pages and key, checked by package doctor
	AreaUserBase Area = "user base" // many members together, checked by package check
	AreaAnswer   Area = "answer"    // of a community to a login, reported by the command's verb smoke
	AreaCall     Area = "call"      // a call of this module's functions, found by their errors
)

// About says in words what the rules of the area are about.
func (a Area) About() string {
	return map[Area]string{
		AreaURL:      "what a community sees in the address",
		AreaToken:    "what a community sees in the token",
		AreaMember:   "what a community sees in its members",
		AreaSite:     "what ssotoken doctor sees in a partner's pages and key",
		AreaUserBase: "what ssotoken check sees when it compares members",
		AreaAnswer:   "what ssotoken smoke sees in a community's answer",
		AreaCall:     "what the errors of the Go packages say",
	}[a]
}
