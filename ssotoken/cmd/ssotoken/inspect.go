package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bettermode-go/sso/ssotoken/inspect"
)

func newInspect(sh *shell) *cobra.Command {
	c := &inspection{}
	cmd := newVerb(sh, "inspect", "judge a token or a login URL, rule by rule",
		`Judges a token or a whole login URL as a strict community would: the verdict, what breaks a rule and what to do about it,
the claims, the time left, what the community would do. The signature is checked if there is a key.

It reads standard input, or a file, and finds the login in what is pasted: a line of a log, JSON, HTML, a mail, Markdown. It
says what it undid to read it. It recognises a token that is cut short, encrypted, or signed with another algorithm.

It shows the claims' values, which are personal data. The exit status is 1 if a rule fails or warns. A signature that was not
checked for lack of a key does not count.`,
		`  pbpaste | ssotoken inspect
  tail -1 access.log | BETTERMODE_SSO_KEY=… ssotoken inspect --json`,
		c.run)
	group(cmd, "Input", func(flags *pflag.FlagSet) {
		flags.StringVar(&c.in, "in", "-", "`path` of a file with a token or a login URL; - is standard input")
	})
	c.key = addKeyFlags(cmd)
	output(cmd, &c.json, &c.verbose, "show the header, the rules that hold, and where each rule comes from")
	return cmd
}

type inspection struct {
	key           *keyFlags
	in            string
	verbose, json bool
}

// judged is the output of -json.
type judged struct {
	Accepted bool     `json:"accepted"`         // by a strict community, if an unchecked signature is right
	Undone   []string `json:"undone,omitempty"` // what was around the login, or had been done to it
	*inspect.Report
}

var errNothingFound = errors.New("there is no token and no login URL in the input")

func (c *inspection) run(ctx context.Context, sh *shell) error {
	options := inspect.Options{Now: sh.now()}
	if c.key.isGiven() {
		key, err := within(ctx, c.key.load)
		if err != nil {
			return err
		}
		options.Key = key
	}
	data, err := sh.readInput(ctx, "--in", "a token or a login URL", c.in)
	if err != nil {
		return err
	}
	found, ok := inspect.Find(data)
	if !ok {
		return errNothingFound
	}
	if found.Others > 0 {
		fmt.Fprintf(sh.stderr, "ssotoken inspect: the first is judged; the input holds %d more\n", found.Others)
	}
	report := found.Judge(options)
	return sh.report(c.json, hasMistake(report), judged{report.Accepted(), found.Undone, report}, func(w *screen, p paint) {
		printReport(w, p, report, found.Undone, options.Key, c.verbose)
	})
}

// hasMistake ignores that no key was given, which is not the token's fault.
func hasMistake(r *inspect.Report) bool {
	return slices.ContainsFunc(r.Findings, func(f inspect.Finding) bool {
		return f.Verdict == inspect.Fail || f.Verdict == inspect.Warn && f.Code != inspect.SignatureUnchecked
	})
}
