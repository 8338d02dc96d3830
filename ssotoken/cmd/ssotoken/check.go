package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/check"
	"github.com/bettermode-go/sso/ssotoken/cmd/internal/profile"
	"github.com/bettermode-go/sso/ssotoken/cmd/internal/statefile"
)

func newCheck(sh *shell) *cobra.Command {
	c := &checkup{}
	cmd := newVerb(sh, "check", "look at all members before launch: who could not log in, and why",
		`Reads an export of all members, builds each as the login would, and compares them with each other: who logs in as they
are, who logs in with a field put in order or left out, who can't log in, and which members share a sub or an email. It needs no key and
sends nothing.

The export is CSV with a header, JSON (an object on each line, or an array) or an .xlsx workbook, gzipped or not. A claim is read
from the column of its name, or from the one that --map names. A custom field is KEY, KEY:TYPE or KEY:TYPE=COLUMN, where TYPE is one of
`+profile.FieldTypeNames()+`. spaceIds has ids with a comma, semicolon or vertical bar between them, or is
a JSON array.

Emails are compared as they are, byte by byte. Those that are equal only without regard to case or Unicode form are reported
apart: no page of the vendor says whether the community treats them as one email, as the fake community does with case.

No value is shown without --show-values; the file of --refused holds whole rows, which are personal data. The exit status is 1
for a finding that is more than white space put in order.`,
		`  ssotoken check --in members.csv --map sub=id,name=display_name \
      --field seats:integer=licences --refused refused.csv
  psql -c "COPY (SELECT id AS sub, name, email FROM users) TO STDOUT CSV HEADER" |
      ssotoken check --previous last-month.csv`,
		c.run)
	group(cmd, "The export", func(flags *pflag.FlagSet) {
		flags.StringArrayVar(&c.in, "in", nil, "`path` of an export; - is standard input (default); may be repeated")
		flags.StringToStringVar(&c.config.Columns.Claims, "map", nil,
			"`CLAIM=COLUMN` where a column has another name; several with commas, or repeated")
		flags.StringArrayVar(&c.fields, "field", nil, "custom field as `KEY[:TYPE][=COLUMN]`; may be repeated")
		flags.StringVar(&c.comma, "comma", ",", "`sign` between the columns of CSV, or tab")
		flags.StringVar(&c.config.Encoding, "encoding", "", "`name` of the encoding where it is neither UTF-8 nor UTF-16, such as windows-1252")
		flags.StringArrayVar(&c.config.Null, "null", nil, "`text` that means no value (default \\N, NULL, #N/A, #REF!); may be repeated")
		flags.StringVar(&c.config.Columns.Verified, "verified", "",
			"`column` that says whether the email is verified (default email_verified, if there is one)")
		flags.StringVar(&c.previous, "previous", "",
			"`path` of an earlier export with the same columns; - is standard input; finds members whose sub changed")
		flags.StringVar(&c.config.AllowSubject, "real-sub", "", "`sub` that a member has, though it is refused as no id, such as 0")
		flags.StringVar(&c.config.Community, "community", "", "`address` of the community, for the length of the login URL")
		flags.StringVar(&c.config.TempDir, "temp", "", "`folder` for temporary files (default the system's)")
	})
	output(cmd, &c.json, &c.verbose, "say where each rule comes from")
	group(cmd, "Output", func(flags *pflag.FlagSet) {
		flags.StringVar(&c.refused, "refused", "", "`path` of a CSV file to write: the rows that can't log in, with their codes")
		flags.IntVar(&c.config.Examples, "examples", check.DefaultExamples, "how many `rows` each finding names")
		flags.BoolVar(&c.config.ShowValues, "show-values", false, "show values of claims, which are personal data")
	})
	return cmd
}

type checkup struct {
	config            check.Config
	in, fields        []string
	comma             string
	previous, refused string
	json, verbose     bool

	files []*os.File // that are read again
	shown time.Time
}

func (c *checkup) run(ctx context.Context, sh *shell) error {
	if len(c.in) == 0 {
		c.in = []string{"-"}
	}
	if err := c.columns(); err != nil {
		return err
	}
	defer debug.SetGCPercent(debug.SetGCPercent(75)) // many hashes, and little to collect
	c.config.Progress = func(p check.Progress) { c.show(sh, p) }
	checker, err := check.New(c.config)
	var config *ssotoken.ConfigError
	if errors.As(err, &config) {
		return usageError(config.Error())
	}
	if err != nil {
		return err
	}
	defer checker.Close()
	stopped := c.read(ctx, sh, checker)
	sh.overwrite("")
	defer func() {
		for _, f := range c.files {
			f.Close()
		}
	}()
	if stopped != nil && ctx.Err() == nil {
		return stopped
	}
	report, err := checker.Report(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	if stopped != nil && report.Rows == 0 {
		return errStopped
	}
	if c.refused != "" {
		if err := c.writeRefused(ctx, sh, checker, stopped != nil); err != nil {
			return err
		}
	}
	return sh.report(c.json, report.Partial || report.Found(), report, func(w *screen, p paint) {
		printCheckup(w, p, report, c.config.ShowValues, c.verbose)
	})
}

// columns reads the flags that say where the claims stand.
func (c *checkup) columns() error {
	to := &c.config.Columns
	for _, flag := range c.fields {
		key, column, _ := strings.Cut(flag, "=")
		key, kind := profile.CutType(key)
		to.Fields = append(to.Fields, check.Field{Key: key, Type: kind, Column: column})
	}
	comma := []rune(strings.NewReplacer("tab", "\t", `\t`, "\t").Replace(c.comma))
	if len(comma) != 1 {
		return usageError("--comma is one character, or tab")
	}
	to.Comma = comma[0]
	paths := append(c.in, c.previous)
	if readsStdinTwice(paths...) {
		return usageError("standard input can be read once")
	}
	if to, err := os.Stat(c.refused); err == nil {
		for _, path := range paths {
			if from, err := os.Stat(path); err == nil && os.SameFile(from, to) {
				return usageError("--refused names an export that is read")
			}
		}
	}
	return nil
}

func (c *checkup) read(ctx context.Context, sh *shell, checker *check.Checker) error {
	for i, path := range append([]string{c.previous}, c.in...) {
		flagName, what := "--in", "an export"
		if i == 0 {
			flagName, what = "--previous", "an earlier export with the same columns"
		}
		if i == 0 && path == "" {
			continue
		}
		source, err := c.open(ctx, sh, flagName, what, path)
		source.Previous = i == 0
		if err == nil {
			err = checker.Read(ctx, source)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *checkup) open(ctx context.Context, sh *shell, flagName, what, path string) (check.Source, error) {
	if path == "-" {
		sh.await(what)
		return check.Source{Name: "standard input", Reader: sh.stdin}, nil
	}
	f, err := within(ctx, func() (*os.File, error) { return os.Open(path) })
	if err != nil {
		return check.Source{}, unnamed(flagName, err)
	}
	c.files = append(c.files, f)
	source := check.Source{Name: path, Reader: f}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		source.Size = info.Size()
	}
	return source, nil
}

// show tells how far the check is.
func (c *checkup) show(sh *shell, p check.Progress) {
	now := sh.now()
	if !c.shown.IsZero() && now.Sub(c.shown) < 200*time.Millisecond {
		return
	}
	c.shown = now
	line := grouped(p.Rows) + " rows"
	if p.Size > 0 {
		line += fmt.Sprintf(", %d%%", 100*p.Bytes/p.Size)
	}
	sh.overwrite(line)
}

// grouped writes a number with a comma between thousands.
func grouped(n int) string { return message.NewPrinter(language.English).Sprint(n) }

func printCheckup(out *screen, p paint, r *check.Report, values, verbose bool) {
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
	line(r.LeftOut, "log in only if a wrong field is left out")
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

// writeRefused writes the file of --refused: whatever ends the program, no half of a file looks like one. That of a check
// that was stopped has another name.
func (c *checkup) writeRefused(ctx context.Context, sh *shell, checker *check.Checker, partial bool) error {
	path, rows := c.refused, 0
	if partial {
		path += ".partial"
		ctx = context.WithoutCancel(ctx)
	}
	err := statefile.Replace(path, func(w io.Writer) (err error) {
		rows, err = checker.WriteRefused(ctx, w)
		return err
	})
	if err != nil {
		return fmt.Errorf("--refused was not written: %w", unnamed("--refused", err))
	}
	if partial {
		complain(sh.stderr, fmt.Sprintf("ssotoken check: stopped: the refused ones of the rows read so far, %s, "+
			"are in the file of --refused with .partial behind its name", grouped(rows)))
	}
	return nil
}
