package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/check"
	"github.com/bettermode-go/sso/ssotoken/cmd/internal/profile"
)

func newCheck(sh *shell) *cobra.Command {
	c := &checkup{}
	cmd := newVerb(sh, "check", "look at all members before launch: who could not log in, and why",
		`Reads an export of all members, builds each as the login would, and compares them with each other: who logs in as they
are, who with a field put in order or left out, who not at all, and which members share a sub or an email. It needs no key and
sends nothing.

The export is CSV with a header, JSON (an object on each line, or an array) or an .xlsx workbook, gzipped or not. A claim is read
from the column of its name, or from the one that --map names. A custom field is KEY, KEY:TYPE or KEY:TYPE=COLUMN, where TYPE is one of
`+profile.FieldTypeNames()+`. spaceIds is ids with a comma, semicolon or vertical bar between them, or a JSON array.

Emails are compared as they are, byte by byte. Those that are equal only without regard to case or Unicode form are reported
apart: no page of the vendor says whether the community takes them for one, as the fake community does with case.

No value is shown without --show-values; the file of --refused holds whole rows, which are personal data. The exit status is 1
for a finding that is more than white space put in order.`,
		`  ssotoken check --in members.csv --map sub=id,name=display_name \
      --field seats:integer=licences --refused refused.csv
  psql -c "COPY (SELECT id AS sub, name, email FROM users) TO STDOUT CSV HEADER" |
      ssotoken check --previous last-month.csv`,
		c.run)
	group(cmd, "The export", func(flags *pflag.FlagSet) {
		flags.StringArrayVar(&c.in, "in", nil, "`path` of an export; - is standard input (default); may be repeated")
		flags.StringArrayVar(&c.maps, "map", nil, "`CLAIM=COLUMN` where a column has another name; several with commas, or repeated")
		flags.StringArrayVar(&c.fields, "field", nil, "custom field as `KEY[:TYPE][=COLUMN]`; may be repeated")
		flags.StringVar(&c.comma, "comma", ",", "`sign` between the columns of CSV, or tab")
		flags.StringVar(&c.config.Encoding, "encoding", "", "`name` of the encoding where it is neither UTF-8 nor UTF-16, such as windows-1252")
		flags.StringArrayVar(&c.config.Null, "null", nil, "`text` that means no value (default \\N, NULL, #N/A, #REF!); may be repeated")
		flags.StringVar(&c.config.Columns.Verified, "verified", "email_verified",
			"`column` that says whether the email is verified, if there is one")
		flags.StringVar(&c.previous, "previous", "",
			"`path` of an earlier export with the same columns; - is standard input; finds members whose sub changed")
		flags.StringVar(&c.config.AllowSubject, "real-sub", "", "`sub` that a member has, though it is refused as no id, such as 0")
		flags.StringVar(&c.config.Community, "community", "", "`host` of the community, for the length of the login URL")
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
	in, maps, fields  []string
	comma             string
	previous, refused string
	json, verbose     bool

	files []*os.File // that are read again
	shown time.Time
	began time.Time
}

func (c *checkup) run(ctx context.Context, sh *shell) error {
	if len(c.in) == 0 {
		c.in = []string{"-"}
	}
	if err := c.columns(); err != nil {
		return err
	}
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
	c.began = sh.now()
	stopped := c.read(ctx, sh, checker)
	c.clear(sh)
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
	if c.json {
		err = writeJSON(sh.stdout, report)
	} else {
		err = printCheckup(sh.stdout, sh.paint, report, c.config.ShowValues, c.verbose)
	}
	if err == nil && (report.Partial || report.Found()) {
		err = errFound
	}
	return err
}

// columns reads the flags that say where the claims stand.
func (c *checkup) columns() error {
	to := &c.config.Columns
	to.Claims = map[string]string{}
	for _, flag := range c.maps {
		claim := ""
		for _, part := range strings.Split(flag, ",") {
			name, column, ok := strings.Cut(part, "=")
			switch {
			case ok:
				claim = name
				to.Claims[claim] = column
			case claim == "":
				return usageError("--map is CLAIM=COLUMN")
			default:
				to.Claims[claim] += "," + part // a comma in the column's name
			}
		}
	}
	for _, flag := range c.fields {
		key, column, _ := strings.Cut(flag, "=")
		f := check.Field{Key: key, Column: column}
		if i := strings.LastIndexByte(key, ':'); i >= 0 {
			f.Key, f.Type = key[:i], key[i+1:]
		}
		to.Fields = append(to.Fields, f)
	}
	switch c.comma {
	case "tab", `\t`:
		to.Comma = '\t'
	default:
		sign, size := utf8.DecodeRuneInString(c.comma)
		if size == 0 || size != len(c.comma) {
			return usageError("--comma is one character, or tab")
		}
		to.Comma = sign
	}
	standard := 0
	for _, path := range append(c.in, c.previous) {
		if path == "-" {
			standard++
		}
	}
	if standard > 1 {
		return usageError("standard input can be read once")
	}
	if to, err := os.Stat(c.refused); err == nil {
		for _, path := range append(c.in, c.previous) {
			if from, err := os.Stat(path); err == nil && os.SameFile(from, to) {
				return usageError("--refused names an export that is read")
			}
		}
	}
	return nil
}

func (c *checkup) read(ctx context.Context, sh *shell, checker *check.Checker) error {
	each := func(flagName, path string, read func(context.Context, check.Source) error) error {
		source, err := c.open(ctx, sh, flagName, path)
		if err != nil {
			return err
		}
		return read(ctx, source)
	}
	if c.previous != "" {
		if err := each("--previous", c.previous, checker.ReadPrevious); err != nil {
			return err
		}
	}
	for _, path := range c.in {
		if err := each("--in", path, checker.Read); err != nil {
			return err
		}
	}
	return nil
}

func (c *checkup) open(ctx context.Context, sh *shell, flagName, path string) (check.Source, error) {
	if path == "-" {
		sh.await(map[string]string{"--in": "an export", "--previous": "an earlier export with the same columns"}[flagName])
		return check.Source{Name: "standard input", Reader: stoppable(ctx, sh.stdin)}, nil
	}
	f, err := within(ctx, func() (*os.File, error) { return os.Open(path) })
	if err != nil {
		return check.Source{}, unnamed(flagName, err)
	}
	c.files = append(c.files, f)
	source := check.Source{Name: path, Reader: f}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		source.Size = info.Size()
	} else {
		source.Reader = stoppable(ctx, f)
	}
	return source, nil
}

// show tells how far the check is, on one line of a terminal.
func (c *checkup) show(sh *shell, p check.Progress) {
	now := sh.now()
	if !sh.progress || !c.shown.IsZero() && now.Sub(c.shown) < 200*time.Millisecond {
		return
	}
	c.shown = now
	line := grouped(p.Rows) + " rows"
	if took := now.Sub(c.began); took > 0 {
		line += fmt.Sprintf(", %s a second", grouped(int(float64(p.Rows)/took.Seconds())))
		if p.Size > 0 && p.Bytes > 0 {
			left := time.Duration(float64(took) * float64(p.Size-p.Bytes) / float64(p.Bytes))
			line += fmt.Sprintf(", %v left", left.Round(time.Second))
		}
	}
	fmt.Fprintf(sh.stderr, "\r\x1b[K%s", line)
}

func (c *checkup) clear(sh *shell) {
	if sh.progress {
		fmt.Fprint(sh.stderr, "\r\x1b[K")
	}
}
