package browser

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// Two tabs keep two cores busy.
const workers = 2

// A try is one navigation to the Authorization URL, by a signed-in member.
type try struct {
	class  string
	query  string // of the Authorization URL, with placeholders
	value  string
	reader reader
	landing
	kept bool // the SDK passed the value on
}

// home reports whether the member is on the community and logged in.
func (tr *try) home(p *pair) bool {
	return origin(tr.address) == p.community && tr.member == memberName && tr.failure == ""
}

// offSite reports whether the browser left both sites, or tried to.
func (tr *try) offSite(p *pair) bool {
	o := origin(tr.address)
	return o != p.community && o != p.partner
}

func (tr *try) String() string {
	address, _, _ := strings.Cut(tr.address, "jwt=")
	return fmt.Sprintf("%s: %q: a community that %s: at %s as %q %s", tr.class, tr.value, tr.reader.name, address, tr.member, tr.failure)
}

func tries() (all []*try) {
	for _, trap := range traps() {
		for _, value := range trap.values {
			all = append(all, &try{class: trap.name, value: value, query: "referrer_uri=" + url.QueryEscape(value), reader: trap.reader})
		}
	}
	for _, query := range repeated() {
		all = append(all, &try{class: "repeated", value: query, query: query, reader: byHeader})
	}
	return all
}

// trust is the path of a login that returns referrer_uri unchecked.
const trust = "/community/trusting-login"

// navigate makes the tries at a path of the partner. It calls check for each in
// the test's goroutine.
func navigate(t *testing.T, path string, all iter.Seq[*try], check func(*pair, *try)) {
	t.Helper()
	type result struct {
		*pair
		*try
	}
	queue, results := make(chan *try), make(chan result)
	var wg sync.WaitGroup
	for range workers {
		g := &gullible{}
		p, b := newPair(t, pairConfig{aroundCommunity: g.around}), newTab(t)
		p.pages.HandleFunc(trust, p.trustingLogin)
		p.signIn(b)
		wg.Go(func() {
			for tr := range queue {
				p.clock.step(16 * time.Second) // every trip counts as the first
				g.reader.Store(&tr.reader)
				before := p.seen.count()
				var err error
				if tr.landing, err = b.land(p.partner + path + "?" + p.fill(tr.query)); err != nil {
					t.Errorf("%s: %q: %v", tr.class, tr.value, err)
				}
				if tr.member == "" && origin(tr.address) == p.community {
					// A server's own error page does not say who is logged in.
					next, err := b.land(p.community + "/")
					if err != nil {
						t.Errorf("%s: %q: home: %v", tr.class, tr.value, err)
					}
					tr.member = next.member
				}
				for _, r := range p.seen.all()[before:] {
					tr.kept = tr.kept || r.path == contract.SSOPath && r.query.Has("redirect_uri")
				}
				results <- result{p, tr}
			}
		})
	}
	go func() {
		for tr := range all {
			queue <- tr
		}
		close(queue)
		wg.Wait()
		close(results)
	}()
	for r := range results {
		check(r.pair, r.try)
	}
}

// fill replaces the placeholders of a query.
func (p *pair) fill(query string) string {
	other, err := ssotoken.NewClaims().Subject("u-6666").Name("Mallory").VerifiedEmail("mallory@evil.example").Build()
	if err != nil {
		panic(err)
	}
	token, err := p.signer.Sign(context.Background(), other)
	if err != nil {
		panic(err)
	}
	return strings.NewReplacer("COMMUNITY", url.QueryEscape(p.community), "HOST",
		url.QueryEscape(strings.TrimPrefix(p.community, "http://")), "OTHER", token.JWT()).Replace(query)
}

// trustingLogin is a login without the SDK's return path.
func (p *pair) trustingLogin(w http.ResponseWriter, r *http.Request) {
	claims, err := identify(r)
	if err != nil {
		http.Error(w, "no session", http.StatusForbidden)
		return
	}
	login, err := p.signer.LoginURL(r.Context(), claims, ssotoken.ReturnPath{})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	referrers := r.URL.Query()[contract.ReferrerURI]
	locate(w, r, login+"&redirect_uri="+url.QueryEscape(referrers[len(referrers)-1]))
}

func TestAHostileReferrerNeverLeadsOffTheCommunity(t *testing.T) {
	all := tries()
	if len(all) < 200 {
		t.Errorf("only %d payloads", len(all))
	}
	if testing.Short() { // a few of each class
		n := 0
		all = slices.DeleteFunc(all, func(*try) bool { n++; return n%4 > 0 })
	}
	offSite, astray, arrived := 0, 0, arrivals.Load()
	check := func(p *pair, tr *try) {
		if tr.offSite(p) {
			offSite++
		}
		if !tr.home(p) {
			astray++
			t.Error(tr)
		}
	}
	var kept []string
	var more []*try
	navigate(t, loginPath, slices.Values(all), func(p *pair, tr *try) {
		check(p, tr)
		if tr.class == harmless && tr.address != p.community+tr.value {
			t.Errorf("%v, want %s", tr, tr.value)
		}
		if !tr.kept {
			return
		}
		// A reader never sees a dropped value. Every reader sees the others.
		kept = append(kept, tr.value)
		for _, r := range readers {
			if r.name != tr.reader.name {
				more = append(more, &try{class: tr.class, query: tr.query, value: tr.value, reader: r})
			}
		}
	})
	navigate(t, loginPath, slices.Values(more), check)
	arrived = arrivals.Load() - arrived
	t.Logf("%d payloads, %d of them kept: %q", len(all), len(kept), kept)
	t.Logf("%d navigations; off-site: %d, arrived there: %d; not at home: %d", len(all)+len(more), offSite, arrived, astray)
	if offSite > 0 || arrived > 0 {
		t.Error("the browser left the community")
	}
}

// Without the SDK's return path, payloads of each class lead away: readers and detector
// find what the test above must not find. A few of each class are enough for that.
func TestWithoutTheReturnPathTheSameReferrersLeadAway(t *testing.T) {
	nightly(t)
	const enough = 4
	var mu sync.Mutex
	tried, caught := map[string]int{}, map[string]int{}
	some := func(yield func(*try) bool) {
		for _, tr := range tries() {
			mu.Lock()
			skip := caught[tr.class] >= enough
			if !skip {
				tried[tr.class]++
			}
			mu.Unlock()
			if !skip && !yield(tr) {
				return
			}
		}
	}
	offSite, swapped, arrived := 0, 0, arrivals.Load()
	navigate(t, trust, some, func(p *pair, tr *try) {
		switch {
		case tr.offSite(p):
			offSite++
		case !tr.home(p):
			swapped++
		default:
			return
		}
		mu.Lock()
		defer mu.Unlock()
		caught[tr.class]++
	})
	arrived = arrivals.Load() - arrived
	t.Logf("off-site: %d, arrived there: %d; logged out or logged in as another: %d", offSite, arrived, swapped)
	for _, trap := range traps() {
		t.Logf("%s: %d of %d", trap.name, caught[trap.name], tried[trap.name])
		if (caught[trap.name] == 0) != trap.inert {
			t.Errorf("%s: %d payloads lead away", trap.name, caught[trap.name])
		}
	}
	if offSite < 50 || arrived < 40 || swapped < enough {
		t.Error("the detector misses what it should find")
	}
}
