package main

import (
	"fmt"
	"runtime"
	"strings"
)

// parallel tells what a second processor gains. Our gain is divided by the
// floor's in the same round, since other work on the machine takes from both.
func parallel(r ruler) (fmt.Stringer, []string, error) {
	const procs = 2
	var text strings.Builder
	if runtime.NumCPU() < procs {
		text.WriteString("\nOne processor: no figures for two.\n")
		return &text, nil, nil
	}
	entries := append([]mint{floors[aToken], floors[aURL]}, ours...)
	var lanes []lane // each entry on one processor, then on two
	for _, m := range entries {
		var ops []operation
		for range procs {
			op, err := m.ready(full)
			if err != nil {
				return nil, nil, err
			}
			ops = append(ops, op)
		}
		lanes = append(lanes, lane{ops: ops[:1], procs: 1}, lane{ops: ops, procs: procs})
	}
	times, err := r.measure(lanes)
	if err != nil {
		return nil, nil, err
	}
	gains := make(map[string]series)
	for i, m := range entries {
		gains[m.name] = times[2*i].over(times[2*i+1])
	}

	var missed []string
	text.WriteString("\n### What a second processor gains, full payload\n\n| | gain | to the floor's gain |\n| --- | --: | --: |\n")
	for _, m := range entries {
		floor := gains[floors[m.gives].name]
		relative := gains[m.name].over(floor).median()
		fmt.Fprintf(&text, "| %s | %.2f | %.2f |\n", m.name, gains[m.name].median(), relative)
		if relative < leastGain && floor.median() >= leastFloorGain {
			missed = append(missed, fmt.Sprintf("%s: a second processor gains %.2f of what it gains the floor, the goal is %.2f", m.name, relative, leastGain))
		}
	}
	if gains[floors[aToken].name].median() < leastFloorGain {
		text.WriteString("\nOther work had the second processor: the floor gained nothing, so this says nothing of ours.\n")
	}
	return &text, missed, nil
}

// thousand shows that no cost grows faster than the number of spaceIds.
func thousand(r ruler) (fmt.Stringer, []string, error) {
	sizes := []int{100, 1000}
	entries := append([]mint{floors[aToken], floors[aURL]}, ours...)
	var lanes []lane
	var costs []cost
	for _, m := range entries {
		for _, n := range sizes {
			op, err := m.ready(manySpaces(n))
			if err != nil {
				return nil, nil, err
			}
			c, err := costOf(op)
			if err != nil {
				return nil, nil, err
			}
			costs = append(costs, c)
			lanes = append(lanes, lane{ops: []operation{op}, procs: runtime.GOMAXPROCS(0)})
		}
	}
	times, err := r.measure(lanes)
	if err != nil {
		return nil, nil, err
	}
	floorOf := map[form]int{aToken: 0, aURL: 1}

	var text strings.Builder
	var missed []string
	text.WriteString("\n### 1,000 spaceIds\n\n| | time to the floor | time per id to that with 100 ids | allocations with 100, 1,000 ids |\n| --- | --: | --: | --: |\n")
	for i, m := range entries {
		few, many := times[2*i], times[2*i+1]
		toFloor := many.over(times[2*floorOf[m.gives]+1]).median()
		growth := many.over(few).median() * float64(sizes[0]) / float64(sizes[1])
		fmt.Fprintf(&text, "| %s | %.2f | %.2f | %d, %d |\n", m.name, toFloor, growth, costs[2*i].allocs, costs[2*i+1].allocs)
		if m.name == loginURL.name && toFloor > mostPerID {
			missed = append(missed, fmt.Sprintf("%s: with 1,000 spaceIds the time per id is %.2f of the floor's, the goal is %.2f", m.name, toFloor, mostPerID))
		}
		if m.name == loginURL.name && costs[2*i+1].allocs > costs[2*i].allocs {
			missed = append(missed, fmt.Sprintf("%s: allocations grow with the number of spaceIds", m.name))
		}
	}
	return &text, missed, nil
}
