package main

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/bettermode-go/sso/examples/internal/sessions"
)

// memberKey is where a session has the member's id.
const memberKey = "member"

func newSessions(db *sql.DB, secure bool) *scs.SessionManager {
	s := scs.New()
	s.Store = sessionStore{db}
	s.HashTokenInStore = true // who reads the table can't sign in
	s.Lifetime = 7 * 24 * time.Hour
	s.Cookie.Name, s.Cookie.Secure = sessions.Name("partner_session", secure), secure
	return s
}

// startSession signs a member in, with a new id: one that was planted before is
// worth nothing.
func (s *site) startSession(r *http.Request, memberID string) error {
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		return err
	}
	s.sessions.Put(r.Context(), memberKey, memberID)
	return nil
}

// endSession does no harm where there is no session.
func (s *site) endSession(_ http.ResponseWriter, r *http.Request) error {
	return s.sessions.Destroy(r.Context())
}

// signedIn is whose session the request has, or errNobody.
func (s *site) signedIn(r *http.Request) (member, error) {
	id := s.sessions.GetString(r.Context(), memberKey)
	if id == "" {
		return member{}, errNobody
	}
	return s.members.byID(r.Context(), id)
}

// A sessionStore is the store of scs in the site's database.
type sessionStore struct{ db *sql.DB }

var _ scs.CtxStore = sessionStore{}

func (s sessionStore) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT data FROM sessions WHERE token = ? AND expires_at > ?`,
		token, time.Now().Unix()).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return data, err == nil, err
}

func (s sessionStore) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	_, err := s.db.ExecContext(ctx, `INSERT OR REPLACE INTO sessions (token, data, expires_at) VALUES (?, ?, ?)`,
		token, data, expiry.Unix())
	return err
}

func (s sessionStore) DeleteCtx(ctx context.Context, token string) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM sessions WHERE token = ?`, token)
	return err
}

// scs asks by the methods above, but its interface has these too.

func (s sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

func (s sessionStore) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

func (s sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
