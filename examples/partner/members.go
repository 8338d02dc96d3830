package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"time"

	"golang.org/x/crypto/bcrypt"
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

// byID finds no member who has closed the account: sessions are over then.
func (d members) byID(ctx context.Context, id string) (member, error) {
	return d.find(ctx, "closed = 0 AND id", id)
}

func (d members) byEmail(ctx context.Context, address string) (member, error) {
	return d.find(ctx, "email", address)
}

func (d members) find(ctx context.Context, column, value string) (m member, err error) {
	err = d.db.QueryRowContext(ctx,
		`SELECT id, name, email, password, company, plan, closed, suspended FROM members WHERE `+column+` = ?`, value).
		Scan(&m.ID, &m.Name, &m.Email, &m.password, &m.Company, &m.Plan, &m.closed, &m.suspended)
	if errors.Is(err, sql.ErrNoRows) {
		err = errNobody
	}
	return m, err
}

// save keeps what the form of the profile may change.
func (d members) save(ctx context.Context, m member) error {
	_, err := d.db.ExecContext(ctx, `UPDATE members SET name = ?, company = ?, plan = ? WHERE id = ?`,
		m.Name, m.Company, m.Plan, m.ID)
	return err
}

// A verification is an address that somebody says is theirs: a member who changes it,
// or a visitor who signs up.
type verification struct {
	MemberID       string // empty at a sign-up
	Name, password string // of a sign-up; the password is a hash
	Email          string
	ReturnPath     string // where in the community the visitor was
}

// ask keeps a verification, and returns the token for the link in the mail. For an
// address that has an account it does the same work: a visitor must not see a
// difference.
func (d members) ask(ctx context.Context, v verification) (token string, taken bool, err error) {
	token = rand.Text()
	err = inTransaction(ctx, d.db, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO verifications
			(token_hash, member_id, email, name, password, return_path, expires_at)
			VALUES (?, nullif(?, ''), ?, ?, ?, ?, ?)`,
			hashed(token), v.MemberID, v.Email, v.Name, v.password, v.ReturnPath, d.now().Add(linkLifetime).Unix())
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM members WHERE email = ?)`, v.Email).Scan(&taken)
	})
	return token, taken, err
}

// asked returns what a link is for, or errLinkOver.
func (d members) asked(ctx context.Context, token string) (v verification, err error) {
	err = d.db.QueryRowContext(ctx, `SELECT coalesce(member_id, ''), email, name, password, return_path
		FROM verifications WHERE token_hash = ? AND expires_at > ?`, hashed(token), d.now().Unix()).
		Scan(&v.MemberID, &v.Email, &v.Name, &v.password, &v.ReturnPath)
	if errors.Is(err, sql.ErrNoRows) {
		err = errLinkOver
	}
	return v, err
}

// confirm makes the address of a link the member's, who is new after a sign-up: all of
// it or nothing, once. All links to the address are over then, and all of the member.
func (d members) confirm(ctx context.Context, token string) (m member, err error) {
	err = inTransaction(ctx, d.db, func(tx *sql.Tx) error {
		var v verification
		err := tx.QueryRowContext(ctx, `DELETE FROM verifications WHERE token_hash = ? AND expires_at > ?
			RETURNING coalesce(member_id, ''), email, name, password`, hashed(token), d.now().Unix()).
			Scan(&v.MemberID, &v.Email, &v.Name, &v.password)
		if errors.Is(err, sql.ErrNoRows) {
			return errLinkOver
		}
		if err != nil {
			return err
		}
		var taken bool
		err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM members WHERE email = ? AND id <> ?)`,
			v.Email, v.MemberID).Scan(&taken)
		if err != nil {
			return err
		}
		if taken {
			return errTaken
		}
		if v.MemberID == "" {
			v.MemberID = rand.Text()
			_, err = tx.ExecContext(ctx, `INSERT INTO members (id, name, email, password) VALUES (?, ?, ?, ?)`,
				v.MemberID, v.Name, v.Email, v.password)
		} else {
			_, err = tx.ExecContext(ctx, `UPDATE members SET email = ? WHERE id = ?`, v.Email, v.MemberID)
		}
		if err != nil {
			return err
		}
		m.ID = v.MemberID
		_, err = tx.ExecContext(ctx, `DELETE FROM verifications WHERE email = ? OR member_id = ?`, v.Email, v.MemberID)
		return err
	})
	if err != nil {
		return member{}, err
	}
	return d.byID(ctx, m.ID)
}

func hashed(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// The length of a password, in bytes. bcrypt reads no more than 72.
const (
	minPassword = 12
	maxPassword = 72
)

// passwords hashes by bcrypt.
type passwords struct {
	cost   int
	nobody string // a hash for addresses that have no member: an answer must not come sooner for them
}

func newPasswords(cost int) (passwords, error) {
	p := passwords{cost: cost}
	var err error
	p.nobody, err = p.hash("a password of nobody")
	return p, err
}

func (p passwords) hash(password string) (string, error) {
	hash, err := bcrypt.GenerateFromPassword([]byte(password), p.cost)
	return string(hash), err
}

// match compares a password with a hash. No hash is that of nobody, and matches none.
func (p passwords) match(hash, password string) bool {
	compared := hash
	if hash == "" {
		compared = p.nobody
	}
	return bcrypt.CompareHashAndPassword([]byte(compared), []byte(password)) == nil && hash != ""
}
