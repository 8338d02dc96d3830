package contract

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// A Code is the stable name of a [Rule], which programs may compare. It is an
// error too, so that errors.Is finds it in the errors of this module.
type Code string

func (c Code) Error() string { return string(c) }

// Is reports whether target is the [Reason] of this code, for errors.Is.
func (c Code) Is(target error) bool { return target == error(Reason(c)) }

// A Reason is a code as an error for people, in which errors.Is finds the code. It
// says in a few words what is wrong; without such words it is the code.
type Reason Code

func (r Reason) Error() string { return cmp.Or(reasons[Code(r)], string(r)) }

// Unwrap returns the code.
func (r Reason) Unwrap() error { return Code(r) }

// reasons are the texts of codes whose errors say nothing more.
var reasons = map[Code]string{
	Normalized:           "put in order",
	EmailUnverified:      "the email address is not verified",
	KeySource:            "key source failed",
	ReturnPath:           "not a path of the community's pages",
	NoSession:            "no session",
	MayNotEnter:          "the member may not enter the community",
	NoTenant:             "no tenant has this address",
	WrongTenant:          "the claims are not of the signer's tenant",
	NotNavigation:        "the request is not a navigation to a page",
	Loop:                 "the community keeps sending the browser back: it refuses the login",
	ClaimsRefused:        "claims refused",
	SettingsRefused:      "settings refused",
	Clock:                "the clock shows a time before 1970 or after 5138",
	KeyMissing:           "no key",
	DuplicateName:        "the same key twice",
	ClaimReserved:        "reserved key: it has a meaning in JWT or for the community; choose another external key",
	CustomKeyEmpty:       "empty or blank key",
	CustomKeyMalformed:   "key with white space at an end, a control character or invalid UTF-8",
	SpacesReplaceNothing: "REPLACE with no space to join would remove the member from every space: name one",
	SpacesRepeated:       "the same space twice",
	SpacesJoinAndLeave:   "joins and leaves the same space",
	ExternalIDConflict:   "the member with this email has another external ID",
	EmailTaken:           "another member has this email",
	CommunityFull:        "the fake community is full",
	RefusesAll:           "the fake community is set to refuse every login",
	StateDamaged:         "the saved state is damaged, or of another version",
}

// A Verdict says how bad it is to break a rule.
type Verdict string

const (
	Pass Verdict = "pass" // the rule holds, or can't be broken
	Info Verdict = "info" // worth knowing
	Warn Verdict = "warn" // a mistake that a community lets through
	Fail Verdict = "fail" // a strict community refuses the login, or a token or an account is at risk
)

// WorseThan reports whether v is worse than other.
func (v Verdict) WorseThan(other Verdict) bool {
	order := []Verdict{Pass, Info, Warn, Fail}
	return slices.Index(order, v) > slices.Index(order, other)
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
	LoginURL Area = "login URL" // judged by package inspect
	Token    Area = "token"     // judged by package inspect
	Member   Area = "member"    // found by a community that has members, such as that of package ssotest
	Site     Area = "site"      // a partner's pages and key, checked by package doctor
	UserBase Area = "user base" // many members together, checked by package check
	Answer   Area = "answer"    // of a community to a login, told by the command's verb smoke
	Call     Area = "call"      // a call of this module's functions, found by their errors
)

// About says in words what the rules of the area are about.
func (a Area) About() string {
	return map[Area]string{
		LoginURL: "what a community sees in the address",
		Token:    "what a community sees in the token",
		Member:   "what a community sees in its members",
		Site:     "what ssotoken doctor sees in a partner's pages and key",
		UserBase: "what ssotoken check sees in many members at once",
		Answer:   "what ssotoken smoke sees in a community's answer",
		Call:     "what the errors of the Go packages say",
	}[a]
}

// A Rule is a sentence of the contract between a partner and a community. Package
// inspect lists those of this package's codes.
type Rule struct {
	Code     Code    `json:"code"`
	Area     Area    `json:"-"`
	Verdict  Verdict `json:"verdict"` // if it is broken
	Source   Source  `json:"source"`
	Sentence string  `json:"rule"`
	Fix      string  `json:"fix"` // what to do about it
}

func inWords(d time.Duration) string {
	n, unit := d/time.Second, "second"
	if d%time.Hour == 0 {
		n, unit = d/time.Hour, "hour"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}
