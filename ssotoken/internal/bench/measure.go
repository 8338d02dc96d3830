package main

import (
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// A lane is one thing to time: an operation for each goroutine, on procs
// processors.
type lane struct {
	ops   []operation
	procs int
	n     int // operations of each goroutine in a slice
}

// A ruler compares lanes on a machine that has other work too. Absolute times
// are worth little there, and so are ratios of times taken minutes apart. So
// each lane runs for a short slice in every round, and only times of the same
// round are divided.
type ruler struct {
	rounds int
	slice  time.Duration
}

// measure gives the nanoseconds per operation of each lane in each round. The
// order rotates, so that no lane always runs after the same one.
func (r ruler) measure(lanes []lane) ([]series, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for i := range lanes {
		if err := lanes[i].calibrate(r.slice); err != nil {
			return nil, err
		}
	}
	times := make([]series, len(lanes))
	for i := range times {
		times[i] = make(series, r.rounds)
	}
	for round := range r.rounds {
		for k := range lanes {
			i := (round + k) % len(lanes)
			d, err := lanes[i].run()
			if err != nil {
				return nil, err
			}
			times[i][round] = float64(d.Nanoseconds()) / float64(lanes[i].n*len(lanes[i].ops))
		}
	}
	return times, nil
}

// calibrate finds how many operations fill a slice. The fastest of some runs
// counts: a run that other work interrupted would give too few operations.
func (l *lane) calibrate(slice time.Duration) error {
	for l.n = 1; ; l.n *= 2 {
		fastest := time.Duration(math.MaxInt64)
		for range 5 {
			d, err := l.run()
			if err != nil {
				return err
			}
			fastest = min(fastest, d)
		}
		if fastest >= slice/4 {
			l.n = max(1, int(float64(l.n)*float64(slice)/float64(fastest)))
			return nil
		}
	}
}

func (l *lane) run() (time.Duration, error) {
	if runtime.GOMAXPROCS(0) != l.procs {
		runtime.GOMAXPROCS(l.procs)
	}
	runtime.GC() // a lane does not pay for the garbage of the one before
	errs := make([]error, len(l.ops))
	start := time.Now()
	if len(l.ops) == 1 {
		errs[0] = repeat(l.ops[0], l.n)
	} else {
		var group sync.WaitGroup
		for i, op := range l.ops {
			group.Go(func() { errs[i] = repeat(op, l.n) })
		}
		group.Wait()
	}
	d := time.Since(start)
	for _, err := range errs {
		if err != nil {
			return 0, err
		}
	}
	return d, nil
}

func repeat(op operation, n int) error {
	for range n {
		if _, err := op(); err != nil {
			return err
		}
	}
	return nil
}

// A series is one figure a round.
type series []float64

func (s series) over(base series) series {
	ratios := make(series, len(s))
	for i := range s {
		ratios[i] = s[i] / base[i]
	}
	return ratios
}

func (s series) median() float64 {
	sorted := slices.Sorted(slices.Values(s))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// cost is what one operation allocates, when pools are warm.
type cost struct{ allocs, bytes uint64 }

func costOf(op operation) (cost, error) {
	const runs = 200
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection empties pools
	if err := repeat(op, 1); err != nil {
		return cost{}, err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := repeat(op, runs)
	runtime.ReadMemStats(&after)
	return cost{(after.Mallocs - before.Mallocs) / runs, (after.TotalAlloc - before.TotalAlloc) / runs}, err
}
