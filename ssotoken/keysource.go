package ssotoken

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

const defaultReload = 30 * time.Second

// ReloadConfig configures a [ReloadingKey]. The zero value of each field is
// its default.
type ReloadConfig struct {
	// Every is how long a key is used before it is looked for again. 0 is
	// 30 seconds.
	Every time.Duration

	// OnError, if not nil, is told of each load that failed; the last good
	// key stays in use. It must be safe for concurrent use.
	OnError func(error)

	// Now is the clock, for tests. nil is [time.Now].
	Now func() time.Time
}

// ReloadingKey makes a [KeySource] of a function that loads the key, from
// wherever it is kept. It loads once now, and returns that error, or a
// [*ConfigError]; later, when a mint finds the key older than Every, it loads
// again. No mint waits for another's load, and a load that fails leaves the last
// good key in use.
//
// Regenerating a key cuts over at once at the community: until the next load,
// logins are refused there.
func ReloadingKey(load func() (Key, error), c ReloadConfig) (KeySource, error) {
	var bad []*FieldError
	if load == nil {
		bad = append(bad, &FieldError{Field: "load", Err: because(contract.MissingValue, "is required: it loads the key")})
	}
	if c.Every < 0 {
		bad = append(bad, &FieldError{Field: "Every", Err: because(contract.Range, fmt.Sprintf("must not be negative; 0 is %v", defaultReload))})
	}
	if bad != nil {
		return nil, &ConfigError{bad}
	}
	if c.Every == 0 {
		c.Every = defaultReload
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.OnError == nil {
		c.OnError = func(error) {}
	}
	s := &reloadingKey{c: c, load: load}
	if err := s.reload(c.Now()); err != nil {
		return nil, err
	}
	return s.key, nil
}

// FileKeySource is a [ReloadingKey] of [KeyFromFile]: for a mounted secret
// that changes under a running server.
func FileKeySource(path string, c ReloadConfig) (KeySource, error) {
	return ReloadingKey(func() (Key, error) { return KeyFromFile(path) }, c)
}

type reloadingKey struct {
	c       ReloadConfig
	load    func() (Key, error)
	loading sync.Mutex
	last    atomic.Pointer[loadedKey]
}

type loadedKey struct {
	key Key
	at  time.Time // of the load, or of the last try
}

func (s *reloadingKey) key(context.Context) (Key, error) {
	now, last := s.c.Now(), s.last.Load()
	age := now.Sub(last.at)
	if (age >= s.c.Every || age < 0) && s.loading.TryLock() {
		defer s.loading.Unlock()
		if err := s.reload(now); err != nil {
			s.c.OnError(fmt.Errorf("the key was not reloaded, the last good one stays in use: %w", err))
		}
	}
	return s.last.Load().key, nil
}

// reload keeps the old Key where it is still the same, with its signing
// states.
func (s *reloadingKey) reload(now time.Time) error {
	last := s.last.Load()
	key, err := s.load()
	switch {
	case err == nil && key.IsZero():
		err = ErrKeyMissing
	case err == nil && (last == nil || !key.Equal(last.key)):
		s.last.Store(&loadedKey{key, now})
		return nil
	}
	if last != nil {
		s.last.Store(&loadedKey{last.key, now})
	}
	return err
}
