package main

import (
	"fmt"
	"strings"
)

func manVerb() verb {
	return verb{
		name: "man", summary: "print the manual page",
		about:   "Prints the manual page, made of the same texts as -h.",
		example: "  ssotoken man > /usr/local/share/man/man1/ssotoken.1\n  ssotoken man | man -l -",
		flags: noFlags(func(sh *shell, _ []string) error {
			_, err := fmt.Fprint(sh.stdout, manual(allVerbs()))
			return err
		}),
	}
}

// manual is a page in the language of man(7).
func manual(all []verb) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line(`.TH SSOTOKEN 1 "" ssotoken "User commands"`)
	line(".SH NAME\nssotoken \\- %s", roff(purpose))
	line(".SH SYNOPSIS")
	for i, v := range all {
		if i > 0 {
			line(".br")
		}
		line(".B ssotoken %s\n%s", v.name, roff(strings.TrimSpace(strings.TrimPrefix(v.synopsis(), "ssotoken "+v.name))))
	}
	line(".SH DESCRIPTION")
	line("%s", roff("The community's key comes from an environment variable or a file, never from an argument, which other users of the machine can read. No verb prints that key, and only mint prints a token."))
	for _, v := range all {
		line(".SS ssotoken %s", v.name)
		for i, paragraph := range strings.Split(v.about, "\n\n") {
			if i > 0 {
				line(".PP")
			}
			line("%s", roff(strings.Join(strings.Fields(paragraph), " ")))
		}
		for _, o := range v.options() {
			line(".TP\n.B \\-%s", roff(o.name))
			if o.value != "" {
				b.WriteString(".I " + roff(o.value) + "\n")
			}
			line("%s", roff(strings.Join(strings.Fields(o.usage), " ")))
		}
		line(".PP\nExample:\n.PP\n.nf")
		for text := range strings.SplitSeq(v.example, "\n") {
			line("%s", roff(text))
		}
		line(".fi")
	}
	line(".SH EXIT STATUS\n%s", roff(strings.TrimPrefix(exitStatus, "Exit status: ")))
	line(".SH ENVIRONMENT")
	line(".TP\n.B %s\n%s", keyVariable, roff("The community's SSO private key, unless -key-env or -key-file names another place."))
	line(".TP\n.B NO_COLOR\n%s", roff("If it is set, a terminal gets no colours."))
	return b.String()
}

// roff escapes a text. A line must not begin with the sign of a request.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "…", "...").Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}
