package inspect

import (
	"cmp"
	"fmt"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

func (e *Entry) describe() {
	claim := contract.ClaimOf(e.Name)
	code := cmp.Or(mainCodes[e.Name], claim.TooLong, claim.Missing, statusCodes[claim.Status])
	e.Verdict, e.Status, e.Rule = contract.Pass, claim.Status, RuleOf(code)
}

// The codes of the main rules about a claim: by its name, else by its status.
var (
	mainCodes = map[string]contract.Code{
		contract.Picture: contract.PictureNotHTTP, contract.SpacesOperation: spacesOperationWrong,
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
	if ok && e.isNull() {
		j.find(claimNull, PartPayload, name, "is null")
	}
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
