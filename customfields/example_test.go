package customfields_test

import (
	"fmt"
	"time"

	"github.com/bettermode-go/sso/customfields"
)

func ExampleOf() {
	set := customfields.Of(
		customfields.Text("department", "Research"),
		customfields.Text("manager", ""), // empty: left out
		customfields.Integer("seats", 0), // a value
		customfields.Date("renewal", time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)),
	)
	for field := range set.Fields {
		fmt.Println(field.Key())
	}
	// Output:
	// department
	// renewal
	// seats
}

// A key that the protocol uses itself is refused, whatever its value.
func ExampleSet_Validate() {
	for _, err := range customfields.Of(customfields.Text("email", "")).Validate() {
		fmt.Println(err)
	}
	// Output: email: reserved key: it has a meaning in JWT or for the community; choose another external key
}
