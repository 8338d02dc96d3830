package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// paint colours text, or not.
type paint bool

func (p paint) in(sgr, text string) string {
	if !p {
		return text
	}
	return "\x1b[" + sgr + "m" + text + "\x1b[0m"
}

func (p paint) bold(text string) string { return p.in("1", text) }

func (p paint) faint(text string) string { return p.in("2", text) }

// verdict is four letters wide.
func (p paint) verdict(v contract.Verdict) string {
	switch v {
	case contract.Fail:
		return p.in("1;31", "FAIL")
	case contract.Warn:
		return p.in("33", "warn")
	case contract.Info:
		return p.in("36", "info")
	}
	return p.in("32", "pass")
}

// visible makes text from outside safe for a terminal, and cuts it to n
// characters.
func visible(s string, n int) string {
	var b strings.Builder
	for i, r := range []rune(s) {
		switch {
		case i == n:
			return b.String() + "…"
		case r == utf8.RuneError || !unicode.IsGraphic(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func pad(s string, n int) string {
	return s + strings.Repeat(" ", max(0, n-utf8.RuneCountInString(s)))
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func ruleText(r contract.Rule) string {
	return fmt.Sprintf("%s (%s)", r.Sentence, r.Source)
}

// printFinding says which rule is broken, after how bad that is.
func printFinding(w io.Writer, p paint, verdict, name, seen string, r contract.Rule, fix string) {
	fmt.Fprintf(w, "\n%s  %s\n", verdict, p.bold(name))
	wrapped(w, "  Seen  ", "        ", seen, plain)
	wrapped(w, "  Why   ", "        ", ruleText(r), plain)
	wrapped(w, "  Fix   ", "        ", fix, plain)
}
