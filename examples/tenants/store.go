package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"net"
	"strings"
	"time"

	_ "modernc.org/sqlite"

	"github.com/bettermode-go/sso/examples/internal/sessions"
	"github.com/bettermode-go/sso/ssotoken"
)

// Two tenants may give one id to two members, so an id alone names nobody.
const schema = `
CREATE TABLE tenants (
	id        TEXT PRIMARY KEY,
	name      TEXT NOT NULL,
	host      TEXT NOT NULL UNIQUE,
	community TEXT NOT NULL,
	key       TEXT NOT NULL
);
CREATE TABLE members (
	tenant TEXT NOT NULL REFERENCES tenants,
	id     TEXT NOT NULL,
	name   TEXT NOT NULL,
	email  TEXT NOT NULL,
	banned BOOLEAN NOT NULL DEFAULT FALSE,
	PRIMARY KEY (tenant, id),
	UNIQUE (tenant, email)
);
CREATE TABLE sessions (
	hash   BLOB PRIMARY KEY,
	tenant TEXT NOT NULL,
	member TEXT NOT NULL,
	ends   INTEGER NOT NULL, -- Unix time, seconds
	FOREIGN KEY (tenant, member) REFERENCES members
);`

// A tenant is a customer with its own community. Its key is not in here: it is
// read where a token is signed, and nowhere else.
type tenant struct{ ID, Name, Host, Community string }

type member struct {
	Tenant, ID, Name, Email string
	Banned                  bool
}

// tenants is the database.
type tenants struct {
	db  *sql.DB
	now func() time.Time
}

// openTenants makes an empty database, in memory.
func openTenants() (*tenants, error) {
	db, err := sql.Open("sqlite", "file::memory:?_pragma=foreign_keys(1)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // each connection would have its own database
	if _, err := db.Exec(schema); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &tenants{db, time.Now}, nil
}

// at returns the tenant of a request's host, or ssotoken.ErrNoTenant.
func (ts *tenants) at(ctx context.Context, host string) (t tenant, err error) {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	err = ts.db.QueryRowContext(ctx,
		`SELECT id, name, host, community FROM tenants WHERE host = ?`, strings.ToLower(host)).
		Scan(&t.ID, &t.Name, &t.Host, &t.Community)
	if errors.Is(err, sql.ErrNoRows) {
		err = ssotoken.ErrNoTenant
	}
	return t, err
}

// key is read at each login, so that a changed one is in force at the next. A site
// with many logins a second keeps it for some seconds (ssotoken.ReloadingKey), and
// every site encrypts it in the database.
func (ts *tenants) key(ctx context.Context, tenant string) (ssotoken.Key, error) {
	var text string
	if err := ts.db.QueryRowContext(ctx, `SELECT key FROM tenants WHERE id = ?`, tenant).Scan(&text); err != nil {
		return ssotoken.Key{}, err
	}
	return ssotoken.NewKey(text)
}

func (ts *tenants) setKey(ctx context.Context, tenant string, key ssotoken.Key) error {
	_, err := ts.db.ExecContext(ctx, `UPDATE tenants SET key = ? WHERE id = ?`, key.Reveal(), tenant)
	return err
}

var errNobody = errors.New("nobody is signed in")

// signedIn returns the member of a tenant whose session this is, or errNobody.
func (ts *tenants) signedIn(ctx context.Context, tenant, session string) (m member, err error) {
	err = ts.db.QueryRowContext(ctx, `SELECT m.tenant, m.id, m.name, m.email, m.banned
		FROM sessions s JOIN members m ON m.tenant = s.tenant AND m.id = s.member
		WHERE s.hash = ? AND s.tenant = ? AND s.ends > ?`, hashed(session), tenant, ts.now().Unix()).
		Scan(&m.Tenant, &m.ID, &m.Name, &m.Email, &m.Banned)
	if errors.Is(err, sql.ErrNoRows) {
		err = errNobody
	}
	return m, err
}

// startSession signs a member of a tenant in; it fails where there is none. It deletes
// the sessions that are over.
func (ts *tenants) startSession(ctx context.Context, tenant, member, session string) error {
	now := ts.now()
	_, err := ts.db.ExecContext(ctx, `DELETE FROM sessions WHERE ends <= ?`, now.Unix())
	if err == nil {
		_, err = ts.db.ExecContext(ctx, `INSERT INTO sessions VALUES (?, ?, ?, ?)`,
			hashed(session), tenant, member, now.Add(sessions.Lifetime).Unix())
	}
	return err
}

func (ts *tenants) endSession(ctx context.Context, session string) error {
	_, err := ts.db.ExecContext(ctx, `DELETE FROM sessions WHERE hash = ?`, hashed(session))
	return err
}

// hashed is what is stored of a session, so that a stolen table signs nobody in.
func hashed(session string) []byte {
	sum := sha256.Sum256([]byte(session))
	return sum[:]
}

func (ts *tenants) members(ctx context.Context, tenant string) (ms []member, err error) {
	rows, err := ts.db.QueryContext(ctx,
		`SELECT tenant, id, name, email, banned FROM members WHERE tenant = ? ORDER BY id`, tenant)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var m member
		if err := rows.Scan(&m.Tenant, &m.ID, &m.Name, &m.Email, &m.Banned); err != nil {
			return nil, err
		}
		ms = append(ms, m)
	}
	return ms, rows.Err()
}

func (ts *tenants) add(ctx context.Context, t tenant, key ssotoken.Key, members ...member) error {
	_, err := ts.db.ExecContext(ctx, `INSERT INTO tenants VALUES (?, ?, ?, ?, ?)`,
		t.ID, t.Name, t.Host, t.Community, key.Reveal())
	for _, m := range members {
		_, e := ts.db.ExecContext(ctx, `INSERT INTO members VALUES (?, ?, ?, ?, ?)`, t.ID, m.ID, m.Name, m.Email, m.Banned)
		err = errors.Join(err, e)
	}
	return err
}
