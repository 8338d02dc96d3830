package ssotoken_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

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
	read := func(*jwt.Token) (any, error) { return []byte(key.Reveal()), nil }
	_, err := jwt.Parse(token, read, jwt.WithTimeFunc(clock))
	return err == nil
}

// mounted is a source of a key file, and what was reported.
type mounted struct {
	file    string
	source  ssotoken.KeySource
	mu      sync.Mutex
	changes []string // fingerprints
	errors  []error
	ages    []time.Duration // of the key in use, at each error
}

func (m *mounted) reports() (changes []string, errors []error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.changes), slices.Clone(m.errors)
}

func mountKey(t *testing.T, text string) *mounted {
	t.Helper()
	m := &mounted{file: writeKeyFile(t, text)}
	source, err := ssotoken.FileKeySource(m.file, ssotoken.ReloadConfig{
		Every: time.Minute,
		OnChange: func(key ssotoken.Key) {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.changes = append(m.changes, key.Fingerprint())
		},
		OnError: func(err error, loaded time.Time) {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.errors, m.ages = append(m.errors, err), append(m.ages, time.Since(loaded))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.source = source
	return m
}

func (m *mounted) write(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(m.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// expect lets time pass, asks for the key, and asks again once a load that this started waits for its confirmation or
// has ended.
func (m *mounted) expect(t *testing.T, when string, later time.Duration, want ssotoken.Key, errs int) {
	t.Helper()
	time.Sleep(later)
	m.source(t.Context())
	synctest.Wait()
	k, err := m.source(t.Context())
	synctest.Wait()
	if _, reported := m.reports(); err != nil || !k.Equal(want) || len(reported) != errs {
		t.Errorf("%s: got key %s, %v, reports %v", when, k.Fingerprint(), err, reported)
	}
}

func TestAMountedKeyIsReadAgainAtMostEverySoOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second, third := numberedKey(t, 1), numberedKey(t, 2), numberedKey(t, 3)
		m := mountKey(t, first.Reveal()+"\n")
		m.expect(t, "confirmed", time.Second, first, 0)
		m.write(t, second.Reveal())
		m.expect(t, "immediately", 0, first, 0)
		m.expect(t, "just before", time.Minute-1, first, 0)
		m.expect(t, "when due", 1, first, 0)
		m.expect(t, "before it is confirmed", time.Second-1, first, 0)
		m.expect(t, "confirmed", 1, second, 0)

		if err := os.Remove(m.file); err != nil {
			t.Fatal(err)
		}
		m.expect(t, "the file is gone", time.Minute, second, 1)
		m.expect(t, "and it is not tried at every mint", 0, second, 1)
		m.write(t, "changeme")
		m.expect(t, "a sample in the file", time.Minute, second, 2)
		_, reported := m.reports()
		if !errors.Is(reported[0], fs.ErrNotExist) || !errors.Is(reported[1], contract.KeyPlaceholder) {
			t.Errorf("reported %v", reported)
		}
		if diff := cmp.Diff([]time.Duration{time.Minute, 2 * time.Minute}, m.ages); diff != "" {
			t.Errorf("ages of the key (-want +got):\n%s", diff)
		}
		m.write(t, third.Reveal())
		m.expect(t, "another", time.Minute, second, 2)
		m.expect(t, "confirmed", time.Second, third, 2)
		changes, _ := m.reports()
		if diff := cmp.Diff([]string{second.Fingerprint(), third.Fingerprint()}, changes); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
	})
}

func TestAChangedKeyNeedsNoSecondLoginToBeInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := mountKey(t, numberedKey(t, 1).Reveal())
		m.write(t, numberedKey(t, 2).Reveal())
		m.expect(t, "the first for hours", 5*time.Hour, numberedKey(t, 1), 0)
		m.expect(t, "the second", time.Hour, numberedKey(t, 2), 0)
	})
}

func TestAKeyFileCaughtHalfWrittenIsNotTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before, after := numberedKey(t, 1), numberedKey(t, 2)
		half := after.Reveal()[:20]
		m := mountKey(t, before.Reveal())
		m.expect(t, "confirmed", time.Second, before, 0)
		m.write(t, half)
		m.expect(t, "half-written", time.Minute, before, 0)
		m.write(t, after.Reveal())
		m.expect(t, "whole, which differs from the half", time.Second, before, 0)
		m.expect(t, "whole a second time", time.Second, after, 0)

		m.write(t, half)
		m.expect(t, "half-written, and taken back", time.Minute, after, 0)
		m.write(t, after.Reveal())
		m.expect(t, "as before", time.Second, after, 0)
		m.expect(t, "and again", time.Second, after, 0)
		m.write(t, half)
		m.expect(t, "half-written again", time.Minute, after, 0)
		m.write(t, half[:10])
		m.expect(t, "too short for a key", time.Second, after, 1)
		m.write(t, half)
		m.expect(t, "what failed in between confirms nothing", time.Minute, after, 1)
		for n := range 3 {
			m.write(t, numberedKey(t, 3+n).Reveal())
			m.expect(t, "another at each load", time.Second, after, 1)
		}
		m.expect(t, "and no end", time.Second, after, 2)
	})
}

func TestAStartInTheMiddleOfAWriteHealsItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		whole := numberedKey(t, 2)
		half, err := ssotoken.NewKey(whole.Reveal()[:20])
		if err != nil {
			t.Fatal(err)
		}
		m := mountKey(t, half.Reveal())
		m.write(t, whole.Reveal())
		m.expect(t, "the first load", 0, half, 0)
		m.expect(t, "the second differs", time.Second, half, 0)
		m.expect(t, "the third agrees", time.Second, whole, 0)
	})
}

// Kubernetes replaces a mounted secret by a symbolic link to another folder.
func TestAKeyBehindASymbolicLinkThatIsSwappedIsInUseInTime(t *testing.T) {
	dir := t.TempDir()
	current := filepath.Join(dir, "..data")
	point := func(n int) {
		t.Helper()
		folder := filepath.Join(dir, strconv.Itoa(n))
		next := filepath.Join(dir, "next")
		if err := errors.Join(os.Mkdir(folder, 0o700), os.WriteFile(filepath.Join(folder, "key"), []byte(numberedKey(t, n).Reveal()), 0o600),
			os.Symlink(folder, next), os.Rename(next, current)); err != nil {
			t.Skip(err)
		}
	}
	point(0)
	mount := filepath.Join(dir, "sso-key")
	if err := os.Symlink(filepath.Join("..data", "key"), mount); err != nil {
		t.Skip(err)
	}
	synctest.Test(t, func(t *testing.T) {
		source, err := ssotoken.FileKeySource(mount, ssotoken.ReloadConfig{})
		if err != nil {
			t.Fatal(err)
		}
		for n := 1; n < 10; n++ {
			point(n)
			for range int((contract.DefaultReload + contract.ConfirmReload) / time.Second) {
				time.Sleep(time.Second)
				source(t.Context())
				synctest.Wait()
			}
			if k, err := source(t.Context()); err != nil || !k.Equal(numberedKey(t, n)) {
				t.Errorf("swap %d: got key %s, %v", n, k.Fingerprint(), err)
			}
		}
	})
}

func TestNoVisitorWaitsForAKeyThatIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loads := 0
		source, err := ssotoken.ReloadingKey(func(ctx context.Context) (ssotoken.Key, error) {
			if loads++; loads > 1 {
				<-ctx.Done() // the store hangs
				return ssotoken.Key{}, ctx.Err()
			}
			return newKey(t), nil
		}, ssotoken.ReloadConfig{})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for range 100 {
			time.Sleep(time.Second)
			for range 10 {
				if key, err := source(t.Context()); err != nil || !key.Equal(newKey(t)) {
					t.Fatal(key.Fingerprint(), err)
				}
			}
		}
		if waited := time.Since(start) - 100*time.Second; waited != 0 || loads != 3 {
			t.Errorf("mints waited for %v, in %d loads", waited, loads)
		}
		time.Sleep(time.Minute) // until the last load ends
	})
}

func TestAVisitorWhoLeavesEndsNoLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, err := ssotoken.ReloadingKey(func(ctx context.Context) (ssotoken.Key, error) {
			if _, ends := ctx.Deadline(); !ends {
				t.Error("a load may last forever")
			}
			return newKey(t), ctx.Err()
		}, ssotoken.ReloadConfig{OnError: func(err error, _ time.Time) { t.Error(err) }})
		if err != nil {
			t.Fatal(err)
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		time.Sleep(time.Minute)
		if _, err := source(gone); err != nil {
			t.Error(err)
		}
	})
}

func TestALoadThatPanicsEndsNoProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reported error
		loads := 0
		source, err := ssotoken.ReloadingKey(func(context.Context) (ssotoken.Key, error) {
			if loads++; loads == 2 {
				panic(keyText)
			}
			return newKey(t), nil
		}, ssotoken.ReloadConfig{OnError: func(err error, _ time.Time) { reported = err }})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			time.Sleep(time.Minute)
			source(t.Context())
			synctest.Wait()
		}
		if reported == nil || loads != 3 || strings.Contains(reported.Error(), keyText) {
			t.Errorf("%d loads, reported %v", loads, reported)
		}
	})
}

func TestAKeyThatIsNotLoadedIsLoggedWithItsAge(t *testing.T) {
	before := slog.Default()
	var logged bytes.Buffer
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, nil)))
	defer slog.SetDefault(before)
	synctest.Test(t, func(t *testing.T) {
		file := writeKeyFile(t, keyText)
		source, err := ssotoken.FileKeySource(file, ssotoken.ReloadConfig{Every: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Minute)
		source(t.Context())
		synctest.Wait()
		if got := logged.String(); !strings.Contains(got, `msg="SSO key not loaded" error=`) || !strings.HasSuffix(got, " age=3m0s\n") {
			t.Errorf("logged %s", got)
		}
	})
}

// The key is in use before the site is told of it.
func TestWhatAReloadCallsCanPanicOrEndItsGoroutine(t *testing.T) {
	before := slog.Default()
	var logged strings.Builder
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, nil)))
	defer slog.SetDefault(before)
	synctest.Test(t, func(t *testing.T) {
		loads, calls := 0, 0
		source, err := ssotoken.ReloadingKey(func(context.Context) (ssotoken.Key, error) {
			switch loads++; loads {
			case 2:
				runtime.Goexit()
			case 3:
				return ssotoken.Key{}, errors.New("down")
			case 1:
				return numberedKey(t, 1), nil
			}
			return numberedKey(t, 2), nil
		}, ssotoken.ReloadConfig{
			OnError:  func(error, time.Time) { calls++; panic("OnError") },
			OnChange: func(ssotoken.Key) { calls++; panic("OnChange") },
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			time.Sleep(time.Minute)
			source(t.Context())
			synctest.Wait()
		}
		time.Sleep(time.Second) // the load that confirms
		synctest.Wait()
		if key, _ := source(t.Context()); !key.Equal(numberedKey(t, 2)) || calls != 2 {
			t.Errorf("%d loads, %d calls, in use %v, logged %s", loads, calls, key, &logged)
		}
	})
}

func TestTheNextLoadComesAfterOnChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loads, told := 0, make(chan bool)
		source, err := ssotoken.ReloadingKey(func(context.Context) (ssotoken.Key, error) {
			loads++
			return numberedKey(t, min(loads, 2)), nil
		}, ssotoken.ReloadConfig{OnChange: func(ssotoken.Key) { <-told }})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			time.Sleep(time.Minute)
			source(t.Context())
		}
		synctest.Wait()
		if loads != 3 {
			t.Errorf("%d loads while OnChange ran", loads)
		}
		close(told)
	})
}

func TestAKeySourceFailsAtTheStartWithoutAKey(t *testing.T) {
	none := func(context.Context) (ssotoken.Key, error) { return ssotoken.Key{}, nil }
	absent := filepath.Join(t.TempDir(), "absent")
	if _, err := ssotoken.FileKeySource(absent, ssotoken.ReloadConfig{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("file: got %v", err)
	}
	if _, err := ssotoken.ReloadingKey(none, ssotoken.ReloadConfig{}); !errors.Is(err, contract.KeyMissing) {
		t.Errorf("no key: got %v", err)
	}
	_, err := ssotoken.ReloadingKey(nil, ssotoken.ReloadConfig{Every: -1})
	if !errors.Is(err, contract.Range) || !errors.Is(err, contract.MissingValue) {
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
	source, err := ssotoken.ReloadingKey(func(context.Context) (ssotoken.Key, error) {
		return keys[current.Load()], nil
	}, ssotoken.ReloadConfig{Every: 1})
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
				runtime.Gosched() // or the rotations wait for their turn
			}
		})
	}
	for i := range rotations {
		for want := minted.Load() + minters; minted.Load() < want && !t.Failed(); {
			runtime.Gosched()
		}
		current.Store(int64(i + 1))
		for in := false; !in && !t.Failed(); { // the next rotation waits until this one is in use
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
