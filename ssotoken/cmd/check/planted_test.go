package check_test

import (
	"bytes"
	"encoding/csv"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken/cmd/check"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

var rows = flag.Int("rows", 20_000, "members to generate for the test of planted faults")

var header = []string{"sub", "name", "email", "tagline", "picture", "seats", "since", "spaceIds", "spacesOperation"}

// The places of the columns in a row.
const (
	sub = iota
	name
	email
	tagline
	picture
	seats
	since
	spaceIDs
	operation
)

var columns = check.Columns{Fields: []check.Field{{Key: "seats", Type: "integer"}, {Key: "since", Type: "date"}}}

// A fault is a mistake that is planted into the row of a member who is in order.
type fault struct {
	name   string
	plant  func(row, other []string) []string // other is that of another member
	code   contract.Code
	field  string
	effect check.Effect
	both   bool // the other row has it too
	raw    string
}

func set(column int, value string) func(row, other []string) []string {
	return func(row, _ []string) []string { row[column] = value; return row }
}

const (
	refused  = check.EffectRefused
	collides = check.EffectCollides
	leftOut  = check.EffectLeftOut
	inOrder  = check.EffectPutInOrder
	look     = check.EffectLook
)

var faults = []fault{
	{"no sub", set(sub, ""), contract.SubMissing, "sub", refused, false, ""},
	{"a long sub", set(sub, strings.Repeat("7", 51)), contract.SubTooLong, "sub", refused, false, ""},
	{"a control character in sub", set(sub, "user\x007"), contract.ControlCharacter, "sub", refused, false, ""},
	{
		"white space behind sub",
		func(row, _ []string) []string { row[sub] += " "; return row },
		contract.Malformed,
		"sub",
		refused,
		false,
		"",
	},
	{"a sub that was cut", set(sub, "us\xc3"), contract.Encoding, "sub", refused, false, ""},
	{
		"a sub that is the email",
		func(row, _ []string) []string { row[sub] = row[email]; return row },
		contract.SubIsEmail,
		"sub",
		look,
		false,
		"",
	},
	{"a sub that was not set", set(sub, "undefined"), contract.SubPlaceholder, "sub", refused, false, ""},
	{"a sub that was not read", set(sub, "0"), contract.SubZero, "sub", refused, false, ""},
	{"no name", set(name, " \t"), contract.NameMissing, "name", refused, false, ""},
	{"a control character in the name", set(name, "A\x07da"), contract.ControlCharacter, "name", refused, false, ""},
	{"a name that is the email", func(row, _ []string) []string { row[name] = row[email]; return row },
		contract.NameIsEmail, "name", look, false, ""},
	{"a name that nobody sees", set(name, "\u3164\u2800"), contract.NameMissing, "name", refused, false, ""},
	{"white space in the name", set(name, "Ada  Lovelace\t"), contract.Normalized, "name", inOrder, false, ""},
	{"an override in the name", set(name, "Ada \u202ecalevoL"), contract.BidiControl, "name", inOrder, false, ""},
	{"an isolate in the tagline", set(tagline, "a\u2066b"), contract.BidiControl, "tagline", inOrder, false, ""},
	{"no email", set(email, ""), contract.EmailMissing, "email", refused, false, ""},
	{"an email with a name", set(email, "Ada <ada@example.com>"), contract.EmailMalformed, "email", refused, false, ""},
	{"a long email", set(email, strings.Repeat("a", 190)+"@example.com"), contract.EmailTooLong, "email", refused, false, ""},
	{"a control character in the email", set(email, "a\x01da@example.com"), contract.ControlCharacter, "email", refused, false, ""},
	{"two addresses as an email", set(email, "ada@example.com, eve@example.com"), contract.EmailMalformed, "email", refused, false, ""},
	{"an invisible character in the email", set(email, "ad\u200ba@example.com"), contract.EmailMalformed, "email", refused, false, ""},
	{
		"white space around the email",
		func(row, _ []string) []string { row[email] += " "; return row },
		contract.Normalized,
		"email",
		inOrder,
		false,
		"",
	},
	{"a picture without a scheme", set(picture, "/ada.png"), contract.PictureNotHTTP, "picture", leftOut, false, ""},
	{
		"a picture with a password",
		set(picture, "https://a:b@cdn.example.com/a.png"),
		contract.PictureUserInfo,
		"picture",
		leftOut,
		false,
		"",
	},
	{"a picture with a space", set(picture, "https://cdn.example.com/a b.png"), contract.PictureNotHTTP, "picture", leftOut, false, ""},
	{"a picture on no host", set(picture, "https:///a.png"), contract.PictureNotHTTP, "picture", leftOut, false, ""},
	{
		"a long picture",
		set(picture, "https://cdn.example.com/"+strings.Repeat("a", 2048)),
		contract.TooLong,
		"picture",
		leftOut,
		false,
		"",
	},
	{"a control character in the tagline", set(tagline, "a\x02"), contract.ControlCharacter, "tagline", leftOut, false, ""},
	{"a tagline of 9,000 letters", set(tagline, strings.Repeat("a", 9000)), contract.URLTooLong, "tagline", leftOut, false, ""},
	{"a number that is none", set(seats, "many"), contract.Malformed, "seats", leftOut, false, ""},
	{"a number that JavaScript can't hold", set(seats, "1152921504606846976"), contract.CustomValue, "seats", leftOut, false, ""},
	{"a date that is none", set(since, "31.12.2026"), contract.Malformed, "since", leftOut, false, ""},
	{"a space that is a title", set(spaceIDs, "a;Tips and tricks"), contract.SpaceIDsMalformed, "spaceIds", refused, false, ""},
	{"a space twice", set(spaceIDs, "a;b;a"), contract.SpacesRepeated, "spaceIds", inOrder, false, ""},
	{"an operation that is none", set(operation, "DELETE"), inspect.SpacesOperationWrong, "spacesOperation", refused, false, ""},
	{
		"REPLACE by nothing",
		func(row, _ []string) []string { row[operation], row[spaceIDs] = "REPLACE", "[]"; return row },
		contract.SpacesReplaceNothing,
		"spacesOperation",
		refused,
		false,
		"",
	},
	{"a row that was cut", func(row, _ []string) []string { return row[:4] }, check.RowRagged, "", refused, false, ""},
	{"a quote in a field", nil, check.RowUnreadable, "", refused, false, "user-x,Ada \"the\" Countess,x@example.com,,,,,,\n"},
	{
		"a sub that another has",
		func(row, other []string) []string { row[sub] = other[sub]; return row },
		check.SubRepeated,
		"sub",
		collides,
		true,
		"",
	},
	{
		"an email that another has",
		func(row, other []string) []string { row[email] = other[email]; return row },
		check.EmailRepeated,
		"email",
		collides,
		true,
		"",
	},
	{
		"an email in capitals",
		func(row, other []string) []string { row[email] = strings.ToUpper(other[email]); return row },
		check.EmailSpelling,
		"email",
		look,
		true,
		"",
	},
	{
		"a member twice",
		func(_, other []string) []string { return slices.Clone(other) },
		check.RowRepeated,
		"sub",
		check.EffectHarmless,
		true,
		"",
	},
}

func memberRow(i int) []string {
	row := []string{
		fmt.Sprintf("user-%d", i),
		fmt.Sprintf("Member %d", i),
		fmt.Sprintf("member.%d@example.com", i),
		"Writes notes",
		fmt.Sprintf("https://cdn.example.com/%d.png", i),
		"5",
		"2026-12-31",
		"tips;news",
		"",
	}
	if i%10 == 0 {
		row[tagline] = "Writes \"notes\",\nand programs"
	}
	return row
}

// plant writes n members, every hundredth with a fault, and calls found with what
// is to be found.
func plant(w io.Writer, n int, found func(f fault, row int)) {
	out := csv.NewWriter(w)
	out.Write(header)
	for i := range n {
		row := memberRow(i)
		if i%100 != 99 {
			out.Write(row)
			continue
		}
		f := faults[i/100%len(faults)]
		found(f, i+1)
		if f.both {
			found(f, i+1-50)
		}
		if f.raw != "" {
			out.Flush()
			io.WriteString(w, f.raw)
			continue
		}
		out.Write(f.plant(row, memberRow(i-50)))
	}
	out.Flush()
}

type foundKind struct {
	Code   contract.Code
	Field  string
	Effect check.Effect
}

// go test -run Planted -rows 1000000 -timeout 1h tries as many members as a large
// site has.
func TestEveryPlantedFaultIsFoundAndNoneIsInvented(t *testing.T) {
	want := map[foundKind][]int{}
	in, out := io.Pipe()
	go func() {
		plant(out, *rows, func(f fault, row int) {
			k := foundKind{f.code, f.field, f.effect}
			want[k] = append(want[k], row)
		})
		out.Close()
	}()
	checker := newChecker(t, check.Config{Columns: columns, Examples: *rows})
	if err := checker.Read(t.Context(), check.Source{Reader: in}); err != nil {
		t.Fatal(err)
	}
	report := reportOf(t, checker)
	got := map[foundKind][]int{}
	for _, f := range report.Findings {
		k := foundKind{f.Code, f.Field, f.Effect}
		for _, at := range f.Examples {
			got[k] = append(got[k], at.Row)
		}
		if f.Rows != len(f.Examples) {
			t.Errorf("%v has %d rows and %d examples", k, f.Rows, len(f.Examples))
		}
		slices.Sort(got[k])
	}
	for k := range want {
		slices.Sort(want[k])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows by finding (-want +got):\n%s", diff)
	}
	if sum := report.AsTheyAre + report.PutInOrder + report.LeftOut + report.Collide + report.Refused; report.Rows != *rows ||
		sum != *rows {
		t.Errorf("%d rows, of which %d are counted", report.Rows, sum)
	}
	t.Logf("%d rows with %d faults of %d kinds", *rows, *rows/100, len(faults))
}

func newChecker(t *testing.T, c check.Config) *check.Checker {
	t.Helper()
	checker, err := check.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := checker.Close(); err != nil {
			t.Error(err)
		}
	})
	return checker
}

func reportOf(t *testing.T, checker *check.Checker) *check.Report {
	t.Helper()
	report, err := checker.Report(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// What hashes that many members share change is the time.
func TestTheReportDoesNotDependOnTheHashes(t *testing.T) {
	var in bytes.Buffer
	plant(&in, 6_000, func(fault, int) {})
	read := func(c check.Config, bits int) *check.Report {
		c.Columns = columns
		checker := newChecker(t, c)
		if bits > 0 {
			checker.CoarsenHashes(bits)
		}
		if err := checker.Read(t.Context(), check.Source{Reader: bytes.NewReader(in.Bytes())}); err != nil {
			t.Fatal(err)
		}
		return reportOf(t, checker)
	}
	want := read(check.Config{}, 0)
	if want.Collide == 0 {
		t.Error("no member collides")
	}
	for _, tt := range []struct {
		name   string
		config check.Config
		bits   int
	}{{"12 bits of a hash", check.Config{}, 12}, {"no hash", check.Config{}, 1}} {
		if diff := cmp.Diff(want, read(tt.config, tt.bits)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
