package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"

	"github.com/bettermode-go/sso/ssotoken/cmd/check"
	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/cmd/smoke"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// help explains a command: what it is for, an example, then its flags by groups.
func help(cmd *cobra.Command, w *screen) {
	wrapped(w, "", "  ", "Usage: "+cmd.UseLine(), plain)
	fmt.Fprintln(w)
	paragraphs(w, cmp.Or(cmd.Long, cmd.Short))
	if cmd.Example != "" {
		fmt.Fprintf(w, "\nExample:\n%s\n", cmd.Example)
	}
	verbs := cmd.Commands()
	if len(verbs) > 0 {
		fmt.Fprintln(w)
	}
	for _, verb := range verbs {
		if verb.IsAvailableCommand() || verb.Name() == "help" {
			wrapped(w, "  "+pad(verb.Name(), 12), strings.Repeat(" ", 14), verb.Short, plain)
		}
	}
	var headings []string
	groups := map[string]*pflag.FlagSet{}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		group, ours := f.Annotations[groupOf]
		if !ours {
			return
		}
		heading := group[0]
		if groups[heading] == nil {
			headings, groups[heading] = append(headings, heading), pflag.NewFlagSet("", pflag.ContinueOnError)
			groups[heading].SortFlags = false
		}
		shown := *f
		shown.Usage = group[1]
		groups[heading].AddFlag(&shown)
	})
	for _, heading := range headings {
		fmt.Fprintf(w, "\n%s:\n%s", heading, groups[heading].FlagUsagesWrapped(w.width()))
	}
	fmt.Fprintln(w)
	if !cmd.HasParent() {
		wrapped(w, "", "", "ssotoken help VERB explains a verb, and ssotoken explain CODE a code.", plain)
	}
	wrapped(w, "", "", exitStatus, plain)
}

// paragraphs wraps text. Lines that are indented stay as they are.
func paragraphs(w *screen, text string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if strings.HasPrefix(paragraph, " ") || strings.HasPrefix(paragraph, "\t") {
			fmt.Fprintln(w, paragraph)
		} else {
			wrapped(w, "", "", paragraph, plain)
		}
	}
}

// newWordVerb returns a verb that takes one of some words as its argument, or none.
func newWordVerb(use, summary, about, example string, words func(*cobra.Command) []string,
	run func(cmd *cobra.Command, word string) error) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: summary, Long: about, Example: example, DisableFlagsInUseLine: true}
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return words(cmd), cobra.ShellCompDirectiveNoFileComp
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		what := strings.ToLower(strings.Trim(strings.Fields(use)[1], "[]"))
		switch {
		case len(args) > 1:
			return usageError("one " + what + " at a time")
		case len(args) == 1 && !slices.Contains(words(cmd), args[0]):
			return misspelled(what, args[0], words(cmd))
		}
		return nil
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return run(cmd, strings.Join(args, "")) }
	return cmd
}

func verbsOf(cmd *cobra.Command) []string { return names(cmd.Root()) }

// named returns the command of a verb, or the whole one for "".
func named(cmd *cobra.Command, verb string) *cobra.Command {
	found, _, _ := cmd.Root().Find(strings.Fields(verb)) // newWordVerb has checked it
	return found
}

func newHelp(sh *shell) *cobra.Command {
	return newWordVerb("help [VERB]", "explain a verb",
		"Explains a verb and its flags, as VERB --help does. Without a verb, it lists them.", "  ssotoken help mint",
		verbsOf, func(cmd *cobra.Command, verb string) error {
			help(named(cmd, verb), sh.stdout)
			return nil
		})
}

func newMan(sh *shell) *cobra.Command {
	return newWordVerb("man [VERB]", "print a manual page",
		"Prints the manual page of a verb, or that of the whole command, for man(1).",
		"  ssotoken man doctor | man -l -\n  ssotoken man > /usr/local/share/man/man1/ssotoken.1",
		verbsOf, func(cmd *cobra.Command, verb string) error {
			page := named(cmd, verb)
			now := sh.now()
			header := &doc.GenManHeader{Section: "1", Source: "ssotoken", Manual: "User commands"}
			if os.Getenv("SOURCE_DATE_EPOCH") == "" {
				header.Date = &now
			}
			var text bytes.Buffer
			if err := doc.GenMan(page, header, &text); err != nil {
				return err
			}
			text.WriteString(".SH EXIT STATUS\n" + exitStatus + "\n.SH ENVIRONMENT\n.TP\n.B " + keyVariable +
				"\nThe community's SSO private key, unless \\-\\-key\\-env or \\-\\-key\\-file names another place.\n")
			_, err := text.WriteTo(sh.stdout)
			return err
		})
}

// allRules are those of the contract and of the packages of this module.
func allRules() []inspect.Rule {
	return slices.Concat(inspect.Rules(), doctor.Rules(), smoke.Rules(), check.Rules())
}

func ruleOf(code contract.Code) (inspect.Rule, bool) {
	rules := allRules()
	i := slices.IndexFunc(rules, func(r inspect.Rule) bool { return r.Code == code })
	if i < 0 {
		return inspect.Rule{}, false
	}
	return rules[i], true
}

func newExplain(sh *shell) *cobra.Command {
	return newWordVerb("explain [CODE]", "say what a code means, why, and what to do",
		"Says what a code of a report, an event or an error means, where its rule comes from, and what to do. "+
			"Without a code, it lists them all.",
		"  ssotoken explain open-redirect",
		func(*cobra.Command) []string { return ruleCodes() }, func(_ *cobra.Command, code string) error {
			if code == "" {
				for _, r := range allRules() {
					wrapped(sh.stdout, pad(string(r.Code), 26)+"  ", strings.Repeat(" ", 28), r.Sentence, plain)
				}
				return nil
			}
			r, _ := ruleOf(contract.Code(code))
			fmt.Fprintf(sh.stdout, "%s  %s\n\n", sh.paint.verdict(r.Verdict), sh.paint.bold(code))
			row(sh.stdout, sh.paint, 6, "About", r.Area.About())
			row(sh.stdout, sh.paint, 6, "Rule", r.Sentence)
			row(sh.stdout, sh.paint, 6, "From", r.Source.String())
			row(sh.stdout, sh.paint, 6, "Fix", r.Fix)
			return nil
		})
}

func newVersion(sh *shell) *cobra.Command {
	return newVerb(sh, "version", "say which ssotoken this is, and which Go built it",
		`Says which version this is, and what the go command recorded of its build: the Go that built it, the module and its checksum,
the revision.`,
		"  ssotoken version",
		func(_ context.Context, sh *shell) error {
			_, err := fmt.Fprint(sh.stdout, sh.version())
			return err
		})
}

func (sh *shell) version() string {
	build := *sh.build
	build.Deps = nil
	return "ssotoken " + cmp.Or(build.Main.Version, "(devel)") + "\n" + build.String()
}

func ruleCodes() (codes []string) {
	for _, r := range allRules() {
		codes = append(codes, string(r.Code))
	}
	return codes
}
