package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"
)

const purpose = "mints, inspects and checks the JWT SSO logins of a Bettermode community, and runs a fake one"

// overview lists the verbs.
func overview(w io.Writer) {
	wrapped(w, "", "", "ssotoken "+purpose+".", plain)
	fmt.Fprint(w, "\nUsage: ssotoken VERB [flags]\n\n")
	for _, v := range allVerbs() {
		wrapped(w, "  "+pad(v.name, 12), strings.Repeat(" ", 14), v.summary, plain)
	}
	fmt.Fprintln(w)
	wrapped(w, "", "", "ssotoken help VERB explains each, with an example. "+exitStatus, plain)
}

// help explains one verb.
func (v verb) help(w io.Writer) {
	wrapped(w, "", "  ", "Usage: "+v.synopsis(), plain)
	for paragraph := range strings.SplitSeq(v.about, "\n\n") {
		fmt.Fprintln(w)
		wrapped(w, "", "", paragraph, plain)
	}
	if options := v.options(); options != nil {
		fmt.Fprint(w, "\nFlags:\n")
		for _, o := range options {
			fmt.Fprintf(w, "  %s\n", o.form())
			wrapped(w, "      ", "      ", o.usage, plain)
		}
	}
	fmt.Fprintf(w, "\nExample:\n%s\n\n", v.example)
	wrapped(w, "", "", exitStatus, plain)
}

func (v verb) synopsis() string {
	if v.words != nil {
		return "ssotoken " + v.name + " " + strings.Join(v.words, " | ")
	}
	if v.options() == nil {
		return "ssotoken " + v.name
	}
	return "ssotoken " + v.name + " [flags]"
}

// An option is a flag for people.
type option struct {
	name, value, usage string // value is what follows the name; "" for a switch
}

func (o option) form() string { return strings.TrimSuffix("-"+o.name+" "+o.value, " ") }

// isPath reports whether the value is a file or a folder.
func (o option) isPath() bool { return o.value == "path" || o.value == "folder" }

// options lists the flags of a verb, by name.
func (v verb) options() []option {
	var options []option
	flags, _ := v.flagSet()
	flags.VisitAll(func(f *flag.Flag) {
		value, usage := flag.UnquoteUsage(f)
		switch f.DefValue {
		case "", "0", "0s", "false":
		default:
			usage += " (default " + f.DefValue + ")"
		}
		options = append(options, option{f.Name, value, usage})
	})
	return options
}

func noFlags(act func(sh *shell, args []string) error) func(*flag.FlagSet) func(context.Context, *shell) error {
	return func(flags *flag.FlagSet) func(context.Context, *shell) error {
		return func(_ context.Context, sh *shell) error { return act(sh, flags.Args()) }
	}
}

func helpVerb() verb {
	v := verb{
		name: "help", summary: "explain a verb",
		about:   "Explains a verb and its flags, as VERB -h does. Without a verb it lists them.",
		example: "  ssotoken help mint",
		flags: noFlags(func(sh *shell, args []string) error {
			for _, v := range allVerbs() {
				if len(args) > 0 && v.name == args[0] {
					v.help(sh.stdout)
					return nil
				}
			}
			overview(sh.stdout)
			return nil
		}),
	}
	v.words = append(verbNames(verbs), "help", "completion", "man")
	return v
}

// A duration is a flag's time, whose mistakes are told in words.
type duration struct{ to *time.Duration }

func timeVar(flags *flag.FlagSet, to *time.Duration, name string, value time.Duration, usage string) {
	*to = value
	flags.Var(duration{to}, name, usage)
}

func (d duration) String() string {
	if d.to == nil {
		return ""
	}
	return short(*d.to)
}

func (d duration) Set(text string) error {
	t, err := time.ParseDuration(text)
	switch {
	case err == nil:
		*d.to = t
		return nil
	case text != "" && len(text) < 10 && strings.Trim(text, "0123456789") == "":
		return fmt.Errorf("a time has a unit: write %ss", text)
	}
	return fmt.Errorf("a time is written like 60s or 5m")
}

// short is a time without the units that are 0: 60s, 1h.
func short(d time.Duration) string {
	switch {
	case d == time.Minute:
		return "60s"
	case d%time.Hour == 0 && d != 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0 && d != 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}
