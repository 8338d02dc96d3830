package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/cmd/check"
)

// grouped writes a number with a comma between thousands.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func printCheckup(w *screen, p paint, r *check.Report, values, verbose bool) error {
	out, whole := w.page()
	if r.Partial {
		wrapped(out, "", "", "PARTIAL: stopped before the end. All that follows is about the rows read so far.",
			func(s string) string { return p.in("1;31", s) })
	}
	line := func(n int, text string) {
		wrapped(out, fmt.Sprintf("%12s  ", grouped(n)), strings.Repeat(" ", 14), text, plain)
	}
	fmt.Fprintf(out, "%s  %s\n", p.bold(fmt.Sprintf("%12s", grouped(r.Rows))), p.bold("members"))
	line(r.AsTheyAre, "log in as they are")
	line(r.PutInOrder, "log in with a field put in order")
	line(r.LeftOut, "log in without a field, by BuildLenient; Build refuses them")
	line(r.Collide, "can't log in beside another member, or with another sub than before")
	line(r.Refused, "can't log in")
	if r.PreviousRows > 0 {
		line(r.PreviousRows, fmt.Sprintf("in the earlier export, of whom %s could not log in and are not compared", grouped(r.PreviousRefused)))
	}
	for _, f := range r.Findings {
		name := string(f.Code)
		rule, _ := ruleOf(f.Code)
		if f.Field != "" {
			name += "  " + visible(f.Field, 60)
		}
		name += ", " + groupedCount(f.Rows, "row")
		printFinding(out, p, effectIn(p, f.Effect), name, visible(f.Message, 400), rule, f.Fix, verbose)
		wrapped(out, "  Rows  ", "        ", places(f, values), plain)
	}
	if len(r.Unused) > 0 {
		fmt.Fprintln(out)
		var names []string
		for _, name := range r.Unused {
			names = append(names, visible(name, 60))
		}
		wrapped(out, "Not read: ", "          ", strings.Join(names, ", "), plain)
	}
	_, err := io.WriteString(w, whole.String())
	return err
}

func groupedCount(n int, noun string) string {
	return grouped(n) + strings.TrimPrefix(count(n, noun), strconv.Itoa(n))
}

// effectIn is an effect in its colour.
func effectIn(p paint, e check.Effect) string {
	switch e {
	case check.EffectRefused, check.EffectCollides:
		return p.in("1;31", strings.ToUpper(string(e)))
	case check.EffectLeftOut, check.EffectLook:
		return p.in("33", string(e))
	}
	return p.in("36", string(e))
}

// places lists the first rows of a finding.
func places(f check.Finding, values bool) string {
	var rows []string
	for _, at := range f.Examples {
		row := grouped(at.Row)
		if at.Line > 0 {
			row += fmt.Sprintf(" (line %d)", at.Line)
		}
		switch {
		case at.Other > 0 && (f.Code == check.SubChanged || f.Code == check.SubReassigned):
			row += " with earlier row " + grouped(at.Other)
		case at.Other > 0:
			row += " with row " + grouped(at.Other)
		}
		if values && at.Value != "" {
			row += " " + strconv.Quote(visible(at.Value, 60))
		}
		rows = append(rows, row)
	}
	if more := f.Rows - len(f.Examples); more > 0 {
		rows = append(rows, "and "+groupedCount(more, "other"))
	}
	return strings.Join(rows, ", ")
}
