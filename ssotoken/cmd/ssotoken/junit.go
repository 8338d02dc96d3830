package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// writeJUnit makes a test case of each check. What is to fix in it is one failure, since many readers show only the
// first. A check that is unknown is an error. What is only worth knowing is its output.
func writeJUnit(w io.Writer, r *doctor.Diagnosis) error {
	const name = "ssotoken doctor"
	suite := junit.Testsuite{Name: name}
	for _, check := range r.Checks {
		c := junit.Testcase{Classname: name, Name: check.Check}
		var codes []string
		toFix, info := "", ""
		for _, f := range r.Findings {
			switch line := fmt.Sprintf("%s %s: %s\n%s\n", f.Verdict, f.Code, f.Message, f.Fix); {
			case f.Check != check.Check:
			case f.Verdict == inspect.Info:
				info += line
			default:
				codes = append(codes, string(f.Code))
				toFix += line
			}
		}
		if info != "" {
			c.SystemOut = &junit.Output{Data: info}
		}
		switch check.State {
		case doctor.Failed:
			c.Failure = &junit.Result{Message: strings.Join(codes, ", "), Data: toFix}
		case doctor.Unknown:
			c.Error = &junit.Result{Message: check.Note, Data: toFix}
		case doctor.Skipped:
			c.Skipped = &junit.Result{Message: check.Note}
		}
		suite.AddTestcase(c)
	}
	var suites junit.Testsuites
	suites.AddSuite(suite)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	return suites.WriteXML(w)
}
