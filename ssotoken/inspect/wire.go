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

// maxDepth bounds the nesting that is read.
const maxDepth = 1000

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
	w := &walker{judge: j, part: part, data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	w.dec.UseNumber()
	message := ""
	switch {
	case !utf8.Valid(data):
		message = "is not valid UTF-8"
	case !json.Valid(data):
		message = "is not valid JSON"
	case w.token() != json.Delim('{'):
		message = "is JSON, but not an object"
	default:
		if jsontext.HasUnpairedSurrogate(data) {
			j.find(unpairedSurrogate, part, "", "has half of a surrogate pair in an escape")
		}
		if w.members("", 1); !w.tooDeep {
			return w.top, true
		}
		message = fmt.Sprintf("is nested deeper than %d levels", maxDepth)
	}
	j.find(code, part, "", message)
	return nil, false
}

// walker goes through valid JSON token by token.
type walker struct {
	*judge
	part    Part
	data    []byte
	dec     *json.Decoder
	top     []Entry
	tooDeep bool
}

// token can't fail: the whole text is valid JSON.
func (w *walker) token() json.Token {
	t, _ := w.dec.Token()
	return t
}

func (w *walker) members(path string, depth int) {
	seen := map[string]bool{}
	for w.dec.More() && !w.tooDeep {
		name, _ := w.token().(string)
		at := jsonPath(path, name)
		if seen[name] {
			w.find(contract.DuplicateName, w.part, at, "is in its object more than once")
		}
		seen[name] = true
		start := w.dec.InputOffset()
		w.value(at, depth)
		if depth == 1 && !w.tooDeep {
			value := bytes.TrimLeft(w.data[start:w.dec.InputOffset()], ": \t\r\n")
			w.top = append(w.top, Entry{Name: name, Value: bytes.Clone(value), Size: len(strconv.Quote(name)) + 1 + len(value)})
		}
	}
	w.token()
}

func (w *walker) value(path string, depth int) {
	if depth > maxDepth {
		w.tooDeep = true
		return
	}
	switch t := w.token().(type) {
	case json.Delim:
		if t == '{' {
			w.members(path, depth+1)
			return
		}
		for i := 0; w.dec.More() && !w.tooDeep; i++ {
			w.value(fmt.Sprintf("%s[%d]", path, i), depth+1)
		}
		w.token()
	case json.Number:
		if f, err := t.Float64(); err != nil || f > contract.MaxInteger || f < -contract.MaxInteger {
			w.find(numberUnsafe, w.part, path, "is a number that JavaScript can't keep exactly")
		}
	}
}

// jsonPath appends a name to a path: spaces[1].spaceId, or ["odd name"].
func jsonPath(path, name string) string {
	plain := name != "" && strings.Trim(name, letters+"$") == ""
	switch {
	case !plain:
		return path + "[" + strconv.QuoteToASCII(name) + "]"
	case path == "":
		return name
	}
	return path + "." + name
}
