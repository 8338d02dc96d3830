package check_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/check"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

func TestMembersAreComparedWithEachOther(t *testing.T) {
	type pair = [2]int // a row, and the other that it names
	tests := []struct {
		name    string
		rows    []string // sub, name, email
		want    map[contract.Code][]pair
		collide int
	}{
		{"apart", []string{"1,A,a@x.org", "2,B,b@x.org"}, nil, 0},
		{"one sub", []string{"1,A,a@x.org", "1,B,b@x.org"}, map[contract.Code][]pair{check.SubRepeated: {{1, 2}, {2, 1}}}, 2},
		{
			"one email",
			[]string{"1,A,a@x.org", "2,B,a@x.org", "3,C,a@x.org"},
			map[contract.Code][]pair{check.EmailRepeated: {{1, 2}, {2, 1}, {3, 1}}},
			3,
		},
		{
			"one member",
			[]string{"1,A,a@x.org", "1,A,a@x.org", "1,A,A@x.org"},
			map[contract.Code][]pair{check.RowRepeated: {{1, 2}, {2, 1}, {3, 1}}},
			0,
		},
		{"subs that differ in case", []string{"a,A,a@x.org", "A,B,b@x.org"}, nil, 0},
		{
			"emails that differ in case",
			[]string{"1,A,a@x.org", "2,B,A@X.org"},
			map[contract.Code][]pair{check.EmailSpelling: {{1, 2}, {2, 1}}},
			0,
		},
		{
			"emails in two Unicode forms",
			[]string{"1,A,zo\u00eb@x.org", "2,B,zoe\u0308@x.org"},
			map[contract.Code][]pair{check.EmailSpelling: {{1, 2}, {2, 1}}},
			0,
		},
		{
			"a letter with two accents",
			[]string{"1,A,\u1ec7@x.org", "2,B,e\u0323\u0302@x.org", "3,C,\u1eb9\u0302@x.org"},
			map[contract.Code][]pair{check.EmailSpelling: {{1, 2}, {2, 1}, {3, 1}}},
			0,
		},
		{"letters that look alike", []string{"1,A,a@x.org", "2,B,\u0430@x.org", "3,C,\uff41@x.org"}, nil, 0},
		{
			"equal and in case",
			[]string{"1,A,a@x.org", "2,B,a@x.org", "3,C,A@x.org"},
			map[contract.Code][]pair{check.EmailRepeated: {{1, 2}, {2, 1}}, check.EmailSpelling: {{3, 1}}},
			2,
		},
		{
			"one sub, and its email by another",
			[]string{"1,A,a@x.org", "1,B,b@x.org", "2,C,b@x.org"},
			map[contract.Code][]pair{check.SubRepeated: {{1, 2}, {2, 1}}, check.EmailRepeated: {{2, 3}, {3, 2}}},
			3,
		},
		{"a row that can't log in collides with none", []string{"1,,a@x.org", "2,B,a@x.org"}, nil, 0},
		{
			"white space around an email",
			[]string{"1,A, a@x.org", "2,B,a@x.org"},
			map[contract.Code][]pair{check.EmailRepeated: {{1, 2}, {2, 1}}},
			2,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			report, _ := check1(t, check.Config{}, "sub,name,email\n"+strings.Join(tt.rows, "\n"))
			var got map[contract.Code][]pair
			for _, f := range report.Findings {
				if !isCollision(f.Code) {
					continue
				}
				if got == nil {
					got = map[contract.Code][]pair{}
				}
				for _, at := range f.Examples {
					got[f.Code] = append(got[f.Code], pair{at.Row, at.Other})
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if report.Collide != tt.collide {
				t.Errorf("%d rows collide, want %d", report.Collide, tt.collide)
			}
		})
	}
}

func TestAnEarlierExportShowsSubsThatChanged(t *testing.T) {
	const before = "sub,name,email\n1,Ada,ada@x.org\n2,Bob,bob@x.org\n3,,no-name@x.org\n4,Dan,dan@x.org\n5,Eve,eve@x.org\n6,Fay,fay@x.org\n"
	const now = "sub,name,email\n1,Ada,ada@x.org\n20,Bob,Bob@x.org\n30,Cy,no-name@x.org\n4,Daniel,d@x.org\n5,Eve,new@x.org\n" +
		"6,Fay King,fay@x.org\n7,Gil,eve@x.org\n"
	checker := newChecker(t, check.Config{})
	if err := checker.Read(t.Context(), check.Source{Name: "before", Reader: strings.NewReader(before), Previous: true}); err != nil {
		t.Fatal(err)
	}
	if err := checker.Read(t.Context(), check.Source{Name: "now", Reader: strings.NewReader(now)}); err != nil {
		t.Fatal(err)
	}
	report := reportOf(t, checker)
	got := map[contract.Code][]check.Place{}
	for _, f := range report.Findings {
		got[f.Code] = f.Examples
	}
	want := map[contract.Code][]check.Place{
		check.SubChanged:    {{Source: "now", Row: 2, Line: 3, Other: 2}, {Source: "now", Row: 7, Line: 8, Other: 5}},
		check.SubReassigned: {{Source: "now", Row: 4, Line: 5, Other: 4}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if report.Rows != 7 || report.PreviousRows != 6 || report.PreviousRefused != 1 || report.Collide != 2 {
		t.Errorf("got %+v", report)
	}
	late := newChecker(t, check.Config{})
	if err := late.Read(t.Context(), check.Source{Reader: strings.NewReader(now)}); err != nil {
		t.Fatal(err)
	}
	if err := late.Read(t.Context(), check.Source{Reader: strings.NewReader(before), Previous: true}); err == nil {
		t.Error("an earlier export is taken after the members")
	}
}

func TestABadSettingIsRefused(t *testing.T) {
	_, err := check.New(check.Config{
		Community: "http://community.example.com", MaxURL: -1, Examples: -1, Encoding: "klingon",
		Columns: check.Columns{
			Claims: map[string]string{"iat": "x", "sub": ""},
			Comma:  '"',
			Fields: []check.Field{{Key: "iat"}, {Key: "a", Type: "huge"}, {Key: "a"}},
		},
	})
	config, ok := err.(*ssotoken.ConfigError)
	if !ok || len(config.Fields) != 10 {
		t.Errorf("got %v", err)
	}
}

// Capitals are seen wherever they stand, and no other sign is taken for one.
func TestEmailsAreComparedInLowerCaseLetterByLetter(t *testing.T) {
	const email = "abcdefghijklmnopqrstuvwxyz@example.com"
	for i := range email {
		rows := "sub,name,email\n1,A," + email + "\n2,B," + email[:i] + strings.ToUpper(email[i:i+1]) + email[i+1:]
		want := check.EmailSpelling
		if strings.ToUpper(email[i:i+1]) == email[i:i+1] {
			want = check.EmailRepeated
		}
		if _, got := check1(t, check.Config{}, rows); len(got) != 1 || got[0].Code != want {
			t.Errorf("letter %d: got %v, want %s", i, got, want)
		}
	}
	for _, pair := range []string{"`@", "{[", "|\\", "}]", "~^", "_\x7f"} {
		rows := "sub,name,email\n1,A,ab" + pair[:1] + "@example.com\n2,B,ab" + strings.ReplaceAll(pair[1:], "@", "%") + "@example.com"
		if _, got := check1(t, check.Config{}, rows); slices.ContainsFunc(got, func(s seen) bool { return isCollision(s.Code) }) {
			t.Errorf("%q: got %v", pair, got)
		}
	}
}

func TestASubThatAMemberReallyHasIsTaken(t *testing.T) {
	for name, in := range map[string]string{
		"CSV": "sub,name,email\n0,Ada,ada@x.org\n-1,Bob,bob@x.org\nnull,Cy,cy@x.org\n",
		"JSON": `{"sub":0,"name":"Ada","email":"ada@x.org"}` + "\n" +
			`{"sub":-1,"name":"Bob","email":"bob@x.org"}` + "\n" + `{"sub":"null","name":"Cy","email":"cy@x.org"}` + "\n",
	} {
		for real, taken := range map[string]int{"": 0, "0": 1} {
			checker := newChecker(t, check.Config{AllowSubject: real})
			if err := checker.Read(t.Context(), check.Source{Reader: strings.NewReader(in)}); err != nil {
				t.Fatal(err)
			}
			if report := reportOf(t, checker); report.AsTheyAre != taken || report.Refused != 3-taken {
				t.Errorf("%s, where a member has %q: %d as they are, %d refused", name, real, report.AsTheyAre, report.Refused)
			}
		}
	}
}

func isCollision(code contract.Code) bool {
	return slices.Contains([]contract.Code{check.RowRepeated, check.SubRepeated, check.EmailRepeated, check.EmailSpelling}, code)
}
