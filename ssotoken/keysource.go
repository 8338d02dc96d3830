package ssotoken

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// ReloadConfig configures a [ReloadingKey]. The zero value of each field is its
// default. OnChange and OnError are called in the background, and must be safe for
// concurrent use.
type ReloadConfig struct {
	// Every is the time from one load to the next. 0 is 30 seconds.
	Every time.Duration

	// OnChange, if not nil, is called with a key that takes the place of another:
	// log its [Key.Fingerprint].
	OnChange func(Key)

	// OnError is called when a load fails, or loads in a row disagree. The key in use,
	// which was last loaded at loaded, stays in use. nil logs both by [slog.Default].
	OnError func(err error, loaded time.Time)
}

// ReloadingKey makes a [KeySource] of a function that loads the key from wherever it
// is kept. It loads the key now, and returns that error, or a [*ConfigError]. After
// that no mint waits: one that finds the last load older than Every starts a load in
// the background, and takes the key that is known. A process that seldom mints can
// ask the source from its health check, which keeps the key fresh.
//
// Another key is taken into use when two loads in a row return it, a second apart, or
// Every, if that is shorter: a file caught half-written does not become the key. The
// community cuts over immediately, and refuses logins until then.
//
// load's context ends after Every, 30 seconds at most. There is only one load at a
// time: one that does not return holds up all later ones, and the key stays.
func ReloadingKey(load func(context.Context) (Key, error), c ReloadConfig) (KeySource, error) {
	var bad ConfigError
	if load == nil {
		bad.refuse("load", contract.MissingValue.Errorf("is required: it loads the key"))
	}
	if c.Every < 0 {
		bad.refuse("Every", contract.Range.Errorf("must not be negative; 0 is %v", contract.DefaultReload))
	}
	if err := bad.orNil(); err != nil {
		return nil, err
	}
	c.Every = cmp.Or(c.Every, contract.DefaultReload)
	if c.OnError == nil {
		c.OnError = func(err error, loaded time.Time) {
			slog.Error("SSO key not loaded", "error", err, "age", time.Since(loaded).Round(time.Second))
		}
	}
	s := &reloadingKey{c: c, load: load, confirm: min(c.Every, contract.ConfirmReload)}
	key, err := s.read()
	if err != nil {
		return nil, err
	}
	s.inUse, s.loaded = key, time.Now()
	s.due = s.loaded.Add(s.confirm)
	return s.key, nil
}

// FileKeySource is a [ReloadingKey] of [KeyFromFile]: for a mounted secret that
// changes under a running server.
func FileKeySource(path string, c ReloadConfig) (KeySource, error) {
	return ReloadingKey(func(context.Context) (Key, error) { return KeyFromFile(path) }, c)
}

type reloadingKey struct {
	c       ReloadConfig
	load    func(context.Context) (Key, error)
	confirm time.Duration // from one load to the one that must agree

	mu      sync.Mutex // never held during a load
	inUse   Key
	loaded  time.Time // when a load last returned the key in use
	due     time.Time
	loading bool
}

func (s *reloadingKey) key(context.Context) (Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.loading && !time.Now().Before(s.due) {
		s.loading = true
		go s.reload(s.inUse, s.loaded)
	}
	return s.inUse, nil
}

func (s *reloadingKey) reload(inUse Key, loaded time.Time) {
	defer func() {
		if recover() != nil { // of OnChange or OnError
			slog.Error("OnChange or OnError panicked", "stack", string(debug.Stack()))
		}
		s.mu.Lock()
		s.loading, s.due = false, time.Now().Add(s.c.Every)
		s.mu.Unlock()
	}()
	key, err := s.settled(inUse)
	if err != nil {
		s.c.OnError(err, loaded)
		return
	}
	s.mu.Lock()
	s.inUse, s.loaded = key, time.Now()
	s.mu.Unlock()
	if !key.Equal(inUse) && s.c.OnChange != nil {
		s.c.OnChange(key)
	}
}

// settled loads the key until a load agrees with the one before, or with the key in use.
func (s *reloadingKey) settled(seen Key) (Key, error) {
	for range 4 {
		key, err := s.read()
		if err != nil || key.Equal(seen) {
			return key, err
		}
		seen = key
		time.Sleep(s.confirm)
	}
	return Key{}, errors.New("loads in a row returned different keys")
}

func (s *reloadingKey) read() (key Key, err error) {
	defer func() {
		if recover() != nil { // a panic in the background would end the process
			err = fmt.Errorf("the load panicked:\n%s", debug.Stack())
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), min(s.c.Every, contract.DefaultReload))
	defer cancel()
	key, err = s.load(ctx)
	if err == nil && key.IsZero() {
		err = contract.KeyMissing.Errorf("the load returned no key")
	}
	return key, err
}
