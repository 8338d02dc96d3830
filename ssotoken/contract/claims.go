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

	// IsText says that the claim is a JSON string. Of a required one, Missing is the
	// rule that something in it can be seen.
	IsText  bool
	Missing Code

	// Max is the longest text, in UTF-16 code units, and TooLong the rule. 0 is no
	// limit.
	Max     int
	TooLong Code

	// Lines says that the text may have tabs and line endings.
	Lines bool

	// About is for tables and help: what the claim is, and its limits. It is empty
	// where the claim is not sent.
	About string

	// Synonyms are names that other systems have for the claim, in lower
	// case, without the signs that join words.
	Synonyms []string
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
	if i, ok := claimIndex[name]; ok {
		return claims[i]
	}
	return Claim{Name: name, Status: Custom}
}

var claims = []Claim{
	{Name: Sub, Status: Required, IsText: true, Missing: SubMissing, Max: MaxSub, TooLong: SubTooLong,
		About:    fmt.Sprintf("the member's id on your site, at most %d characters (UTF-16 code units); stable and opaque", MaxSub),
		Synonyms: []string{"userid", "uid", "externalid", "subject"}},
	{Name: Name, Status: Required, IsText: true, Missing: NameMissing,
		About: "the name that other members see", Synonyms: []string{"fullname", "displayname"}},
	{Name: Email, Status: Required, IsText: true, Missing: EmailMissing, Max: MaxEmail, TooLong: EmailTooLong,
		About:    fmt.Sprintf("one plain address that you have verified, at most %d characters", MaxEmail),
		Synonyms: []string{"emailaddress", "mail"}},
	{Name: Tagline, Status: Optional, IsText: true, Lines: true, About: "a short bio in plain text"},
	{Name: Picture, Status: Optional, IsText: true,
		About:    "full http:// or https:// URL of the member's picture, with a host, without user info",
		Synonyms: []string{"avatar", "avatarurl", "pictureurl", "profilepicture", "photo"}},
	{Name: SpaceIDs, Status: Optional,
		About: "ids of spaces to join: spaces.Add, spaces.Replace", Synonyms: []string{"joinspaces", "spaceid"}},
	{Name: Spaces, Status: Optional,
		About: "spaces to join and leave, entry by entry: spaces.Apply"},
	{Name: SpacesOperation, Status: Optional,
		About: "ADD keeps the other spaces, REPLACE leaves them first", Synonyms: []string{"operation"}},
	{Name: Iat, Status: Optional,
		About: "time of issue, in seconds; always set", Synonyms: []string{"issuedat"}},
	{Name: Exp, Status: Required,
		About: fmt.Sprintf("time of expiry, in seconds; always set: %v after iat, or %v to %v",
			inWords(DefaultLifetime), inWords(MinLifetime), inWords(MaxLifetime)),
		Synonyms: []string{"expires", "expiresat", "expiresin", "expiry", "expiration"}},

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

var claimIndex = indexBy(claims, func(c Claim) string { return c.Name })

func indexBy[T any, K comparable](rows []T, key func(T) K) map[K]int {
	index := make(map[K]int, len(rows))
	for i, row := range rows {
		index[key(row)] = i
	}
	return index
}
