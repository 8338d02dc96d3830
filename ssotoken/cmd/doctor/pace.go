package doctor

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	maxDrops = 2 // how often a request is sent again whose connection was dropped
	maxBusy  = 4 // how often one that was answered 429 or 503
)

// A pace keeps to what the server and the caller allow.
type pace struct {
	mu      sync.Mutex
	gap     time.Duration // between two requests
	next    time.Time     // when the next one may go
	slowed  bool          // by the server, not by the caller
	left    time.Duration // how much longer the server may make us wait
	since   int           // answers since it last did
	refused int           // how often it did
}

// turn waits until the next request may go.
func (p *pace) turn(ctx context.Context) error {
	p.mu.Lock()
	now := time.Now()
	at := p.next
	if at.Before(now) {
		at = now
	}
	if p.slowed {
		if p.left -= at.Sub(now); p.left < 0 {
			p.left = 0
			p.mu.Unlock()
			return &noAnswer{fmt.Errorf("the server answered 429 or 503, and asks to wait for another %v: that is more patience than was left", at.Sub(now).Round(100*time.Millisecond)), true}
		}
	}
	p.next = at.Add(p.gap)
	p.mu.Unlock()
	return sleep(ctx, at.Sub(now))
}

// busy makes every request wait that has not been sent.
func (p *pace) busy(wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused++
	now := time.Now()
	if now.Add(wait).Before(p.next) { // another request waits already
		return
	}
	p.next, p.slowed = now.Add(wait), true
	if p.since > 0 {
		p.gap = max(p.gap, wait/time.Duration(p.since))
	}
	p.since = 0
}

func (p *pace) answered() {
	p.mu.Lock()
	p.since++
	p.mu.Unlock()
}

// isLimited reports whether the server has asked for fewer requests.
func (p *pace) isLimited() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refused > 0
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// isBusy reports whether a status asks for fewer requests.
func isBusy(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}

// retryAfter is how long a busy server asks to wait. Without a word of its own,
// it is a second, and twice as long each time.
func retryAfter(a *answer, attempt int) time.Duration {
	text := a.header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return max(time.Duration(seconds)*time.Second, 100*time.Millisecond)
	}
	if at, err := http.ParseTime(text); err == nil {
		now := a.received
		if date, err := http.ParseTime(a.header.Get("Date")); err == nil {
			now = date
		}
		return max(at.Sub(now), 100*time.Millisecond)
	}
	return time.Second << attempt
}

// A noAnswer is a request without a normal answer. What it was to tell is
// unknown.
type noAnswer struct {
	err  error
	busy bool
}

func (e *noAnswer) Error() string { return e.err.Error() }

func (e *noAnswer) Unwrap() error { return e.err }
