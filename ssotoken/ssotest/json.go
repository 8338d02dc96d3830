package ssotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ParseConfig reads settings and members from one JSON object. The settings
// have the names of /_fake/settings, and "members" is a list in the form of
// /_fake/members. An error names the first key that is unknown or has another
// type; NewHandler checks the values. The key is not among them.
func ParseConfig(data []byte) (Config, error) {
	var c struct {
		Settings
		Members []Member `json:"members"`
	}
	if err := decode(data, &c); err != nil {
		return Config{}, malformed(jsonProblem(err))
	}
	return Config{Settings: c.Settings, Members: c.Members}, nil
}

// readJSON changes the settings that a JSON object names. A list takes the
// place of the one before.
func (s *Settings) readJSON(data []byte) error {
	changed := *s
	changed.Spaces, changed.CustomFields = nil, nil // elements that are there would be filled up
	if err := decode(data, &changed); err != nil {
		return err
	}
	if changed.Spaces == nil {
		changed.Spaces = s.Spaces
	}
	if changed.CustomFields == nil {
		changed.CustomFields = s.CustomFields
	}
	*s = changed
	return nil
}

// jsonProblem says what is wrong with JSON from outside, without its values.
func jsonProblem(err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	name, isUnknown := strings.CutPrefix(err.Error(), "json: unknown field ")
	switch {
	case isUnknown:
		return "has the unknown key " + name
	case errors.As(err, &kind) && kind.Field == "":
		return "is not a JSON object"
	case errors.As(err, &kind):
		return fmt.Sprintf("has %s as a JSON %s, which is not its type", strings.TrimPrefix(kind.Field, "Settings."), strings.Fields(kind.Value)[0])
	case errors.As(err, &syntax):
		return fmt.Sprintf("is no JSON near byte %d", syntax.Offset)
	}
	return "is not one JSON object"
}

// jsonName is what a field of [Settings] or [Config] is called in JSON.
func jsonName(field string) string {
	parts := strings.Split(strings.ReplaceAll(field, "URL", "Url"), ".")
	for i, part := range parts {
		parts[i] = strings.ToLower(part[:1]) + part[1:]
	}
	return strings.Join(parts, ".")
}

// encode leaves <, > and & as they are: a value that is read back is the same
// text.
func encode(v any) ([]byte, error) { return encodeWith(v, "") }

func encodeIndented(v any) ([]byte, error) { return encodeWith(v, "  ") }

func encodeWith(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	err := e.Encode(v)
	return b.Bytes(), err
}

// decode takes one value with known names only.
func decode(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more follows the value")
	}
	return nil
}

// listOf makes a list that is never null in JSON, and filled a nil one again.
func listOf[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func filled[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return s
}
