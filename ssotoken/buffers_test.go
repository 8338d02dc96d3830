package ssotoken_test

import (
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
)

// What was in a buffer are claims and tokens: the next login must not find them,
// nor should a large one stay in memory.
func TestABufferIsClearedBeforeItIsUsedAgainAndNotKeptWhenLarge(t *testing.T) {
	const most = 64 << 10
	for _, tt := range []struct {
		bytes, scratch int
		kept           bool
	}{{100, 100, true}, {100, 0, true}, {0, 100, true}, {most, 1, true}, {1, most, true}, {most + 1, 1, false}, {1, most + 1, false}} {
		left, kept := ssotoken.ReleaseBuffer(tt.bytes, tt.scratch)
		if kept != tt.kept || kept && left > 0 {
			t.Errorf("of %d and %d bytes: %d are left, and it is kept: %v", tt.bytes, tt.scratch, left, kept)
		}
	}
}

func TestADroppedReturnPathIsLeftInNoBuffer(t *testing.T) {
	signer := newSigner(t, func(c *ssotoken.Config) { c.MaxURL = 400 })
	if left := signer.DropReturnPath(build(t, ada()), returnPath(t, "/"+times("a", 500))); left > 0 {
		t.Errorf("%d bytes are left", left)
	}
}
