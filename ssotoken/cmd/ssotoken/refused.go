package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/bettermode-go/sso/ssotoken/cmd/check"
)

// writeRefused writes the file of --refused beside its place, and moves it there
// only when it is whole: whatever ends the program, no half of a file looks like
// one. That of a check that was stopped has another name.
func (c *checkup) writeRefused(ctx context.Context, sh *shell, checker *check.Checker, partial bool) (err error) {
	path := c.refused
	if partial {
		path += ".partial"
		ctx = context.WithoutCancel(ctx)
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".unfinished-*")
	if err != nil {
		return unnamed("--refused", err)
	}
	defer func() {
		if err != nil {
			temp.Close()
			os.Remove(temp.Name())
		}
	}()
	rows, err := checker.WriteRefused(ctx, temp)
	if err == nil {
		err = temp.Sync()
	}
	if err == nil {
		err = temp.Close()
	}
	if err != nil {
		return fmt.Errorf("--refused was not written: %w", unnamed("--refused", err))
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return unnamed("--refused", err)
	}
	if partial {
		complain(sh.stderr, fmt.Sprintf("ssotoken check: stopped: the refused ones of the rows read so far, %s, "+
			"are in the file of --refused with .partial behind its name", grouped(rows)))
	}
	return nil
}
