package main

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// JWT SSO never tells the community that a member may no longer come: this site calls
// the community's API. The calls are rows of the table calls, written by the transaction
// that changes the account, and stay there until they are made.

// An ending is what happens to an account, here and in the community.
type ending struct {
	change string   // of the row ?1
	calls  []string // in this order
}

var endings = map[string]ending{
	"leave":     {`UPDATE members SET closed = 1 WHERE id = ?1`, []string{"logoutMemberSessions"}},
	"delete":    {`DELETE FROM members WHERE id = ?1`, []string{"logoutMemberSessions", "deleteMember"}},
	"suspend":   {`UPDATE members SET suspended = 1 WHERE id = ?1`, []string{"suspendMember", "logoutMemberSessions"}},
	"reopen":    {`UPDATE members SET closed = 0 WHERE id = ?1`, nil},
	"reinstate": {`UPDATE members SET suspended = 0 WHERE id = ?1`, []string{"unsuspendMember"}},
}

// lastToken is how long a token that was made just before can still be used. After its
// deletion a member would be made anew.
const lastToken = 65 * time.Second

// end ends an account, or an end, and queues what the community has to learn: both or
// neither.
func (d members) end(ctx context.Context, id, how string) error {
	return inTransaction(ctx, d.db, func(tx *sql.Tx) error {
		changed, err := tx.ExecContext(ctx, endings[how].change, id)
		if err != nil {
			return err
		}
		if n, err := changed.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, errNobody)
		}
		for _, call := range endings[how].calls {
			due := d.now()
			if call == "deleteMember" {
				due = due.Add(lastToken)
			}
			_, err := tx.ExecContext(ctx, `INSERT INTO calls (member_id, call, due_at) VALUES (?, ?, ?)`,
				id, call, due.UnixMilli())
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// endAccount is the end of the account page's form.
func (s *site) endAccount(w http.ResponseWriter, r *http.Request) {
	m, ok := s.memberOr(w, r, s.toAccount)
	if !ok || !s.mayTry(w, r, "sign-in "+m.Email, nil) {
		return
	}
	page, how := newAccountPage(m), r.PostFormValue("how")
	if how != "leave" && how != "delete" {
		page.End.Problem = "Choose one of the two."
	}
	if !s.passwords.match(m.password, r.PostFormValue("password")) {
		page.End.problem("password", "The password is wrong.")
	}
	if page.End.Problem != "" {
		s.show(w, r, http.StatusBadRequest, "account.html", page)
		return
	}
	err := s.members.end(r.Context(), m.ID, how)
	if err == nil {
		err = s.endSession(w, r)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.show(w, r, http.StatusOK, "message.html",
		message{"Your account is closed", "Your session in the community ends in a moment."})
}

const (
	// callTime is how long a call may take. After twice that it is made again, in case
	// the process that had it was killed.
	callTime = 5 * time.Second

	maxWait = 10 * time.Minute // between tries
)

// An outbox makes the queued calls. Several processes may do so.
type outbox struct {
	db  *sql.DB
	api *communityAPI
	log *slog.Logger
	now func() time.Time
}

// run works until the context is done.
func (o *outbox) run(ctx context.Context) {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for ctx.Err() == nil {
		if found, err := o.next(ctx); err != nil && ctx.Err() == nil {
			o.log.Error("queue of calls", "error", err)
		} else if found {
			continue
		}
		select {
		case <-ctx.Done():
		case <-second.C:
		}
	}
}

// next makes a call that is due, and reports whether there was one. A member's calls are
// made one after the other. A call may be made twice, which does no harm.
func (o *outbox) next(ctx context.Context) (found bool, err error) {
	var (
		now            = o.now()
		id, tries      int64
		memberID, call string
	)
	err = o.db.QueryRowContext(ctx, `UPDATE calls SET tries = tries + 1, due_at = ?2 WHERE id = (
		SELECT id FROM calls AS c WHERE due_at <= ?1 AND NOT EXISTS (
			SELECT 1 FROM calls AS earlier WHERE earlier.member_id = c.member_id AND earlier.id < c.id)
		ORDER BY due_at, id LIMIT 1) RETURNING id, member_id, call, tries`,
		now.UnixMilli(), now.Add(2*callTime).UnixMilli()).Scan(&id, &memberID, &call, &tries)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if failed := o.paced(ctx, memberID, call); failed != nil {
		wait := min(time.Second<<min(tries-1, 20), maxWait)
		o.log.Warn("call of the community's API failed", "call", call, "tries", tries, "error", failed)
		_, err = o.db.ExecContext(ctx, `UPDATE calls SET due_at = ? WHERE id = ?`, o.now().Add(wait).UnixMilli(), id)
		return true, err
	}
	o.log.Info("call of the community's API", "call", call, "tries", tries)
	_, err = o.db.ExecContext(ctx, `DELETE FROM calls WHERE id = ?`, id)
	return true, err
}

// paced calls at most 20 times in 10 s from all processes together. Each call is up to three
// requests, of which the API allows 100.
func (o *outbox) paced(ctx context.Context, memberID, call string) error {
	pace := limiter{o.db, o.now, time.Second, 10}
	for wait := time.Duration(1); wait > 0; {
		var err error
		if wait, err = pace.try(ctx, "calls of the community's API"); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	return o.api.change(ctx, memberID, call)
}
