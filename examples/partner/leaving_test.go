package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// A gate is before the community's API.
type gate struct {
	url string

	mu   sync.Mutex
	down http.HandlerFunc // answers in place of the API
	made []string         // mutations that the API answered
	told chan string      // likewise
}

func newGate(t *testing.T, community http.Handler) *gate {
	g := &gate{told: make(chan string, 100)}
	g.url = serveSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		g.mu.Lock()
		down := g.down
		g.mu.Unlock()
		if down != nil {
			down(w, r)
			return
		}
		community.ServeHTTP(w, r)
		if mutation, ok := strings.CutPrefix(string(body), `{"query":"mutation `); ok {
			name, _, _ := strings.Cut(mutation, "(")
			g.mu.Lock()
			defer g.mu.Unlock()
			g.made = append(g.made, name)
			g.told <- name
		}
	}))
	return g
}

func (g *gate) set(down http.HandlerFunc) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.down = down
}

func (g *gate) calls() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.made)
}

func (tr *trip) outbox(api string) *outbox {
	log := slog.New(slog.NewJSONHandler(&tr.log, nil))
	return &outbox{tr.site.members.db, &communityAPI{url: api, network: "n", clientID: "id", secret: "of an app"}, log, tr.site.members.now}
}

// work makes the calls that are due.
func (tr *trip) work(o *outbox) {
	tr.t.Helper()
	for found := true; found; {
		var err error
		if found, err = o.next(tr.t.Context()); err != nil {
			tr.t.Fatal(err)
		}
	}
}

// end ends the account on its page.
func (tr *trip) end(how string) {
	tr.t.Helper()
	res, body := tr.post(tr.partner+endPath, url.Values{"how": {how}, "password": {adasPassword}})
	if res.StatusCode != http.StatusOK || !strings.Contains(body, "Your account is closed") {
		tr.t.Fatalf("got %s, %s", res.Status, body)
	}
}

func TestWhatEndsAnAccountEndsItInTheCommunity(t *testing.T) {
	for _, tt := range []struct {
		how           string
		calls         []string
		wantMembers   int
		wantSuspended bool
		wantPage      string // at the Authorization URL
	}{
		{"leave", []string{"logoutMemberSessions"}, 1, false, "<h1>Sign in</h1>"},
		{"delete", []string{"logoutMemberSessions", "deleteMember"}, 0, false, "<h1>Sign in</h1>"},
		{"suspend", []string{"suspendMember", "logoutMemberSessions"}, 1, true, "You have no access to the community"},
	} {
		t.Run(tt.how, func(t *testing.T) {
			tr := newTrip(t)
			tr.ada()
			g := newGate(t, tr.community.Handler)
			o, id := tr.outbox(g.url+"/graphql"), tr.member().ExternalID
			before, err := tr.site.claims(member{ID: id, Name: "Ada", Email: adasAddress})
			if err != nil {
				t.Fatal(err)
			}
			if tt.how == "suspend" {
				if err := tr.site.members.end(t.Context(), id, "suspend"); err != nil {
					t.Fatal(err)
				}
			} else {
				tr.end(tt.how)
			}
			tr.work(o)
			if got := tr.loggedIn(); got != "" {
				t.Errorf("the community still has %q logged in", got)
			}
			tr.ahead = lastToken
			tr.work(o)
			if got := g.calls(); !slices.Equal(got, tt.calls) {
				t.Errorf("calls %q", got)
			}
			all := tr.community.Members()
			if len(all) != tt.wantMembers || tt.wantMembers == 1 && all[0].Suspended != tt.wantSuspended {
				t.Errorf("the community has %+v", all)
			}
			if _, body := tr.get(tr.partner + loginPath); !strings.Contains(body, tt.wantPage) {
				t.Errorf("the partner answers a login with %s", body)
			}
			if tt.wantSuspended { // also to a token that the partner would no longer make
				link, err := tr.site.signer.LoginURL(t.Context(), before, ssotoken.ReturnPath{})
				if err != nil {
					t.Fatal(err)
				}
				tr.get(link)
				attempts := tr.community.Attempts()
				if got := ssotoken.CodeOf(attempts[len(attempts)-1].Err); got != inspect.MemberSuspended {
					t.Errorf("the community answers a login with %q", got)
				}
			}
			for _, secret := range []string{adasAddress, "of an app", "Bearer", o.api.token} {
				if strings.Contains(tr.log.String(), secret) {
					t.Errorf("the log has %q: %s", secret, tr.log.String())
				}
			}
		})
	}
}

func TestAMemberComesBack(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	o, id := tr.outbox(tr.community.URL+"/graphql"), tr.member().ExternalID
	for _, how := range []string{"suspend", "reinstate", "leave"} {
		if how == "leave" {
			tr.end(how)
		} else if err := tr.site.members.end(t.Context(), id, how); err != nil {
			t.Fatal(err)
		}
		tr.work(o)
		if how == "suspend" {
			continue
		}
		tr.newBrowser()
		res, _ := tr.post(tr.partner+loginPath, signInForm(adasAddress, adasPassword))
		tr.expectAt(res, tr.community.URL+"/")
		if m := tr.member(); m.ExternalID != id || tr.loggedIn() == "" {
			t.Errorf("%s: %+v", how, m)
		}
	}
}

func TestTheAccountEndsOnlyWithItsPassword(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	for _, form := range []url.Values{
		{"how": {"delete"}, "password": {"a wrong password"}}, {"how": {"suspend"}, "password": {adasPassword}}, {"password": {adasPassword}},
	} {
		if res, _ := tr.post(tr.partner+endPath, form); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%v: %s", form, res.Status)
		}
	}
	tr.newBrowser()
	if res, _ := tr.post(tr.partner+endPath, url.Values{"how": {"delete"}, "password": {adasPassword}}); res.Request.URL.Path != accountPath {
		t.Errorf("without a session: at %s", res.Request.URL)
	}
	if got := texts(t, tr.site.members.db, `SELECT id FROM members WHERE closed + suspended = 0`); len(got) != 1 {
		t.Errorf("members %q", got)
	}
}

func TestAnAccountEndsWithItsCallsOrNotAtAll(t *testing.T) {
	db := emptyDatabase(t)
	d := members{db, time.Now}
	m, err := d.signUp(t, adasAddress)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`ALTER TABLE calls RENAME TO away`); err != nil {
		t.Fatal(err)
	}
	for how := range endings {
		if err := d.end(t.Context(), m.ID, how); err == nil && len(endings[how].calls) > 0 {
			t.Errorf("%s ended without its calls", how)
		}
	}
	if got, err := d.byID(t.Context(), m.ID); err != nil || got != m {
		t.Errorf("the member is %+v, %v", got, err)
	}
	if err := d.end(t.Context(), "nobody", "delete"); !errors.Is(err, errNobody) {
		t.Errorf("the end of nobody: %v", err)
	}
}

func TestCallsWaitInTheirOrderUntilTheAPIAnswers(t *testing.T) {
	tr := newTrip(t)
	tr.ada()
	g := newGate(t, tr.community.Handler)
	o, id := tr.outbox(g.url+"/graphql"), tr.member().ExternalID
	for _, how := range []string{"suspend", "reinstate", "suspend"} {
		if err := tr.site.members.end(t.Context(), id, how); err != nil {
			t.Fatal(err)
		}
	}
	waiting := func() []string { return texts(t, o.db, `SELECT call FROM calls ORDER BY id`) }
	want := []string{"suspendMember", "logoutMemberSessions", "unsuspendMember", "suspendMember", "logoutMemberSessions"}
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	for _, down := range []http.HandlerFunc{
		answer(http.StatusServiceUnavailable, "no server"),
		answer(http.StatusTooManyRequests, `{"errors": [{"message": "ada@partner.example", "code": 104}]}`),
		answer(http.StatusOK, `{"errors": [{"message": "x", "code": "108"}], "data": null}`),
		answer(http.StatusOK, `{"data": {"limitedToken": {"accessToken": "old"}, "member": {}}}`),
		answer(http.StatusOK, "<html>"),
		answer(http.StatusOK, "{}"),
		func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		g.set(down)
		tr.ahead += maxWait
		tr.work(o)
		if diff := cmp.Diff(want, waiting()); diff != "" {
			t.Fatalf("waiting (-want +got):\n%s", diff)
		}
	}
	g.set(nil)
	tr.work(o)
	if got := g.calls(); len(got) > 0 {
		t.Errorf("made before they are due: %q", got)
	}
	tr.ahead += maxWait // the access token of the row above is refused now, and another one fetched
	tr.work(o)
	tr.ahead += maxWait
	tr.work(o)
	if diff := cmp.Diff(want, g.calls()); diff != "" || len(waiting()) > 0 || !tr.member().Suspended {
		t.Errorf("waiting %q, calls (-want +got):\n%s", waiting(), diff)
	}
	if strings.Contains(tr.log.String(), adasAddress) {
		t.Errorf("the log has the message of an error: %s", tr.log.String())
	}
}

func TestAllProcessesTogetherKeepThePaceOfTheAPI(t *testing.T) {
	tr := newTrip(t)
	for i := range 11 {
		m, err := tr.site.members.signUp(t, fmt.Sprintf("member-%d@partner.example", i))
		if err == nil {
			err = tr.site.members.end(t.Context(), m.ID, "leave")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	outboxes := []*outbox{tr.outbox(tr.community.URL + "/graphql"), tr.outbox(tr.community.URL + "/graphql")}
	for i := range 10 {
		if _, err := outboxes[i%2].next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	left := func() int { return len(texts(t, tr.site.members.db, `SELECT call FROM calls`)) }
	if got := left(); got != 1 {
		t.Errorf("%d calls are left after ten", got)
	}
	soon, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := outboxes[0].next(soon); !errors.Is(err, context.DeadlineExceeded) || left() != 1 {
		t.Errorf("the eleventh call in a second: %v, %d are left", err, left())
	}
	tr.ahead = 2 * callTime
	tr.work(outboxes[1])
	if got := left(); got != 0 {
		t.Errorf("%d calls are left after a while", got)
	}
}

func TestACallForAMemberWhomTheCommunityDoesNotKnowIsDone(t *testing.T) {
	tr := newTrip(t)
	g := newGate(t, tr.community.Handler)
	m, err := tr.site.members.signUp(t, adasAddress)
	if err == nil {
		err = tr.site.members.end(t.Context(), m.ID, "delete")
	}
	if err != nil {
		t.Fatal(err)
	}
	tr.ahead = lastToken
	tr.work(tr.outbox(g.url + "/graphql"))
	if left := texts(t, tr.site.members.db, `SELECT call FROM calls`); len(left)+len(g.calls()) > 0 {
		t.Errorf("left %q, made %q", left, g.calls())
	}
}

// The process is killed while the API has its call, and another one makes it again.
func TestAKilledProcessLosesNoCall(t *testing.T) {
	t.Parallel() // the second process waits until the first one's time is over
	community := ssotest.NewCommunity(t, ssotest.Config{})
	g := newGate(t, community.Handler)
	db := filepath.Join(t.TempDir(), "partner.db")
	arrived, killed := make(chan bool, 1), make(chan bool)
	g.set(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case arrived <- true:
		default:
		}
		<-killed
	})
	api := []string{"-api", g.url + "/graphql", "-api-client", "id", "-network", "n"}
	first := startProcess(t, community, db, api...)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	visit(t, browser, "POST", first.origin+signUpPath+"?referrer_uri=%2F", signUpForm("Ada Lovelace", adasAddress, adasPassword))
	visit(t, browser, "POST", <-first.links, url.Values{"password": {adasPassword}})

	// The administrator's program needs neither the site nor the community.
	suspend := exec.Command(os.Args[0], "suspend", adasAddress, "-db", db)
	suspend.Env = append(os.Environ(), asProgram+"=1")
	if out, err := suspend.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%v: %s", err, out)
	}
	<-arrived
	first.cmd.Process.Kill()
	first.cmd.Wait()
	g.set(nil)
	close(killed)
	if m := community.Members(); len(m) != 1 || m[0].Suspended {
		t.Fatalf("the community has %+v", m)
	}
	second := startProcess(t, community, db, api...)
	for _, want := range []string{"suspendMember", "logoutMemberSessions"} {
		if got := <-g.told; got != want {
			t.Errorf("the call is %s, want %s", got, want)
		}
	}
	if m := community.Members(); !m[0].Suspended {
		t.Errorf("the community has %+v", m)
	}
	if _, body := visit(t, browser, "GET", second.origin+loginPath, nil); !strings.Contains(body, "You have no access to the community") {
		t.Errorf("the partner answers a login with %s", body)
	}
}
