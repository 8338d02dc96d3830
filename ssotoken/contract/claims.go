package contract

import "slices"

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

// Sent reports whether a token of this module has claims of this status.
func (s Status) Sent() bool { return s == Required || s == Optional }

// Reserved reports whether a name of this status can't be the key of a custom
// field.
func (s Status) Reserved() bool { return s != Legacy && s != Custom }

// A Claim is a name in a token's payload.
type Claim struct {
	Name   string
	Status Status

	IsText  bool // a JSON string
	Missing Code // of a required text: it must have something to see

	Max     int  // length of a text, in UTF-16 code units; 0 is no limit
	TooLong Code // for a text over Max
	Lines   bool // the text may have tabs and line endings
}

// The names of the claims that a token carries.
const (
	Sub             = "sub"
	Name            = "name"
	Email           = "email"
	Tagline         = "tagline"
	Picture         = "picture"
	SpaceIDs        = "spaceIds"
	Spaces          = "spaces"
	SpacesOperation = "spacesOperation"
	Iat             = "iat"
	Exp             = "exp"
)

// Claims lists every name that has a meaning in the contract. First come the
// claims that are sent, in the order of the token.
func Claims() []Claim { return slices.Clone(claims) }

// ClaimOf returns the claim of a name. A name without a meaning has the status
// [Custom].
func ClaimOf(name string) Claim {
	if c, ok := claimByName[name]; ok {
		return c
	}
	return Claim{Name: name, Status: Custom}
}

var claims = []Claim{
	{Name: Sub, Status: Required, IsText: true, Missing: SubMissing, Max: MaxSub, TooLong: SubTooLong},
	{Name: Name, Status: Required, IsText: true, Missing: NameMissing},
	{Name: Email, Status: Required, IsText: true, Missing: EmailMissing, Max: MaxEmail, TooLong: EmailTooLong},
	{Name: Tagline, Status: Optional, IsText: true, Lines: true},
	{Name: Picture, Status: Optional, IsText: true},
	{Name: SpaceIDs, Status: Optional},
	{Name: Spaces, Status: Optional},
	{Name: SpacesOperation, Status: Optional},
	{Name: Iat, Status: Optional},
	{Name: Exp, Status: Required}, // a decision of this project

	{Name: "nbf", Status: Registered},
	{Name: "iss", Status: Registered},
	{Name: "aud", Status: Registered},
	{Name: "jti", Status: Registered},
	{Name: "__proto__", Status: Forbidden},
	{Name: "constructor", Status: Forbidden},
	{Name: "prototype", Status: Forbidden},
	{Name: "role", Status: Legacy},
	{Name: "source", Status: Legacy},
	{Name: "title", Status: Legacy},
	{Name: "bio", Status: Legacy},
	{Name: "locale", Status: Legacy},
	{Name: "groups", Status: Legacy},
}

var claimByName = byKey(claims, func(c Claim) string { return c.Name })

func byKey[T any](rows []T, key func(T) string) map[string]T {
	index := make(map[string]T, len(rows))
	for _, row := range rows {
		index[key(row)] = row
	}
	return index
}
