package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/check"
)

// Goals of package check, each the most that a figure may be.
const (
	mostToCSV    = 1.5 // of the time of encoding/csv only, on one goroutine
	mostToBuild  = 0.6 // of the time of a loop over Build
	mostGrowth   = 1.2 // of the cost of a row in fewRows
	mostMemory   = 512 // MiB of the process
	fewRows      = 100_000
	manyRounds   = 7
	checkColumns = "sub,name,email,tagline,picture\n"
)

// writeMembers writes an export; every tenth name is in quotes.
func writeMembers(w io.Writer, n int) error {
	out := bufio.NewWriterSize(w, 1<<20)
	out.WriteString(checkColumns)
	for i := range n {
		name := "Ada Lovelace"
		if i%10 == 0 {
			name = `"Lovelace, Ada"`
		}
		fmt.Fprintf(out, "user-%d,%s,ada.%d@example.com,Writes notes on engines,https://cdn.example.com/avatars/%d.png\n", i, name, i, i)
	}
	return out.Flush()
}

// A pass reads an export from its start.
type pass struct {
	name string
	run  func(io.Reader) error
}

var passes = []pass{
	{"encoding/csv only", func(in io.Reader) error {
		r := csv.NewReader(in)
		r.ReuseRecord = true
		for {
			if _, err := r.Read(); err != nil {
				return unlessEOF(err)
			}
		}
	}},
	{"a loop over Build", func(in io.Reader) error {
		r := csv.NewReader(in)
		r.ReuseRecord = true
		if _, err := r.Read(); err != nil {
			return err
		}
		for {
			row, err := r.Read()
			if err != nil {
				return unlessEOF(err)
			}
			if _, err := ssotoken.NewClaims().Subject(row[0]).Name(row[1]).VerifiedEmail(row[2]).Tagline(row[3]).Picture(row[4]).Build(); err != nil {
				return err
			}
		}
	}},
	{"package check", func(in io.Reader) error {
		checker, err := check.New(check.Config{})
		if err != nil {
			return err
		}
		defer checker.Close()
		if err := checker.Read(context.Background(), check.Source{Reader: in}); err != nil {
			return err
		}
		report, err := checker.Report(context.Background())
		if err == nil && (report.AsTheyAre != report.Rows || report.Rows == 0) {
			err = errors.New("the report is wrong")
		}
		return err
	}},
}

func unlessEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// A reading is what one pass took.
type reading struct{ wall, cpu time.Duration }

var clocks = [2]func(reading) float64{
	func(r reading) float64 { return float64(r.wall) },
	func(r reading) float64 { return float64(r.cpu) },
}

func timed(p pass, in io.Reader) (reading, error) {
	runtime.GC()
	cpu, start := processorTime(), time.Now()
	err := p.run(in)
	return reading{time.Since(start), processorTime() - cpu}, err
}

func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// userBase tells what a check of many members costs, beside reading them at all.
func userBase(w io.Writer, rounds, manyRows int) (missed []string, err error) {
	miss := func(what string, got, most float64) {
		if got > most {
			missed = append(missed, fmt.Sprintf("check: %s is %.2f, the goal %.2f", what, got, most))
		}
	}
	var few bytes.Buffer
	if err := writeMembers(&few, fewRows); err != nil {
		return nil, err
	}
	var fewCheck, toCSV, toBuild, manyCheck, manyToCSV [2]series // as clocks
	fastest := [3]float64{math.Inf(1), math.Inf(1), math.Inf(1)}
	round := func() error {
		var took [3]reading
		for i, p := range passes {
			if took[i], err = timed(p, bytes.NewReader(few.Bytes())); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			fastest[i] = min(fastest[i], float64(took[i].wall))
		}
		for i, of := range clocks {
			fewCheck[i] = append(fewCheck[i], of(took[2])/fewRows)
			toCSV[i] = append(toCSV[i], of(took[2])/of(took[0]))
			toBuild[i] = append(toBuild[i], of(took[2])/of(took[1]))
		}
		return nil
	}
	for range rounds / 2 {
		if err := round(); err != nil {
			return nil, err
		}
	}
	file, err := os.CreateTemp("", "members-*.csv")
	if err != nil {
		return nil, err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	if err := writeMembers(file, manyRows); err != nil {
		return nil, err
	}
	for range manyRounds {
		var took [3]reading
		for _, i := range []int{0, 2} {
			if _, err := file.Seek(0, io.SeekStart); err != nil {
				return nil, err
			}
			if took[i], err = timed(passes[i], file); err != nil {
				return nil, fmt.Errorf("%s: %w", passes[i].name, err)
			}
		}
		for i, of := range clocks {
			manyCheck[i] = append(manyCheck[i], of(took[2])/float64(manyRows))
			manyToCSV[i] = append(manyToCSV[i], of(took[2])/of(took[0]))
		}
	}
	memory := peakMemory()
	for range rounds - rounds/2 {
		if err := round(); err != nil {
			return nil, err
		}
	}
	growth := [2]float64{manyCheck[0].median() / fewCheck[0].median(), manyCheck[1].median() / fewCheck[1].median()}
	fmt.Fprintf(w, "\n### A user base\n\n| | by the clock | fastest to fastest | by processor time |\n| --- | --: | --: | --: |\n")
	fmt.Fprintf(w, "| %d rows, to encoding/csv only | %.2f | %.2f | %.2f |\n", fewRows, toCSV[0].median(), fastest[2]/fastest[0], toCSV[1].median())
	fmt.Fprintf(w, "| %d rows, to a loop over Build | %.2f | %.2f | %.2f |\n", fewRows, toBuild[0].median(), fastest[2]/fastest[1], toBuild[1].median())
	fmt.Fprintf(w, "| %d rows, to encoding/csv only | %.2f | | %.2f |\n", manyRows, manyToCSV[0].median(), manyToCSV[1].median())
	fmt.Fprintf(w, "| a row of %d to one of %d | %.2f | | %.2f |\n", manyRows, fewRows, growth[0], growth[1])
	fmt.Fprintf(w, "\nFigures of %d rows are medians of %d rounds. The process had at most %d MiB.\n", manyRows, manyRounds, memory)
	miss("the ratio to encoding/csv", toCSV[0].median(), mostToCSV)
	miss("the ratio to a loop over Build", toBuild[0].median(), mostToBuild)
	miss("the growth of a row's cost", growth[0], mostGrowth)
	miss("the memory in MiB", float64(memory), mostMemory)
	return missed, nil
}

// peakMemory is the most that the process had, in MiB, where the system tells it
// as Linux does.
func peakMemory() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		var kib int
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); err == nil {
			return kib >> 10
		}
	}
	return 0
}
