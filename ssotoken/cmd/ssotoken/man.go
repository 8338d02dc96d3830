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
	ask := func(requests ...string) { b.WriteString(strings.Join(requests, "\n") + "\n") }
	say := func(text string) {
		var lines strings.Builder
		wrapped(&screen{&lines, 72}, "", "", text, plain)
		for line := range strings.Lines(lines.String()) {
			b.WriteString(roff(line))
		}
	}
	ask(`.TH SSOTOKEN 1 "" ssotoken "User commands"`, ".SH NAME")
	say("ssotoken - " + purpose)
	ask(".SH SYNOPSIS")
	for i, v := range all {
		if i > 0 {
			ask(".br")
		}
		ask(".B ssotoken " + v.name)
		if rest := strings.TrimPrefix(v.synopsis(), "ssotoken "+v.name); rest != "" {
			say(rest)
		}
	}
	ask(".SH DESCRIPTION")
	say("The community's key comes from an environment variable or a file, never from an argument, which other users of the machine can read. No verb prints that key, and only mint prints a token.")
	for _, v := range all {
		ask(".SS ssotoken " + v.name)
		for i, paragraph := range strings.Split(v.about, "\n\n") {
			if i > 0 {
				ask(".PP")
			}
			say(paragraph)
		}
		for _, o := range v.options() {
			ask(".TP", fmt.Sprintf(`.BI %s "%s"`, roff("-"+o.name), roff(strings.TrimSuffix(" "+o.value, " "))))
			say(o.usage)
		}
		ask(".PP", "Example:", ".PP", ".nf")
		for text := range strings.SplitSeq(v.example, "\n") {
			ask(roff(text))
		}
		ask(".fi")
	}
	ask(".SH EXIT STATUS")
	say(strings.TrimPrefix(exitStatus, "Exit status: "))
	ask(".SH ENVIRONMENT", ".TP", ".B "+keyVariable)
	say("The community's SSO private key, unless -key-env or -key-file names another place.")
	ask(".TP", ".B NO_COLOR")
	say("If it is set, a terminal gets no colours.")
	return b.String()
}

// roff escapes a line, which must not begin with the sign of a request.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, `"`, `\(dq`, "…", "...").Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}
