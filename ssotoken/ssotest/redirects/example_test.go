package redirects_test

import (
	"fmt"

	"github.com/bettermode-go/sso/ssotoken/ssotest/redirects"
)

// A handler that only looks for a slash at the start lets most of them by.
func ExampleHostile() {
	passed := 0
	for _, value := range redirects.Hostile() {
		if value[0] == '/' {
			passed++
		}
	}
	fmt.Println(passed > 5000)
	// Output: true
}
