package spelling_test

import (
	"testing"

	"github.com/bettermode-go/sso/ssotoken/internal/spelling"
)

func TestTheNearestWordHasAtMostTwoSlips(t *testing.T) {
	words := []string{"mint", "inspect", "doctor", "url", "to"}
	for _, tt := range []struct{ misspelled, want string }{
		{"mint", "mint"}, {"mnt", "mint"}, {"inpsect", "inspect"}, {"docter", "doctor"}, {"doctors", "doctor"}, {"urls", "url"},
		{"inspecting", ""}, {"xy", ""}, {"t", ""}, {"", ""}, {"mi", ""}, {"eyJhbGciOiJIUzI1NiJ9", ""},
	} {
		if got := spelling.Nearest(tt.misspelled, words); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.misspelled, got, tt.want)
		}
	}
}
