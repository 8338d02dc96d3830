package smoke

import (
	"cmp"
	"errors"
	"fmt"
	"html"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

// clock compares the community's clock with this machine's. Date is a whole second that was cut off, at some time
// between the request and its answer: only what is outside of that is a difference.
func (t *trip) clock(a *useragent.Response, sent, received time.Time) {
	theirs, err := http.ParseTime(a.Header.Get("Date"))
	if err != nil {
		return
	}
	least, most := theirs.Sub(received), theirs.Add(time.Second).Sub(sent)
	ahead := 0.0
	if least > 0 {
		ahead = math.Round(least.Seconds())
	} else if most < 0 {
		ahead = math.Round(most.Seconds())
	}
	t.report.ClockSeconds = &ahead
	if math.Abs(ahead) > contract.Skew.Seconds() {
		t.find(doctor.ClockDiffers, "By its answers, "+ClockText(ahead)+".")
	}
}

// ClockText says in words how far the community's clock is ahead.
func ClockText(seconds float64) string {
	switch {
	case seconds >= 1:
		return fmt.Sprintf("the community's is %.0f s ahead", seconds)
	case seconds <= -1:
		return fmt.Sprintf("the community's is %.0f s behind", -seconds)
	}
	return fmt.Sprintf("the same, within a second; up to %v does no harm", contract.Skew)
}

var titleElement = regexp.MustCompile(`(?is)<title[^>]*>(.{0,200}?)</title>`)

// judge says what the answers mean: the first is that to the login.
func (t *trip) judge(first, last *useragent.Response) {
	t.report.Landed = t.shown(last.Request.URL)
	page := ""
	if strings.Contains(last.Header.Get("Content-Type"), "html") {
		page = " It is a page of HTML"
		if title := titleElement.FindStringSubmatch(last.Text); title != nil {
			page += fmt.Sprintf(" with the title %q", strings.Join(strings.Fields(html.UnescapeString(title[1])), " "))
		}
		page += "."
	}
	switch {
	case first.StatusCode >= 500:
		t.find(LoginServerError, fmt.Sprintf("The login was answered with HTTP %d.%s This token has sub, name and email.",
			first.StatusCode, page))
		return
	case first.StatusCode == http.StatusConflict:
		t.find(inspect.ExternalIDConflict, "The login was answered with HTTP 409: another member has this email, with "+
			"another external ID, or the member found by sub was to get another's email."+page)
		return
	case first.StatusCode == http.StatusUnauthorized, first.StatusCode == http.StatusForbidden:
		t.find(LoginRefused, fmt.Sprintf("The login was answered with HTTP %d: the signature, or the times, were not "+
			"accepted.%s", first.StatusCode, page))
		return
	case first.StatusCode == http.StatusNotFound:
		t.find(LoginRefused, "The login was answered with HTTP 404: there is no JWT SSO at this address."+page)
		return
	case first.StatusCode >= 400:
		t.find(LoginRefused, fmt.Sprintf("The login was answered with HTTP %d.%s", first.StatusCode, page))
		return
	}
	hasCookie := slices.ContainsFunc(t.report.Cookies, func(c Cookie) bool { return c.isNew })
	if to, _ := first.Redirect(); to == nil {
		if !hasCookie {
			t.report.LoggedIn = Unclear
			t.find(LoginPage, fmt.Sprintf("The login was answered with HTTP %d, without a redirect and without a cookie.%s It "+
				"may be a failure that is not called one.", first.StatusCode, page))
			return
		}
		t.report.LoggedIn = LoggedIn
		t.find(LoginWithoutRedirect, fmt.Sprintf("The login was answered with HTTP %d and a cookie, without a redirect.%s",
			first.StatusCode, page))
		return
	}
	t.landed(last, hasCookie, page)
}

// landed judges where the redirects ended.
func (t *trip) landed(last *useragent.Response, hasCookie bool, page string) {
	wanted, folder := cmp.Or(t.Path.String(), t.home.Path), strings.TrimSuffix(t.home.Path, "/")
	_, endpoint := inspect.RedirectURIUnder(folder, last.Request.URL.EscapedPath())
	switch isThere := samePage(last.Request.URL, wanted); {
	case errors.Is(endpoint, contract.RedirectLoop):
		t.find(LoginPage, fmt.Sprintf("The login was redirected to %s, where members log in: it was refused.%s", t.report.Landed, page))
		return
	case last.StatusCode >= 400:
		t.report.LoggedIn = Unclear
		t.find(LoginPage, fmt.Sprintf("The login was redirected to %s, which answers with HTTP %d.%s", t.report.Landed, last.StatusCode, page))
	case !isThere && !hasCookie:
		t.report.LoggedIn = Unclear
		t.find(LoginPage, fmt.Sprintf("The login was redirected to %s instead of %s, without a cookie: it may be a failure "+
			"that leads to a page.%s", t.report.Landed, wanted, page))
	case !isThere:
		t.report.LoggedIn = LoggedIn
		t.find(LoginPage, fmt.Sprintf("The login was redirected to %s instead of %s. For a new member that may be the setting "+
			"New users homepage.%s", t.report.Landed, wanted, page))
	case !hasCookie:
		t.report.LoggedIn = Unclear
	default:
		t.report.LoggedIn = LoggedIn
	}
	if folder != "" && samePage(last.Request.URL, folder+wanted) {
		t.report.Notes = append(t.report.Notes, "The community reads redirect_uri from its own path on, and not from the root of the origin.")
	}
	if !hasCookie {
		t.find(NoSessionCookie, "No cookie was set that a guest has not.")
	}
}

func samePage(at *url.URL, wanted string) bool {
	u, err := at.Parse(wanted)
	page := func(u *url.URL) string { return strings.TrimSuffix(u.EscapedPath(), "/") + "?" + u.RawQuery }
	return err == nil && page(u) == page(at)
}
