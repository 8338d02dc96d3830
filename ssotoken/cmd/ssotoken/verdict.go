package main

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// clock compares the community's clock with this machine's.
func (t *trip) clock(a *answer) {
	theirs, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		return
	}
	ahead := math.Round(theirs.Sub(t.now()).Seconds())
	t.report.ClockSeconds = &ahead
	if math.Abs(ahead) > contract.Skew.Seconds() {
		t.find(doctor.ClockDiffers, "By its answers, "+clockText(ahead)+".")
	}
}

// judge says what the answers mean: the first is that to the login.
func (t *trip) judge(first, last *answer, path ssotoken.ReturnPath) {
	t.report.Landed = shown(last.at, false)
	page := ""
	if last.html {
		page = " It is a page of HTML"
		if last.title != "" {
			page += fmt.Sprintf(" with the title %q", last.title)
		}
		page += "."
	}
	switch {
	case first.status >= 500:
		t.find(contract.LoginServerError, fmt.Sprintf("The login was answered with HTTP %d.%s This token has sub, name and email.", first.status, page))
		return
	case first.status == http.StatusConflict:
		t.find(contract.ExternalIDConflict, "The login was answered with HTTP 409: another member has this email, with another external ID, or the member found by sub was to get another's email."+page)
		return
	case first.status == http.StatusUnauthorized, first.status == http.StatusForbidden:
		t.find(contract.LoginRefused, fmt.Sprintf("The login was answered with HTTP %d: the signature, or the times, were not accepted.%s", first.status, page))
		return
	case first.status == http.StatusNotFound:
		t.find(contract.LoginRefused, "The login was answered with HTTP 404: there is no JWT SSO at this address."+page)
		return
	case first.status >= 400:
		t.find(contract.LoginRefused, fmt.Sprintf("The login was answered with HTTP %d.%s", first.status, page))
		return
	}
	hasCookie := slices.ContainsFunc(t.report.Cookies, func(c tripCookie) bool { return c.isNew })
	if first.to == nil {
		if !hasCookie {
			t.report.LoggedIn = unclear
			t.find(contract.LoginPage, fmt.Sprintf("The login was answered with HTTP %d, without a redirect and without a cookie.%s It may be a failure that is not called one.", first.status, page))
			return
		}
		t.report.LoggedIn = loggedIn
		t.find(contract.LoginWithoutRedirect, fmt.Sprintf("The login was answered with HTTP %d and a cookie, without a redirect.%s", first.status, page))
		return
	}
	t.landed(last, path, hasCookie, page)
}

// landed judges where the redirects ended.
func (t *trip) landed(last *answer, path ssotoken.ReturnPath, hasCookie bool, page string) {
	wanted := "/"
	if !path.IsHome() {
		wanted = path.String()
	}
	segment, _, _ := strings.Cut(strings.TrimPrefix(last.at.Path, "/"), "/")
	switch isThere := samePage(last.at, wanted); {
	case slices.Contains(contract.Endpoints(), segment):
		t.find(contract.LoginPage, fmt.Sprintf("The login was redirected to %s, where members log in: it was refused.%s", t.report.Landed, page))
		return
	case last.status >= 400:
		t.report.LoggedIn = unclear
		t.find(contract.LoginPage, fmt.Sprintf("The login was redirected to %s, which answers with HTTP %d.%s", t.report.Landed, last.status, page))
	case !isThere && !hasCookie:
		t.report.LoggedIn = unclear
		t.find(contract.LoginPage, fmt.Sprintf("The login was redirected to %s instead of %s, without a cookie: it may be a failure that leads to a page.%s", t.report.Landed, wanted, page))
	case !isThere:
		t.report.LoggedIn = loggedIn
		t.find(contract.LoginPage, fmt.Sprintf("The login was redirected to %s instead of %s. For a new member that may be the setting New users homepage.%s", t.report.Landed, wanted, page))
	case !hasCookie:
		t.report.LoggedIn = unclear
	default:
		t.report.LoggedIn = loggedIn
	}
	if !hasCookie {
		t.find(contract.NoSessionCookie, "No cookie was set that a guest has not.")
	}
}

func samePage(at *url.URL, wanted string) bool {
	u, err := at.Parse(wanted)
	return err == nil && u.EscapedPath() == at.EscapedPath() && u.RawQuery == at.RawQuery
}

// look requests pages that only a member of a default space sees.
func (t *trip) look(ctx context.Context, pages []string, joins bool) {
	if joins && len(pages) == 0 && t.report.LoggedIn != notLoggedIn {
		t.report.Notes = append(t.report.Notes, "Whether the member is in the default spaces was not looked at: public code tells that a new member with spaceIds may miss them. Name a page of one by -default-space.")
	}
	if t.report.LoggedIn == notLoggedIn {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	for _, page := range pages {
		at, err := t.home.Parse(page)
		if err != nil {
			continue
		}
		a := t.get(ctx, at)
		switch {
		case a == nil:
			return
		case a.to != nil:
			t.find(contract.DefaultSpacesMissed, fmt.Sprintf("The page %s is not shown to the member: it leads to %s.", page, shown(a.to, a.to.Host != t.home.Host)))
		case a.status != http.StatusOK:
			t.find(contract.DefaultSpacesMissed, fmt.Sprintf("The page %s is not shown to the member: HTTP %d.", page, a.status))
		default:
			t.report.Notes = append(t.report.Notes, fmt.Sprintf("The page %s is shown to the member.", page))
		}
	}
}
