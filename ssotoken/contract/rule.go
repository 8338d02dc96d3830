package contract

import (
	"cmp"
)

// A Code is the stable name of a rule of package inspect, which programs may compare.
// It is an error too, so that errors.Is finds it in the errors of this module.
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
}
