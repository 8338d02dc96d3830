package main

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func emptyDatabase(t *testing.T) *sql.DB {
	t.Helper()
	db, err := openDatabase(t.Context(), filepath.Join(t.TempDir(), "partner.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func scripts(of map[string]string) fstest.MapFS {
	files := fstest.MapFS{}
	for name, script := range of {
		files["migrations/"+name] = &fstest.MapFile{Data: []byte(script)}
	}
	return files
}

func texts(t *testing.T, db *sql.DB, query string) (all []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		all = append(all, text)
	}
	return all
}

func TestMigrationsRunInOrderAndOnce(t *testing.T) {
	db := emptyDatabase(t)
	files := map[string]string{
		"9002_b.sql": "INSERT INTO log VALUES ('b'); INSERT INTO log VALUES ('c')",
		"9001_a.sql": "CREATE TABLE log (line TEXT); INSERT INTO log VALUES ('a')",
	}
	for range 2 {
		if err := migrate(t.Context(), db, scripts(files)); err != nil {
			t.Fatal(err)
		}
	}
	files["9003_d.sql"] = "INSERT INTO log VALUES ('d')"
	if err := migrate(t.Context(), db, scripts(files)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "d"}, texts(t, db, `SELECT line FROM log ORDER BY rowid`)); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestAMigrationThatFailsLeavesNothingAndNamesItsFile(t *testing.T) {
	db := emptyDatabase(t)
	err := migrate(
		t.Context(),
		db,
		scripts(map[string]string{"9001_a.sql": "CREATE TABLE a (x)", "9002_b.sql": "CREATE TABLE b (x); CREATE TABEL c (x)"}),
	)
	if err == nil || !strings.Contains(err.Error(), "9002_b.sql") {
		t.Errorf("got %v", err)
	}
	got := texts(t, db, `SELECT name FROM sqlite_schema WHERE name IN ('a', 'b', 'c')
		UNION SELECT name FROM migrations WHERE name LIKE '%/9%'`)
	if len(got) > 0 {
		t.Errorf("left are %q", got)
	}
}

func TestADatabaseThatIsNoneIsNotTouched(t *testing.T) {
	_, err := openDatabase(t.Context(), t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "database ") {
		t.Errorf("got %v", err)
	}
}

// A transaction that reads first must not fail when another has written since.
func TestTwoProcessesWriteAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "partner.db")
	var all sync.WaitGroup
	var won atomic.Int32
	for p := range 2 {
		db, err := openDatabase(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		d := members{db, time.Now}
		for i := range 25 {
			all.Go(func() {
				_, own := d.signUp(t, fmt.Sprint(p, "-", i, "@partner.example"))
				if own != nil {
					t.Error(own)
				}
				_, err := d.signUp(t, adasAddress) // as 49 others
				switch {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, errTaken) && !errors.Is(err, errLinkOver):
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d accounts have one address", won.Load())
	}
}

// signUp signs up and follows the link.
func (d members) signUp(t *testing.T, email string) (member, error) {
	token, _, err := d.ask(t.Context(), verification{Name: "Ada", Email: email, password: "hash"})
	if err != nil {
		return member{}, err
	}
	return d.confirm(t.Context(), token)
}

func TestWhatIsOverIsForgotten(t *testing.T) {
	db := emptyDatabase(t)
	now, store := time.Now(), sessionStore{db}
	members := members{db, func() time.Time { return now.Add(-2 * linkLifetime) }}
	ctx := t.Context()
	steps := []error{
		store.CommitCtx(ctx, "over", []byte("x"), now.Add(-time.Second)),
		store.CommitCtx(ctx, "current", []byte("x"), now.Add(time.Hour)),
	}
	_, err := limiter{db, members.now, time.Second, 5}.try(ctx, "over")
	_, _, askErr := members.ask(ctx, verification{Email: adasAddress})
	if err := errors.Join(append(steps, err, askErr)...); err != nil {
		t.Fatal(err)
	}
	if _, found, err := store.FindCtx(ctx, "over"); found || err != nil {
		t.Errorf("a session that is over: got %v, %v", found, err)
	}
	if err := forget(ctx, db, now); err != nil {
		t.Fatal(err)
	}
	left := texts(t, db, `SELECT token FROM sessions UNION ALL SELECT email FROM verifications
		UNION ALL SELECT hex(key) FROM tries`)
	if diff := cmp.Diff([]string{"current"}, left); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}
