package ssotoken_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

func numberedKey(t *testing.T, n int) ssotoken.Key {
	t.Helper()
	k, err := ssotoken.NewKey(fmt.Sprintf("the-key-of-the-community-no-%04d", n))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// verifies reports whether a token is signed with the key.
func verifies(token string, key ssotoken.Key) bool {
	_, err := jwt.Parse(token, func(*jwt.Token) (any, error) { return []byte(key.Reveal()), nil }, jwt.WithTimeFunc(clock))
	return err == nil
}

func TestAMountedKeyIsReadAgainAtMostEverySoOften(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	write := func(k ssotoken.Key) {
		t.Helper()
		if err := os.WriteFile(file, []byte(k.Reveal()+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	now := noon
	var reported []error
	write(numberedKey(t, 1))
	source, err := ssotoken.FileKeySource(file, ssotoken.ReloadConfig{
		Every: time.Minute, Now: func() time.Time { return now }, OnError: func(err error) { reported = append(reported, err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	expect := func(when string, n, errs int) {
		t.Helper()
		if k, err := source(t.Context()); err != nil || !k.Equal(numberedKey(t, n)) || len(reported) != errs {
			t.Errorf("%s: got key %s, %v, reports %v", when, k.Fingerprint(), err, reported)
		}
	}
	write(numberedKey(t, 2))
	expect("at once", 1, 0)
	now = now.Add(59 * time.Second)
	expect("a second before", 1, 0)
	now = now.Add(time.Second)
	expect("when due", 2, 0)

	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	expect("the file is gone", 2, 1)
	expect("and it is not tried at every mint", 2, 1)
	if !errors.Is(reported[0], fs.ErrNotExist) {
		t.Errorf("reported %v", reported[0])
	}
	if err := os.WriteFile(file, []byte("changeme"), 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	expect("a sample in the file", 2, 2)
	if !errors.Is(reported[1], ssotoken.ErrKeyPlaceholder) {
		t.Errorf("reported %v", reported[1])
	}
	write(numberedKey(t, 3))
	now = now.Add(-time.Hour)
	expect("the clock jumped back", 3, 2)
}

func TestAKeySourceFailsAtTheStartWithoutAKey(t *testing.T) {
	if _, err := ssotoken.FileKeySource(filepath.Join(t.TempDir(), "absent"), ssotoken.ReloadConfig{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("file: got %v", err)
	}
	if _, err := ssotoken.ReloadingKey(func() (ssotoken.Key, error) { return ssotoken.Key{}, nil }, ssotoken.ReloadConfig{}); !errors.Is(err, ssotoken.ErrKeyMissing) {
		t.Errorf("no key: got %v", err)
	}
	if _, err := ssotoken.ReloadingKey(nil, ssotoken.ReloadConfig{Every: -1}); !errors.Is(err, contract.Range) || !errors.Is(err, contract.MissingValue) {
		t.Errorf("no load and a negative Every: got %v", err)
	}
}

// Every mint under way gets the key of before or after the rotation.
func TestAHundredRotationsUnderLoadFailNoLogin(t *testing.T) {
	const rotations, minters = 100, 4
	keys := make([]ssotoken.Key, rotations+1)
	for i := range keys {
		keys[i] = numberedKey(t, i)
	}
	var current atomic.Int64 // index of the community's key
	source, err := ssotoken.ReloadingKey(func() (ssotoken.Key, error) { return keys[current.Load()], nil }, ssotoken.ReloadConfig{Every: 1})
	if err != nil {
		t.Fatal(err)
	}
	signer := newSigner(t, func(c *ssotoken.Config) { c.Key, c.KeySource = ssotoken.Key{}, source })
	claims := build(t, full())

	var minted atomic.Int64
	var group sync.WaitGroup
	stop := make(chan struct{})
	for range minters {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				before := current.Load()
				token, err := signer.Sign(t.Context(), claims)
				if err != nil {
					t.Errorf("not minted: %v", err)
					return
				}
				ok := false
				for i := max(before-1, 0); i <= current.Load() && !ok; i++ {
					ok = verifies(token.JWT(), keys[i])
				}
				if !ok {
					t.Error("a token verifies under neither the old key nor the new one")
					return
				}
				minted.Add(1)
			}
		})
	}
	for i := range rotations {
		for want := minted.Load() + minters; minted.Load() < want && !t.Failed(); {
			runtime.Gosched()
		}
		current.Store(int64(i + 1))
		for in := false; !in; { // the next rotation waits until this one is in use
			k, err := source(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			in = k.Equal(keys[i+1])
			runtime.Gosched()
		}
	}
	close(stop)
	group.Wait()
	if k, err := source(t.Context()); err != nil || !k.Equal(keys[rotations]) {
		t.Error("the last key is not in use")
	}
	t.Logf("%d tokens over %d rotations", minted.Load(), rotations)
}

func TestNoMintWaitsForAnothersLoad(t *testing.T) {
	now, loads := noon, 0
	loading, loaded := make(chan struct{}), make(chan struct{})
	source, err := ssotoken.ReloadingKey(func() (ssotoken.Key, error) {
		if loads++; loads == 2 {
			close(loading)
			<-loaded
		}
		return numberedKey(t, loads), nil
	}, ssotoken.ReloadConfig{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	var group sync.WaitGroup
	group.Go(func() { source(t.Context()) })
	<-loading
	meanwhile := make(chan ssotoken.Key, 1)
	group.Go(func() {
		key, _ := source(t.Context())
		meanwhile <- key
	})
	if key := <-meanwhile; !key.Equal(numberedKey(t, 1)) {
		t.Error("the key of before is not in use while another is loaded")
	}
	close(loaded)
	group.Wait()
}
