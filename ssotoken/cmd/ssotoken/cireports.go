package main

import (
	"errors"
	"io"
	"os"
	"runtime/debug"

	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
)

// ciReports are where doctor's report goes besides standard output; "" is nowhere.
type ciReports struct{ sarif, junit string }

func (f ciReports) write(build *debug.BuildInfo, r *doctor.Diagnosis) error {
	return errors.Join(
		writeFile("-sarif", f.sarif, func(w io.Writer) error { return writeSARIF(w, build, r) }),
		writeFile("-junit", f.junit, func(w io.Writer) error { return writeJUnit(w, r) }))
}

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
