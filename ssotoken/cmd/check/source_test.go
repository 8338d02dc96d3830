package check_test

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

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
		{
			"quotes, commas and line ends in quotes",
			head + "1,\"Ada, \"\"the\"\" Countess\",ada@example.com\n\"2\",\"B\",\"b@example.com\"\r\n3,,c@example.com\n",
			3,
			2,
			[]seen{{contract.NameMissing, []int{4}}},
		},
		{
			"a row of several lines",
			"sub,name,email,tagline\n1,Ada,ada@example.com,\"a\n\nb\"\n2,,bob@example.com,\n",
			2,
			1,
			[]seen{{contract.NameMissing, []int{5}}},
		},
		{"ragged rows", head + "1,Ada\n" + two + "3,Cy,c@example.com,x\n", 3, 1, []seen{{check.RowRagged, []int{2, 4}}}},
		{"a quote in a field", head + "1,A\"da,ada@example.com\n" + two, 2, 1, []seen{{check.RowUnreadable, []int{2}}}},
		{"text behind a quote", head + "1,\"A\"da,ada@example.com\n" + two, 2, 1, []seen{{check.RowUnreadable, []int{2}}}},
		{
			"a quote that never closes",
			head + "1,\"Ada,ada@example.com\n" + two + "3,Cy,c@example.com\n",
			3,
			2,
			[]seen{{check.RowUnreadable, []int{2}}},
		},
		{
			"a quote that never closes, in the last row",
			head + one + "2,\"Bob,bob@example.com",
			2,
			1,
			[]seen{{check.RowUnreadable, []int{3}}},
		},
		{"a field of 10 MB", head + "1," + long + ",ada@example.com\n" + two, 2, 1, []seen{{check.RowTooLong, []int{2}}}},
		{
			"a field of 10 MB with line ends",
			head + "1,\"" + strings.Repeat("x\n", 5<<20) + "\",ada@example.com\n2,,bob@example.com\n",
			2,
			0,
			[]seen{{contract.NameMissing, []int{3 + 5<<20}}, {check.RowTooLong, []int{2}}},
		},
		{
			"a line of 40 MB",
			head + "1," + strings.Repeat(long, 4) + ",ada@example.com\n2,,bob@example.com\n",
			2,
			0,
			[]seen{{contract.NameMissing, []int{3}}, {check.RowTooLong, []int{2}}},
		},
		{
			"objects",
			`{"sub":"1","name":"Ada","email":"ada@example.com"}` + "\n\n" + `{"sub":2,"name":"Bob","email":"bob@example.com"}` + "\r\n",
			2,
			2,
			nil,
		},
		{
			"an object that was cut",
			`{"sub":"1","name":"Ada","email":"ada@example.com"}` + "\n" + `{"sub":"2","na` + "\n" +
				`{"sub":"3","name":"Cy","email":"c@example.com"}`,
			3,
			2,
			[]seen{{check.RowUnreadable, []int{2}}},
		},
		{
			"an object with a name twice",
			`{"sub":"1","sub":"2","name":"Ada","email":"ada@example.com"}`,
			1,
			0,
			[]seen{{contract.DuplicateName, []int{1}}},
		},
		{
			"an object of other types",
			`{"sub":1.5,"name":["Ada"],"email":null,"tagline":7}`,
			1,
			0,
			[]seen{
				{contract.ClaimNotString, []int{1}},
				{contract.ClaimNotString, []int{1}},
				{contract.EmailMissing, []int{1}},
				{contract.ClaimNotString, []int{1}},
			},
		},
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
		{"empty", check.Columns{}, "", check.InputUnreadable, "is empty"},
		{"a header without rows", check.Columns{}, "sub,name,email\n", check.InputUnreadable, "has a header, and no rows"},
		{"a ZIP file", check.Columns{}, "PK\x03\x04…", check.InputUnreadable, "not an .xlsx workbook"},
		{"damaged gzip", check.Columns{}, "\x1f\x8b\x08", check.InputUnreadable, "is gzip, but damaged"},
		{"gzip that was cut", check.Columns{}, gzipped("sub,name,email\n1,Ada,ada@example.com\n")[:35], check.InputUnreadable, "ends too early"},
		{"zstd", check.Columns{}, "\x28\xb5\x2f\xfd", check.InputUnreadable, "is compressed by zstd"},
		{"an old workbook", check.Columns{}, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", check.InputUnreadable, "is an old Excel workbook"},
		{"HTML as .xls", check.Columns{}, "<html><table><tr><td>sub", check.InputUnreadable, "is HTML or XML"},
		{"an SQL dump", check.Columns{}, "-- PostgreSQL database dump\nCREATE TABLE", check.InputUnreadable, "is an SQL dump"},
		{"SQLite's dump", check.Columns{}, "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n", check.InputUnreadable, "is an SQL dump"},
		{"a transaction", check.Columns{}, "START TRANSACTION;\n", check.InputUnreadable, "is an SQL dump"},
		{"rows of COPY", check.Columns{}, "COPY public.users (id) FROM stdin;\n1\n", check.InputUnreadable, "is an SQL dump"},
		{"what ldapsearch writes", check.Columns{}, "# extended LDIF\n#\n# LDAPv3\n", check.InputUnreadable, "is LDIF"},
		{"a column about the email that is not there", check.Columns{Verified: "confirmed"},
			"sub,name,email,email_verified\n1,Ada,ada@example.com,t\n", check.HeaderMissing, `has no column "confirmed"`},
		{"inserts", check.Columns{}, "INSERT INTO users VALUES (1,'ada@example.com')", check.InputUnreadable, "is an SQL dump"},
		{"LDIF", check.Columns{}, "dn: uid=ada,dc=example\nmail: ada@example.com\n", check.InputUnreadable, "is LDIF"},
		{"a separator that is none", check.Columns{}, "sep=\"\nsub\"name\n", check.InputUnreadable, "in its first line (sep=)"},
		{"an array that was cut", check.Columns{}, `[{"sub":"1"},{"sub":`, check.InputUnreadable, "behind the last member"},
		{
			"a member that no object has",
			mapped,
			`{"sub":"1","name":"Ada","email":"ada@example.com"}`,
			check.HeaderMissing,
			`has no column "id"`,
		},
		{
			"a synonym in objects",
			check.Columns{},
			`{"userId":"1","name":"Ada","email":"ada@example.com"}`,
			check.HeaderMissing,
			"--map sub=userId",
		},
		{"CR only", check.Columns{}, "sub,name,email\r1,Ada,a@b.c\r", check.InputUnreadable, "CR only"},
		{"a header that is no CSV", check.Columns{}, "sub,na\"me,email\n", check.InputUnreadable, "no CSV header"},
		{"a header in Latin-1", check.Columns{}, "sub,name,email,pr\xe9nom\n", check.InputUnreadable, "--encoding windows-1252"},
		{"no header", check.Columns{}, "7,Ada,ada@example.com\n", check.HeaderMissing, `has no column "sub"`},
		{
			"a synonym",
			check.Columns{},
			"User ID,name,email\n",
			check.HeaderMissing,
			`"User ID" looks like it: say so with --map sub=User ID`,
		},
		{"a column that was asked for", mapped, "sub,name,email\n", check.HeaderMissing, `has no column "id"`},
		{
			"a field's column",
			check.Columns{Fields: []check.Field{{Key: "seats"}}},
			"sub,name,email\n",
			check.HeaderMissing,
			`has no column "seats"`,
		},
		{"semicolons", check.Columns{}, "sub;name;email\n", check.HeaderMissing, "--comma"},
		{"a column twice", check.Columns{}, "sub,name,email,sub\n", check.HeaderRepeated, `the column "sub" more than once`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checker := newChecker(t, check.Config{Columns: tt.columns})
			err := checker.Read(t.Context(), check.Source{Name: "members", Reader: strings.NewReader(tt.text)})
			if !errors.Is(err, tt.code) || !strings.Contains(err.Error(), "members: ") ||
				!strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s, %q", err, tt.code, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "ada@") {
				t.Errorf("a value is repeated: %v", err)
			}
		})
	}
}

func TestExportsAreReadAsProgramsWriteThem(t *testing.T) {
	const members = "sub,name,email\n1,Zo\u00eb,zoe@example.com\n2,,bob@example.com\n"
	tests := []struct {
		name   string
		config check.Config
		text   string
	}{
		{"gzip", check.Config{}, gzipped(members)},
		{"UTF-16 with a mark", check.Config{}, encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), members)},
		{"UTF-16 without", check.Config{}, encoded(t, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), members)},
		{"UTF-16 in gzip", check.Config{}, gzipped(encoded(t, unicode.UTF16(unicode.BigEndian, unicode.UseBOM), members))},
		{"windows-1252", check.Config{Encoding: "windows-1252"}, encoded(t, charmap.Windows1252, members)},
		{"a mark of UTF-8 in spite of the encoding", check.Config{Encoding: "windows-1252"}, "\ufeff" + members},
		{"sep=", check.Config{}, "sep=;\r\n" + strings.ReplaceAll(members, ",", ";")},
		{"another separator", check.Config{Columns: check.Columns{Comma: '^'}}, strings.ReplaceAll(members, ",", "^")},
		{
			"an array",
			check.Config{},
			`[{"sub":"1","name":"Zoë","email":"zoe@example.com"},{"sub":2,"name":"","email":"bob@example.com"}]`,
		},
		{
			"a pretty array",
			check.Config{},
			"[\n {\"sub\": \"1\",\n \"name\": \"Zoë\", \"email\": \"zoe@example.com\"},\n\n {\"sub\":2,\n\"email\":\"bob@example.com\"}\n]\n",
		},
		{
			"pretty objects",
			check.Config{},
			"{\"sub\": \"1\",\n \"name\": \"Zoë\",\n \"email\": \"zoe@example.com\"}\n{\"sub\":2,\n\"email\":\"bob@example.com\"}\n",
		},
		{
			"an array in an object",
			check.Config{},
			"{\"total\":2,\n\"users\": [{\"sub\":\"1\",\"name\":\"Zoë\",\"email\":\"zoe@example.com\"},{\"sub\":2," +
				"\"email\":\"bob@example.com\"}],\"next\":null}",
		},
		{
			"null as databases write it",
			check.Config{},
			"sub,name,email,tagline\n1,Zoë,zoe@example.com,\\N\n2,NULL,bob@example.com,#N/A\n",
		},
		{
			"null in objects",
			check.Config{},
			`[{"sub":"1","name":"Zoë","email":"zoe@example.com","picture":"NULL"},{"sub":2,"name":"\\N","email":"bob@example.com"}]`,
		},
		{
			"null by another text",
			check.Config{Null: []string{"-"}},
			"sub,name,email,picture\n1,Zoë,zoe@example.com,-\n2,-,bob@example.com,\n",
		},
		{
			"a workbook",
			check.Config{},
			workbook(t, [][]any{{"sub", "name", "email", "tagline"}, {1, "Zoë", "zoe@example.com"}, {2, "", "bob@example.com", "x"}}),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, in := range []io.Reader{strings.NewReader(tt.text), io.MultiReader(strings.NewReader(tt.text))} { // a file, a pipe
				checker := newChecker(t, tt.config)
				if err := checker.Read(t.Context(), check.Source{Name: "members", Reader: in}); err != nil {
					t.Fatal(err)
				}
				report := reportOf(t, checker)
				if report.Rows != 2 || report.AsTheyAre != 1 || report.Refused != 1 || report.Findings[0].Code != contract.NameMissing {
					t.Errorf("got %+v", report)
				}
				if out := (&strings.Builder{}); report.Refused == 1 {
					if n, err := checker.WriteRefused(t.Context(), out); n != 1 || err != nil ||
						!strings.Contains(out.String(), "bob@example.com") {
						t.Errorf("refused: %d, %v, %s", n, err, out)
					}
				}
			}
		})
	}
}

func TestAFileIsReadFromWhereItIs(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "members"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	const before = "what another program read\n"
	if _, err := file.WriteString(before + "sub,name,email\n1,Ada,a@example.com\n2,Bob,a@example.com\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := file.Seek(int64(len(before)), io.SeekStart); err != nil {
		t.Fatal(err)
	}
	checker := newChecker(t, check.Config{})
	if err := checker.Read(t.Context(), check.Source{Name: "members", Reader: file}); err != nil {
		t.Fatal(err)
	}
	if report := reportOf(t, checker); report.Rows != 2 || report.Collide != 2 {
		t.Errorf("got %+v", report)
	}
}

func gzipped(text string) string {
	var out strings.Builder
	w := gzip.NewWriter(&out)
	io.WriteString(w, text)
	w.Close()
	return out.String()
}

func encoded(t *testing.T, e encoding.Encoding, text string) string {
	t.Helper()
	out, err := e.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func workbook(t *testing.T, rows [][]any) string {
	t.Helper()
	book := excelize.NewFile()
	defer book.Close()
	for i, row := range rows {
		if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	out, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Long ids are read from a workbook digit by digit, whatever its cells show.
func TestARowInAnOldEncodingNamesTheFlag(t *testing.T) {
	report, _ := check1(t, check.Config{}, "sub,name,email\n7,J\xf6rg,ada@example.com\n")
	if len(report.Findings) != 1 || !strings.Contains(report.Findings[0].Fix, "--encoding, such as windows-1252") {
		t.Errorf("got %+v", report.Findings)
	}
}

func TestIDsOfAWorkbookKeepTheirDigits(t *testing.T) {
	book := workbook(t, [][]any{{"sub", "name", "email"}, {654321098765432, "Ada", "ada@example.com"}, {"-1x", "Bob", "ada@example.com"}})
	report, _ := check1(t, check.Config{ShowValues: true, Columns: check.Columns{}}, book)
	if len(report.Findings) != 1 || report.Findings[0].Code != check.EmailRepeated || report.AsTheyAre != 0 {
		t.Errorf("got %+v", report)
	}
}

func TestAnExportSaysWhatItWentThrough(t *testing.T) {
	const ada = ",Ada,ada@example.com"
	tests := []struct {
		name, text string
		config     check.Config
		want       []seen
	}{
		{
			"a long id as a spreadsheet shows it",
			"sub,name,email\n1.23457E+12" + ada,
			check.Config{},
			[]seen{{check.SubSpreadsheet, []int{2}}},
		},
		{"a short one", "sub,name,email\n7.2E+9" + ada, check.Config{}, []seen{{check.SubSpreadsheet, []int{2}}}},
		{"a decimal comma", "sub,name,email\n\"1,2E+12\"" + ada, check.Config{}, []seen{{check.SubSpreadsheet, []int{2}}}},
		{"an apostrophe", "sub,name,email\n'6543210987654" + ada, check.Config{}, []seen{{check.SubSpreadsheet, []int{2}}}},
		{"a fraction", "sub,name,email\n1.0" + ada, check.Config{}, []seen{{check.SubSpreadsheet, []int{2}}}},
		{"thousands", "sub,name,email\n\"1,234,567\"" + ada, check.Config{}, []seen{{check.SubSpreadsheet, []int{2}}}},
		{"a formula", "sub,name,email\n\"=\"\"0123\"\"\"" + ada, check.Config{}, []seen{{check.SubSpreadsheet, []int{2}}}},
		{"a column too narrow", "sub,name,email\n######" + ada, check.Config{}, []seen{{check.SubSpreadsheet, []int{2}}}},
		{
			"a number in JSON",
			`{"sub":1.23457E+12,"name":"Ada","email":"ada@example.com"}`,
			check.Config{},
			[]seen{{check.SubSpreadsheet, []int{1}}},
		},
		{"an id with an E", "sub,name,email\n7e2b,Ada,ada@example.com", check.Config{}, nil},
		{
			"an email that is not verified",
			"sub,name,email,email_verified\n1" + ada + ",f\n2,Bob,bob@example.com,t",
			check.Config{},
			[]seen{{check.MemberUnverified, []int{2}}},
		},
		{
			"in another column",
			"sub,name,email,confirmed\n1" + ada + ",0",
			check.Config{Columns: check.Columns{Verified: "confirmed"}},
			[]seen{{check.MemberUnverified, []int{2}}},
		},
		{
			"in JSON",
			`{"sub":"1","name":"Ada","email":"ada@example.com","email_verified":false}`,
			check.Config{},
			[]seen{{check.MemberUnverified, []int{1}}},
		},
		{"no word about it", "sub,name,email,email_verified\n1" + ada + ",", check.Config{}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, got := check1(t, tt.config, tt.text); cmp.Diff(tt.want, got) != "" {
				t.Errorf("(-want +got):\n%s", cmp.Diff(tt.want, got))
			}
		})
	}
}

func TestTypedColumnsAreReadAsDatabasesWriteThem(t *testing.T) {
	tests := []struct{ kind, good, bad string }{
		{"boolean", "true false t f yes no Y N 1 0 TRUE on", "ja 2 truth"},
		{"date", "2026-12-31 2026-12-31T10:00:00Z", "31.12.2026 2026-13-01"},
		{
			"datetime",
			"2026-12-31T10:00:00Z 2026-12-31T10:00:00+02:00 2026-12-31T10:00:00 2026-12-31_10:00:00 2026-12-31_10:00:00.123456 " +
				"2026-12-31_10:00:00+00 2026-12-31_10:00:00.5+02:00 2026-12-31_10:00:00_UTC",
			"2026-12-31 10:00 2026-12-31_10:00:00_CET",
		},
		{"integer", "7 -7", "7.0 1e3"},
	}
	for _, tt := range tests {
		config := check.Config{Columns: check.Columns{Fields: []check.Field{{Key: "f", Type: tt.kind}}}}
		for want, values := range map[bool]string{true: tt.good, false: tt.bad} {
			for value := range strings.FieldsSeq(values) {
				value = strings.ReplaceAll(value, "_", " ")
				report, _ := check1(t, config, "sub,name,email,f\n1,Ada,ada@example.com,"+value)
				if (report.AsTheyAre == 1) != want {
					t.Errorf("%s %q: taken %v, want %v", tt.kind, value, !want, want)
				}
			}
		}
	}
}

func TestColumnsHaveOtherNamesTypesAndSeparators(t *testing.T) {
	columns := check.Columns{
		Claims: map[string]string{"sub": "id", "name": "Shown, as it is", "spaceIds": "rooms"}, Comma: ';',
		Fields: []check.Field{{Key: "seats", Type: "integer", Column: "licences"}, {Key: "department"}},
	}
	report, got := check1(
		t,
		check.Config{Columns: columns},
		"id;Shown, as it is;email;rooms;licences;department;note\n1;Ada;ada@example.com;\"a|b\";5;R;x\n"+
			"2;Bob;bob@example.com;\"[\"\"a\"\",\"\"b c\"\"]\";;;\n3;Cy;c@example.com;;five;;\n",
	)
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

// Every row that encoding/csv returns is counted, and every mistake that it sees is
// one of ours, wherever the text is cut into chunks.
func FuzzCSVIsReadAsEncodingCSVDoes(f *testing.F) {
	for _, s := range []string{
		"1,a,b\n", "\"1\",\"a\nb\",c\r\n", "a\"b,c\n\"x\"y,z\n", "\"\"\"\",,\n\n,\n",
		"\"a", "a,\"b\"\"\n\"\n", "\r\n\r", "\"a\"\r", "x\r,y\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "\x00") {
			t.Skip()
		}
		text = "sub,name,email\n" + text
		r := csv.NewReader(strings.NewReader(text))
		r.FieldsPerRecord = -1
		rows, unreadable, ragged := -1, 0, 0 // the header is none
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
		if rows <= 0 {
			t.Skip() // an error
		}
		report, _ := check1(t, check.Config{}, text)
		got := map[contract.Code]int{}
		for _, found := range report.Findings {
			got[found.Code] += found.Rows
		}
		if report.Rows != rows || got[check.RowUnreadable] != unreadable || got[check.RowRagged] != ragged {
			t.Fatalf(
				"%q: got %d rows, %d unreadable, %d ragged; want %d, %d, %d",
				text,
				report.Rows,
				got[check.RowUnreadable],
				got[check.RowRagged],
				rows,
				unreadable,
				ragged,
			)
		}
	})
}

// If a reader is stuck or cancelled, the report so far is returned, and says so.
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
	const text = "sub,name,email,picture\nSECRET,,SECRET@example.com,SECRET\nSECRET-2,SECRET  2,SECRET@example.com,SECRET\n" +
		"SECRET-3,S,secret@example.com,\nSECRET-4,S,SECRET@example.com,\nSECRET\"\n"
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
