package inspect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
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
		if slipsBetween(folded, strings.ToLower(c.Name)) <= slips {
			return c.Name, true
		}
	}
	return "", false
}

// plain puts a name in lower case, without the signs that join words.
func plain(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(name))
}

// slipsBetween counts the insertions, deletions and substitutions of bytes between
// a and b. It returns 3 if the lengths differ by more than 2.
func slipsBetween(a, b string) int {
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
