package ssotoken_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
)

// The race detector watches.
func TestConcurrentMintsAllVerify(t *testing.T) {
	const mints, minters = 8_000, 16
	signer := newSigner(t)
	claims := []ssotoken.Claims{build(t, ada()), build(t, full()), build(t, ada().Name(times("n", 3000)))}
	var want []string
	for _, c := range claims {
		token, err := signer.Sign(t.Context(), c)
		if err != nil || !verifies(token.JWT(), newKey(t)) {
			t.Fatal("the first token does not verify")
		}
		want = append(want, token.JWT())
	}
	var minted, cancelled atomic.Int64
	var group sync.WaitGroup
	for m := range minters {
		group.Go(func() {
			for i := range mints / minters {
				ctx, cancel := context.WithCancel(t.Context())
				if (m+i)%97 == 0 {
					cancel()
				}
				which := (m + i) % len(claims)
				token, err := signer.Sign(ctx, claims[which])
				switch {
				case errors.Is(err, context.Canceled) && ctx.Err() != nil:
					cancelled.Add(1)
				case err != nil || token.JWT() != want[which]: // the clock does not move
					t.Errorf("another token than minted alone: %v", err)
				default:
					minted.Add(1)
				}
				cancel()
			}
		})
	}
	group.Wait()
	if minted.Load()+cancelled.Load() != mints || cancelled.Load() < mints/100 {
		t.Errorf("%d minted and %d cancelled of %d", minted.Load(), cancelled.Load(), mints)
	}
}

// A client that is gone, a slow OnError and a panic in Identify cost no other
// visitor a login, and leave nothing running.
func TestFaultsOfSomeVisitorsCostNoOtherALogin(t *testing.T) {
	before := runtime.NumGoroutine()
	func() {
		claims := build(t, ada())
		release := make(chan struct{})
		slow := make(chan struct{}, 1)
		login, err := ssotoken.NewLogin(ssotoken.LoginConfig{
			Signer: newSigner(t),
			Identify: func(r *http.Request) (ssotoken.Claims, error) {
				switch r.URL.Path {
				case "/panic":
					panic(http.ErrAbortHandler)
				case "/gone":
					<-r.Context().Done()
				case "/slow":
					return ssotoken.Claims{}, errors.New("broken")
				}
				return claims, nil
			},
			OnError: func(w http.ResponseWriter, r *http.Request, _ error) {
				if r.URL.Path == "/slow" {
					slow <- struct{}{}
					<-release
				}
				http.Error(w, "no", http.StatusInternalServerError)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(login.Middleware(http.NotFoundHandler()))
		defer server.Close()
		transport := &http.Transport{}
		defer transport.CloseIdleConnections()
		get := func(ctx context.Context, path string) (*http.Response, error) {
			r, err := http.NewRequestWithContext(ctx, "GET", server.URL+path, nil)
			if err != nil {
				t.Error(err)
			}
			res, err := transport.RoundTrip(r)
			if err == nil {
				io.Copy(io.Discard, res.Body)
				res.Body.Close()
			}
			return res, err
		}

		var group sync.WaitGroup
		group.Go(func() { get(t.Context(), "/slow") })
		<-slow
		for range 20 {
			group.Go(func() {
				if _, err := get(t.Context(), "/panic"); err == nil {
					t.Error("a panic was answered")
				}
			})
			group.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
				defer cancel()
				get(ctx, "/gone")
			})
			group.Go(func() {
				conn, err := net.Dial("tcp", server.Listener.Addr().String())
				if err != nil {
					t.Error(err)
					return
				}
				io.WriteString(conn, "GET /gone HTTP/1.1\r\nHost: x\r\n\r\n")
				conn.Close()
			})
			for range 10 {
				group.Go(func() {
					res, err := get(t.Context(), "/")
					if err != nil || res.StatusCode != http.StatusSeeOther || !strings.Contains(res.Header.Get("Location"), "jwt=") {
						t.Errorf("a login was lost: %v", err)
					}
				})
			}
		}
		close(release)
		group.Wait()
	}()
	deadline := time.Now().Add(10 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

func TestAClockThatJumpsBackLosesNoLogin(t *testing.T) {
	now := noon
	signer := newSigner(t, func(c *ssotoken.Config) { c.Now = func() time.Time { return now } })
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: signer, Identify: signedIn(t)})
	if err != nil {
		t.Fatal(err)
	}
	handler := login.Middleware(http.NotFoundHandler())
	var cookies []*http.Cookie
	for _, jump := range []time.Duration{0, -time.Hour, -24 * time.Hour, 48 * time.Hour, -time.Minute, -time.Minute, -time.Minute} {
		now = now.Add(jump)
		r := sends("GET", "/")
		for _, c := range cookies {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		cookies = w.Result().Cookies()
		if w.Code != http.StatusSeeOther {
			t.Errorf("after %v: got %d", jump, w.Code)
		}
	}
}
