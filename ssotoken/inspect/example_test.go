package inspect_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// A token with common mistakes: exp is in milliseconds, sub is a number, and a
// claim is misspelled.
func Example() {
	key, err := ssotoken.NewKey("pGx4Qm8Zt1Vb7Ns2Kd9Rf3Wh6Yc0LjEa")
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": 7, "name": "Ada", "email": "ada@example.com", "space_ids": []string{"tips"},
		"iat": 1700000000, "exp": 1700000060000,
	}).SignedString([]byte(key.Reveal()))
	if err != nil {
		fmt.Println(err)
		return
	}

	report := inspect.Token(token, inspect.Options{Key: key, Now: time.Unix(1700000000, 0)})
	fmt.Println("signature", report.Signature.State)
	for _, f := range report.Findings {
		fmt.Printf("%s %s: %s %s\n    %s\n", f.Verdict, f.Code, f.Path, f.Message, f.Sentence)
	}
	fmt.Println(errors.Is(report.Err(), inspect.ExpMilliseconds))

	// Output:
	// signature verified
	// fail exp-milliseconds: exp is in milliseconds
	//     exp counts seconds since 1970, not milliseconds.
	// fail claim-not-string: sub is not a string
	//     A claim that is text is a JSON string.
	// warn claim-misspelled: space_ids is a candidate for a custom field; perhaps spaceIds is meant
	//     Claims are spelled as in the contract; any other name is a candidate for a custom field.
	// true
}
