package check_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/cmd/check"
)

func Example() {
	checker, err := check.New(check.Config{Community: "community.example.com"})
	if err != nil {
		panic(err)
	}
	defer checker.Close()
	members := strings.NewReader(`sub,name,email
7,Ada Lovelace,ada@example.com
8,,bob@example.com
9,Cy,ada@example.com
`)
	if err := checker.Read(context.Background(), check.Source{Name: "members.csv", Reader: members}); err != nil {
		panic(err)
	}
	report, err := checker.Report(context.Background())
	if err != nil {
		panic(err)
	}
	fmt.Println(report.Rows, "members,", report.AsTheyAre, "log in")
	for _, f := range report.Findings {
		fmt.Println(f.Effect, f.Code, f.Rows)
	}
	// Output:
	// 3 members, 0 log in
	// refused name-missing 1
	// collides email-repeated 2
}
