package main

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A limiter counts tries by key. It counts in one process: n processes let n times
// as many pass.
type limiter struct {
	every time.Duration // one more try
	burst int           // tries at once
	now   func() time.Time

	mu    sync.Mutex
	tries map[string]*rate.Limiter
}

// maxKeys is how many keys a limiter remembers before it forgets those that have
// all their tries back.
const maxKeys = 10_000

func newLimiter(every time.Duration, burst int, now func() time.Time) *limiter {
	return &limiter{every: every, burst: burst, now: now, tries: map[string]*rate.Limiter{}}
}

// try takes a try, or gives the time until there is one.
func (l *limiter) try(key string) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if len(l.tries) >= maxKeys {
		for k, t := range l.tries {
			if t.TokensAt(now) >= float64(l.burst) {
				delete(l.tries, k)
			}
		}
	}
	t := l.tries[key]
	if t == nil {
		t = rate.NewLimiter(rate.Every(l.every), l.burst)
		l.tries[key] = t
	}
	taken := t.ReserveN(now, 1)
	if wait = taken.DelayFrom(now); wait > 0 {
		taken.CancelAt(now)
	}
	return wait
}

// client is where a request comes from: an IPv4 address or an IPv6 network, of
// which one household has 2^64 addresses. Behind a proxy the address is in a
// header that the proxy sets, and that a client must not be able to set.
func (s *site) client(r *http.Request) string {
	text := r.RemoteAddr
	if s.clientHeader != "" {
		text = r.Header.Get(s.clientHeader)
	}
	address, err := netip.ParseAddr(text)
	if withPort, portErr := netip.ParseAddrPort(text); portErr == nil {
		address, err = withPort.Addr(), nil
	}
	if err != nil {
		return "unknown"
	}
	if address = address.Unmap(); address.Is6() {
		network, _ := address.Prefix(64) // every IPv6 address has one
		return network.String()
	}
	return address.String()
}
