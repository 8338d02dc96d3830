package inspect

import (
	"bytes"
	"encoding/binary"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// A step undoes one thing that programs do to a text.
type step struct {
	name string
	undo func(string) string
}

// done is a step that changed a text, and the text before it.
type done struct{ name, before string }

// apply makes steps, and notes those that change the text.
func apply(steps []step, text string, undone []done) (string, []done) {
	undone = slices.Clone(undone)
	for _, s := range steps {
		if next := s.undo(text); next != text {
			undone = append(undone, done{s.name, text})
			text = next
		}
	}
	return text, undone
}

// said names the steps without which the login was not there.
func said(steps []done, login string) []string {
	var names []string
	for _, s := range steps {
		if !strings.Contains(s.before, login) {
			names = append(names, s.name)
		}
	}
	return slices.Compact(names)
}

// decode reads the bytes as text.
func decode(input []byte) (string, []done) {
	if rest, ok := bytes.CutPrefix(input, []byte("\xef\xbb\xbf")); ok {
		return string(rest), []done{{name: "a byte order mark"}}
	}
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(input, []byte{0xff, 0xfe}), len(input) > 3 && input[1] == 0 && input[3] == 0:
		order = binary.LittleEndian
	case bytes.HasPrefix(input, []byte{0xfe, 0xff}), len(input) > 3 && input[0] == 0 && input[2] == 0:
		order = binary.BigEndian
	default:
		return string(input), nil
	}
	units := make([]uint16, 0, len(input)/2)
	for i := 0; i+1 < len(input); i += 2 {
		units = append(units, order.Uint16(input[i:]))
	}
	return strings.TrimPrefix(string(utf16.Decode(units)), "\ufeff"), []done{{name: "UTF-16"}}
}

// beforeJoining are the steps before lines are joined.
var beforeJoining = []step{
	{"a terminal's colours", func(s string) string { return colours.ReplaceAllString(s, "") }},
	{"invisible characters", invisible.Replace},
	{"quoted-printable", unquotePrintable},
}

// wrappings are the ways in which a login may be broken into lines. The first
// that gives a whole login is the right one.
var wrappings = []step{
	{"", func(s string) string { return s }},
	{"line breaks", joinFull},
	{"line breaks", func(s string) string { return broken.ReplaceAllString(s, "$1") }},
}

// afterJoining are the steps after lines are joined.
var afterJoining = []step{
	{"escapes with a backslash", unescapeBackslash},
	{"HTML entities", unescapeEntities},
}

var (
	colours   = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")
	invisible = strings.NewReplacer("\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "", "\u00ad", "")

	softBreak = regexp.MustCompile(`(?m)^(.{40,75})=\r?\n`)
	quoted    = regexp.MustCompile(`=[0-9A-F]{2}`)
	entity    = regexp.MustCompile(`&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,31});`)
	backslash = regexp.MustCompile(`\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[nrt]|[^A-Za-z0-9\s])`)

	// broken is white space inside a word of a URL, and the quote marks of a
	// mail.
	broken = regexp.MustCompile(`([A-Za-z0-9_.%&=?/:+-])[ \t]*\r?\n[> \t]*`)
)

// unquotePrintable undoes what a mail does to "=" and to long lines.
func unquotePrintable(s string) string {
	if !strings.Contains(s, "=3D") && !softBreak.MatchString(s) {
		return s
	}
	s = strings.NewReplacer("=\r\n", "", "=\n", "").Replace(s)
	return quoted.ReplaceAllStringFunc(s, func(hex string) string {
		n, _ := strconv.ParseUint(hex[1:], 16, 8)
		return string([]byte{byte(n)})
	})
}

// joinFull joins the lines that a mail or a terminal broke at its width: a line
// that is full goes on in the next, until one is shorter.
func joinFull(s string) string {
	const narrow = 40
	var out strings.Builder
	width := 0 // of the block that is being joined; 0 outside of one
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.TrimRight(line, " \t\r")
		text := strings.TrimLeft(line, "> \t")
		switch {
		case out.Len() == 0:
		case width > 0 && len(line) <= width+1 && text != "":
			out.WriteString(text)
			if len(line) < width-1 {
				width = 0
			}
			continue
		default:
			out.WriteByte('\n')
		}
		width = 0
		out.WriteString(line)
		if word := strings.LastIndexAny(line, " \t"); len(line) >= narrow && len(line)-word > narrow/2 {
			width = len(line)
		}
	}
	return out.String()
}

func unescapeBackslash(s string) string {
	return backslash.ReplaceAllStringFunc(s, func(escape string) string {
		switch c := escape[1]; c {
		case 'n', 'r', 't':
			return "\n"
		case 'u', 'x':
			n, _ := strconv.ParseUint(escape[2:], 16, 16)
			return string(rune(n))
		default:
			return string([]byte{c})
		}
	})
}

// unescapeEntities undoes entities that end in a semicolon: &copy=1 is a
// parameter. HTML in HTML has them twice.
func unescapeEntities(s string) string {
	for range maxDecodings {
		next := entity.ReplaceAllStringFunc(s, html.UnescapeString)
		if next == s {
			break
		}
		s = next
	}
	return s
}

// nameBefore is TOKEN= or "token": " before a login.
var nameBefore = regexp.MustCompile(`[A-Za-z_][\w.-]*["']?[ \t]*(?:=|:)[ \t]*["'` + "`" + `]?$`)

// around names what stands next to a login.
func around(before, login, after string) []string {
	var names []string
	say := func(is bool, name string) {
		if is {
			names = append(names, name)
		}
	}
	ends := func(texts ...string) bool {
		return slices.ContainsFunc(texts, func(t string) bool { return strings.HasSuffix(before, t) })
	}
	say(ends(`"`, "'", "“", "‘", "«", "„"), "quotes")
	say(ends("`"), "backticks")
	say(ends("<"), "angle brackets")
	say(ends("](", "](<"), "a Markdown link")
	say(ends("**", "__"), "Markdown's bold")
	say(strings.HasSuffix(strings.ToLower(before), "bearer "), "the word Bearer")
	say(nameBefore.MatchString(before), "a name before it")
	rest := strings.TrimLeft(after, "\"'`”’»")
	say(strings.HasPrefix(rest, ","), "a comma")
	say(strings.HasPrefix(after, "...") || strings.HasPrefix(after, "…"), "an ellipsis")
	if names == nil && strings.TrimSpace(before+after) != "" {
		names = []string{"text around it"}
	}
	return names
}
