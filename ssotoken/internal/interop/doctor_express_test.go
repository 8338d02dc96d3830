package interop_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

func TestDoctorFindsTheFlawsOfTheVendorsPageInExpress(t *testing.T) {
	key, err := ssotoken.NewKey(keyText)
	if err != nil {
		t.Fatal(err)
	}
	report, err := doctor.Check(t.Context(), doctor.Config{
		AuthorizationURL: startPartner(t, keyText, "https://community.example.com", "node", "express/server.js") + "/login",
		Community:        "community.example.com", Cookie: "session=good", Key: key,
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []contract.Code
	for _, f := range report.Findings {
		got = append(got, f.Code)
	}
	want := []contract.Code{
		doctor.RedirectChanged, // it is not encoded
		doctor.OpenRedirect,    // it is not checked
		doctor.Cacheable, doctor.ReferrerSent,
		doctor.TokenInBody,       // res.redirect repeats the address
		contract.RedirectRefused, // it is "undefined" without a referrer_uri
		doctor.HEADMints,         // app.get answers HEAD
		doctor.PrefetchMints,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q\n%v", got, want, report.Err())
	}
	readme, err := os.ReadFile("../../cmd/ssotoken/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		if f.Code == doctor.OpenRedirect {
			_, values, _ := strings.Cut(f.Message, "https://evil.example ")
			for _, sample := range []string{values, fmt.Sprintf("after %d requests.", report.Requests)} {
				if !strings.Contains(string(readme), sample) {
					t.Errorf("the README has no %q", sample)
				}
			}
		}
	}
}
