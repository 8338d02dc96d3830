package inspect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

func (e *Entry) describe() {
	claim := contract.ClaimOf(e.Name)
	code := cmp.Or(mainCodes[e.Name], claim.TooLong, claim.Missing, statusCodes[claim.Status])
	e.Verdict, e.Status, e.Rule = Pass, claim.Status, RuleOf(code)
}

// The codes of the main rules about a claim: by its name, else by its status.
var (
	mainCodes = map[string]contract.Code{
		contract.Picture: contract.PictureNotHTTP, contract.SpacesOperation: SpacesOperationWrong,
		contract.SpaceIDs: contract.SpaceIDsMalformed, contract.Spaces: contract.SpacesMalformed,
		contract.Iat: IatMissing, contract.Exp: ExpMissing, "nbf": nbfSent,
	}
	statusCodes = map[contract.Status]contract.Code{
		contract.Optional: contract.ClaimNotString, contract.Registered: claimUnused,
		contract.Forbidden: contract.ClaimReserved, contract.Legacy: claimLegacy, contract.Custom: CustomField,
	}
)

// present returns an optional claim that is there and is not null. JavaScript
// programs treat null as absent.
func (j *judge) present(name string) (Entry, bool) {
	e, ok := j.Claim(name)
	j.findIf(ok && e.isNull(), claimNull, PartPayload, name, "is null")
	return e, ok && !e.isNull()
}

func (e Entry) isNull() bool { return string(e.Value) == "null" }

// effects says what the community would do with claims that are in order.
func (j *judge) effects() {
	say := func(format string, args ...any) { j.Effects = append(j.Effects, fmt.Sprintf(format, args...)) }
	say("finds the member whose external ID is sub; else links the member who has this email, unless that one has another external " +
		"ID; else creates a member")
	say("updates name and email, which counts as verified")
	for _, c := range contract.Claims() {
		if !c.IsText || c.Status == contract.Required {
			continue
		}
		if e, ok := j.Claim(c.Name); ok && !e.isNull() {
			say("updates %s", c.Name)
		} else {
			say("leaves %s as it is", c.Name)
		}
	}
	s := j.Spaces
	switch {
	case s.Replace && len(s.Join) == 0:
		say("REPLACE: removes the member from every space")
	case s.Replace:
		say("REPLACE: removes the member from every other space, and joins %s", count(len(s.Join), "space"))
	case len(s.Join) > 0:
		say("joins %s, and keeps the others", count(len(s.Join), "space"))
	}
	if len(s.Leave) > 0 && !s.Replace {
		say("leaves %s", count(len(s.Leave), "space"))
	}
	if n := len(j.CustomFields()); n > 0 {
		say("offers %s to the custom fields, by their external keys", count(n, "claim"))
	}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// others judges the claims that are not part of the profile.
func (j *judge) others() {
	for _, e := range j.Claims {
		path := jsonPath(e.Name)
		switch claim := contract.ClaimOf(e.Name); claim.Status {
		case contract.Forbidden:
			j.find(contract.ClaimReserved, PartPayload, path, "is a name that a community must not read")
		case contract.Registered:
			if e.Name != "nbf" { // which is judged with the times
				j.find(claimUnused, PartPayload, path, "is there")
			}
		case contract.Legacy:
			message := "is a name of older pages"
			if e.Name == "bio" {
				message += ": the short bio is " + contract.Tagline + " today"
			}
			j.find(claimLegacy, PartPayload, path, message)
		case contract.Custom:
			if meant, ok := Misspelled(e.Name); ok {
				j.find(ClaimMisspelled, PartPayload, path, fmt.Sprintf("is a candidate for a custom field; perhaps %s is meant", meant))
			}
		}
	}
}

// aboutClaims says of each claim that is sent what it is, and which names other systems
// have for it, in lower case, without the signs that join words.
var aboutClaims = map[string]struct{ is, synonyms string }{
	contract.Sub: {fmt.Sprintf("the member's id on your site, at most %d characters (UTF-16 code units); stable and opaque",
		contract.MaxSub), "userid uid externalid subject"},
	contract.Name: {"the name that other members see", "fullname displayname"},
	contract.Email: {fmt.Sprintf("one plain address that you have verified, at most %d characters", contract.MaxEmail),
		"emailaddress mail"},
	contract.Tagline: {"a short bio in plain text", ""},
	contract.Picture: {"full http:// or https:// URL of the member's picture, with a host, without user info",
		"avatar avatarurl pictureurl profilepicture photo"},
	contract.SpaceIDs:        {"ids of spaces to join: spaces.Add, spaces.Replace", "joinspaces spaceid"},
	contract.Spaces:          {"spaces to join and leave, entry by entry: spaces.Apply", ""},
	contract.SpacesOperation: {"ADD keeps the other spaces, REPLACE leaves them first", "operation"},
	contract.Iat:             {"time of issue, in seconds; always set", "issuedat"},
	contract.Exp: {fmt.Sprintf("time of expiry, in seconds; always set: %v after iat, or %v to %v", contract.DefaultLifetime.Seconds(),
		contract.MinLifetime.Seconds(), contract.MaxLifetime.Seconds()), "expires expiresat expiresin expiry expiration"},
}

// AboutClaim says in a few words what a claim is, and its limits, for tables and help.
// It is empty for a name that is not sent.
func AboutClaim(name string) string { return aboutClaims[name].is }

// Misspelled guesses which claim an unknown name means. The name can be another
// spelling (space_ids), another system's word, or a slip of one or two letters
// in a long name (spaceOperation).
func Misspelled(name string) (claim string, ok bool) {
	folded := plain(name)
	for _, c := range contract.Claims() {
		if !c.Status.Sent() {
			continue
		}
		if slices.Contains(strings.Fields(aboutClaims[c.Name].synonyms), folded) {
			return c.Name, true
		}
		if isWithin(len(c.Name)/6, folded, strings.ToLower(c.Name)) {
			return c.Name, true
		}
	}
	return "", false
}

// plain puts a name in lower case, without the signs that join words.
func plain(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(name))
}

// isWithin reports whether so many insertions, deletions and substitutions of bytes
// make b of a.
func isWithin(slips int, a, b string) bool {
	for a != "" && b != "" && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	if a == "" || b == "" || slips == 0 {
		return len(a)+len(b) <= slips
	}
	return isWithin(slips-1, a[1:], b) || isWithin(slips-1, a, b[1:]) || isWithin(slips-1, a[1:], b[1:])
}
