// Package jsontext reads JSON where encoding/json would take one text for another.
package jsontext

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"unicode/utf8"
)

var (
	wholeEscapes  = regexp.MustCompile(`\\[^u]|(?i)\\ud[89ab]..\\ud[c-f]..`)
	halfSurrogate = regexp.MustCompile(`(?i)\\ud[89a-f]`)
)

// HasUnpairedSurrogate reports whether an escape of valid JSON is half of a surrogate
// pair, which Go's decoder silently replaces by another character.
func HasUnpairedSurrogate(data []byte) bool {
	return halfSurrogate.Match(data) && halfSurrogate.Match(wholeEscapes.ReplaceAll(data, nil))
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
