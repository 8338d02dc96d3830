package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"time"
)

var (
	errNobody   = errors.New("there is no such member")
	errTaken    = errors.New("another member has this email address")
	errLinkOver = errors.New("the link is out of date, or was followed before")
)

// linkLifetime is how long the link in a mail can be followed.
const linkLifetime = 24 * time.Hour

const (
	free    = "free"
	premium = "premium"
)

// members are the table of that name and its verifications.
type members struct {
	db  *sql.DB
	now func() time.Time
}

func (d members) byID(ctx context.Context, id string) (member, error) { return d.find(ctx, "id", id) }

func (d members) byEmail(ctx context.Context, address string) (member, error) {
	return d.find(ctx, "email", address)
}

func (d members) find(ctx context.Context, column, value string) (m member, err error) {
	err = d.db.QueryRowContext(ctx, `SELECT id, name, email, verified, password, company, plan FROM members WHERE `+column+` = ?`, value).
		Scan(&m.ID, &m.Name, &m.Email, &m.Verified, &m.password, &m.Company, &m.Plan)
	if errors.Is(err, sql.ErrNoRows) {
		err = errNobody
	}
	return m, err
}

// add makes a member of whoever signs up, or fails with errTaken. An account whose
// address nobody has verified makes room: it may be a stranger's.
func (d members) add(ctx context.Context, m member) error {
	return inTransaction(ctx, d.db, func(tx *sql.Tx) error {
		if err := makeRoom(ctx, tx, m.Email, ""); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO members (id, name, email, password, company, plan) VALUES (?, ?, ?, ?, ?, ?)`,
			m.ID, m.Name, m.Email, m.password, m.Company, cmp.Or(m.Plan, free))
		return err
	})
}

// makeRoom fails with errTaken where another member than id has verified the
// address.
func makeRoom(ctx context.Context, tx *sql.Tx, email, id string) error {
	var verified bool
	err := tx.QueryRowContext(ctx, `SELECT verified FROM members WHERE email = ? AND id <> ?`, email, id).Scan(&verified)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err == nil && verified:
		return errTaken
	case err == nil:
		_, err = tx.ExecContext(ctx, `DELETE FROM members WHERE email = ? AND id <> ?`, email, id)
	}
	return err
}

// save keeps what the form of the profile may change.
func (d members) save(ctx context.Context, m member) error {
	_, err := d.db.ExecContext(ctx, `UPDATE members SET name = ?, company = ?, plan = ? WHERE id = ?`, m.Name, m.Company, m.Plan, m.ID)
	return err
}

// A verification is an address that a member says is theirs.
type verification struct {
	MemberID, Email string
	ReturnPath      string // where in the community the visitor was
}

// ask keeps a verification, and gives the token for the link in the mail.
func (d members) ask(ctx context.Context, v verification) (token string, err error) {
	token = rand.Text()
	_, err = d.db.ExecContext(ctx, `INSERT INTO verifications (token_hash, member_id, email, return_path, expires_at) VALUES (?, ?, ?, ?, ?)`,
		hashed(token), v.MemberID, v.Email, v.ReturnPath, d.now().Add(linkLifetime).Unix())
	return token, err
}

// asked gives what a link is for, or errLinkOver.
func (d members) asked(ctx context.Context, token string) (v verification, err error) {
	err = d.db.QueryRowContext(ctx, `SELECT member_id, email, return_path FROM verifications WHERE token_hash = ? AND expires_at > ?`, hashed(token), d.now().Unix()).
		Scan(&v.MemberID, &v.Email, &v.ReturnPath)
	if errors.Is(err, sql.ErrNoRows) {
		err = errLinkOver
	}
	return v, err
}

// confirm makes the link's address the member's, once. All links of the member are
// over then.
func (d members) confirm(ctx context.Context, token string) error {
	return inTransaction(ctx, d.db, func(tx *sql.Tx) error {
		var v verification
		err := tx.QueryRowContext(ctx, `DELETE FROM verifications WHERE token_hash = ? AND expires_at > ? RETURNING member_id, email`, hashed(token), d.now().Unix()).
			Scan(&v.MemberID, &v.Email)
		if errors.Is(err, sql.ErrNoRows) {
			return errLinkOver
		}
		if err != nil {
			return err
		}
		if err := makeRoom(ctx, tx, v.Email, v.MemberID); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM verifications WHERE member_id = ?`, v.MemberID); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE members SET email = ?, verified = 1 WHERE id = ?`, v.Email, v.MemberID)
		return err
	})
}

func hashed(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
