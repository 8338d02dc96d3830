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
	"unicode/utf16"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/internal/localpath"
)

// A Found is a token or a login URL in a text.
type Found struct {
	Login string // the token, or the URL
	IsURL bool

	// Undone names what was around the login or had been done to it, in the
	// order in which it was undone.
	Undone []string

	Others int // how many other logins the text has
}

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
// of a log, HTML, JSON, a mail, a Kubernetes Secret. A text that is one word is
// taken as it is. It reports false if there is nothing like a login.
//
// The text is decoded until nothing changes, by decoders of what no login has in
// it. Then a URL is searched, then a token, and then the same in base64.
//
// Only the first 256 KiB of the input are searched, and at most 2 MiB are read in
// all: once to decode, once more after each change, and again for each place where a
// login may be broken.
func Find(input []byte) (Found, bool) {
	s := search{left: maxRead}
	return s.find(input[:min(len(input), maxInput)], maxDepth64)
}

const (
	maxInput   = 256 << 10
	maxRead    = 8 * maxInput
	maxLayers  = 6  // of percent-encoding
	maxDepth64 = 2  // of base64 in base64
	maxStarts  = 50 // of what may be a login
	maxLogin   = 2 * contract.MaxToken

	shortestOpaque = 16 // keeps words of a language from being judged
)

// A search stops when it has read enough.
type search struct{ left int }

func (s *search) mayRead(n int) bool {
	s.left -= n
	return s.left >= 0
}

func (s *search) find(input []byte, depth int) (Found, bool) {
	text, undone := s.decode(string(input))
	word := strings.Trim(text, " \t\r\n\"'`")
	if isJWSJSON(word) {
		return Found{Login: word, Undone: undone.without(word)}, true
	}
	f, ok := s.logins(text, undone, urlStart, s.readURL)
	if !ok {
		f, ok = s.logins(text, undone, tokenStart, s.readToken)
	}
	if depth > 0 && !isWhole(f.Token()) {
		if inner, ok := s.inBase64(text, depth-1); ok {
			inner.Undone = slices.Concat(undone.without(inner.Login), []string{"base64"}, inner.Undone)
			return inner, true
		}
	}
	isURL := strings.Contains(word, "://")
	if !ok && !strings.ContainsAny(word, " \t\r\n") && (len(word) >= shortestOpaque || isURL) {
		return Found{Login: word, IsURL: isURL, Undone: undone.without(word)}, true
	}
	return f, ok
}

// steps are the decoders that changed a text, each with the text before.
type steps []step

type step struct{ name, before string }

// without names the steps without which the login was not there.
func (undone steps) without(login string) (names []string) {
	for _, s := range undone {
		if !strings.Contains(s.before, login) && !slices.Contains(names, s.name) {
			names = append(names, s.name)
		}
	}
	return names
}

// decode decodes a text until nothing changes.
func (s *search) decode(text string) (decoded string, undone steps) {
	for before := ""; text != before && s.mayRead(len(text)); {
		before = text
		for _, d := range decoders {
			if next := d.undo(text); next != text {
				undone, text = append(undone, step{d.name, text}), next
			}
		}
	}
	return text, undone
}

// decoders undo what programs do to a text. None changes a login as it is sent.
var decoders = []struct {
	name string
	undo func(string) string
}{
	{"UTF-16", decodeUTF16},
	{"a terminal's colours", each(`\x1b\[[0-9;]*[A-Za-z]`, drop)},
	{"invisible characters", each(`[\x{ad}\x{200b}-\x{200e}\x{2060}-\x{2064}\x{feff}]|<wbr ?/?>`, drop)},
	{"quoted-printable", unquotePrintable},
	{"a shell's escapes", each("\\^(?:\r?\n)?|\\\\\r?\n[ \t]*|`[&$]", dropEscape)},
	{"escapes with a backslash", each(`\\(?:u[[:xdigit:]]{4}|x[[:xdigit:]]{2}|[nrt]|[^A-Za-z0-9\s])`, unescape)},
	{"HTML entities", each(`&#?\w{1,31};`, html.UnescapeString)},
}

// each returns a decoder of each place that has a form.
func each(form string, undo func(string) string) func(string) string {
	compiled := regexp.MustCompile(form)
	return func(text string) string { return compiled.ReplaceAllStringFunc(text, undo) }
}

// decodeUTF16 decodes a text with or without a byte order mark.
func decodeUTF16(s string) string {
	var high, low int // where a unit has its bytes
	switch {
	case strings.HasPrefix(s, "\xff\xfe"), len(s) > 3 && s[1] == 0 && s[3] == 0:
		high = 1
	case strings.HasPrefix(s, "\xfe\xff"), len(s) > 3 && s[0] == 0 && s[2] == 0:
		low = 1
	default:
		return s
	}
	units := make([]uint16, len(s)/2)
	for i := range units {
		units[i] = uint16(s[2*i+high])<<8 | uint16(s[2*i+low])
	}
	return string(utf16.Decode(units))
}

func drop(string) string { return "" }

func dropEscape(s string) string { return strings.Trim(s, "^\\`\r\n \t") }

func unescape(escape string) string {
	switch escape[1] {
	case 'n', 'r', 't':
		return "\n"
	case 'u', 'x':
		n, _ := strconv.ParseUint(escape[2:], 16, 16)
		return string(rune(n))
	}
	return escape[1:]
}

var printable = regexp.MustCompile(`(?m)=3D|^[^\n]{40,75}=\r?$`)

func unquotePrintable(s string) string {
	if printable.MatchString(s) {
		if text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(s))); err == nil {
			return string(text)
		}
	}
	return s
}

const (
	placeholder = `(?:\[\w+\]|<\w+>|\{\w+\}|\*{3,})` // that a log writes
	urlClass    = `[\pL\pM\pN\p{So}._~:/?#@!$&()*+,;=%-]`
	tokenClass  = `[\w+/=-]`
)

var (
	urlStart   = regexp.MustCompile(`https?(?::|%(?:25)*3[aA]|-3A)(?:/|%(?:25)*2[fF]|_){2}`)
	plainURL   = regexp.MustCompile(`^https?://`)
	urlPiece   = regexp.MustCompile(`^(?:=` + placeholder + `|://\[[0-9A-Fa-f:.]+\]|` + urlClass + `)*`)
	encodedRun = regexp.MustCompile(`^[\w%.~!*'()+-]+`)
	loginForm  = regexp.MustCompile(`[?&](?:` + contract.JWT + `|` + OldJWT + `)=`)

	tokenStart = regexp.MustCompile(`e(?:yJ|yA|wo|w0|wk)` + tokenClass + `*|v[1-4]\.(?:local|public)\.`)
	tokenPiece = regexp.MustCompile(`^` + tokenClass + `*(?:(?:\.|%(?:25)*2[eE])` + tokenClass + `*)*` + placeholder + `?`)

	gap = regexp.MustCompile(`^[ \t]*(?:\r?\n[> \t]*)?`)
)

// A reader reads the login that starts in a text, and how much of the text it takes.
type reader func(text string, at int) (login string, length int)

// logins reads a login at each start, and returns the first.
func (s *search) logins(text string, undone steps, start *regexp.Regexp, read reader) (f Found, ok bool) {
	end, others := 0, map[string]bool{}
	for _, found := range start.FindAllStringIndex(text, maxStarts) {
		at := found[0]
		if at < end {
			continue
		}
		login, length := read(text[:min(len(text), at+maxLogin)], at)
		if login == "" {
			continue
		}
		if end = at + length; ok {
			others[login] = true
			continue
		}
		f, ok = Found{Login: login, IsURL: strings.Contains(login, "://"), Undone: undone.without(login)}, true
		switch raw := text[at:end]; {
		case strings.Contains(raw, login):
		case strings.ContainsAny(raw, " \n"):
			f.Undone = append(f.Undone, "line breaks or spaces")
		default:
			f.Undone = append(f.Undone, "percent-encoding")
		}
		if strings.TrimSpace(text[:at]+text[end:]) != "" {
			f.Undone = append(f.Undone, "text around it")
		}
	}
	delete(others, f.Login)
	f.Others = len(others)
	return f, ok
}

// readURL reads a login URL. It returns nothing for a URL without a token, or one
// around another URL that has it.
func (s *search) readURL(text string, at int) (login string, length int) {
	if plainURL.MatchString(text[at:]) {
		login, length = s.read(text[at:], urlPiece)
		login = cutURL(login, text[:at])
	} else {
		login, length = decodeURL(text[at:]), len(encodedRun.FindString(text[at:]))
	}
	form := loginForm.FindStringIndex(login)
	if form == nil || len(urlStart.FindAllString(login[:form[0]], -1)) > 1 {
		return "", 0
	}
	return login, length
}

func (s *search) readToken(text string, at int) (token string, length int) {
	token, length = s.read(text[at:], tokenPiece)
	token = decodeAll(token)
	if strings.Count(token, ".") > 2 || strings.HasSuffix(token, "..") {
		token = strings.TrimRight(token, ".") // the end of a sentence, or an ellipsis
	}
	if kindOf(token) == KindOpaque {
		return "", 0
	}
	return token, length
}

// decodeURL decodes a URL in a parameter of another one. It ends where the
// parameter does, at each layer.
func decodeURL(text string) string {
	for range maxLayers {
		text = encodedRun.FindString(text)
		if strings.Contains(text, "-3A__") { // of urldefense.proofpoint.com
			text = strings.NewReplacer("-", "%", "_", "/").Replace(text)
		}
		if text = localpath.Decode(text); plainURL.MatchString(text) {
			return text
		}
	}
	return ""
}

// cutURL drops what closes a sentence or a bracket around a URL.
func cutURL(login, before string) string {
	if strings.HasSuffix(before, "(") {
		login, _, _ = strings.Cut(login, ")")
	}
	if strings.HasSuffix(before, "*") {
		login = strings.TrimRight(login, "*")
	}
	login, _, _ = strings.Cut(login, "__;") // of urldefense.com
	return strings.TrimRight(login, ".,;:!)")
}

func decodeAll(s string) string {
	for range maxLayers {
		s = localpath.Decode(s)
	}
	return s
}

// read reads the login at the start of a text. Where that is no whole one, it goes
// on over line breaks, spaces and hyphens, if the login is whole then.
func (s *search) read(text string, piece *regexp.Regexp) (login string, length int) {
	for _, hyphen := range []string{"", "-"} {
		if login, length = s.join(text, piece, hyphen); login != "" {
			return login, length
		}
	}
	login = piece.FindString(text)
	return login, len(login)
}

// join joins pieces to a whole login, or returns nothing. A whole one goes on in a
// line that starts with the next parameter, or after a line as full as the one
// before: a text is broken at its width.
func (s *search) join(text string, piece *regexp.Regexp, hyphen string) (login string, length int) {
	joined, at, width := "", 0, 0
	for next := piece.FindString(text); next != "" && s.mayRead(len(joined)+len(next)); {
		joined = strings.TrimSuffix(joined, hyphen) + next
		at += len(next)
		if isWhole(tokenIn(joined)) {
			login, length = joined, at
		}
		isFull := len(next) == width
		width = len(next)
		between := gap.FindString(text[at:])
		at += len(between)
		next = piece.FindString(text[at:])
		isLine := strings.Contains(between, "\n")
		goesOn := isLine || piece == tokenPiece || loginForm.MatchString(joined)
		if login != "" {
			goesOn = isLine && (strings.HasPrefix(next, "&") || isFull && len(next) <= width)
		}
		if between == "" || !goesOn || strings.Contains(next, "://") {
			break
		}
	}
	return login, length
}

func tokenIn(login string) string {
	return Found{Login: login, IsURL: strings.Contains(login, "://")}.Token()
}

// isWhole reports whether nothing of a token is missing or too much.
func isWhole(token string) bool {
	token = decodeAll(token)
	parts := strings.Split(token, ".")
	switch kindOf(token) {
	case KindHS256:
		return isObject(parts[1]) && len(strings.TrimRight(parts[2], "=")) == signatureText
	case KindOtherJWT:
		return isObject(parts[1])
	case KindJWE, KindPASETO, KindRedacted:
		return true
	}
	return false
}

// inBase64 looks into the text as one, and into each long word.
func (s *search) inBase64(text string, depth int) (Found, bool) {
	words := []string{strings.Join(strings.Fields(text), "")}
	for _, word := range append(words, base64Form.FindAllString(text, maxStarts)...) {
		if f, ok := s.find(decodePart(word), depth); ok && isWhole(f.Token()) {
			return f, true
		}
	}
	return Found{}, false
}

var base64Form = regexp.MustCompile(`[A-Za-z0-9+/_-]{60,}`)
