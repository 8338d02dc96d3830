package ssotoken

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/internal/loopback"
)

// CheckNavigation returns an [ErrNotNavigation] unless the request may be answered
// with a token in a redirect, because its headers (Fetch Metadata, and those of
// prefetching) say that a person's browser is navigating. Older browsers and
// other clients send none of these headers, and pass.
//
// The handlers of this package call it before they ask who is signed in. Call it
// yourself where you redirect to a URL of [Signer.LoginURL]. It refuses every
// script: an API that returns the URL to a script checks instead where its
// credential comes from, as [Login.JSON] does.
func CheckNavigation(r *http.Request) error {
	if r.Method == http.MethodHead {
		return contract.NotNavigation.Errorf("the request is a HEAD, which no person sends")
	}
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		if strings.Contains(strings.ToLower(strings.Join(r.Header[name], " ")), "pre") { // prefetch, prerender, preview
			return contract.NotNavigation.Errorf("the request is a prefetch, after which a token would be stale")
		}
	}
	mode, dest := r.Header.Get("Sec-Fetch-Mode"), r.Header.Get("Sec-Fetch-Dest")
	switch library := libraryOf(r.Header); {
	case library != nil:
		return contract.NotNavigation.Errorf(
			"%s sent the request by a script, which can't follow a redirect to the community", library.name)
	case mode == "navigate" && dest == "empty": // passed on by a service worker
		return nil
	case mode != "" && mode != "navigate", dest == "empty":
		return contract.NotNavigation.Errorf("a script sent the request, and can't follow a redirect to the community: " +
			"use Login.JSON; a service worker must pass a navigation on as it is, without a signal or other options")
	case slices.Contains([]string{"", "document", "iframe", "frame"}, dest):
		return nil
	}
	return contract.NotNavigation.Errorf("the request loads an image, an object or another part of a page")
}

// isForeignFrame reports whether a frame navigates here on a page of another site.
func isForeignFrame(r *http.Request) bool {
	dest, site := r.Header.Get("Sec-Fetch-Dest"), r.Header.Get("Sec-Fetch-Site")
	return (dest == "iframe" || dest == "frame") && site != "same-origin" && site != "same-site"
}

// A pageLibrary loads a site's pages and sends its forms by fetch, which can't
// follow a redirect to another origin.
type pageLibrary struct {
	name   string
	header string // of its requests

	// The answer that makes it load a page for real: the header that holds the
	// page's address, and the status. Turbo follows a meta element of the page.
	location string
	status   int
}

var pageLibraries = []pageLibrary{
	{"htmx", "Hx-Request", "Hx-Redirect", http.StatusOK}, // as net/http spells them
	{"Inertia", "X-Inertia", "X-Inertia-Location", http.StatusConflict},
	{"Turbo", "X-Turbo-Request-Id", "", http.StatusOK},
}

func libraryOf(h http.Header) *pageLibrary {
	for i := range pageLibraries {
		if v := h[pageLibraries[i].header]; len(v) > 0 && v[0] != "" { // a proxy may leave an empty one
			return &pageLibraries[i]
		}
	}
	return nil
}

// ownLibrary is the library that a page of this origin used, or nil. A page of
// another origin can't send such a header without a CORS preflight.
func ownLibrary(r *http.Request) *pageLibrary {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return nil
	}
	return libraryOf(r.Header)
}

// ownAddress is the path and query of a request as the browser sees them, under
// [http.StripPrefix] too. Two slashes at the start would name a host.
func ownAddress(r *http.Request) string {
	path := r.URL.EscapedPath()
	if u, err := url.ParseRequestURI(r.RequestURI); err == nil {
		path = u.EscapedPath()
	}
	address := "/" + strings.TrimLeft(path, `/\`)
	if r.URL.RawQuery != "" {
		address += "?" + r.URL.RawQuery
	}
	return address
}

// withQuery adds parameters to an address, before its fragment.
func withQuery(address, query string) string {
	before, fragment, hasFragment := strings.Cut(address, "#")
	separator := "?"
	if strings.Contains(before, "?") {
		separator = "&"
	}
	address = before + separator + query
	if hasFragment {
		address += "#" + fragment
	}
	return address
}

// With JWT SSO as its only login method, a community that refuses a token sends the
// browser straight back, and the two would loop forever. So visits in a row
// that nobody asked for are counted, in a cookie: the site keeps no state, and a
// visitor who forges it can only stop their own login.
const (
	tripCookie = "sso_trips"

	// maxInARow visits may follow each other; the next is a loop. Browsers end a
	// chain of redirects at 20, which is less than 7 logins.
	maxInARow = 5

	// maxPause is the longest time between two visits in a row.
	maxPause = 15 * time.Second

	// aMoment is too short for a person to see a page and click.
	aMoment = 2 * time.Second
)

// A visit is what the cookie holds: when it was, and how many visits in a row it ended,
// of which nobody asked for any but the first.
type visit struct {
	at    time.Time
	inRow int
}

// countVisit returns the cookie that counts this visit, or nil for one that does not
// count, or an [ErrLoop].
func countVisit(r *http.Request, community Community, now time.Time) (*http.Cookie, error) {
	if r.Header.Get("Sec-Fetch-Site") == "same-origin" && community.folder == "" {
		return nil, nil // from a link, a form or a frame of this site, and not of a community under a path of it
	}
	v := visit{now, 1}
	if last := lastVisit(r, now); last.inRow > 0 && !wasAsked(r, community, now.Sub(last.at)) {
		v.inRow += last.inRow
	}
	if v.inRow > maxInARow {
		return nil, contract.Loop.Errorf("the browser came %d times in a row without a click: "+
			"the community probably refuses the login and sends it back", v.inRow)
	}
	return &http.Cookie{
		Name: tripCookie, Value: strconv.FormatInt(now.UnixMilli(), 10) + "." + strconv.Itoa(v.inRow), Path: "/",
		MaxAge: int(maxPause / time.Second), HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: isSecure(r, community),
	}, nil
}

// wasAsked reports whether a person asked for this visit. A browser that comes
// straight back after our redirect sends no Referer and comes immediately; one that
// a page of the community sent without a click has no Sec-Fetch-User.
func wasAsked(r *http.Request, community Community, sinceLast time.Duration) bool {
	referer, _, _ := strings.Cut(r.Referer(), "?")
	clicked, site := r.Header.Get("Sec-Fetch-User") == "?1", r.Header.Get("Sec-Fetch-Site")
	switch {
	case referer == "":
		return sinceLast >= aMoment && (clicked || site != "cross-site")
	case strings.HasPrefix(referer+"/", community.String()+"/"):
		return clicked || site == "" && sinceLast >= aMoment // older browsers report no clicks
	}
	return true
}

// lastVisit reads the cookie. What this package has not written is no visit.
func lastVisit(r *http.Request, now time.Time) visit {
	c, err := r.Cookie(tripCookie)
	if err != nil {
		return visit{}
	}
	at, inRow, _ := strings.Cut(c.Value, ".")
	ms, err1 := strconv.ParseInt(at, 10, 64)
	n, err2 := strconv.Atoi(inRow)
	v := visit{time.UnixMilli(ms), n}
	if pause := now.Sub(v.at); err1 != nil || err2 != nil || n < 1 || n > maxInARow || pause < 0 || pause >= maxPause {
		return visit{}
	}
	return v
}

// isSecure reports whether a cookie gets the attribute Secure. Behind a proxy that
// ends TLS, only the host shows that the browser speaks https; a forged
// header of a proxy can only make the cookie stricter.
func isSecure(r *http.Request, community Community) bool {
	host := (&url.URL{Host: r.Host}).Hostname()
	if r.TLS != nil || strings.HasPrefix(community.origin, "https:") && !loopback.Is(host) {
		return true
	}
	forwarded := r.Header.Get("X-Forwarded-Proto") + r.Header.Get("X-Forwarded-Scheme") + r.Header.Get("Forwarded")
	return strings.Contains(strings.ToLower(forwarded), "https")
}
