package ssotoken

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// With JWT SSO as its only login method, a community that refuses a token sends
// the browser straight back, and the two would go round for ever. A loop is a
// browser that comes back by itself, within tripWindow, more than maxReturns times
// to pages it was on already, or more than maxTrips times to any pages.
const (
	tripWindow = 15 * time.Second
	maxReturns = 3
	maxTyped   = 5 // instead, where the address was typed: a loop from there looks like a hurry
	maxTrips   = 9
	maxPages   = 8 // that are remembered

	// atOnce is quicker than a person who saw a page and clicked.
	atOnce = 2 * time.Second
)

// tripCookie keeps the trips in the browser, so that the site keeps no state. A
// visitor who forges it can only stop their own login.
const tripCookie = "sso_trips"

// trips are the visits of one browser within tripWindow.
type trips struct {
	first, last  time.Time
	visits       int      // all of them
	byThemselves int      // those that nobody asked for
	returns      int      // of those, to a page of before
	pages        []uint32 // hashes of return paths
}

// countTrip counts this request and reports an [ErrLoop] where it is one too
// many.
func countTrip(w http.ResponseWriter, r *http.Request, signer *Signer, path ReturnPath) error {
	if r.Header.Get("Sec-Fetch-Site") == "same-origin" {
		return nil // from a link, a form or a frame of this site
	}
	now := signer.now()
	t := readTrips(r, now)
	hash := fnv.New32a()
	hash.Write([]byte(path.path))
	page := hash.Sum32()
	known := slices.Contains(t.pages, page)
	if t.visits > 0 && cameByItself(r, signer.community, now.Sub(t.last)) {
		t.byThemselves++
		if known {
			t.returns++
		}
	}
	t.visits++
	t.last = now
	limit := maxReturns
	if r.Header.Get("Sec-Fetch-Site") == "none" {
		limit = maxTyped
	}
	if t.returns > limit || t.byThemselves > maxTrips {
		return &loopError{t.visits, now.Sub(t.first)}
	}
	if !known && len(t.pages) < maxPages {
		t.pages = append(t.pages, page)
	}
	setOwnCookie(w, r, tripCookie, t.String(), int(tripWindow/time.Second))
	return nil
}

// cameByItself reports whether nobody asked for this visit, as far as its headers
// and its pace say so. A browser that the community sends back after our own
// redirect has no Referer, since that redirect says so, and comes at once. A
// person's click comes from a page, with Sec-Fetch-User where the browser knows
// it; a typed address takes its time.
func cameByItself(r *http.Request, community Community, sinceLast time.Duration) bool {
	referer, clicked, site := r.Referer(), r.Header.Get("Sec-Fetch-User") == "?1", r.Header.Get("Sec-Fetch-Site")
	switch {
	case referer == "":
		return sinceLast < atOnce || site == "cross-site" && !clicked
	case strings.HasPrefix(referer+"/", community.origin+"/"):
		// A script or a meta element of the community's page; or a client that
		// sends a Referer all the same.
		return !clicked && (site != "" || sinceLast < atOnce)
	}
	return false
}

func readTrips(r *http.Request, now time.Time) trips {
	fresh := trips{first: now, last: now}
	c, err := r.Cookie(tripCookie)
	if err != nil {
		return fresh
	}
	var t trips
	var first, last int64
	var pages string
	if n, _ := fmt.Sscanf(c.Value, "%d.%d.%d.%d.%d.%s", &first, &last, &t.visits, &t.byThemselves, &t.returns, &pages); n != 6 {
		return fresh
	}
	t.first, t.last = time.UnixMilli(first), time.UnixMilli(last)
	if age := now.Sub(t.first); age < 0 || age >= tripWindow || t.last.After(now) || min(t.visits, t.byThemselves, t.returns) < 0 {
		return fresh
	}
	for text := range strings.SplitSeq(pages, "-") {
		page, err := strconv.ParseUint(text, 16, 32)
		if err != nil || len(t.pages) == maxPages {
			return fresh
		}
		t.pages = append(t.pages, uint32(page))
	}
	return t
}

func (t trips) String() string {
	pages := make([]string, len(t.pages))
	for i, page := range t.pages {
		pages[i] = strconv.FormatUint(uint64(page), 16)
	}
	return fmt.Sprintf("%d.%d.%d.%d.%d.%s", t.first.UnixMilli(), t.last.UnixMilli(), t.visits, t.byThemselves, t.returns, strings.Join(pages, "-"))
}

// A loopError is an ErrLoop with what is known.
type loopError struct {
	visits int
	within time.Duration
}

// seconds are counted up, so that they are never none.
func (e *loopError) seconds() int { return int(e.within/time.Second) + 1 }

func (e *loopError) Error() string {
	return fmt.Sprintf("the browser came %d times in %d s by itself: the community probably refuses the login and sends it back", e.visits, e.seconds())
}

func (e *loopError) Unwrap() error { return contract.Loop }
