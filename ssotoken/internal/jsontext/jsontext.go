// Package jsontext reads JSON where encoding/json would take one text for another.
package jsontext

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// UnpairedSurrogate returns where an escape of valid JSON is half of a surrogate
// pair, which Go's decoder silently replaces by another character. It is -1 if
// there is none.
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

// Members returns the members of a JSON object in UTF-8 by their exact names. A name
// that is there twice is an error. Where encoding/json decodes into a struct, it takes
// a name in any case, and the last of several.
func Members(data []byte) (map[string]json.RawMessage, error) {
	switch {
	case !utf8.Valid(data):
		return nil, errors.New("it is not UTF-8")
	case !json.Valid(data):
		return nil, errors.New("it is not JSON")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if start, _ := dec.Token(); start != json.Delim('{') {
		return nil, errors.New("it is JSON, but not an object")
	}
	members := map[string]json.RawMessage{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		if _, ok := members[name.(string)]; ok {
			return nil, fmt.Errorf("it has the name %q twice", name)
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		members[name.(string)] = value
	}
	return members, nil
}
