package ssotest

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

const (
	stateFormat  = "ssotoken community"
	stateVersion = 1

	maxSavedLogins = 100
)

type state struct {
	Format  string `json:"format"`
	Version int    `json:"version"`

	// Key is there only when the community made it.
	Key string `json:"key,omitempty"`

	Members  []Member `json:"members"`
	Count    int      `json:"count"` // of all logins
	Logins   []*login `json:"logins"`
	Tokens   []saved  `json:"tokens"`
	Sessions []saved  `json:"sessions"`
}

// An exactState is a state of exact names, each once. A login's claims may have others.
type exactState struct {
	state
	Logins anything `json:"logins"`
}

type anything bool

func (*anything) UnmarshalJSON([]byte) error { return nil }

// A saved is what is known of a token or a session: by its hash, so that a state
// that was saved logs nobody in.
type saved struct {
	Hash   string `json:"sha256"` // hexadecimal digits
	Login  int    `json:"login,omitempty"`
	Member string `json:"member,omitempty"`
}

func hashOf(credential string) string {
	hash := sha256.Sum256([]byte(credential))
	return hex.EncodeToString(hash[:])
}

// remember adds to a list, the oldest first, and forgets the oldest beyond its size.
func remember[T any](list []T, size int, v T) []T {
	return append(list[max(0, len(list)+1-size):], v)
}

// find returns the entry of a credential, or the zero saved.
func find(list []saved, credential string) (found saved) {
	hash := hashOf(credential)
	if i := slices.IndexFunc(list, func(s saved) bool { return s.Hash == hash }); i >= 0 {
		found = list[i]
	}
	return found
}

func forget(list []saved, credential string) []saved {
	hash := hashOf(credential)
	return slices.DeleteFunc(list, func(s saved) bool { return s.Hash == hash })
}

// Snapshot returns members, logins and sessions as JSON, for [Handler.Restore].
// It holds personal data, but no credential: of tokens and sessions only their
// SHA-256, and a text that holds a token, also encoded or in part, is replaced. Of
// keys it holds one that the community made itself, since its partners would else
// have to learn another one; never one that it was given. Settings are not in it.
func (h *Handler) Snapshot() ([]byte, error) {
	h.saving.Lock()
	defer h.saving.Unlock()
	h.mu.Lock()
	s := state{
		Format: stateFormat, Version: stateVersion, Members: h.members.all(), Count: h.count,
		Logins:   slices.Clone(h.logins[max(0, len(h.logins)-maxSavedLogins):]),
		Sessions: slices.Clone(h.sessions[max(0, len(h.sessions)-maxLogins):]), Tokens: slices.Clone(h.seen),
	}
	if h.madeKey {
		s.Key = h.settings.Key.Reveal()
	}
	h.mu.Unlock() // nobody waits for what takes long
	data, err := encode(s)
	if err == nil {
		data, h.clean = redactJSON(data, h.clean)
	}
	return data, err
}

// Restore puts the community into a state that Snapshot gave. Its members
// take the place of all others, those of [Config] included; its key counts
// only where [Settings] gave none. An error has the code [inspect.StateDamaged], and leaves the
// community as it was.
func (h *Handler) Restore(snapshot []byte) error {
	var s state
	var syntax *json.SyntaxError
	switch err := json.Unmarshal(snapshot, &s); {
	case errors.As(err, &syntax):
		return damaged(fmt.Sprintf("it is no JSON near byte %d", syntax.Offset))
	case err != nil, decode(snapshot, &exactState{}) != nil: // an error may repeat a value
		return damaged(misplaced)
	case s.Format != stateFormat:
		return damaged("it is JSON of something else")
	case s.Version != stateVersion:
		return damaged(fmt.Sprintf("it has version %d, and this program reads version %d", s.Version, stateVersion))
	}
	members, errs := newMembers(s.Members)
	if err := refused(errs); err != nil {
		return damaged(err.Error())
	}
	last := s.Count - len(s.Logins)
	for _, l := range s.Logins {
		if !l.revive() {
			return damaged(misplaced)
		}
		if last++; l.Number != last || len(s.Logins) > maxLogins {
			return damaged("the logins are not numbered in turn")
		}
	}
	key, err := ssotoken.NewKey(s.Key)
	if err != nil && s.Key != "" {
		return damaged("its key is none")
	}

	h.mu.Lock()
	defer h.mu.Unlock()
	h.members, h.seen, h.sessions = members, s.Tokens, s.Sessions
	h.count, h.logins = s.Count, s.Logins
	if h.madeKey && !key.IsZero() {
		h.settings.Key = key
	}
	h.touch()
	return nil
}

func damaged(how string) error {
	return fmt.Errorf("%w: %s", refusal(inspect.StateDamaged), how)
}

const misplaced = "a value is not where or what it should be"

// Changed has one value whenever something new is to be had by
// [Handler.Snapshot], however much it is. It is for one receiver.
func (h *Handler) Changed() <-chan struct{} { return h.changed }

func (h *Handler) touch() {
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

const (
	sessionCookie = "fake_community_session"
	maxSessions   = 10_000
)

func (h *Handler) visitor(r *http.Request) *Member {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.members.byID[find(h.sessions, c.Value).Member]
}

// setSession logs a member in under a new session ID, so that one that was planted
// before the login is worth nothing. Without a member, it logs out.
func (h *Handler) setSession(w http.ResponseWriter, r *http.Request, memberID string) {
	c := &http.Cookie{
		Name: sessionCookie, Value: rand.Text(), Path: cmp.Or(h.folder, "/"),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil,
	}
	h.mu.Lock()
	if old, err := r.Cookie(sessionCookie); err == nil {
		h.sessions = forget(h.sessions, old.Value)
	}
	if memberID != "" {
		h.sessions = remember(h.sessions, maxSessions, saved{Hash: hashOf(c.Value), Member: memberID})
	} else {
		c.Value, c.MaxAge = "", -1
	}
	h.touch()
	h.mu.Unlock()
	http.SetCookie(w, c)
}

// A state is kept in a file, and a partner's mistake can put a token that is
// still good anywhere: a claim, redirect_uri, a name. So a text of a state, names
// of members included, is replaced if there is a token in it, whole or in part: a
// JSON object in base64, or what is as long as a signature after a dot. Before,
// percent-encoding, HTML entities, escapes of JSON, base64 and white space are
// undone, in any order and depth.
//
// What takes its place differs from text to text, since a sub may be one.

var (
	jsonObject = regexp.MustCompile(`\{\s*"(?:[^"\\]|\\.)*"\s*:`)
	signature  = regexp.MustCompile(`\.[\w-]{43}`)  // of HS256, the shortest
	base64Run  = regexp.MustCompile(`[\w+/-]{20,}`) // as long as {"alg":"HS256"} is
	escapes    = regexp.MustCompile(`(?:%(?:25)*|\\u00|\\x)[0-9A-Fa-f]{2}`)

	urlAlphabet = strings.NewReplacer("+", "-", "/", "_")
)

// redactJSON replaces the strings of JSON that have a token in them. It returns those
// that have none, which need no second look, and knows those of the time before.
func redactJSON(data []byte, known map[string]bool) (redacted []byte, clean map[string]bool) {
	redacted, clean = make([]byte, 0, len(data)), map[string]bool{}
	for start := bytes.IndexByte(data, '"'); start >= 0; start = bytes.IndexByte(data, '"') {
		end := start + 1
		for ; data[end] != '"'; end++ {
			if data[end] == '\\' {
				end++
			}
		}
		literal := string(data[start : end+1])
		redacted = append(redacted, data[:start]...)
		data = data[end+1:]
		var text string
		if !known[literal] && json.Unmarshal([]byte(literal), &text) == nil && holdsToken(text, 2) {
			literal = `"REDACTED-` + hashOf(literal)[:12] + `"`
		} else {
			clean[literal] = true
		}
		redacted = append(redacted, literal...)
	}
	return append(redacted, data...), clean
}

// holdsToken reports whether a token comes to light in a text, or in what the text
// has in base64, as deep as that goes. A text that still changes after a dozen
// layers counts as a token.
func holdsToken(text string, depth int) bool {
	for range 12 {
		if signature.MatchString(text) || holdsBase64(text, depth) {
			return true
		}
		before := text
		text = escapes.ReplaceAllStringFunc(html.UnescapeString(text), func(s string) string {
			c, _ := strconv.ParseUint(s[len(s)-2:], 16, 8)
			return string([]byte{byte(c)})
		})
		if text == before {
			return false
		}
	}
	return true
}

// holdsBase64 is about base64 of either alphabet, starting anywhere in a text, whose
// white space and invisible characters don't count.
func holdsBase64(text string, depth int) bool {
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
	for _, run := range base64Run.FindAllString(text, -1) {
		for i := range 4 {
			decoded, _ := base64.RawURLEncoding.DecodeString(urlAlphabet.Replace(run[i : i+(len(run)-i)/4*4]))
			if jsonObject.Match(decoded) || depth > 0 && holdsToken(string(decoded), depth-1) {
				return true
			}
		}
	}
	return false
}
