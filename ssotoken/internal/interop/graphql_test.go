package interop_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

func TestTheVendorsClientFindsTheFakeCommunitysAPI(t *testing.T) {
	community := ssotest.NewCommunity(t, ssotest.Config{Settings: ssotest.Settings{
		CustomFields: []ssotest.CustomField{{Name: "Company", Type: "text", ExternalKeys: []string{"company"}}},
	}})
	signer, err := ssotoken.New(ssotoken.Config{Community: community.URL, Key: community.Key()})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := ssotoken.NewClaims().Subject("42").Name("Ada Lovelace").VerifiedEmail("ada@example.com").
		Picture("https://example.com/ada.png").Custom(customfields.Of(customfields.Text("company", "Analytical Engines"))).Build()
	if err != nil {
		t.Fatal(err)
	}
	token, err := signer.Sign(t.Context(), claims)
	if err != nil {
		t.Fatal(err)
	}
	input, err := json.Marshal(map[string]string{"url": community.URL + "/graphql", "token": token.JWT()})
	if err != nil {
		t.Fatal(err)
	}
	type answers struct {
		Token, Role, Found, Suspended, Refused, Gone, Ended string
		Member                                              struct {
			ExternalID, Name, Email, Status string
			ProfilePicture                  struct{ URL string }
			Fields                          []struct{ Key, Value string }
		}
		Calls map[string]string
	}
	want := answers{
		Token: "string", Role: "Member", Found: "VERIFIED", Suspended: "Suspended", Refused: "forbidden", Gone: "not found", Ended: "108",
		Calls: map[string]string{
			"suspendMember": "succeeded", "unsuspendMember": "succeeded", "logoutMemberSessions": "succeeded", "deleteMember": "succeeded",
		},
	}
	want.Member.ExternalID, want.Member.Name, want.Member.Email, want.Member.Status = "42", "Ada Lovelace", "ada@example.com", "VERIFIED"
	want.Member.ProfilePicture.URL = "https://example.com/ada.png"
	want.Member.Fields = []struct{ Key, Value string }{{"Company", `"Analytical Engines"`}}
	var got answers
	if err := json.Unmarshal([]byte(run(t, input, "node", "graphql/client.mjs")), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if len(community.Members()) != 0 || len(community.Attempts()) != 2 {
		t.Errorf("%d members, %d logins", len(community.Members()), len(community.Attempts()))
	}
}
