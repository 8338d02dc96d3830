package ssotest

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// A state is kept in a file, and a partner's mistake can put a token that is
// still good anywhere: a claim, redirect_uri, a name. So whatever reads like a
// token is replaced in each string of a state, names of members included:
//
//   - a run of base64url that starts a JSON object, alone or as a part of a text
//     with dots, and what follows a dot and is as long as a signature;
//   - a whole text in which one comes to light once percent-encoding, HTML
//     entities, escapes of JSON, quoted-printable, base64 or white space is undone,
//     in any order and depth, and a list of texts in which one is cut to pieces.
//
// What takes its place differs from token to token, since a sub may be one.

var (
	jsonString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	jsonTexts  = regexp.MustCompile(`\[(?:"(?:[^"\\]|\\.)*",?){2,}\]`)
	tokenRun   = regexp.MustCompile(`[\w-]+(?:\.[\w-]*)+|[\w-]{12,}`)
	objectRun  = regexp.MustCompile(`e(?:y[A-DI-L]|w[k-r0-3])[\w+/-]{5,}`) // base64 of {" with white space between
	objectText = regexp.MustCompile(`^\{\s*"(?:[^"\\]|\\.)*"\s*:`)
	signature  = regexp.MustCompile(`\.[\w-]{43}`) // of HS256, the shortest
	base64Run  = regexp.MustCompile(`[\w+/-]{24,}`)
	percent    = regexp.MustCompile(`%(?:25)*([0-9A-Fa-f]{2})`)
	escape     = regexp.MustCompile(`\\(?:u00|x)([0-9A-Fa-f]{2})`)
	quoted     = regexp.MustCompile(`=([0-9A-F]{2})`)
)

// mostLayers is how often a text is undone; one that then still changes counts as
// a token.
const mostLayers = 12

// shortestToken is {"alg":"HS256"} in base64url.
const shortestToken = 20

// redactJSON replaces what reads like a token in the strings of JSON.
func redactJSON(data []byte) []byte {
	data = jsonTexts.ReplaceAllFunc(data, func(list []byte) []byte {
		var texts []string
		if json.Unmarshal(list, &texts) == nil && isToken(withoutSpace(strings.Join(texts, ""))) {
			return []byte(`["` + standIn(string(list)) + `"]`)
		}
		return list
	})
	return jsonString.ReplaceAllFunc(data, func(literal []byte) []byte {
		var text string
		if len(literal) < shortestToken+len(`""`) || json.Unmarshal(literal, &text) != nil {
			return literal
		}
		redacted := redact(text)
		if redacted == text {
			return literal
		}
		encoded, err := encode(redacted)
		if err != nil {
			return []byte(`""`)
		}
		return []byte(strings.TrimSpace(string(encoded)))
	})
}

func redact(text string) string {
	redacted := tokenRun.ReplaceAllStringFunc(text, func(run string) string {
		if isToken(run) || signature.MatchString(run) {
			return standIn(run)
		}
		return run
	})
	if holdsToken(redacted, 2) {
		return standIn(text)
	}
	return redacted
}

func standIn(secret string) string {
	hash := digestOf(secret)
	return "REDACTED-" + hex.EncodeToString(hash[:6])
}

// isToken reports whether a text has base64 of a JSON object in it.
func isToken(text string) bool {
	for at := objectRun.FindStringIndex(text); at != nil; at = objectRun.FindStringIndex(text) {
		if objectText.MatchString(fromBase64(text[at[0]:at[1]])) {
			return true
		}
		text = text[at[0]+1:]
	}
	return false
}

// holdsToken reports whether a token comes to light in a text.
func holdsToken(text string, depth int) bool {
	for range mostLayers {
		if signature.MatchString(text) || isToken(text) || isToken(withoutSpace(text)) {
			return true
		}
		if depth > 0 {
			for _, run := range base64Run.FindAllString(withoutSpace(text), -1) {
				for i := range 4 { // what stands before it may have shifted it
					if holdsToken(fromBase64(run[i:]), depth-1) {
						return true
					}
				}
			}
		}
		next := undo(text)
		if next == text {
			return false
		}
		text = next
	}
	return true
}

// undo takes one layer of encoding off a text.
func undo(text string) string {
	text = html.UnescapeString(softLineEnd.Replace(text))
	for _, form := range []*regexp.Regexp{percent, escape, quoted} {
		text = form.ReplaceAllStringFunc(text, func(s string) string {
			c, _ := strconv.ParseUint(s[len(s)-2:], 16, 8)
			return string([]byte{byte(c)})
		})
	}
	return text
}

func withoutSpace(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
}

var (
	urlAlphabet = strings.NewReplacer("+", "-", "/", "_")
	softLineEnd = strings.NewReplacer("=\r\n", "", "=\n", "")
)

// fromBase64 decodes either alphabet, as far as it goes.
func fromBase64(run string) string {
	run = urlAlphabet.Replace(run)
	decoded, _ := base64.RawURLEncoding.DecodeString(run[:len(run)/4*4])
	return string(decoded)
}
