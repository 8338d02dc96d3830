// Package jsontext finds what is wrong with a text that is to be JSON, and where.
package jsontext

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Check says what is wrong, with line and column, without the text itself. It
// returns nil for valid JSON in UTF-8.
func Check(data []byte) error {
	if utf8.Valid(data) && json.Valid(data) {
		if at := UnpairedSurrogate(data); at >= 0 {
			return wrong(data, at, "an escape is half of a surrogate pair, which is no character")
		}
		return nil
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return errors.New("it is empty")
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return errors.New("it has a zero byte, as UTF-16 has: save it as UTF-8")
	}
	if at := invalidUTF8(data); at >= 0 {
		return wrong(data, at, "a byte is not UTF-8")
	}
	var syntax *json.SyntaxError
	if err := json.Unmarshal(data, new(any)); !errors.As(err, &syntax) {
		return err // without a value: it is none of syntax
	}
	if syntax.Error() == "unexpected end of JSON input" {
		return wrong(data, len(data), "it ends too early: a bracket or a quote is not closed")
	}
	at := int(syntax.Offset - firstByte)
	return wrong(data, at, because(data[:at], data[at:]))
}

// firstByte is the offset of a mistake in the first byte: 1, or 0 where
// encoding/json is on its second version (GOEXPERIMENT=jsonv2).
var firstByte = func() int64 {
	var syntax *json.SyntaxError
	errors.As(json.Unmarshal([]byte("?"), new(any)), &syntax)
	return syntax.Offset
}()

func wrong(data []byte, at int, why string) error {
	before := data[:at]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Errorf("line %d, column %d: %s", line, column, why)
}

// because guesses what a person did: rest starts with a byte that no JSON has
// there.
func because(before, rest []byte) string {
	last := byte(0)
	if before = bytes.TrimSpace(before); len(before) > 0 {
		last = before[len(before)-1]
	}
	switch c := rest[0]; {
	case c == '\'', bytes.HasPrefix(rest, []byte("“")), bytes.HasPrefix(rest, []byte("”")):
		return "JSON has straight double quotes only"
	case (c == '}' || c == ']') && last == ',':
		return "there is a comma before a closing bracket"
	case c == '/' || c == '#':
		return "JSON has no comments"
	case c == '\n' || c == '\r' || c == '\t':
		return "a text holds a line ending or a tab: write it as an escape, \\n or \\t"
	case c == '"' || c == '{' || c == '[':
		return "a comma or a colon is missing before it"
	case c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_':
		return "a text and a name are in double quotes"
	}
	return "this is not JSON"
}

func invalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// UnpairedSurrogate returns where an escape of valid JSON is half of a surrogate
// pair, which Go's decoder silently replaces by another character. It returns -1
// if there is none.
func UnpairedSurrogate(data []byte) int {
	unit := func(i int) (int64, bool) {
		if i+6 > len(data) || data[i] != '\\' || data[i+1] != 'u' {
			return 0, false
		}
		n, err := strconv.ParseInt(string(data[i+2:i+6]), 16, 32)
		return n, err == nil
	}
	for i := 0; i < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		n, isUnicode := unit(i)
		switch {
		case !isUnicode:
			i++ // the escaped character, which may be a backslash
		case 0xDC00 <= n && n <= 0xDFFF:
			return i
		case 0xD800 <= n && n <= 0xDBFF:
			low, ok := unit(i + 6)
			if !ok || low < 0xDC00 || low > 0xDFFF {
				return i
			}
			i += 11
		default:
			i += 5
		}
	}
	return -1
}
