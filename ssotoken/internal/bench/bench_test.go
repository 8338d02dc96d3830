package main

import (
	"testing"

	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

func TestBothSidesOfEachComparisonSayTheSame(t *testing.T) {
	for _, c := range comparisons() {
		if err := c.verify(); err != nil {
			t.Errorf("%s, %s: %v", c.what, c.member.name, err)
		}
	}
}

// The test above proves something only if other claims fail it.
func TestAnotherClaimIsNoticed(t *testing.T) {
	other := minimal
	other.tagline = "x"
	for name, c := range map[string]comparison{
		"ours":   {what: "ours", ours: ourLoginURL(&other), peer: golangMapClaims(&minimal), member: minimal},
		"theirs": {what: "theirs", ours: ourLoginURL(&minimal), peer: golangMapClaims(&other), member: minimal},
	} {
		if c.verify() == nil {
			t.Errorf("another claim in %s passed", name)
		}
	}
}

func TestAVisitToOurDoorMintsAndIsReported(t *testing.T) {
	if ourDoor(&minimal)(); lastEvent != "minted" {
		t.Errorf("got the event %q", lastEvent)
	}
}

func TestTheLoginsForTheCommunityAreOfMembersInTurn(t *testing.T) {
	h := must(ssotest.NewHandler(ssotest.Config{Settings: ssotest.Settings{Key: key}}))
	for _, n := range []int{0, 1, fakeMembers} {
		visit(h, loginOf(n))
	}
	if n := len(h.Members()); n != 2 {
		t.Errorf("%d members", n)
	}
}
