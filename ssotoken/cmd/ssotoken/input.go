package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
)

// maxInput bounds what is read from standard input or a file.
const maxInput = 1 << 20

var errStopped = errors.New("stopped while it was reading")

// within calls f, which may wait for a terminal, a pipe or a device, and leaves it to itself once ctx is done:
// such a read can't be called off.
func within[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, errStopped
	}
}

// readInput reads a file, or standard input for "-". what is what the flag asks for, in words.
func (sh *shell) readInput(ctx context.Context, flagName, what, path string) ([]byte, error) {
	if path == "-" {
		sh.await(what)
	}
	data, err := within(ctx, func() ([]byte, error) {
		in := sh.stdin
		if path != "-" {
			f, err := os.Open(path)
			if err != nil {
				return nil, err
			}
			defer f.Close()
			in = f
		}
		return io.ReadAll(io.LimitReader(in, maxInput+1))
	})
	if err != nil {
		return nil, unnamed(flagName, err)
	}
	if len(data) > maxInput {
		return nil, fmt.Errorf("the input has more than %d bytes", maxInput)
	}
	return data, nil
}

// readsStdinTwice reports whether more than one path is that of standard input.
func readsStdinTwice(paths ...string) bool {
	i := slices.Index(paths, "-")
	return i >= 0 && slices.Contains(paths[i+1:], "-")
}

// await says at a terminal what is waited for, and how to end it.
func (sh *shell) await(what string) {
	if !sh.interactive {
		return
	}
	end := "Ctrl-D"
	if runtime.GOOS == "windows" {
		end = "Ctrl-Z and Enter"
	}
	complain(sh.stderr, fmt.Sprintf("ssotoken %s: waiting for %s.", sh.verb, what))
	complain(sh.stderr, fmt.Sprintf("Paste, then Enter and %s; Ctrl-C stops.", end))
}
