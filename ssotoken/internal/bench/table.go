package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
)

// A table holds the figures of all mints for one payload.
type table struct {
	payload payload
	rows    []row
}

type row struct {
	mint
	// Medians of the ratio within a round; the floor is that of the same
	// form, a token or a URL.
	toMapClaims, toCristalhq, toFloor float64

	best    float64 // nanoseconds, in the fastest round
	cost    cost
	returns int // length of what one operation returns
}

func compareMints(r ruler, p payload) (table, error) {
	t := table{payload: p}
	lanes := make([]lane, len(mints))
	for i, m := range mints {
		op, err := m.ready(p)
		if err != nil {
			return t, err
		}
		minted, err := op()
		if err != nil {
			return t, err
		}
		c, err := costOf(op)
		if err != nil {
			return t, err
		}
		lanes[i] = lane{ops: []operation{op}, procs: runtime.GOMAXPROCS(0)}
		t.rows = append(t.rows, row{mint: m, cost: c, returns: len(minted)})
	}
	times, err := r.measure(lanes)
	if err != nil {
		return t, err
	}
	of := func(m mint) series {
		return times[slices.IndexFunc(mints, func(other mint) bool { return other.name == m.name })]
	}
	for i := range t.rows {
		row := &t.rows[i]
		row.toMapClaims = times[i].over(of(golangMapClaims)).median()
		row.toCristalhq = times[i].over(of(cristalhqJWT)).median()
		row.toFloor = times[i].over(of(floors[row.gives])).median()
		row.best = slices.Min(times[i])
	}
	return t, nil
}

func (t table) row(m mint) row {
	return t.rows[slices.IndexFunc(t.rows, func(r row) bool { return r.name == m.name })]
}

func (t table) print(w io.Writer) {
	fmt.Fprintf(w, "\n### %s payload, %d bytes of JSON\n\n", t.payload.name, len(t.payload.json)+len(`,"iat":1700000000,"exp":1700000060}`))
	fmt.Fprintln(w, "| | to MapClaims | to cristalhq | to the floor | best µs | allocations | bytes |")
	fmt.Fprintln(w, "| --- | --: | --: | --: | --: | --: | --: |")
	for _, r := range t.rows {
		fmt.Fprintf(w, "| %s | %.2f | %.2f | %.2f | %.2f | %d | %d |\n",
			r.name, r.toMapClaims, r.toCristalhq, r.toFloor, r.best/1000, r.cost.allocs, r.cost.bytes)
	}
}
