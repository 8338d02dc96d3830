package contract

import (
	"fmt"
	"slices"
)

// A Status says what the contract thinks of a claim's name.
type Status string

const (
	Required   Status = "required"
	Optional   Status = "optional"
	Registered Status = "registered" // a name of RFC 7519 that is not sent
	Forbidden  Status = "forbidden"  // a name that changes an object in JavaScript
	Legacy     Status = "legacy"     // of older pages: a candidate for a custom field today
	Custom     Status = "custom"     // every other name: a candidate for a custom field
)

// Reserved reports whether a name of this status can't be the key of a custom
// field.
func (s Status) Reserved() bool { return s != Legacy && s != Custom }

// A Claim is a name in a token's payload.
type Claim struct {
	Name   string
	Status Status
	Source Source

	// Setter is the method of ssotoken's ClaimsBuilder that sets the claim. It
	// is empty where the signer sets the claim, or nothing does.
	Setter string

	// Rule is the main rule about the claim.
	Rule Code

	// About is for tables and help: what the claim is, and its limits.
	About string

	// Synonyms are names that other systems have for the claim, in lower
	// case, without the signs that join words.
	Synonyms []string
}

// Claims lists every name that the contract gives a meaning. First come the
// claims that are sent, in the order of the token.
func Claims() []Claim { return slices.Clone(claims) }

// ClaimOf gives the claim of a name. A name without a meaning has the status
// [Custom].
func ClaimOf(name string) Claim {
	if i, ok := claimIndex[name]; ok {
		return claims[i]
	}
	return Claim{Name: name, Status: Custom, Source: VendorPage, Setter: "Custom", Rule: CustomField}
}

var claims = []Claim{
	{Sub, Required, VendorPage, "Subject", SubTooLong, fmt.Sprintf("the member's id on your site, at most %d characters (UTF-16 code units); stable and opaque", MaxSub),
		[]string{"userid", "uid", "externalid", "subject"}},
	{Name, Required, VendorPage, "Name", NameMissing, "the name that other members see", []string{"fullname", "displayname"}},
	{Email, Required, VendorPage, "VerifiedEmail", EmailTooLong, fmt.Sprintf("one plain address that you have verified, at most %d characters", MaxEmail),
		[]string{"emailaddress", "mail"}},
	{Tagline, Optional, VendorPage, "Tagline", TaglineNotString, "a short bio in plain text", nil},
	{Picture, Optional, VendorPage, "Picture", PictureNotHTTP, "full http:// or https:// URL of the member's picture, with a host, without user info",
		[]string{"avatar", "avatarurl", "pictureurl", "profilepicture", "photo"}},
	{SpaceIDs, Optional, VendorPage, "Spaces", SpaceIDsMalformed, "ids of spaces to join: spaces.Add, spaces.Replace", []string{"joinspaces", "spaceid"}},
	{Spaces, Optional, VendorPage, "Spaces", SpacesMalformed, "spaces to join and leave, entry by entry: spaces.Apply", nil},
	{SpacesOperation, Optional, VendorPage, "Spaces", SpacesOperationWrong, "ADD keeps the other spaces, REPLACE leaves them first", []string{"operation"}},
	{Iat, Optional, VendorPage, "", IatMissing, "time of issue, in seconds; always set", []string{"issuedat"}},
	{Exp, Required, OurDecision, "", ExpMissing, fmt.Sprintf("time of expiry, in seconds; always set: %v after iat, or %v to %v", inWords(DefaultLifetime), inWords(MinLifetime), inWords(MaxLifetime)),
		[]string{"expires", "expiresat", "expiresin", "expiry", "expiration"}},

	{"nbf", Registered, OurDecision, "", NbfSent, "", nil},
	{"iss", Registered, OurDecision, "", ClaimUnused, "", nil},
	{"aud", Registered, OurDecision, "", ClaimUnused, "", nil},
	{"jti", Registered, OurDecision, "", ClaimUnused, "", nil},
	{"__proto__", Forbidden, OurDecision, "", ClaimReserved, "", nil},
	{"constructor", Forbidden, OurDecision, "", ClaimReserved, "", nil},
	{"prototype", Forbidden, OurDecision, "", ClaimReserved, "", nil},
	{"role", Legacy, VendorOther, "Custom", ClaimLegacy, "", nil},
	{"source", Legacy, VendorOther, "Custom", ClaimLegacy, "", nil},
	{"title", Legacy, VendorOther, "Custom", ClaimLegacy, "", nil},
	{"bio", Legacy, VendorOther, "Custom", ClaimLegacy, "", nil},
	{"locale", Legacy, VendorOther, "Custom", ClaimLegacy, "", nil},
	{"groups", Legacy, VendorOther, "Custom", ClaimLegacy, "", nil},
}

var claimIndex = indexBy(claims, func(c Claim) string { return c.Name })

func indexBy[T any, K comparable](rows []T, key func(T) K) map[K]int {
	index := make(map[K]int, len(rows))
	for i, row := range rows {
		index[key(row)] = i
	}
	return index
}
