package inspect

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/internal/jsontext"
)

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// decode reads one part of a token. Only one spelling of its bytes is valid.
func (j *judge) decode(part Part, text string) ([]byte, bool) {
	message := "has a character that base64url does not have"
	switch rest := strings.TrimLeft(text, letters); {
	case rest == "":
		data, err := base64.RawURLEncoding.Strict().DecodeString(text)
		if err == nil {
			return data, true
		}
		message = "is cut short or has left-over bits at its end"
	case rest[0] == '=':
		message = "has padding"
	case strings.IndexByte("+/", rest[0]) >= 0:
		message = "is in the ordinary base64 alphabet: base64url has - and _ for + and /"
	case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
		message = "has white space in it or around it"
	}
	j.find(Base64URL, part, "", message)
	return nil, false
}

// object reads the top level of a JSON object into entries. At any depth it
// looks for what two readers would read differently. It reports false when
// there is no object to judge.
func (j *judge) object(part Part, code contract.Code, data []byte) ([]Entry, bool) {
	dec, message := json.NewDecoder(bytes.NewReader(data)), ""
	start, _ := dec.Token()
	switch {
	case !utf8.Valid(data):
		message = "is not valid UTF-8"
	case !json.Valid(data):
		message = "is not valid JSON"
	case start != json.Delim('{'):
		message = "is JSON, but not an object"
	}
	if message != "" {
		j.find(code, part, "", message)
		return nil, false
	}
	j.findIf(jsontext.HasUnpairedSurrogate(data), unpairedSurrogate, part, "", "has half of a surrogate pair in an escape")
	w := &walker{judge: j, part: part, dec: json.NewDecoder(bytes.NewReader(data))}
	w.dec.UseNumber()
	w.value()
	entries := []Entry{}
	for dec.More() {
		name, _ := dec.Token() // can't fail: the whole text is valid JSON
		e := Entry{Name: name.(string)}
		dec.Decode(&e.Value)
		e.Size = len(strconv.Quote(e.Name)) + 1 + len(e.Value)
		entries = append(entries, e)
	}
	return entries, true
}

// walker goes through valid JSON token by token.
type walker struct {
	*judge
	part Part
	dec  *json.Decoder
	path []string // to where it is
}

func (w *walker) find(code contract.Code, message string) {
	w.judge.find(code, w.part, strings.TrimPrefix(strings.Join(w.path, ""), "."), message)
}

func (w *walker) value() {
	token, _ := w.dec.Token()
	switch t := token.(type) {
	case json.Number:
		if f, err := t.Float64(); err != nil || f > contract.MaxInteger || f < -contract.MaxInteger {
			w.find(numberUnsafe, "is a number that JavaScript can't keep exactly")
		}
	case json.Delim:
		seen := map[json.Token]bool{}
		for i := 0; w.dec.More(); i++ {
			if t == '[' {
				w.path = append(w.path, fmt.Sprintf("[%d]", i))
			} else {
				name, _ := w.dec.Token()
				w.path = append(w.path, step(name.(string)))
				if seen[name] {
					w.find(contract.DuplicateName, "is in its object more than once")
				}
				seen[name] = true
			}
			w.value()
			w.path = w.path[:len(w.path)-1]
		}
		w.dec.Token() // its end
	}
}

// step is what a name adds to a path: .spaceId, or ["odd name"].
func step(name string) string {
	if name != "" && strings.Trim(name, letters+"$") == "" {
		return "." + name
	}
	return "[" + strconv.QuoteToASCII(name) + "]"
}

// jsonPath is the path of a name at the top level.
func jsonPath(name string) string { return strings.TrimPrefix(step(name), ".") }
