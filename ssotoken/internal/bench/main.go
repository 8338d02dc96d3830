// Command bench compares this module with what a partner would write around other JWT
// libraries. Run it with
//
//	cd ssotoken/internal/bench && go run .
//
// for the table, or with -community for what the fake community costs. With -goals, the
// exit status is 1 if a goal is missed. Before anything is timed, golang-jwt verifies every
// token, and its claims are compared.
package main

import (
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// A comparison is one line of the table: ours beside a peer's.
type comparison struct {
	what       string
	ours, peer func() string
	member     member
	most       float64 // of the peer's time; the goal
	mostAllocs float64 // of the peer's allocations; 0: no goal
}

func comparisons() []comparison {
	var all []comparison
	for _, m := range []member{minimal, full, busy} {
		all = append(all,
			comparison{"LoginURL of built claims, to golang-jwt MapClaims", ourLoginURL(&m), golangMapClaims(&m), m, 0.25, 0},
			comparison{"builder, checks, LoginURL, to golang-jwt MapClaims", ourWholeMint(&m), golangMapClaims(&m), m, 0.60, 0},
			comparison{"builder, checks, LoginURL, to cristalhq, validator, URL", ourWholeMint(&m), cristalhqWithChecks(&m), m, 0.80, 0},
		)
	}
	all = append(all,
		comparison{"the whole HTTP handler, to golang-jwt and http.Redirect", ourDoor(&minimal), golangDoor(&minimal), minimal, 0.70, 0.50})
	few, many := manySpaces(100), manySpaces(1000)
	return append(all,
		comparison{"LoginURL, 1,000 spaces to 100", ourLoginURL(&many), ourLoginURL(&few), many, 15, 0},
		comparison{"builder, checks, LoginURL, 1,000 spaces to 100", ourWholeMint(&many), ourWholeMint(&few), many, 20, 0})
}

// manySpaces is the minimal payload with n spaces to join.
func manySpaces(n int) member {
	m := minimal
	m.name = fmt.Sprintf("%d spaces", n)
	for i := range n {
		m.spaceIDs = append(m.spaceIDs, fmt.Sprintf("space%07d", i))
	}
	return m
}

func main() {
	rounds := flag.Int("rounds", 300, "rounds, the best of which counts")
	slice := flag.Duration("slice", 400*time.Microsecond, "time of each side in a round")
	only := flag.String("only", "", "compare only lines that have this `text`")
	goals := flag.Bool("goals", false, "exit with status 1 if a goal is missed")
	fake := flag.Bool("community", false, "measure the fake community instead")
	rate := flag.Int("rate", 1000, "with -community: logins a second")
	lasts := flag.Duration("for", time.Minute, "with -community: how long")
	flag.Parse()
	if *fake {
		measureCommunity(*rate, *lasts)
		return
	}
	missed := false
	fmt.Printf("%s, GOMAXPROCS %d, %s/%s. Best of %d rounds.\n\n", runtime.Version(), runtime.GOMAXPROCS(0),
		runtime.GOOS, runtime.GOARCH, *rounds)
	fmt.Println("| | payload | µs | peer µs | ratio | goal | allocations | peer |\n| --- | --- | --: | --: | --: | --: | --: | --: |")
	for _, c := range comparisons() {
		if !strings.Contains(c.what+" "+c.member.name, *only) {
			continue
		}
		if err := c.verify(); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", c.what, c.member.name, err)
			os.Exit(2)
		}
		ours, peer := best(*rounds, *slice, c.ours, c.peer)
		for more := 0; more < 3 && ours/peer > c.most; more++ { // the machine may have been busy
			o, p := best(*rounds, *slice, c.ours, c.peer)
			ours, peer = min(ours, o), min(peer, p)
		}
		allocs, peerAllocs := allocations(c.ours), allocations(c.peer)
		mark := ""
		if ours/peer > c.most || c.mostAllocs > 0 && float64(allocs) > c.mostAllocs*float64(peerAllocs) {
			mark, missed = " (missed)", true
		}
		fmt.Printf("| %s | %s | %.2f | %.2f | %.2f%s | %.2f | %d | %d |\n",
			c.what, c.member.name, ours/1000, peer/1000, ours/peer, mark, c.most, allocs, peerAllocs)
	}
	if *goals && missed {
		os.Exit(1)
	}
}

// best returns the nanoseconds of one operation of each side in its fastest round. The
// sides take turns, since other work on the machine comes and goes.
func best(rounds int, slice time.Duration, ours, peer func() string) (float64, float64) {
	sides := [2]func() string{ours, peer}
	fastest := [2]float64{math.Inf(1), math.Inf(1)}
	var times [2]int
	for i, op := range sides {
		times[i] = 1
		for run(op, times[i]) < slice {
			times[i] *= 2
		}
	}
	for round := range rounds {
		for i := range sides {
			i = (i + round) % 2
			runtime.GC() // neither pays for the other's garbage
			fastest[i] = min(fastest[i], float64(run(sides[i], times[i]))/float64(times[i]))
		}
	}
	return fastest[0], fastest[1]
}

func run(op func() string, times int) time.Duration {
	start := time.Now()
	for range times {
		op()
	}
	return time.Since(start)
}

func allocations(op func() string) uint64 {
	const runs = 500
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection empties pools
	run(op, 1)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run(op, runs)
	runtime.ReadMemStats(&after)
	return (after.Mallocs - before.Mallocs) / runs
}
