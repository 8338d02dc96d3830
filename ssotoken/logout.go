package ssotoken

import (
	"context"
	"net/http"
	"net/url"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/internal/loopback"
)

// LogoutConfig configures the handler of [NewLogout].
type LogoutConfig struct {
	// End ends the session of your site, if the request has one: delete it
	// and expire its cookie. It is called with and without a session, and
	// again for a session that is gone. Required.
	End func(w http.ResponseWriter, r *http.Request) error

	// To is where the visitor goes afterwards: a path of your site or an
	// https URL, never taken from the request. Empty is "/".
	To string

	// OnError answers where End failed, or with [ErrNotNavigation]: with a
	// [*Failure] over it. nil is [AnswerError].
	OnError func(w http.ResponseWriter, r *http.Request, err error)

	// Observe is told of each logout, as for [LoginConfig.Observe].
	Observe func(context.Context, Event)
}

// NewLogout makes the handler for the community's Logout URL, or returns a
// [*ConfigError]. It calls End and redirects to a fixed place by 303. It takes
// GET, since the community redirects to it, and POST for your own sign-out
// button; it changes nothing that is not End's.
//
// A foreign page can't sign a member out by an image, a script or a hidden
// frame: where the browser sends Sec-Fetch-Dest, only a navigation of a
// window counts, or of a frame on the same site; without that header it
// depends on SameSite=Lax (or Strict) on your session cookie, which the
// browser then does not send. A link that a member follows to the Logout URL
// does sign out: so does the community's own redirect, which looks the same.
//
// A link or a button that htmx or Turbo sends is made to load this address for
// real, by GET; End is called then.
func NewLogout(c LogoutConfig) (http.Handler, error) {
	var bad []*FieldError
	if c.End == nil {
		bad = append(bad, &FieldError{"End", because(contract.MissingValue, "is required: it ends the session of your site")})
	}
	if c.To == "" {
		c.To = "/"
	}
	if err := checkLogoutTarget(c.To); err != nil {
		bad = append(bad, &FieldError{"To", err})
	}
	if bad != nil {
		return nil, &ConfigError{bad}
	}
	if c.OnError == nil {
		c.OnError = AnswerError
	}
	c.Observe = guarded(c.Observe)
	return http.HandlerFunc(c.serve), nil
}

func (c LogoutConfig) serve(w http.ResponseWriter, r *http.Request) {
	keepPrivate(w)
	if r.Method != http.MethodGet && r.Method != http.MethodPost && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "Use GET or POST.", http.StatusMethodNotAllowed)
		return
	}
	if library := ownLibrary(r); library != "" && r.Method == http.MethodGet {
		loadForReal(w, r, library, c.Observe)
		return
	} else if library != "" && r.Method == http.MethodPost {
		seeSameAddress(w, r.URL.RawQuery)
		return
	}
	err := checkNavigation(r.Method, r.Header.Get)
	if err == nil && isForeignFrame(r) {
		err = because(contract.NotNavigation, "the request comes from a frame on a page of another site")
	}
	if err == nil {
		err = c.End(w, r)
	}
	if err != nil {
		f := newFailure(nil, err)
		f.logout = true
		c.Observe(r.Context(), f.event())
		c.OnError(w, r, f)
		return
	}
	c.Observe(r.Context(), Event{Kind: LoggedOut})
	w.Header().Set("Location", c.To)
	w.WriteHeader(http.StatusSeeOther)
}

// isForeignFrame reports whether a frame navigates here on a page of another
// site.
func isForeignFrame(r *http.Request) bool {
	dest, site := r.Header.Get("Sec-Fetch-Dest"), r.Header.Get("Sec-Fetch-Site")
	return (dest == "iframe" || dest == "frame") && site != "same-origin" && site != "same-site"
}

func checkLogoutTarget(to string) error {
	if err := checkText(to, ""); err != nil {
		return err
	}
	if to[0] == '/' {
		if err := checkLocalPath(to, nil); err != nil {
			return because(contract.Malformed, "is not a path of your site")
		}
		return nil
	}
	u, err := url.Parse(to)
	if err != nil || u.Host == "" || u.User != nil {
		return because(contract.Malformed, "is neither a path of your site nor a full URL")
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && loopback.Is(u.Hostname())) {
		return because(contract.Scheme, "must be https")
	}
	return nil
}
