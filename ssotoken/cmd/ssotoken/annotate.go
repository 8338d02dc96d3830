package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

var annotations = map[inspect.Verdict]string{inspect.Fail: "error", inspect.Warn: "warning", inspect.Info: "notice"}

// annotate writes each finding, and each check that is unknown, as a workflow command of GitHub Actions, which shows
// it beside the run.
func annotate(w io.Writer, r *doctor.Diagnosis) {
	for _, f := range r.Findings {
		fmt.Fprintf(w, "::%s title=%s::%s\n", annotations[f.Verdict], f.Code, inCommand.Replace(f.Message+"\n"+f.Sentence+"\n"+f.Fix))
	}
	for _, c := range r.Checks {
		if c.State == doctor.Unknown {
			fmt.Fprintf(w, "::error title=unknown::%s\n", inCommand.Replace(c.Check+": "+c.Note))
		}
	}
}

// inCommand keeps a text within its command: a new line would start another one.
var inCommand = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", "##[", "#%23[")

func writeFile(flagName, path string, write func(io.Writer) error) error {
	if path == "" {
		return nil
	}
	file, err := os.Create(path)
	if err != nil {
		return unnamed(flagName, err)
	}
	return errors.Join(write(file), file.Close())
}
