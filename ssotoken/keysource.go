package ssotoken

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// ReloadConfig configures a [ReloadingKey]. The zero value of each field is its
// default.
type ReloadConfig struct {
	// Every is how long a key is used before it is loaded again. 0 is 30 seconds.
	Every time.Duration

	// OnError, if not nil, is called when a load fails, and when two loads in a row
	// return different keys that are both new, as of a file that is being written.
	// The key in use stays in use. It must be safe for concurrent use.
	OnError func(error)

	// Now is the clock, for tests. nil is [time.Now].
	Now func() time.Time
}

// ReloadingKey makes a [KeySource] of a function that loads the key from wherever it
// is kept. It loads the key now, and returns that error, or a [*ConfigError]; after
// that a mint loads it again when the last load is older than Every. No mint waits
// for another's load. A load that fails leaves the key in use.
//
// Another key is taken into use when two loads in a row return it, so that a file
// caught half-written does not become the key. The second load is due a second later,
// or Every, if that is shorter: a key that is stored whole is in use Every and a second
// later at most. The community cuts over immediately, and refuses logins until then.
//
// load's context has the values of the mint's, not its end: it is canceled after
// Every, so that no load lasts forever.
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
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &reloadingKey{c: c, load: load, soon: min(c.Every, contract.ConfirmReload)}
	at := c.Now()
	key, err := s.read(context.Background())
	if err != nil {
		return nil, err
	}
	s.last.Store(&reading{key: key, at: at, next: s.soon})
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
	loading sync.Mutex
	last    atomic.Pointer[reading]
	soon    time.Duration // when a first reading is confirmed
}

type reading struct {
	key  Key // in use
	seen Key // a different one that was read and is not confirmed
	at   time.Time
	next time.Duration // when it is read again, after at
}

func (s *reloadingKey) key(ctx context.Context) (Key, error) {
	if s.isDue() && s.loading.TryLock() {
		defer s.loading.Unlock()
		if s.isDue() { // still, now that nobody else is loading
			s.reload(ctx)
		}
	}
	return s.last.Load().key, nil
}

func (s *reloadingKey) isDue() bool {
	last := s.last.Load()
	age := s.c.Now().Sub(last.at)
	return age >= last.next || age < 0
}

func (s *reloadingKey) reload(ctx context.Context) {
	last := s.last.Load()
	r := &reading{key: last.key, at: s.c.Now(), next: s.c.Every}
	key, err := s.read(ctx)
	switch {
	case err != nil || key.Equal(last.key):
	case key.Equal(last.seen):
		r.key = key
	default:
		r.seen, r.next = key, s.soon
		if !last.seen.IsZero() {
			err = errors.New("two loads in a row returned different keys")
		}
	}
	s.last.Store(r)
	if err != nil && s.c.OnError != nil {
		s.c.OnError(fmt.Errorf("the key was not replaced, the last good one stays in use: %w", err))
	}
}

func (s *reloadingKey) read(ctx context.Context) (Key, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.c.Every)
	defer cancel()
	key, err := s.load(ctx)
	if err == nil && key.IsZero() {
		err = contract.KeyMissing.Errorf("the load returned no key")
	}
	return key, err
}
