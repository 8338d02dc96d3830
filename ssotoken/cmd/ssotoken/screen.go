package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// Text is as wide as the terminal, within these. What is no terminal gets
// maxColumns.
const (
	minColumns = 40
	maxColumns = 80
)

// A screen is a writer that has a width.
type screen struct {
	io.Writer
	columns int
}

// screenOf gives a terminal its width. Another file stays as it is.
func screenOf(f *os.File) io.Writer {
	if !isTerminal(f) {
		return f
	}
	columns := terminalColumns(f)
	if columns == 0 {
		columns = maxColumns
	}
	return &screen{f, columns}
}

// columnsOf is how long a line of text gets on a writer.
func columnsOf(w io.Writer) int {
	if s, ok := w.(*screen); ok {
		return min(max(s.columns, minColumns), maxColumns)
	}
	return maxColumns
}

// wrapped writes text in lines that start with indent. The first line starts
// with first instead. A word that is longer than a line stays whole, so that it
// can be copied.
func wrapped(w io.Writer, first, indent, text string, style func(string) string) {
	width := columnsOf(w)
	line, start := "", first
	flush := func() {
		fmt.Fprintln(w, strings.TrimRight(start+style(line), " "))
		line, start = "", indent
	}
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(indent+line+" "+word) > width {
			flush()
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	flush()
}

// complain writes a message: in one line, for programs, unless w is a terminal.
func complain(w io.Writer, message string) {
	if _, isTerminal := w.(*screen); isTerminal {
		wrapped(w, "", "  ", message, plain)
		return
	}
	fmt.Fprintln(w, message)
}

// row writes a name and what is said of it, beside each other.
func row(w io.Writer, p paint, width int, name, text string) {
	wrapped(w, p.bold(pad(name, width))+" ", strings.Repeat(" ", width+1), text, plain)
}

func plain(s string) string { return s }
