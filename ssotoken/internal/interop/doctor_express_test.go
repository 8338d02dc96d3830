package interop_test

import (
	"bufio"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/doctor"
)

func TestDoctorFindsTheFlawsOfTheVendorsPageInExpress(t *testing.T) {
	key, err := ssotoken.NewKey(keyText)
	if err != nil {
		t.Fatal(err)
	}
	report, err := doctor.Check(t.Context(), doctor.Config{
		AuthorizationURL: "http://127.0.0.1:" + startExpress(t) + "/login",
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
		contract.Cacheable, contract.ReferrerSent,
		contract.TokenInBody,     // res.redirect repeats the address
		contract.RedirectRefused, // it is "undefined" without a referrer_uri
		contract.RedirectChanged, // it is not encoded
		contract.OpenRedirect,    // it is not checked
		contract.HEADMints,       // app.get answers HEAD
		contract.PrefetchMints,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q\n%v", got, want, report.Err())
	}
}

// startExpress gives the port of a server that ends with the test.
func startExpress(t *testing.T) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", "express/server.js")
	cmd.Env = append(os.Environ(), "SSO_KEY="+keyText)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the server did not start: %v", err)
	}
	return strings.TrimSpace(port)
}
