package inspect

import (
	"cmp"
	"html"
	"io"
	"mime/quotedprintable"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/internal/localpath"
)

// A Found is a token or a login URL in a text.
type Found struct {
	Login string // the token, or the URL
	IsURL bool

	// Undone names what was around the login or had been done to the text, in the
	// order in which it was undone.
	Undone []string

	Others int // how many other logins the text has
}

func taken(login string) Found { return Found{Login: login, IsURL: strings.Contains(login, "://")} }

// Judge judges what was found.
func (f Found) Judge(o Options) *Report {
	if f.IsURL {
		return LoginURL(f.Login, o)
	}
	return Token(f.Login, o)
}

// Token returns the token, of a login URL too. It is empty if the URL has none.
func (f Found) Token() string {
	if !f.IsURL {
		return f.Login
	}
	_, query, _ := strings.Cut(f.Login, "?")
	query, _, _ = strings.Cut(query, "#")
	values, _ := url.ParseQuery(query) // what can't be read is left out
	return cmp.Or(values.Get(contract.JWT), values.Get(OldJWT))
}

// Find looks for a login URL, else a token, in whatever a person pastes: a line
// of a log, HTML, JSON, a mail, a Kubernetes Secret. It reports false if there is
// nothing like a login.
//
// The text is decoded until nothing changes, by decoders of what no login has in
// it. Then a URL is searched, and then a token.
//
// Only the first 256 KiB of the input are searched, and at most 2 MiB are read in
// all: once to decode, once more after each change, and again for each place where a
// login may be broken.
func Find(input []byte) (Found, bool) {
	s := search{left: maxRead}
	text, undone := s.decode(string(input[:min(len(input), maxInput)]))
	f, ok := s.logins(text, urls)
	if !ok {
		f, ok = s.logins(text, tokens)
	}
	f.Undone = append(undone, f.Undone...)
	return f, ok
}

const (
	maxInput = 256 << 10
	maxRead  = 8 * maxInput
	maxLogin = 2 * contract.MaxToken
)

// A search stops when it has read enough.
type search struct{ left int }

func (s *search) mayRead(n int) bool {
	s.left -= n
	return s.left >= 0
}

// decode decodes a text until nothing changes, and names what it undid.
func (s *search) decode(text string) (decoded string, undone []string) {
	for before := ""; text != before && s.mayRead(len(text)); {
		before = text
		for _, d := range decoders {
			next := d.undo(text)
			if next != text && !slices.Contains(undone, d.name) {
				undone = append(undone, d.name)
			}
			text = next
		}
	}
	return text, undone
}

// decoders undo what programs do to a text. None changes a login as it is sent.
var decoders = []struct {
	name string
	undo func(string) string
}{
	{"UTF-16", strings.NewReplacer("\xff\xfe", "", "\xfe\xff", "").Replace},
	{"UTF-16", each(`(?:[^\x00]\x00){3,}|(?:\x00[^\x00]){3,}`, strings.NewReplacer("\x00", "").Replace)}, // of ASCII
	{"a terminal's colours", each(`\x1b\[[0-9;]*[A-Za-z]`, drop)},
	{"invisible characters", each(`[\x{ad}\x{200b}-\x{200e}\x{2060}-\x{2064}\x{feff}]|<wbr ?/?>`, drop)},
	{"quoted-printable", unquotePrintable},
	{"a shell's escapes", each("\\^(?:\r?\n)?|\\\\\r?\n[ \t]*|`[&$]", dropEscape)},
	{"escapes with a backslash", each(`\\(?:u[[:xdigit:]]{4}|x[[:xdigit:]]{2}|[nrt]|[^A-Za-z0-9\s])`, unescape)},
	{"a batch file's percent signs", strings.NewReplacer("%%", "%").Replace},
	{"HTML entities", each(`&#?\w{1,31};`, html.UnescapeString)},
	{"percent-encoding", each(`eyJ[\w-]+%2[eE](?:[\w-]|%2[dDeE]|%5[fF])+`, localpath.Decode)},
	{"percent-encoding", each(`redirect_uri=`+value+`|https?(?:%(?:25)*3[aA]|-3A__)`+value+`(?:jwt|ssoToken)`+value, unwrap)},
	{"base64", each(`(?:(?:(?:[\w+/.-]{76}|[\w+/.-]{64})\r?\n[ \t]*)+[\w+/.-]+|[\w+/.-]{60,})={0,2}`, unbase64)},
}

const value = `[\w%.~!*'()+-]*` // percent-encoded

// each returns a decoder of each place that has a form.
func each(form string, undo func(string) string) func(string) string {
	compiled := regexp.MustCompile(form)
	return func(text string) string { return compiled.ReplaceAllStringFunc(text, undo) }
}

func drop(string) string { return "" }

func dropEscape(s string) string { return strings.Trim(s, "^\\`\r\n \t") }

func unescape(escape string) string {
	if char, _, _, err := strconv.UnquoteChar(escape, 0); err == nil {
		return string(char)
	}
	return escape[1:]
}

// unwrap decodes a login URL in a parameter of another URL, and parts it from what
// follows. A URL in redirect_uri stays as it is sent.
func unwrap(value string) string {
	if strings.HasPrefix(value, contract.RedirectURI) {
		return value
	}
	if strings.Contains(value, "-3A__") { // of urldefense.proofpoint.com
		value = strings.NewReplacer("-", "%", "_", "/").Replace(value)
	}
	return " " + localpath.Decode(value) + "\n\n"
}

// unbase64 decodes what has a login then, but not the parts of a token.
func unbase64(word string) string {
	text := string(decodePart(strings.NewReplacer(" ", "", "\t", "").Replace(word)))
	if strings.Contains(word, ".") || !loginForm.MatchString(text) && !strings.Contains(text, ".eyJ") {
		return word
	}
	return text
}

func unquotePrintable(s string) string {
	text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(s)))
	if err != nil || !strings.Contains(s, "=3D") {
		return s
	}
	return string(text)
}

// A form is what a login looks like in a text: where it starts, and what it goes on
// with. trim cuts off what is not part of it, and returns nothing for what is no login.
type form struct {
	start, piece *regexp.Regexp
	trim         func(login, before string) string
}

var (
	urls = form{
		start: regexp.MustCompile(`https?://`),
		piece: regexp.MustCompile(`^(?:=\$?[\[<{]{1,2}\w+[]>}]{1,2}|://\[[0-9A-Fa-f:.]+]|[\pL\pM\pN\p{So}._~:/?#@!$&()*+,;=%-])*`),
		trim:  trimURL,
	}
	tokens = form{
		start: regexp.MustCompile(`e(?:yJ|yA|wo|w0|wk)[\w+/=-]*`),
		piece: regexp.MustCompile(`^[\w+/=.-]*`),
		trim:  trimToken,
	}
)

var loginForm = regexp.MustCompile(contract.SSOPath + `\?|[?&](?:` + contract.JWT + `|` + OldJWT + `)=`)

// trimURL cuts off what closes a sentence, a bracket or an emphasis around a URL. A
// URL without a token is no login, nor is one around another that has the token.
func trimURL(login, before string) string {
	if form := loginForm.FindStringIndex(login); form == nil || strings.Count(login[:form[0]], "://") > 1 {
		return ""
	}
	for _, around := range [][2]string{{"(", ")"}, {"*", "*"}, {"__", "__;"}} { // the last of urldefense.com
		if strings.HasSuffix(before, around[0]) {
			login, _, _ = strings.Cut(login, around[1])
		}
	}
	return strings.TrimRight(login, ".,;:!?)")
}

// trimToken cuts off the end of a sentence, or an ellipsis.
func trimToken(token, _ string) string {
	if strings.Count(token, ".") > 2 || strings.HasSuffix(token, "..") {
		token = strings.TrimRight(token, ".")
	}
	if kindOf(token) == opaque {
		return ""
	}
	return token
}

// logins reads a login at each place that looks like one, and returns the first.
func (s *search) logins(text string, form form) (f Found, ok bool) {
	end, others := 0, map[string]bool{}
	for _, start := range form.start.FindAllStringIndex(text, -1) {
		at := start[0]
		if at < end || s.left <= 0 {
			continue
		}
		joined, length := s.read(text[at:min(len(text), at+maxLogin)], form.piece)
		login := form.trim(joined, text[:at])
		switch {
		case login == "":
			continue
		case ok:
			others[login] = true
		default:
			f, ok = taken(login), true
			if length != len(joined) {
				f.Undone = append(f.Undone, "line breaks or spaces")
			}
			if strings.TrimSpace(text[:at]+text[at+length:]) != "" {
				f.Undone = append(f.Undone, "text around it")
			}
		}
		end = at + length
	}
	delete(others, f.Login)
	f.Others = len(others)
	return f, ok
}

// read reads the login at the start of a text, and how much of the text it takes.
// Where that is no whole login, it goes on over line breaks, spaces and hyphens, if
// the login is whole then.
func (s *search) read(text string, piece *regexp.Regexp) (login string, length int) {
	for _, hyphen := range []string{"", "-"} {
		if login, length = s.join(text, piece, hyphen); login != "" {
			return login, length
		}
	}
	login = piece.FindString(text)
	return login, len(login)
}

var gap = regexp.MustCompile(`^[\p{Zs}\p{Cf}\t\x{2010}]*(?:(?:\r?\n|[\r\x{2028}])[> \t]*)?`)

// join joins pieces to a whole login, or returns nothing. A whole one goes on in a
// line that starts with the next parameter, or after a line as full as the one
// before: a text is broken at its width.
func (s *search) join(text string, piece *regexp.Regexp, hyphen string) (login string, length int) {
	joined, at, width := "", 0, 0
	for next := piece.FindString(text); next != "" && s.mayRead(len(joined)+len(next)); {
		joined = strings.TrimSuffix(joined, hyphen) + next
		at += len(next)
		found := taken(joined)
		if isWhole(found.Token()) {
			login, length = joined, at
		}
		isFull := len(next) == width
		width = len(next)
		between := gap.FindString(text[at:])
		at += len(between)
		next = piece.FindString(text[at:])
		isLine := strings.ContainsAny(between, "\r\n\u2028")
		goesOn := isLine || !found.IsURL || loginForm.MatchString(joined)
		if login != "" {
			goesOn = isLine && (strings.HasPrefix(next, "&") || isFull && len(next) <= width)
		}
		if between == "" || !goesOn || strings.Contains(next, "://") {
			break
		}
	}
	return login, length
}
