package profile_test

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/bettermode-go/sso/ssotoken/cmd/internal/profile"
)

func read(text string) string {
	if err := profile.Members([]byte(text), func(string, jsontext.Value) {}); err != nil {
		return strings.TrimPrefix(err.Error(), "the claims are not JSON in UTF-8: ")
	}
	return ""
}

func TestWhatIsWrongIsSaidWithItsLineAndColumn(t *testing.T) {
	const half = "an escape is half of a surrogate pair, which is no character"
	const not = "this is not JSON, which has straight double quotes around names and texts, one comma between values, and no comments"
	for _, tt := range []struct{ name, text, want string }{
		{"valid", `{"a": [1, "ü\ud83d\ude00", null]}`, ""},
		{"a name twice", "\ufeff" + `{"a": 1, "a": {"b": 1, "b": 2}}`, ""},
		{"another value", `7`, "the claims are JSON, but not one object"},
		{"nothing", " \n", "it is empty"},
		{"UTF-16", "{\x00}\x00", "it has a zero byte, as UTF-16 has: save it as UTF-8"},
		{"Latin-1", "{\n \"n\": \"J\xf6rg\"}", "line 2, column 9: a byte is not UTF-8"},
		{"cut", "{\"a\": {\n\"b\": 1", "line 2, column 7: it ends too early: a bracket or a quote is not closed"},
		{"cut in a text", `{"a": "b`, "line 1, column 9: it ends too early: a bracket or a quote is not closed"},
		{"a comma at the end", "{\n\t\"a\": 1,\n}", "line 2, column 8: " + not},
		{"a comma at the end of an array", `{"a": [1, ]}`, "line 1, column 11: " + not},
		{"single quotes", `{'a': 1}`, "line 1, column 2: " + not},
		{"typographic quotes", `{“a”: 1}`, "line 1, column 2: " + not},
		{"a comment", "{ // claims\n}", "line 1, column 3: " + not},
		{"a name without quotes", `{sub: "1"}`, "line 1, column 2: " + not},
		{"a text without quotes", `{"ü": Ada}`, "line 1, column 7: " + not},
		{"no comma", "{\"a\": 1\n \"b\": 2}", "line 2, column 2: " + not},
		{"a line ending in a text", "{\"a\": \"x\ny\"}",
			`line 1, column 9: a text holds a line ending or a tab: write it as an escape, \n or \t`},
		{"two values", `{} 7`, "line 1, column 4: " + not},
		{"a high surrogate", `{"a": "x\ud83d"}`, "line 1, column 9: " + half},
		{"a low surrogate", `{"a\udc00": 1}`, "line 1, column 4: " + half},
		{"an escape that there is not", `{"a": "\x"}`, "line 1, column 8: " + not},
		{"an escaped backslash before u", `{"a": "\\ud83d"}`, ""},
	} {
		if got := read(tt.text); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A mistake in what should be the claims of a member shows none of them.
func TestWhatIsWrongHoldsNothingOfTheText(t *testing.T) {
	const text = `{"Zoë": "Zq\ud800Z", "Zq": [Z, "Z]}`
	for i := range text {
		if got := read(text[:i]); got == "" || strings.Contains(got, "Z") {
			t.Errorf("%d: %s", i, got)
		}
	}
}
