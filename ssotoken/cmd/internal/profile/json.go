package profile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

var errNotObject = errors.New("the claims are JSON, but not one object")

// Members calls take with each member of one JSON object in UTF-8, in order, also with one that is there again. An
// error says where the text is wrong, and holds none of it. Forget what was taken then.
func Members(data []byte, take func(name string, value jsontext.Value)) error {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	dec := jsontext.NewDecoder(bytes.NewBuffer(data), jsontext.AllowDuplicateNames(true))
	if kind := dec.PeekKind(); kind != '{' && kind != 0 {
		if _, err := dec.ReadValue(); err != nil {
			return wrong(data, err)
		}
		return errNotObject
	}
	_, err := dec.ReadToken()
	for err == nil && dec.PeekKind() != '}' {
		var name jsontext.Token
		if name, err = dec.ReadToken(); err == nil {
			text := name.String()
			var value jsontext.Value
			if value, err = dec.ReadValue(); err == nil {
				take(text, value)
			}
		}
	}
	if err == nil {
		_, err = dec.ReadToken()
	}
	rest := bytes.TrimLeft(data[dec.InputOffset():], " \t\r\n")
	switch {
	case err != nil:
		return wrong(data, err)
	case len(rest) > 0:
		return wrong(data, &jsontext.SyntacticError{ByteOffset: int64(len(data) - len(rest))})
	}
	return nil
}

// wrong says where JSON is wrong, and why.
func wrong(data []byte, err error) error {
	at, why := len(data), "it ends too early: a bracket or a quote is not closed"
	var syntax *jsontext.SyntacticError
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return errors.New("the claims are not JSON in UTF-8: it is empty")
	case bytes.IndexByte(data, 0) >= 0:
		return errors.New("the claims are not JSON in UTF-8: it has a zero byte, as UTF-16 has: save it as UTF-8")
	case errors.Is(err, io.ErrUnexpectedEOF):
	case errors.As(err, &syntax) && syntax.ByteOffset < int64(len(data)):
		at, why = int(syntax.ByteOffset), mistake(data[syntax.ByteOffset:])
	}
	before := data[:at]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Errorf("the claims are not JSON in UTF-8: line %d, column %d: %s", line, column, why)
}

var surrogate = regexp.MustCompile(`^\\u[dD][89a-fA-F]`)

// mistake says what is wrong with a text that starts with what no JSON has there, without a part of it.
func mistake(rest []byte) string {
	r, _ := utf8.DecodeRune(rest)
	switch {
	case r == utf8.RuneError:
		return "a byte is not UTF-8"
	case surrogate.Match(rest):
		return "an escape is half of a surrogate pair, which is no character"
	case r < ' ':
		return "a text holds a line ending or a tab: write it as an escape, \\n or \\t"
	}
	return "this is not JSON, which has straight double quotes around names and texts, one comma between values, and no comments"
}

// textOf returns the text of a JSON string.
func textOf(value jsontext.Value) string {
	text, _ := jsontext.AppendUnquote(nil, value)
	return string(text)
}
