package ssotoken_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
)

// measured counts allocations and bytes of one call, once the pools are full.
func measured(t *testing.T, f func()) (allocs float64, bytes uint64) {
	t.Helper()
	if raceDetector {
		t.Skip("allocations can't be counted under the race detector")
	}
	const runs = 1000
	f()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		f()
	}
	runtime.ReadMemStats(&after)
	return testing.AllocsPerRun(runs, f), (after.TotalAlloc - before.TotalAlloc) / runs
}

// sizeClass is what the runtime allocates for n bytes.
func sizeClass(n int) uint64 { return uint64(cap(append([]byte(nil), make([]byte, n)...))) }

func fullBuilder() *ssotoken.ClaimsBuilder {
	return ada().Tagline("Mathematician and writer").Picture("https://cdn.example.com/ada.png").
		Spaces(spaces.Apply(spaces.Join("s1"), spaces.Join("s2"), spaces.Join("s3"), spaces.Leave("s4"), spaces.Leave("s5"))).
		Custom(customfields.Of(customfields.Text("company", "Initech"), customfields.Integer("seats", 3), customfields.Boolean("admin", true), customfields.Text("role", "lead")))
}

func TestAMintAllocatesWhatItReturns(t *testing.T) {
	signer, c := newSigner(t), build(t, fullBuilder())
	to := returnPath(t, "/search?q=a%20b")
	login, err := signer.LoginURL(t.Context(), c, to)
	if err != nil {
		t.Fatal(err)
	}
	allocs, bytes := measured(t, func() { signer.LoginURL(t.Context(), c, to) })
	if want := sizeClass(len(login)); allocs != 1 || bytes > want+want/50 {
		t.Errorf("LoginURL: %v allocations and %d bytes, want 1 and %d", allocs, bytes, want)
	}
	token := sign(t, c)
	allocs, bytes = measured(t, func() { signer.Sign(t.Context(), c) })
	if want := sizeClass(len(token.JWT())) + 24; allocs != 2 || bytes > want+want/50 {
		t.Errorf("Sign: %v allocations and %d bytes, want 2 and %d", allocs, bytes, want)
	}
}

func TestAWholeLoginAllocatesAtMost12Times(t *testing.T) {
	signer := newSigner(t)
	allocs, _ := measured(t, func() {
		c, err := fullBuilder().Build()
		if err != nil {
			t.Fatal(err)
		}
		signer.LoginURL(t.Context(), c, ssotoken.ReturnPath{})
	})
	if allocs > 12 {
		t.Errorf("%v allocations", allocs)
	}
	t.Logf("%v allocations", allocs)
}

func TestAllocationsDoNotGrowWithTheSpaces(t *testing.T) {
	signer := newSigner(t, func(c *ssotoken.Config) { c.MaxURL = 1 << 20 })
	for _, n := range []int{1, 100, 1000} {
		ids := make([]string, n)
		for i := range ids {
			ids[i] = fmt.Sprintf("space-%06d", i)
		}
		c := build(t, ada().Spaces(spaces.Replace(ids...)))
		if allocs, _ := measured(t, func() { signer.LoginURL(t.Context(), c, ssotoken.ReturnPath{}) }); allocs != 1 {
			t.Errorf("%d spaces: %v allocations", n, allocs)
		}
	}
}
