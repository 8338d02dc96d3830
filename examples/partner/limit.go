package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// A limiter lets through a burst of tries, and then one in each interval. It counts
// in the database, for all processes, and a row is as long for a long key as for a
// short one. It is the generic cell rate algorithm.
type limiter struct {
	db    *sql.DB
	now   func() time.Time
	every time.Duration
	burst int64
}

// try takes a try, or returns the time until there is one.
func (l limiter) try(ctx context.Context, key string) (wait time.Duration, err error) {
	hash := sha256.Sum256([]byte(key))
	now, every := l.now().UnixMilli(), l.every.Milliseconds()
	var freeAt int64
	err = l.db.QueryRowContext(ctx, `INSERT INTO tries (key, free_at) VALUES (?1, ?2 + ?3)
		ON CONFLICT (key) DO UPDATE SET free_at = max(free_at, ?2) + ?3 WHERE free_at + ?3 <= ?2 + ?3 * ?4
		RETURNING free_at`, hash[:], now, every, l.burst).Scan(&freeAt)
	if !errors.Is(err, sql.ErrNoRows) {
		return 0, err
	}
	err = l.db.QueryRowContext(ctx, `SELECT free_at FROM tries WHERE key = ?`, hash[:]).Scan(&freeAt)
	if errors.Is(err, sql.ErrNoRows) { // deleted since, as all tries are back
		freeAt, err = now, nil
	}
	return max(time.Duration(freeAt+every-every*l.burst-now), 1) * time.Millisecond, err
}

// mayTry takes a try of the visitor, and then one of the account, by a key. It answers
// who has none left. The visitor comes first: who is over the own limit must not use up
// that of somebody else.
func (s *site) mayTry(w http.ResponseWriter, r *http.Request, account string, f *form) bool {
	wait, err := s.perClient.try(r.Context(), "client "+s.client(r))
	if err == nil && wait == 0 {
		wait, err = s.perAccount.try(r.Context(), strings.ToLower(account))
	}
	switch {
	case err != nil:
		s.fail(w, r, err)
	case wait > 0:
		s.tooMany(w, r, wait, f)
	default:
		return true
	}
	return false
}

// client is where a request comes from: an IPv4 address or an IPv6 network, of which
// one household has 2^64 addresses. Behind a proxy the address is in a header: the last
// one there, which the proxy has written; a client can send others before it.
func (s *site) client(r *http.Request) string {
	text := r.RemoteAddr
	if s.clientHeader != "" {
		all := strings.Join(r.Header.Values(s.clientHeader), ",")
		text = strings.TrimSpace(all[strings.LastIndexByte(all, ',')+1:])
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
