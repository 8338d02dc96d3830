/*
Mutants breaks each protection of the project, one at a time, and shows that the
test whose name says so turns red:

	go run ./ssotoken/internal/mutants             # all, which takes minutes
	go run ./ssotoken/internal/mutants -run loop   # those whose file or test has this in its name

The files stay as they are: the compiler is given others in their place (go build
-overlay). Status 1 says that a mutant survived.
*/
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
)

func main() {
	filter := flag.String("run", "", "only mutants whose file or test this `expression` finds")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *filter); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, filter string) error {
	chosen, err := regexp.Compile(filter)
	if err != nil {
		return err
	}
	var rows []mutant
	for _, m := range mutants() {
		if chosen.MatchString(m.file) || chosen.MatchString(m.test) {
			rows = append(rows, m)
		}
	}
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	b, err := combine(root, rows)
	if err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	tests := map[string][]string{}
	for _, m := range rows {
		if in := m.folder(); !slices.Contains(tests[in], m.test) {
			tests[in] = append(tests[in], m.test)
		}
	}
	for folder, names := range tests {
		if err := b.compile(ctx, root, folder, names); err != nil {
			return err
		}
	}
	left := 0
	for i, m := range rows {
		if b.combined[i] {
			err = b.try(ctx, root, i+1, m)
		} else {
			err = m.tryAlone(ctx, root, b.dir)
		}
		verdict := "red"
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			verdict = err.Error()
			left++
		}
		fmt.Printf("%3d/%d  %s  %s\n        %s: %s\n", i+1, len(rows), m.test, verdict, m.file, strings.Join(strings.Fields(m.new), " "))
	}
	if left > 0 {
		return fmt.Errorf("%d of %d mutants are not red", left, len(rows))
	}
	fmt.Printf("%d mutants, all red\n", len(rows))
	return nil
}
