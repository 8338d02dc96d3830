package profile_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/internal/profile"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

func TestWhatIsWrongHasTheCodeThatTheJudgeOfATokenHasForIt(t *testing.T) {
	const entry = `"spaces":[{"spaceId":"a","role":%q,"action":%q}]`
	for claims, want := range map[string]contract.Code{
		`"sub":7`:                 contract.ClaimNotString,
		`"name":" "`:              contract.NameMissing,
		`"email":"x"`:             contract.EmailMalformed,
		`"tagline":{}`:            contract.ClaimNotString,
		`"name":"A","name":"B"`:   contract.DuplicateName,
		`"spaceIds":"a"`:          contract.SpaceIDsMalformed,
		`"spaceIds":[7]`:          contract.SpaceIDsMalformed,
		`"spaces":{}`:             contract.SpacesMalformed,
		`"spacesOperation":"ADD"`: inspect.SpacesOperationAlone,
		`"spaceIds":["a"],"spacesOperation":"add"`:                 inspect.SpacesOperationWrong,
		`"spacesOperation":"REPLACE"`:                              contract.SpacesReplaceNothing,
		fmt.Sprintf(entry, "ADMIN", "JOIN"):                        inspect.SpacesRole,
		fmt.Sprintf(entry, "MEMBER", "join"):                       inspect.SpacesAction,
		`"spaceIds":["a"],` + fmt.Sprintf(entry, "MEMBER", "JOIN"): inspect.SpacesBoth,
	} {
		var p profile.Profile
		if err := p.Read([]byte("{"+claims+"}"), nil); err != nil {
			t.Fatal(err)
		}
		_, refused := p.Build()
		isSame := func(f *ssotoken.FieldError) bool { return ssotoken.CodeOf(f) == want }
		if !slices.ContainsFunc(refused, isSame) {
			t.Errorf("{%s}: got %v, want %s", claims, refused, want)
		}
		payload := base64.RawURLEncoding.EncodeToString([]byte("{" + claims + "}"))
		if r := inspect.Token("eyJhbGciOiJIUzI1NiJ9."+payload+".c2ln", inspect.Options{}); !r.Has(want) {
			t.Errorf("{%s}: the judge does not find %s", claims, want)
		}
	}
}
