package check_test

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bettermode-go/sso/ssotoken/cmd/check"
)

// BenchmarkToReadingByEncodingCSV is how many times as long a check takes as encoding/csv takes to read the file. The
// memory that the README states is the maximum resident set of ssotoken check.
//
//	go test ./check -run '^$' -bench . -benchtime 3x -rows 10000000 -timeout 1h
func BenchmarkToReadingByEncodingCSV(b *testing.B) {
	for name, faulty := range map[string]int{"clean": 0, "one in a hundred has a fault": 100} {
		b.Run(name, func(b *testing.B) {
			members := writeMembers(b, faulty)
			var reading, checking time.Duration
			for b.Loop() {
				start := time.Now()
				for in := csv.NewReader(open(b, members)); ; {
					if _, err := in.Read(); err == io.EOF {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
				read := time.Now()
				checker, err := check.New(check.Config{})
				if err != nil {
					b.Fatal(err)
				}
				if err := checker.Read(b.Context(), check.Source{Reader: open(b, members)}); err != nil {
					b.Fatal(err)
				}
				if _, err := checker.Report(b.Context()); err != nil {
					b.Fatal(err)
				}
				checker.Close()
				reading, checking = reading+read.Sub(start), checking+time.Since(read)
			}
			b.ReportMetric(float64(checking)/float64(reading), "times")
		})
	}
}

func open(b *testing.B, name string) *os.File {
	b.Helper()
	f, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	return f
}

// writeMembers writes a file of members, of which one in so many has no email.
func writeMembers(b *testing.B, faulty int) string {
	b.Helper()
	name := filepath.Join(b.TempDir(), "members.csv")
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	out := bufio.NewWriter(f)
	fmt.Fprintln(out, "sub,name,email")
	for i := range *rows {
		email := fmt.Sprintf("member-%d@example.com", i)
		if faulty > 0 && i%faulty == 0 {
			email = ""
		}
		fmt.Fprintf(out, "u-%d,Member %d,%s\n", i, i, email)
	}
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	return name
}
