// Command bench compares this module with other JWT libraries, and with the
// floor: what every token needs. Run it with
//
//	cd ssotoken/internal/bench && go run .
//
// for the tables. With -goals, the exit status is 1 if a goal is missed. Every
// token is verified and its claims are compared before anything is timed. For
// benchstat there is go test -bench . -count 10.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

func main() {
	var r ruler
	flag.IntVar(&r.rounds, "rounds", 200, "rounds of which a figure is the median")
	flag.DurationVar(&r.slice, "slice", 2*time.Millisecond, "time for each entry in a round")
	checkGoals := flag.Bool("goals", false, "print the missed goals, and exit with status 1 if there is one")
	members := flag.Int("members", 0, "check a user base of this many `members` instead")
	flag.Parse()
	if r.rounds < 1 || r.slice <= 0 || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "bench: -rounds and -slice must be positive, and there are no arguments")
		os.Exit(2)
	}

	var missed []string
	var err error
	if *members > 0 {
		fmt.Printf("%s. Medians of %d rounds.\n", machine(), r.rounds)
		missed, err = userBase(os.Stdout, r.rounds, *members)
	} else {
		missed, err = report(os.Stdout, r)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	if !*checkGoals {
		return
	}
	for _, m := range missed {
		fmt.Println("missed:", m)
	}
	if len(missed) > 0 {
		os.Exit(1)
	}
}

// report prints all sections and gives the missed goals.
func report(w io.Writer, r ruler) ([]string, error) {
	fmt.Fprintf(w, "%s. Medians of %d rounds.\n", machine(), r.rounds)
	var missed []string
	for _, p := range []payload{full, busy, minimal} {
		t, err := compareMints(r, p)
		if err != nil {
			return nil, err
		}
		t.print(w)
		missed = append(missed, t.missed()...)
	}
	for _, section := range []func(ruler) (fmt.Stringer, []string, error){parallel, thousand} {
		text, m, err := section(r)
		if err != nil {
			return nil, err
		}
		fmt.Fprint(w, text)
		missed = append(missed, m...)
	}
	return missed, nil
}
