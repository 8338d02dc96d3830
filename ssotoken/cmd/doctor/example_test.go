package doctor_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
)

// A test of the site finds a handler that logs everybody in.
func Example() {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://community.example.com/api/auth/sso?jwt=made-for-anybody", http.StatusSeeOther)
	}))
	defer site.Close()

	diagnosis, err := doctor.Check(context.Background(), doctor.Config{
		AuthorizationURL: site.URL + "/community/login",
		Community:        "community.example.com",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range diagnosis.Findings {
		fmt.Printf("%s %s: %s\n    %s\n    %s\n", f.Verdict, f.Code, f.Message, f.Sentence, f.Fix)
	}
	fmt.Println(errors.Is(diagnosis.Err(), doctor.MintsWithoutSession))

	// Output:
	// fail mints-without-session: A request without a cookie got a token.
	//     The partner signs the visitor in, or finds the session, before it makes a token.
	//     Look the cookie up in your own session store, and show the sign-in page when it is not there.
	// true
}
