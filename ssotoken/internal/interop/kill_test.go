package interop_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
)

const (
	kills   = 30
	lanes   = 3                     // communities, each with its own file
	longest = 2 * time.Second       // from start to kill
	pace    = 20 * time.Millisecond // between two logins, at least

	// mayLose is a second's logins. A machine that is busy answers fewer in a second, and saves them later.
	mayLose = int(time.Second / pace)
)

// A kill loses what was answered in the last second at most, and never the
// file.
func TestAKillLosesAtMostTheLastSecondAndNeverTheFile(t *testing.T) {
	nightly(t)
	key, err := ssotoken.NewKey(keyText)
	if err != nil {
		t.Fatal(err)
	}
	for lane := range lanes {
		t.Run(fmt.Sprint(lane), func(t *testing.T) {
			t.Parallel()
			l := &ledger{t: t, answered: map[int]time.Time{}}
			state := filepath.Join(t.TempDir(), "state.json")
			for run := range kills/lanes + 1 {
				p := startCommunity(t, "--state", state)
				moment := time.After(rand.N(longest))
				if run == kills/lanes {
					moment = nil // only look
				}
				select {
				case <-moment: // while it starts
				case origin := <-p.origin:
					if origin == "" {
						t.Fatalf("kill %d: the file was not read: %s", run, &p.errs)
					}
					l.check(origin)
					for moment != nil {
						select {
						case <-moment:
							moment = nil
						case <-time.After(pace):
							l.last++
							l.answered[l.last] = logInAs(t, key, origin, l.last)
						}
					}
				}
				if err := p.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				l.killed = time.Now()
				p.Wait()
			}
			t.Logf("%d logins, of which %d are lost, the oldest %v before the kill", l.last, l.lost, l.oldest)
		})
	}
}

// Under load, it is the last second too, or the command says that it is more.
func TestAKillUnderLoadLosesAtMostTheLastSecondOrWasAnnounced(t *testing.T) {
	nightly(t)
	const (
		kills   = 6
		workers = 10
		pace    = 20 * time.Millisecond // of each: 500 logins a second
	)
	key, err := ssotoken.NewKey(keyText)
	if err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(t.TempDir(), "state.json")
	var answered []time.Time // by the run before, in order
	var killed time.Time
	count, announced := 0, false
	for run := range kills + 1 {
		p := startCommunity(t, "--state", state)
		origin := p.address(t)
		before := count
		count = fromJSON[struct{ Count int }](t, origin, "logins").Count
		if saved := count - before; saved < len(answered) {
			lost := killed.Sub(answered[saved])
			t.Logf("kill %d: of %d logins, those of the last %v are lost", run, len(answered), lost)
			if lost > time.Second && !announced {
				t.Errorf("kill %d: nobody said that more than the last second would be lost", run)
			}
		}
		if run == kills {
			break
		}
		r, err := http.NewRequest(http.MethodGet, origin+"/api/auth/sso?jwt="+tokenOf(t, key, origin, 1), nil) // and again
		if err != nil {
			t.Fatal(err)
		}
		logins, end := make(chan time.Time, 10_000), make(chan struct{})
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				for tick := time.Tick(pace); ; {
					select {
					case <-end:
						return
					case <-tick:
					}
					res, err := http.DefaultTransport.RoundTrip(r.Clone(t.Context()))
					if err != nil {
						return // killed
					}
					res.Body.Close()
					logins <- time.Now()
				}
			})
		}
		<-time.After(longest/2 + rand.N(longest))
		if err := p.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		killed = time.Now()
		p.Wait()
		close(end)
		all.Wait()
		close(logins)
		answered = nil
		for at := range logins {
			answered = append(answered, at)
		}
		announced = strings.Contains(p.errs.String(), "a kill loses more than the last second")
	}
}

// A ledger has the logins that were answered, by the number of their member.
type ledger struct {
	t        *testing.T
	answered map[int]time.Time
	last     int
	killed   time.Time
	lost     int
	oldest   time.Duration // from an answer that is lost to the kill
}

// check compares with what is there after a restart. What is there once may
// never go.
func (l *ledger) check(origin string) {
	l.t.Helper()
	there := map[int]bool{}
	for _, m := range fromJSON[struct{ Members []struct{ Tagline string } }](l.t, origin, "members").Members {
		n, err := strconv.Atoi(m.Tagline)
		if err != nil {
			l.t.Fatal(err)
		}
		there[n] = true
	}
	if count := fromJSON[struct{ Count int }](l.t, origin, "logins").Count; count != len(there) {
		l.t.Errorf("%d logins of %d members", count, len(there))
	}
	for n, at := range l.answered {
		if there[n] {
			l.answered[n] = time.Time{}
			continue
		}
		if later := l.last - n; later > mayLose {
			l.t.Errorf("login %d is lost, after which %d more were answered", n, later)
		}
		l.lost++
		l.oldest = max(l.oldest, l.killed.Sub(at))
		delete(l.answered, n)
	}
}

// logInAs returns once the community has answered.
func logInAs(t *testing.T, key ssotoken.Key, community string, n int) time.Time {
	t.Helper()
	token := tokenOf(t, key, community, n)
	r, err := http.NewRequest(http.MethodGet, community+"/api/auth/sso?jwt="+token, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusFound {
		t.Fatalf("login of u%d: %s", n, res.Status)
	}
	return time.Now()
}

func tokenOf(t *testing.T, key ssotoken.Key, community string, n int) string {
	t.Helper()
	signer, err := ssotoken.New(ssotoken.Config{Community: community, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := ssotoken.NewClaims().Subject(fmt.Sprintf("u%d", n)).Name("Ada").
		VerifiedEmail(fmt.Sprintf("u%d@example.com", n)).Tagline(strconv.Itoa(n)).Build()
	if err != nil {
		t.Fatal(err)
	}
	token, err := signer.Sign(t.Context(), claims)
	if err != nil {
		t.Fatal(err)
	}
	return token.JWT()
}
