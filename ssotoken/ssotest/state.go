package ssotest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// ErrState says that what [Handler.Restore] was given is no state that
// [Handler.Snapshot] gave.
var ErrState error = contract.Reason(contract.StateDamaged)

const (
	stateFormat  = "ssotoken community"
	stateVersion = 1

	// maxSavedTokens are remembered in a state. Others that come again are
	// taken for new.
	maxSavedTokens = 1_000
)

type state struct {
	Format  string `json:"format"`
	Version int    `json:"version"`

	// Key is there only when the community made it.
	Key string `json:"key,omitempty"`

	Members  []Member       `json:"members"`
	Count    int            `json:"count"` // of all logins
	Logins   []Attempt      `json:"logins"`
	Tokens   []savedToken   `json:"tokens"`
	Sessions []savedSession `json:"sessions"`
}

type savedToken struct {
	Hash  digest `json:"sha256"`
	Login int    `json:"login"`
}

type savedSession struct {
	Hash   digest `json:"sha256"`
	Member string `json:"member"`
}

// Snapshot gives members, logins and sessions as JSON, for [Handler.Restore].
// It holds personal data, but no credential: of tokens and sessions only their
// SHA-256, and whatever reads like a token in a text, encoded or split, is
// replaced. Of keys it holds one that the community made itself, since its
// partners would else have to learn another one; never one that it was given.
// Settings and visits are not in it.
func (h *Handler) Snapshot() ([]byte, error) {
	data, err := encode(h.state())
	return redactJSON(data), err
}

func (h *Handler) state() state {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := state{
		Format: stateFormat, Version: stateVersion, Members: h.members.all(), Count: h.count,
		Logins: listOf(slices.Clone(h.attempts)), Tokens: []savedToken{}, Sessions: []savedSession{},
	}
	if h.madeKey {
		s.Key = h.settings.Key.Reveal()
	}
	order := h.seen.order
	for _, hash := range order[max(0, len(order)-maxSavedTokens):] {
		s.Tokens = append(s.Tokens, savedToken{hash, h.seen.value[hash]})
	}
	for _, hash := range h.sessions.order {
		if member, ok := h.sessions.value[hash]; ok {
			s.Sessions = append(s.Sessions, savedSession{hash, member})
		}
	}
	return s
}

// Restore puts the community into a state that Snapshot gave. Its members
// take the place of all others, those of [Config] included; its key counts
// only where [Settings] gave none. An error is an [ErrState], and leaves the
// community as it was.
func (h *Handler) Restore(snapshot []byte) error {
	var s state
	if err := decode(snapshot, &s); err != nil {
		return damaged(whereDamaged(err))
	}
	switch {
	case s.Format != stateFormat:
		return damaged("it is JSON of something else")
	case s.Version != stateVersion:
		return damaged(fmt.Sprintf("it has version %d, and this program reads version %d", s.Version, stateVersion))
	}
	members, errs := newMembers(s.Members)
	if err := refused(errs); err != nil {
		return damaged(err.Error())
	}
	seen := newRecent[int](maxTokens)
	for _, t := range s.Tokens {
		if _, twice := seen.value[t.Hash]; twice || t.Login < 1 || t.Login > s.Count {
			return damaged("a token has no login of its own")
		}
		seen.put(t.Hash, t.Login)
	}
	sessions := newRecent[string](maxSessions)
	for _, entry := range s.Sessions {
		if members.byID[entry.Member] == nil {
			return damaged("a session has no member")
		}
		sessions.put(entry.Hash, entry.Member)
	}
	last := s.Count - len(s.Logins)
	for _, l := range s.Logins {
		if last++; l.Number != last || len(s.Logins) > maxLogins {
			return damaged("the logins are not numbered in turn")
		}
	}
	var key ssotoken.Key
	if s.Key != "" {
		var err error
		if key, err = ssotoken.NewKey(s.Key); err != nil {
			return damaged("its key is none")
		}
	}

	h.mu.Lock()
	defer h.mu.Unlock()
	h.members, h.seen, h.sessions = members, seen, sessions
	h.count, h.attempts, h.visits = s.Count, s.Logins, nil
	if h.madeKey && !key.IsZero() {
		h.settings.Key = key
	}
	h.touch()
	return nil
}

func damaged(how string) error { return fmt.Errorf("%w: %s", ErrState, how) }

// whereDamaged repeats nothing of what was read.
func whereDamaged(err error) string {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf("it is no JSON near byte %d", syntax.Offset)
	}
	return "a value is not where or what it should be"
}

// Changed has one value whenever something new is to be had by
// [Handler.Snapshot], however much it is. It is for one receiver.
func (h *Handler) Changed() <-chan struct{} { return h.changed }

// touch says that something changed.
func (h *Handler) touch() {
	select {
	case h.changed <- struct{}{}:
	default:
	}
}
