package check_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken/cmd/check"
)

func refusedOf(t *testing.T, texts ...string) string {
	t.Helper()
	checker := newChecker(t, check.Config{})
	for i, text := range texts {
		name := fmt.Sprintf("part %d", i+1)
		if err := checker.Read(t.Context(), check.Source{Name: name, Reader: strings.NewReader(text)}); err != nil {
			t.Fatal(err)
		}
	}
	report := reportOf(t, checker)
	var out bytes.Buffer
	rows, err := checker.WriteRefused(t.Context(), &out)
	if err != nil {
		t.Fatal(err)
	}
	if want := report.Refused + report.Collide; rows != want {
		t.Errorf("%d rows are written, want %d", rows, want)
	}
	return out.String()
}

func TestRefusedRowsAreWrittenAsTheyAreInOrderWithTheirCodes(t *testing.T) {
	required := strings.NewReplacer("NO NAME", "name: is required and must not be blank: give the name that other members see",
		"NO EMAIL", "email: is required: give the address that your site has verified")
	tests := []struct {
		name  string
		texts []string
		want  string
	}{
		{
			"csv",
			[]string{
				"id,sub,name,email\r\nx,1,\"Ada, \"\"the\"\"\nCountess\",ada@example.com\r\ny,2,,bob@example.com\r\nz,3\nw,4,D\"d,d@example.com\n" +
					"v,5,E,ada@example.com\n",
			},
			`row,line,codes,why,id,sub,name,email
1,2,email-repeated,email: another row has the same email and another sub (row 5),x,1,"Ada, ""the""
Countess",ada@example.com
2,4,name-missing,NO NAME,y,2,,bob@example.com
3,5,row-ragged,"has 2 columns, the header 4",z,3
4,6,row-unreadable,"is not CSV: bare "" in non-quoted-field","w,4,D""d,d@example.com"
5,7,email-repeated,email: another row has the same email and another sub (row 1),v,5,E,ada@example.com
`,
		},
		{"json", []string{`{"sub":"1","name":"","email":"a@b"}` + "\n" + `{"sub":"2","name":"B","email":"b@example.com"}`},
			`row,line,codes,why,json
1,1,name-missing,NO NAME,"{""sub"":""1"",""name"":"""",""email"":""a@b""}"
`},
		{"two files", []string{"sub,name,email\n1,A,a@example.com\n2,,b@example.com\n", "sub,email,name\n3,a@example.com,C\n"},
			`row,line,codes,why,sub,name,email
1,2,email-repeated,email: another row has the same email and another sub (row 3),1,A,a@example.com
2,3,name-missing,NO NAME,2,,b@example.com
row,line,codes,why,sub,email,name
3,2,email-repeated,email: another row has the same email and another sub (row 1),3,a@example.com,C
`},
		{"formulas", []string{"sub,name,email\n1,=HYPERLINK(1),\n-1,+1 of us,a@b\n-5.2,@x,a@example.com\n4,,\n"},
			`row,line,codes,why,sub,name,email
1,2,email-missing,NO EMAIL,1,'=HYPERLINK(1),
2,3,sub-zero,"sub: is what programs write for a missing id; if a member really has it, name it with --real-sub",-1,'+1 of us,a@b
4,5,name-missing email-missing,NO NAME; NO EMAIL,4,,
`},
		{"formulas in a header and after spaces", []string{"sub,name,email,=x\n1, =1,,＝1\n"},
			`row,line,codes,why,sub,name,email,'=x
1,2,email-missing,NO EMAIL,1,' =1,,'＝1
`},
		{"none", []string{"sub,name,email\n1,A,a@example.com\n"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(required.Replace(tt.want), refusedOf(t, tt.texts...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A spreadsheet reads every row, also those that were no CSV.
func TestTheFileOfRefusedRowsIsCSV(t *testing.T) {
	var in bytes.Buffer
	plant(&in, 10_000, func(fault, int) {})
	checker := newChecker(t, check.Config{Columns: columns})
	read := func() check.Source { return check.Source{Reader: bytes.NewReader(in.Bytes())} }
	if err := checker.Read(t.Context(), read()); err != nil {
		t.Fatal(err)
	}
	report := reportOf(t, checker)
	var out bytes.Buffer
	if _, err := checker.WriteRefused(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(&out)
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if want := report.Refused + report.Collide + 1; err != nil || len(rows) != want {
		t.Errorf("%d rows and %v, want %d", len(rows), err, want)
	}
}

type failing struct{ after int }

var errFull = errors.New("no space left")

func (f *failing) Write(p []byte) (int, error) {
	if f.after -= len(p); f.after < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// changing is a file that is another one once it was read.
type changing struct {
	*strings.Reader
	again *strings.Reader
}

func (c *changing) change() { c.Reader = c.again }

func TestRefusedRowsThatAreNotWholeAreAnError(t *testing.T) {
	text := "sub,name,email\n" + strings.Repeat("1,,ada@example.com\n", 5_000)
	tests := []struct {
		name  string
		to    *failing
		again string
		want  string
	}{
		{"a full disk", &failing{10_000}, text, errFull.Error()},
		{"a source that was cut", &failing{1 << 30}, text[:50_000], "is not as it was"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checker := newChecker(t, check.Config{})
			if _, err := checker.WriteRefused(t.Context(), tt.to); err == nil {
				t.Error("rows are written before the report")
			}
			in := &changing{strings.NewReader(text), strings.NewReader(tt.again)}
			if err := checker.Read(t.Context(), check.Source{Reader: in}); err != nil {
				t.Fatal(err)
			}
			reportOf(t, checker)
			in.change()
			_, err := checker.WriteRefused(t.Context(), tt.to)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}
