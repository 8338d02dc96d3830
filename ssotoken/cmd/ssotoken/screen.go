package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// Text is as wide as the terminal, within these. What is no terminal gets maxColumns.
const (
	minColumns = 40
	maxColumns = 80
)

// A screen is a writer with a width. It fences what a log of GitHub Actions would take for a workflow command:
// text from outside could turn off our own annotations.
type screen struct {
	to      io.Writer
	columns int // of a terminal; 0 is none

	mu           sync.Mutex // communities write side by side
	begun, colon bool       // within the line
	hashes       int
}

// screenOf returns the screen of a file, which may be a terminal.
func screenOf(f *os.File) *screen {
	s := &screen{to: f}
	if term.IsTerminal(int(f.Fd())) {
		s.columns = maxColumns
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			s.columns = columns
		}
	}
	return s
}

// Write breaks :: at the start of a line, and ##[ anywhere, by an escape that JSON has too.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]byte, 0, len(p))
	for _, c := range p {
		text := []byte{c}
		switch {
		case c == '\n' || c == '\r':
			s.begun, s.colon = false, false
		case c == ':' && s.colon:
			text, s.colon = []byte(`\u003a`), false
		case c == ':' && !s.begun:
			s.begun, s.colon = true, true
		case c == '[' && s.hashes >= 2:
			text, s.colon = []byte(`\u005b`), false
		default:
			s.begun, s.colon = s.begun || c != ' ' && c != '\t', false
		}
		s.hashes++
		if c != '#' {
			s.hashes = 0
		}
		out = append(out, text...)
	}
	if _, err := s.to.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// width is how long a line of text gets.
func (s *screen) width() int {
	if s.columns == 0 {
		return maxColumns
	}
	return min(max(s.columns, minColumns), maxColumns)
}

// report prints what a verb has found, as JSON or as text, in one write. It returns errFound if there is something to fix.
func (sh *shell) report(asJSON, found bool, v any, text func(*screen, paint)) error {
	var err error
	if asJSON {
		err = writeJSON(sh.stdout, v)
	} else {
		var whole strings.Builder
		text(&screen{to: &whole, columns: sh.stdout.width()}, sh.paint)
		_, err = io.WriteString(sh.stdout, whole.String())
	}
	if err == nil && found {
		err = errFound
	}
	return err
}

// wrapped writes text in lines that start with indent. The first line starts with first instead. A word that is
// longer than a line stays whole, so that it can be copied.
func wrapped(w *screen, first, indent, text string, style func(string) string) {
	line, start := "", first
	flush := func() {
		fmt.Fprintln(w, strings.TrimRight(start+style(line), " "))
		line, start = "", indent
	}
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(indent+line+" "+word) > w.width() {
			flush()
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	flush()
}

// complain writes a message: in one line, for programs, unless w is a terminal.
func complain(w *screen, message string) {
	message = visible(message, 4000)
	if w.columns > 0 {
		indent := message[:len(message)-len(strings.TrimLeft(message, " "))]
		wrapped(w, indent, indent+"  ", message, plain)
		return
	}
	fmt.Fprintln(w, message)
}

// overwrite writes a line of progress in place of the last, where there is a terminal.
func (sh *shell) overwrite(line string) {
	if sh.progress {
		fmt.Fprintf(sh.stderr, "\r\x1b[K%s", line)
	}
}

// row writes a name, and text beside it.
func row(w *screen, p paint, width int, name, text string) {
	wrapped(w, p.bold(pad(name, width))+" ", strings.Repeat(" ", width+1), text, plain)
}

func verdictLine(w *screen, p paint, sgr, word, sentence string) {
	wrapped(w, p.in(sgr, word)+"  ", strings.Repeat(" ", len(word)+2), sentence, plain)
}

func plain(s string) string { return s }

// paint colours text, or not.
type paint bool

func (p paint) in(sgr, text string) string {
	if !p {
		return text
	}
	return "\x1b[" + sgr + "m" + text + "\x1b[0m"
}

func (p paint) bold(text string) string { return p.in("1", text) }

func (p paint) faint(text string) string { return p.in("2", text) }

// verdict is four letters wide.
func (p paint) verdict(v inspect.Verdict) string {
	switch v {
	case inspect.Fail:
		return p.in("1;31", "FAIL")
	case inspect.Warn:
		return p.in("33", "warn")
	case inspect.Info:
		return p.in("36", "info")
	}
	return p.in("32", "pass")
}

// visible makes text from outside safe for a terminal, and cuts it to n characters.
func visible(s string, n int) string {
	var b strings.Builder
	for i, r := range []rune(s) {
		switch {
		case i == n:
			return b.String() + "…"
		case r == utf8.RuneError || !unicode.IsPrint(r):
			b.WriteString(escape(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// escape writes a character as JSON does.
func escape(r rune) string {
	if r1, r2 := utf16.EncodeRune(r); r1 != unicode.ReplacementChar {
		return fmt.Sprintf(`\u%04x\u%04x`, r1, r2)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// writeJSON escapes what can't be seen, such as characters that turn the direction of a terminal's text.
func writeJSON(w io.Writer, v any) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	var out strings.Builder
	for _, r := range text.String() {
		if r == '\n' || unicode.IsPrint(r) && r != utf8.RuneError {
			out.WriteRune(r)
		} else {
			out.WriteString(escape(r))
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func pad(s string, n int) string {
	return s + strings.Repeat(" ", max(0, n-utf8.RuneCountInString(s)))
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// worstFirst is the order of findings.
var worstFirst = []inspect.Verdict{inspect.Fail, inspect.Warn, inspect.Info}

// printFinding says which rule is broken, after how bad that is. The source of the rule is for who asks.
func printFinding(w *screen, p paint, verdict, name, seen string, r inspect.Rule, fix string, source bool) {
	fmt.Fprintf(w, "\n%s  %s\n", verdict, p.bold(name))
	wrapped(w, "  Seen  ", "        ", seen, plain)
	wrapped(w, "  Why   ", "        ", ruleText(r, source), plain)
	wrapped(w, "  Fix   ", "        ", fix, plain)
}

func ruleText(r inspect.Rule, source bool) string {
	if source {
		return fmt.Sprintf("%s (%s)", r.Sentence, r.Source)
	}
	return r.Sentence
}
