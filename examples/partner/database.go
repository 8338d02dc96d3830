package main

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"net/url"
	"time"

	_ "modernc.org/sqlite" // the driver: SQLite in Go, without cgo
)

//go:embed migrations/*.sql
var migrations embed.FS

// openDatabase opens a file, which it makes where there is none, and brings its
// tables up to date. Several processes may use the file, on one machine.
func openDatabase(ctx context.Context, file string) (*sql.DB, error) {
	options := url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "foreign_keys(1)"},
		// A transaction that reads and then writes has to hold the lock from its
		// start: it could not get it later.
		"_txlock": {"immediate"},
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?"+options.Encode())
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, db, migrations); err != nil {
		db.Close()
		return nil, fmt.Errorf("database %s: %w", file, err)
	}
	return db, nil
}

// migrate runs the files that have not been run, in the order of their names, all
// or none. Of two processes the second waits, and finds nothing left to do.
func migrate(ctx context.Context, db *sql.DB, files fs.FS) error {
	names, err := fs.Glob(files, "migrations/*.sql") // sorted
	if err != nil {
		return err
	}
	return inTransaction(ctx, db, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY) STRICT`); err != nil {
			return err
		}
		for _, name := range names {
			added, err := tx.ExecContext(ctx, `INSERT INTO migrations (name) VALUES (?) ON CONFLICT DO NOTHING`, name)
			if err != nil {
				return err
			}
			if n, err := added.RowsAffected(); err != nil {
				return err
			} else if n == 0 {
				continue
			}
			script, err := fs.ReadFile(files, name)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, string(script)); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	})
}

func inTransaction(ctx context.Context, db *sql.DB, do func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// forgetExpired deletes what is over, at the start and every hour.
func forgetExpired(ctx context.Context, db *sql.DB, failed func(error)) {
	hour := time.NewTicker(time.Hour)
	defer hour.Stop()
	for {
		if err := forget(ctx, db, time.Now()); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-hour.C:
		}
	}
}

func forget(ctx context.Context, db *sql.DB, now time.Time) error {
	_, err := db.ExecContext(ctx, `DELETE FROM sessions WHERE expires_at <= ?1;
		DELETE FROM verifications WHERE expires_at <= ?1;
		DELETE FROM tries WHERE free_at <= ?1 * 1000`, now.Unix())
	return err
}
