package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

type (
	junitSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		Suite   junitSuite
	}
	junitSuite struct {
		XMLName  xml.Name    `xml:"testsuite"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Skipped *junitSkipped `xml:"skipped"`
		Failure *junitFailure `xml:"failure"`
		Error   *junitFailure `xml:"error"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitSkipped struct {
		Message string `xml:"message,attr"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit makes a test case of each check. What is to fix in it is one
// failure, since many readers show only the first. A check that is unknown is an
// error. What is only worth knowing is its output.
func writeJUnit(w io.Writer, r *doctor.Diagnosis) error {
	const name = "ssotoken doctor"
	suite := junitSuite{Name: name, Tests: len(r.Checks)}
	for _, check := range r.Checks {
		c := junitCase{Class: name, Name: check.Check}
		var codes []string
		var text strings.Builder
		for _, f := range r.Findings {
			switch line := fmt.Sprintf("%s %s: %s\n%s\n", f.Verdict, f.Code, f.Message, f.Fix); {
			case f.Check != check.Check:
			case f.Verdict == contract.Info:
				c.Out += line
			default:
				codes = append(codes, string(f.Code))
				text.WriteString(line)
			}
		}
		switch check.State {
		case doctor.Failed:
			suite.Failures++
			c.Failure = &junitFailure{strings.Join(codes, ", "), text.String()}
		case doctor.Unknown:
			suite.Errors++
			c.Error = &junitFailure{check.Note, text.String()}
		case doctor.Skipped:
			suite.Skipped++
			c.Skipped = &junitSkipped{check.Note}
		}
		suite.Cases = append(suite.Cases, c)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(junitSuites{Suite: suite}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
