package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"sync"
)

// maxInput bounds what is read from standard input or a file.
const maxInput = 1 << 20

// readInput reads a file, or standard input for "-".
func (sh *shell) readInput(flagName, path string) ([]byte, error) {
	var in io.Reader
	if path == "-" {
		in = sh.standardInput(flagName)
	} else {
		f, err := os.Open(path)
		if err != nil {
			return nil, unnamed(flagName, err)
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxInput+1))
	if err != nil {
		return nil, unnamed(flagName, err)
	}
	if len(data) > maxInput {
		return nil, fmt.Errorf("the input has more than %d bytes", maxInput)
	}
	if sh.interactive && path == "-" {
		for line := range bytes.Lines(data) {
			if len(bytes.TrimRight(line, "\r\n")) >= longestTyped() {
				complain(sh.stderr, fmt.Sprintf("ssotoken %s: the terminal cut off the rest of a line: put it into a file, and name that by %s", sh.flags.Name(), flagName))
				break
			}
		}
	}
	return data, nil
}

// longestTyped is how many characters of a line a terminal keeps.
func longestTyped() int {
	if runtime.GOOS == "darwin" {
		return 1023
	}
	return 4095
}

// standardInput says at a terminal what is waited for, and how to end it. The
// help of the flag that asks for standard input has the words.
func (sh *shell) standardInput(flagName string) io.Reader {
	if sh.interactive {
		what := "input"
		if f := sh.flags.Lookup(flagName[1:]); f != nil {
			if words := waitsFor.FindStringSubmatch(f.Usage); words != nil {
				what = words[1]
			}
		}
		complain(sh.stderr, fmt.Sprintf("ssotoken %s: waiting for %s.", sh.flags.Name(), what))
		complain(sh.stderr, fmt.Sprintf("Paste, then Enter and %s; Ctrl-C stops.", endOfInput()))
	}
	return sh.stdin
}

var waitsFor = regexp.MustCompile("^`path` of (?:a file with )?(.*?); - is standard input")

func endOfInput() string {
	if runtime.GOOS == "windows" {
		return "Ctrl-Z and Enter"
	}
	return "Ctrl-D"
}

var errStopped = errors.New("stopped while standard input was read")

// stoppable reads until ctx is done. A read of a terminal or a pipe can't be
// called off, so it goes on beside, and what it still gives is lost. Nothing is
// read before it is asked for: the rest belongs to the next command.
func stoppable(ctx context.Context, in io.Reader) io.Reader {
	r, w := io.Pipe()
	return &lazy{r, sync.OnceFunc(func() {
		context.AfterFunc(ctx, func() { w.CloseWithError(errStopped) })
		go func() {
			_, err := io.Copy(w, in)
			w.CloseWithError(err)
		}()
	})}
}

// lazy starts before the first read.
type lazy struct {
	io.Reader
	start func()
}

func (l *lazy) Read(p []byte) (int, error) {
	l.start()
	return l.Reader.Read(p)
}
