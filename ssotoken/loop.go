package ssotoken

import (
	"fmt"
	"hash/fnv"
	"html/template"
	"net/http"
	"time"
)

// A browser that comes for the same page more than maxTrips times within
// tripWindow is in a loop: with JWT SSO as its only login method, a community
// that refuses a token sends the visitor straight back.
const (
	maxTrips   = 4
	tripWindow = 15 * time.Second
)

// tripCookie counts the trips, so that the site keeps no state. Who forges it
// only stops their own login.
const tripCookie = "sso_trips"

// countTrip counts this request and reports [ErrLoop] where it is one too
// many. Who comes from a page of this site, by a link, a form or a frame, was
// not sent back by the community. Only trips to the same page count together.
func countTrip(w http.ResponseWriter, r *http.Request, now time.Time, to ReturnPath) error {
	if r.Header.Get("Sec-Fetch-Site") == "same-origin" {
		return nil
	}
	page := fnv.New32a()
	page.Write([]byte(to.path))
	current := trip{page: page.Sum32(), first: now.Unix(), count: 1}
	if c, err := r.Cookie(tripCookie); err == nil {
		var last trip
		n, _ := fmt.Sscanf(c.Value, "%x.%d.%d", &last.page, &last.first, &last.count)
		if age := current.first - last.first; n == 3 && last.page == current.page && age >= 0 && age < int64(tripWindow/time.Second) {
			current.first, current.count = last.first, max(last.count, 0)+1
		}
	}
	if current.count > maxTrips {
		return ErrLoop
	}
	http.SetCookie(w, &http.Cookie{
		Name: tripCookie, Value: fmt.Sprintf("%x.%d.%d", current.page, current.first, current.count), Path: "/",
		MaxAge: int(tripWindow / time.Second), HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil,
	})
	return nil
}

type trip struct {
	page  uint32 // hash of the return path
	first int64  // Unix seconds
	count int
}

var loopPage = template.Must(template.New("loop").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The community did not accept the login</title>
<style>:root { color-scheme: light dark } body { font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 3rem auto; padding: 0 1rem }</style>
<main>
<h1>The community did not accept the login</h1>
<p>You were sent back and forth between this site and the community several times, so this site stopped here.</p>
<p>Please try again in a minute. If it happens again, tell this site's support that the community refuses its logins.</p>
<p><a href="{{.}}">Log in with a password of the community instead</a></p>
</main>
`))

func showLoop(w http.ResponseWriter, signer *Signer) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusLoopDetected)
	loopPage.Execute(w, signer.community.DirectLogin()) // what fails is the connection
}
