package main

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// otherAccount in the query of the Authorization URL asks the provider to let the
// visitor choose an account.
const otherAccount = "other-account"

// A page tells a visitor why the sign-in failed.
type page struct {
	Status       int
	Title, Text  string
	Again        string // what the link says that starts again
	OtherAccount bool   // there is a link to choose another account
	AtProvider   bool   // there is a link to the provider's page of the account
}

// problems are the pages. The first whose error it is counts.
var problems = []struct {
	err error
	page
}{
	{ssotoken.ErrEmailUnverified, page{http.StatusForbidden, "Please verify your email address",
		"The sign-in service has not verified your email address, and the community needs a verified one. " +
			"Verify it there, then go on here.",
		"I have verified it: go on", true, true}},
	{contract.ClaimsRefused, page{http.StatusForbidden, "Your profile is not complete",
		"The community needs your name and your email address. " +
			"Complete your profile at the sign-in service, then go on here.",
		"Go on", true, true}},
	{errDenied, page{http.StatusForbidden, "You cancelled the sign-in",
		"Nothing was changed, and nobody is signed in.",
		"Sign in", true, false}},
	{errProvider, page{http.StatusBadGateway, "The sign-in service can't be reached",
		"This is not your fault. Please try again in a minute.",
		"Try again", false, false}},
	{errState, page{http.StatusBadRequest, "This sign-in was not begun here",
		"The address that you opened belongs to another browser, or to a sign-in that was begun long ago. " +
			"For your safety it was not used.",
		"Sign in", false, false}},
	{errOver, page{http.StatusBadRequest, "This sign-in is over",
		"It was finished before, it took too long, or your browser keeps no cookies for this site.",
		"Start again", false, false}},
	{errRefused, page{http.StatusBadGateway, "The sign-in service did not sign you in",
		"Please start again. If it happens again, tell this site's support.",
		"Start again", true, false}},
}

var otherwise = page{http.StatusInternalServerError, "Something went wrong on this site",
	"Please try again in a minute.", "Try again", false, false}

// problem answers and logs. Its links start the sign-in again, and keep where the
// visitor was.
func (s *site) problem(w http.ResponseWriter, returnTo ssotoken.ReturnPath, err error) {
	p := otherwise
	for _, known := range problems {
		if errors.Is(err, known.err) {
			p = known.page
			break
		}
	}
	s.log.Warn("no sign-in", "error", err)
	query := url.Values{}
	if returnTo.String() != "" {
		query.Set("referrer_uri", returnTo.String())
	}
	again := url.URL{Path: loginPath, RawQuery: query.Encode()}
	query.Set(otherAccount, "1")
	other := url.URL{Path: loginPath, RawQuery: query.Encode()}
	s.render(w, p.Status, "problem.html", map[string]any{
		"Page": p, "Again": again.String(), "Other": other.String(), "Provider": s.signIn.issuer,
	})
}
