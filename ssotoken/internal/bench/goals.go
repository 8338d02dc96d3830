package main

import "fmt"

// The goals, each the most that a figure may be. They hold for all payloads,
// except that the allocations of (c) are those of the full one, and of the busy
// one half of them.
var goals = []struct {
	mint                              mint
	toMapClaims, toCristalhq, toFloor float64 // 0: no goal
	allocs                            uint64
}{
	{loginURL, 0.25, 0.70, 1.5, 3},
	{sign, 0.23, 0.65, 1.4, 3},
	{whole, 0.40, 1.0, 0, 12},
}

const (
	leastGain      = 0.9 // of what a second processor gains the floor
	leastFloorGain = 1.1 // below it, the second processor was busy
	mostPerID      = 1.3 // of the floor, with 1,000 spaceIds
	closureMax     = 32  // bytes of a Token besides its text
)

func (t table) missed() []string {
	var missed []string
	for _, g := range goals {
		r := t.row(g.mint)
		miss := func(what string, got, most float64) {
			if most > 0 && got > most {
				missed = append(missed, fmt.Sprintf("%s payload, %s: %s is %.4g, the goal %.4g", t.payload.name, r.name, what, got, most))
			}
		}
		miss("the ratio to MapClaims", r.toMapClaims, g.toMapClaims)
		miss("the ratio to cristalhq", r.toCristalhq, g.toCristalhq)
		miss("the ratio to the floor", r.toFloor, g.toFloor)
		allocs := g.allocs
		if t.payload.name == busy.name {
			allocs = min(allocs, 6)
		}
		miss("allocations", float64(r.cost.allocs), float64(allocs))
		if g.mint.name != whole.name { // which has its builder's bytes too
			miss("bytes", float64(r.cost.bytes), float64(sizeClass(r.returns)+closureMax))
		}
	}
	return missed
}

// sizeClass is how much the allocator gives for n bytes.
func sizeClass(n int) int { return cap(append([]byte(nil), make([]byte, n)...)) }
