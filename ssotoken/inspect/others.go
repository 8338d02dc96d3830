package inspect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/internal/spelling"
)

// others judges the claims that are not part of the profile.
func (j *judge) others() {
	for _, e := range j.Claims {
		path := jsonPath("", e.Name)
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

// Misspelled guesses which claim an unknown name means. The name can be another
// spelling (space_ids), another system's word, or a slip of one or two letters
// in a long name (spaceOperation).
func Misspelled(name string) (claim string, ok bool) {
	folded := plain(name)
	for _, c := range contract.Claims() {
		if c.About == "" {
			continue // not sent
		}
		if slices.Contains(c.Synonyms, folded) {
			return c.Name, true
		}
		slips := 0
		switch n := len(c.Name); {
		case n >= 10:
			slips = 2
		case n >= 6:
			slips = 1
		}
		if spelling.Distance(folded, strings.ToLower(c.Name)) <= slips {
			return c.Name, true
		}
	}
	return "", false
}

// plain puts a name in lower case, without the signs that join words.
func plain(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(name))
}
