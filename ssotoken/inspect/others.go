package inspect

import (
	"fmt"
	"strings"
)

// others judges the claims that are no part of the profile.
func (j *judge) others() {
	for _, e := range j.Claims {
		path := jsonPath("", e.Name)
		switch known := contract[e.Name]; {
		case known.rule == ClaimReserved:
			j.find(ClaimReserved, PartPayload, path, "is a name that a community must not read")
		case known.rule == ClaimUnused:
			j.find(ClaimUnused, PartPayload, path, "is there")
		case known.kind == Legacy:
			message := "is a name of older pages"
			if e.Name == "bio" {
				message += ": the short bio is tagline today"
			}
			j.find(ClaimLegacy, PartPayload, path, message)
		case e.Kind == Custom:
			if meant, ok := misspelled(e.Name); ok {
				j.find(ClaimMisspelled, PartPayload, path, fmt.Sprintf("is a candidate for a custom field; perhaps %s is meant", meant))
			}
		}
	}
}

// synonyms are names that other systems have for a claim, in the spelling of
// plain.
var synonyms = map[string]string{
	"userid": "sub", "uid": "sub", "externalid": "sub", "subject": "sub",
	"fullname": "name", "displayname": "name",
	"emailaddress": "email", "mail": "email",
	"avatar": "picture", "avatarurl": "picture", "pictureurl": "picture", "profilepicture": "picture", "photo": "picture",
	"expires": "exp", "expiresat": "exp", "expiresin": "exp", "expiry": "exp", "expiration": "exp",
	"issuedat":   "iat",
	"joinspaces": "spaceIds", "spaceid": "spaceIds",
	"operation": "spacesOperation",
}

// misspelled guesses the claim that was meant by an unknown name: another
// spelling of it (space_ids), another word for it, or a slip of one or two
// letters in a long name (spaceOperation).
func misspelled(name string) (string, bool) {
	folded := plain(name)
	if meant, ok := synonyms[folded]; ok {
		return meant, true
	}
	for _, claim := range []string{"sub", "name", "email", "exp", "iat", "tagline", "picture", "spaceIds", "spaces", "spacesOperation"} {
		slips := 0
		switch n := len(claim); {
		case n >= 10:
			slips = 2
		case n >= 6:
			slips = 1
		}
		if distance(folded, strings.ToLower(claim)) <= slips {
			return claim, true
		}
	}
	return "", false
}

// plain drops case and the signs that join words.
func plain(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(name))
}

// distance counts the insertions, deletions and substitutions of bytes
// between a and b, and stops caring where the lengths alone are far apart.
func distance(a, b string) int {
	if d := len(a) - len(b); d > 2 || d < -2 {
		return 3
	}
	row := make([]int, len(b)+1)
	for i := range row {
		row[i] = i
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for k := range len(b) {
			cost := 1
			if a[i] == b[k] {
				cost = 0
			}
			diagonal, row[k+1] = row[k+1], min(diagonal+cost, row[k]+1, row[k+1]+1)
		}
	}
	return row[len(b)]
}
