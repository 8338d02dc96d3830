package inspect

import (
	"cmp"
	"net/url"
	"regexp"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/internal/localpath"
)

// A Found is a token or a login URL that stood in a text.
// maxDecodings is how often a text may be encoded.
const maxDecodings = 4

type Found struct {
	Login string // the token, or the URL
	IsURL bool

	// Undone says what was around the login or had been done to it, in the
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

// Token gives the token, of a login URL too. It is empty if the URL has none.
func (f Found) Token() string {
	if !f.IsURL {
		return f.Login
	}
	u, err := url.Parse(f.Login)
	if err != nil {
		return ""
	}
	query := u.Query()
	return cmp.Or(query.Get(contract.JWT), query.Get(contract.OldJWT))
}

// Find looks for a login URL, else a token, in whatever a person pastes: a line
// of a log, HTML, JSON, a mail, a file of PowerShell. A text that is one word is
// taken as it is. It reports false if there is nothing like a login.
func Find(input []byte) (Found, bool) {
	text, undone := decode(input)
	text, undone = apply(beforeJoining, text, undone)
	var first *Found
	for i, joined := range wrappings {
		t, steps := apply([]step{joined}, text, undone)
		if i > 0 && t == text {
			continue
		}
		f, ok := search(apply(afterJoining, t, steps))
		if ok && f.isWhole() {
			return f, true
		}
		if ok && first == nil {
			first = &f
		}
	}
	if first != nil {
		return *first, true
	}
	if word := strings.TrimSpace(text); word != "" && !strings.ContainsAny(word, " \t\r\n") && (len(word) >= shortestOpaque || strings.Contains(word, "://")) {
		return Found{Login: word, IsURL: strings.Contains(word, "://")}, true
	}
	return Found{}, false
}

// shortestOpaque keeps words of a language from being judged.
const shortestOpaque = 16

// isWhole reports whether no more of the login stands on the next line.
func (f Found) isWhole() bool {
	token := f.Token()
	switch kindOf(token) {
	case KindTruncated, KindOpaque:
		return false
	case KindHS256:
		return len(token)-strings.LastIndexByte(token, '.')-1 == signatureText
	}
	return true
}

var (
	scheme    = regexp.MustCompile(`https?://`)
	urlForm   = regexp.MustCompile("https?://[^\\s\"'<>`|…“”‘’«»]+")
	tokenForm = regexp.MustCompile(`e(?:yJ|yA|wo|w0|wk)[A-Za-z0-9_+/=-]*(?:\.[A-Za-z0-9_+/=*-]*)*(?:\[\w+\])?|v[1-4]\.(?:local|public)\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)?`)
	loginForm = regexp.MustCompile(`[?&](?:` + contract.JWT + `|` + contract.OldJWT + `)=`)
	urlInside = regexp.MustCompile(`(?i)https?%(?:25)*3a%(?:25)*2f%(?:25)*2f`)
	isEncoded = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
)

// search looks in a text that is undone.
func search(text string, steps []done) (Found, bool) {
	if word := strings.TrimSpace(text); strings.Count(word, ".") == 2 && !strings.ContainsAny(word, " \t\r\n\"'<>`?&:(,;%*") {
		if _, _, isHeader := readHeader(word[:strings.IndexByte(word, '.')]); isHeader {
			return Found{Login: word, Undone: said(steps, word)}, true // also with what base64url does not have
		}
	}
	for range maxDecodings {
		if f, ok := searchURL(text, steps); ok {
			return f, true
		}
		next := localpath.Decode(text)
		if !urlInside.MatchString(text) || next == text {
			break
		}
		steps = append(steps, done{"percent-encoding", text})
		text = next
	}
	return searchToken(text, steps)
}

func searchURL(text string, steps []done) (Found, bool) {
	var f Found
	seen := map[string]bool{}
	for _, at := range urlForm.FindAllStringIndex(text, -1) {
		raw := cutURL(text[at[0]:at[1]], text[:at[0]])
		login, unwrapped := unwrap(raw, 0)
		if login == "" || seen[login] {
			continue
		}
		seen[login] = true
		if f.Login == "" {
			f = Found{Login: login, IsURL: true, Undone: append(said(steps, raw), around(text[:at[0]], raw, text[at[0]+len(raw):])...)}
			f.Undone = append(f.Undone, unwrapped...)
		}
	}
	f.Others = max(0, len(seen)-1)
	return f, f.IsURL
}

func searchToken(text string, steps []done) (Found, bool) {
	if !tokenForm.MatchString(text) && isEncoded.MatchString(text) || encodedDot.MatchString(text) {
		steps = append(steps, done{"percent-encoding", text})
		text = localpath.Decode(text)
	}
	var f Found
	seen := map[string]bool{}
	for _, at := range tokenForm.FindAllStringIndex(text, -1) {
		token := strings.TrimRight(text[at[0]:at[1]], "*")
		if strings.Count(token, ".") > 2 || strings.HasSuffix(token, "..") {
			token = strings.TrimRight(token, ".") // the end of a sentence, or an ellipsis
		}
		if !strings.HasPrefix(token, "v") {
			if _, _, isHeader := readHeader(strings.Split(token, ".")[0]); !isHeader {
				continue
			}
		}
		if seen[token] {
			continue
		}
		seen[token] = true
		if f.Login == "" {
			f = Found{Login: token, Undone: append(said(steps, token), around(text[:at[0]], token, text[at[0]+len(token):])...)}
		}
	}
	f.Others = max(0, len(seen)-1)
	return f, f.Login != ""
}

// encodedDot is a token whose dots are encoded.
var encodedDot = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+%(?:25)*2[eE]`)

// cutURL drops what ends a sentence or closes a bracket around a URL.
func cutURL(raw, before string) string {
	if strings.HasSuffix(before, "(") {
		raw, _, _ = strings.Cut(raw, ")")
	}
	if strings.HasSuffix(before, "*") {
		raw = strings.TrimRight(raw, "*")
	}
	return strings.TrimRight(raw, ".,;:!)]}\\")
}

// unwrap gives the login URL that a URL is, or that stands in it, as it is or
// encoded. It gives nothing if there is none.
func unwrap(raw string, depth int) (login string, undone []string) {
	_, host, _ := strings.Cut(raw, "://")
	host, _, _ = strings.Cut(host, "/")
	undone = []string{"a URL inside a URL of " + host}
	if strings.HasSuffix(host, ".safelinks.protection.outlook.com") {
		undone[0] = "Outlook's safe link"
	}
	if at := loginForm.FindStringIndex(raw); at != nil {
		start := scheme.FindAllStringIndex(raw[:at[0]], -1)
		if inner := raw[start[len(start)-1][0]:]; len(inner) < len(raw) {
			inner, _, _ = strings.Cut(inner, "__;") // of urldefense.com
			return inner, undone
		}
		return raw, nil
	}
	if depth == maxDecodings {
		return "", nil
	}
	before, query, _ := strings.Cut(raw, "?")
	for pair := range strings.SplitSeq(query, "&") {
		_, value, _ := strings.Cut(pair, "=")
		if strings.HasSuffix(before, "/v2/url") { // of urldefense.proofpoint.com
			value = strings.NewReplacer("-", "%", "_", "/").Replace(value)
		}
		if value = localpath.Decode(value); urlInside.MatchString(value) {
			value = localpath.Decode(value) // encoded twice
		}
		if at := urlForm.FindString(value); at != "" {
			if login, more := unwrap(at, depth+1); login != "" {
				return login, append(undone, more...)
			}
		}
	}
	return "", nil
}
