package check_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken/cmd/check"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// seen is a finding by its code and the lines that it names.
type seen struct {
	Code  contract.Code
	Lines []int
}

func check1(t *testing.T, c check.Config, text string) (*check.Report, []seen) {
	t.Helper()
	checker := newChecker(t, c)
	if err := checker.Read(t.Context(), check.Source{Name: "members", Reader: strings.NewReader(text)}); err != nil {
		t.Fatal(err)
	}
	report := reportOf(t, checker)
	var found []seen
	for _, f := range report.Findings {
		s := seen{Code: f.Code}
		for _, at := range f.Examples {
			s.Lines = append(s.Lines, at.Line)
		}
		found = append(found, s)
	}
	return report, found
}

func TestARowThatCantBeReadIsReportedWithItsLineAndTheRestGoesOn(t *testing.T) {
	const head, one, two = "sub,name,email\n", "1,Ada,ada@example.com\n", "2,Bob,bob@example.com\n"
	long := strings.Repeat("x", 10<<20)
	tests := []struct {
		name, text string
		rows, good int
		want       []seen
	}{
		{"rows", head + one + two, 2, 2, nil},
		{"a byte order mark", "\ufeff" + head + one, 1, 1, nil},
		{"CRLF", "sub,name,email\r\n1,Ada,ada@example.com\r\n\r\n2,Bob,bob@example.com\r\n", 2, 2, nil},
		{"no line end at the end", head + "1,Ada,ada@example.com", 1, 1, nil},
		{"CR at the end", head + "1,Ada,ada@example.com\r", 1, 1, nil},
		{"blank lines", "\n\n" + head + "\n" + one + "\n\n" + two, 2, 2, nil},
		{"only a header", head, 0, 0, nil},
		{"quotes, commas and line ends in quotes", head + "1,\"Ada, \"\"the\"\" Countess\",ada@example.com\n\"2\",\"B\",\"b@example.com\"\r\n3,,c@example.com\n", 3, 2, []seen{{contract.NameMissing, []int{4}}}},
		{"a row of several lines", "sub,name,email,tagline\n1,Ada,ada@example.com,\"a\n\nb\"\n2,,bob@example.com,\n", 2, 1, []seen{{contract.NameMissing, []int{5}}}},
		{"ragged rows", head + "1,Ada\n" + two + "3,Cy,c@example.com,x\n", 3, 1, []seen{{contract.RowRagged, []int{2, 4}}}},
		{"a quote in a field", head + "1,A\"da,ada@example.com\n" + two, 2, 1, []seen{{contract.RowUnreadable, []int{2}}}},
		{"text behind a quote", head + "1,\"A\"da,ada@example.com\n" + two, 2, 1, []seen{{contract.RowUnreadable, []int{2}}}},
		{"a quote that never closes", head + "1,\"Ada,ada@example.com\n" + two + "3,Cy,c@example.com\n", 3, 2, []seen{{contract.RowUnreadable, []int{2}}}},
		{"a quote that never closes, in the last row", head + one + "2,\"Bob,bob@example.com", 2, 1, []seen{{contract.RowUnreadable, []int{3}}}},
		{"a field of 10 MB", head + "1," + long + ",ada@example.com\n" + two, 2, 1, []seen{{contract.RowTooLong, []int{2}}}},
		{"a field of 10 MB with line ends", head + "1,\"" + strings.Repeat("x\n", 5<<20) + "\",ada@example.com\n2,,bob@example.com\n", 2, 0, []seen{{contract.NameMissing, []int{3 + 5<<20}}, {contract.RowTooLong, []int{2}}}},
		{"a line of 40 MB", head + "1," + strings.Repeat(long, 4) + ",ada@example.com\n2,,bob@example.com\n", 2, 0, []seen{{contract.NameMissing, []int{3}}, {contract.RowTooLong, []int{2}}}},
		{"objects", `{"sub":"1","name":"Ada","email":"ada@example.com"}` + "\n\n" + `{"sub":2,"name":"Bob","email":"bob@example.com"}` + "\r\n", 2, 2, nil},
		{"an object that was cut", `{"sub":"1","name":"Ada","email":"ada@example.com"}` + "\n" + `{"sub":"2","na` + "\n" + `{"sub":"3","name":"Cy","email":"c@example.com"}`, 3, 2, []seen{{contract.RowUnreadable, []int{2}}}},
		{"an object with a name twice", `{"sub":"1","sub":"2","name":"Ada","email":"ada@example.com"}`, 1, 0, []seen{{contract.DuplicateName, []int{1}}}},
		{"an object of other types", `{"sub":1.5,"name":["Ada"],"email":null,"tagline":7}`, 1, 0, []seen{{contract.EmailMissing, []int{1}}, {contract.Malformed, []int{1}}, {contract.Malformed, []int{1}}, {contract.Malformed, []int{1}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			report, got := check1(t, check.Config{}, tt.text)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if report.Rows != tt.rows || report.AsTheyAre != tt.good {
				t.Errorf("got %d rows, %d good, want %d and %d", report.Rows, report.AsTheyAre, tt.rows, tt.good)
			}
		})
	}
}

func TestAnExportThatCantBeReadIsAnErrorThatSaysWhy(t *testing.T) {
	mapped := check.Columns{Claims: map[string]string{"sub": "id"}}
	tests := []struct {
		name    string
		columns check.Columns
		text    string
		code    contract.Code
		want    string
	}{
		{"empty", check.Columns{}, "", contract.InputUnreadable, "is empty"},
		{"UTF-16 with a mark", check.Columns{}, "\xff\xfes\x00u\x00", contract.InputUnreadable, "UTF-16"},
		{"UTF-16 without", check.Columns{}, "s\x00u\x00b\x00", contract.InputUnreadable, "UTF-16"},
		{"a workbook", check.Columns{}, "PK\x03\x04…", contract.InputUnreadable, "a workbook"},
		{"gzip", check.Columns{}, "\x1f\x8b\x08", contract.InputUnreadable, "compressed"},
		{"CR only", check.Columns{}, "sub,name,email\r1,Ada,a@b.c\r", contract.InputUnreadable, "CR only"},
		{"a JSON array", check.Columns{}, ` [{"sub":"1"}]`, contract.InputUnreadable, "jq -c '.[]'"},
		{"a header that is no CSV", check.Columns{}, "sub,na\"me,email\n", contract.InputUnreadable, "no CSV header"},
		{"a header in Latin-1", check.Columns{}, "sub,name,email,pr\xe9nom\n", contract.InputUnreadable, "no CSV header in UTF-8"},
		{"no header", check.Columns{}, "7,Ada,ada@example.com\n", contract.HeaderMissing, `has no column "sub" in its header`},
		{"a synonym", check.Columns{}, "User ID,name,email\n", contract.HeaderMissing, `"User ID" looks like it: say so by -map sub=User ID`},
		{"a column that was asked for", mapped, "sub,name,email\n", contract.HeaderMissing, `has no column "id"`},
		{"a field's column", check.Columns{Fields: []check.Field{{Key: "seats"}}}, "sub,name,email\n", contract.HeaderMissing, `has no column "seats"`},
		{"semicolons", check.Columns{}, "sub;name;email\n", contract.HeaderMissing, "-comma"},
		{"a column twice", check.Columns{}, "sub,name,email,sub\n", contract.HeaderRepeated, `the column "sub" more than once`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checker := newChecker(t, check.Config{Columns: tt.columns})
			err := checker.Read(t.Context(), check.Source{Name: "members", Reader: strings.NewReader(tt.text)})
			var input *check.InputError
			if !errors.As(err, &input) || !errors.Is(err, tt.code) || !strings.Contains(err.Error(), "members: ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s, %q", err, tt.code, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "ada@") {
				t.Errorf("a value is repeated: %v", err)
			}
		})
	}
}

func TestColumnsHaveOtherNamesTypesAndSeparators(t *testing.T) {
	columns := check.Columns{
		Claims: map[string]string{"sub": "id", "name": "Shown, as it is", "spaceIds": "rooms"}, Comma: ';',
		Fields: []check.Field{{Key: "seats", Type: "integer", Column: "licences"}, {Key: "department"}},
	}
	report, got := check1(t, check.Config{Columns: columns}, "id;Shown, as it is;email;rooms;licences;department;note\n1;Ada;ada@example.com;\"a|b\";5;R;x\n2;Bob;bob@example.com;\"[\"\"a\"\",\"\"b c\"\"]\";;;\n3;Cy;c@example.com;;five;;\n")
	if diff := cmp.Diff([]seen{{contract.SpaceIDsMalformed, []int{3}}, {contract.Malformed, []int{4}}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"note"}, report.Unused); diff != "" {
		t.Errorf("unused columns (-want +got):\n%s", diff)
	}
	object := `{"id":7,"Shown, as it is":"Ada","email":"ada@example.com","rooms":["a"],"licences":"5","department":["x"],"note":1}`
	report, got = check1(t, check.Config{Columns: columns}, object)
	if diff := cmp.Diff([]seen{{contract.Malformed, []int{1}}}, got); diff != "" || report.LeftOut != 1 {
		t.Errorf("%+v (-want +got):\n%s", report, diff)
	}
}

// Every row that encoding/csv gives is counted, and every mistake that it sees is
// one of ours, wherever the text is cut into chunks.
func FuzzCSVIsReadAsEncodingCSVDoes(f *testing.F) {
	for _, s := range []string{"1,a,b\n", "\"1\",\"a\nb\",c\r\n", "a\"b,c\n\"x\"y,z\n", "\"\"\"\",,\n\n,\n", "\"a", "a,\"b\"\"\n\"\n", "\r\n\r", "\"a\"\r", "x\r,y\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "\x00") {
			t.Skip()
		}
		text = "sub,name,email\n" + text
		r := csv.NewReader(strings.NewReader(text))
		r.FieldsPerRecord = -1
		rows, unreadable, ragged := -1, 0, 0
		for {
			cells, err := r.Read()
			if err == io.EOF {
				break
			}
			if err != nil && r.InputOffset() == int64(len(text)) {
				t.Skip() // a quote that never closes: we go on behind its line
			}
			rows++
			if err != nil {
				unreadable++
			} else if len(cells) != 3 {
				ragged++
			}
		}
		report, _ := check1(t, check.Config{}, text)
		got := map[contract.Code]int{}
		for _, found := range report.Findings {
			got[found.Code] += found.Rows
		}
		if report.Rows != rows || got[contract.RowUnreadable] != unreadable || got[contract.RowRagged] != ragged {
			t.Fatalf("%q: got %d rows, %d unreadable, %d ragged; want %d, %d, %d", text, report.Rows, got[contract.RowUnreadable], got[contract.RowRagged], rows, unreadable, ragged)
		}
	})
}

// A reader that is stuck or cancelled gives the report so far, which says so.
func TestAReportAfterACancelIsPartial(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in, out := io.Pipe()
	checker := newChecker(t, check.Config{Progress: func(p check.Progress) { cancel() }})
	go io.WriteString(out, "sub,name,email\n"+strings.Repeat("1,Ada,ada@example.com\n", 10_000))
	err := checker.Read(ctx, check.Source{Reader: in})
	out.Close()
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	report := reportOf(t, checker)
	if !report.Partial || report.Rows == 0 || report.Rows > 10_000 {
		t.Errorf("got %d rows, partial %v", report.Rows, report.Partial)
	}
	if err := checker.Read(t.Context(), check.Source{}); err == nil {
		t.Error("rows are taken after the report")
	}
}

func TestNoReportHoldsAValueUnlessItIsAskedFor(t *testing.T) {
	const text = "sub,name,email,picture\nSECRET,,SECRET@example.com,SECRET\nSECRET-2,SECRET  2,SECRET@example.com,SECRET\nSECRET-3,S,secret@example.com,\nSECRET-4,S,SECRET@example.com,\nSECRET\"\n"
	for _, show := range []bool{false, true} {
		report, _ := check1(t, check.Config{ShowValues: show}, text)
		shown, err := json.Marshal(report)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(strings.ToLower(string(shown)), "secret"); got != show {
			t.Errorf("values are shown: %v, want %v: %s", got, show, shown)
		}
	}
}
