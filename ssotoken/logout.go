package ssotoken

import (
	"cmp"
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
	// again for a session that is gone. With tenants, it returns [ErrNoTenant] for a
	// request of none. Required.
	End func(w http.ResponseWriter, r *http.Request) error

	// To is where the visitor goes afterwards: a path of your site or an
	// https URL, never taken from the request. Empty is "/".
	To string

	// OnError answers a logout that failed, as [LoginConfig.OnError] does.
	OnError func(w http.ResponseWriter, r *http.Request, err error)

	// Observe is called with each logout, as [LoginConfig.Observe] is.
	Observe func(context.Context, Event)
}

// NewLogout makes the handler for the community's Logout URL, or returns a
// [*ConfigError]. It calls End and redirects to a fixed place by 303. It takes GET,
// since the community redirects to it, and POST for your own sign-out button.
//
// A foreign page can't sign a member out by an image, a script or a hidden frame:
// where the browser sends Fetch Metadata, only a navigation of a window counts
// ([CheckNavigation]), or of a frame on the same site; without it, that depends on
// SameSite=Lax (or Strict) on your session cookie. A link that a member follows to the
// Logout URL does sign out: it looks like the community's own redirect.
func NewLogout(c LogoutConfig) (http.Handler, error) {
	var bad ConfigError
	if c.End == nil {
		bad.refuse("End", contract.MissingValue.Errorf("is required: it ends the session of your site"))
	}
	c.To = cmp.Or(c.To, "/")
	if err := checkLogoutTarget(c.To); err != nil {
		bad.refuse("To", err)
	}
	if err := bad.orNil(); err != nil {
		return nil, err
	}
	if c.OnError == nil {
		c.OnError = AnswerError
	}
	c.Observe = guarded(c.Observe)
	return http.HandlerFunc(c.serve), nil
}

func (c LogoutConfig) serve(w http.ResponseWriter, r *http.Request) {
	keepPrivate(w)
	isVisit := r.Method == http.MethodGet || r.Method == http.MethodPost
	if library := ownLibrary(r); library != nil && isVisit {
		c.Observe(r.Context(), newEvent(TurnedAway, nil, CheckNavigation(r)))
		library.answer(w, r, r.URL.RawQuery)
		return
	}
	err := CheckNavigation(r)
	switch {
	case !isVisit:
		w.Header().Set("Allow", "GET, POST")
		err = contract.Method.Errorf("a Logout URL is visited by GET or POST")
	case err == nil && isForeignFrame(r):
		err = contract.NotNavigation.Errorf("the request comes from a frame on a page of another site")
	case err == nil:
		err = c.End(w, r)
	}
	if err != nil {
		f := newFailure(nil, err)
		f.logout = true
		e := newEvent(kindOf(r, err), nil, err)
		e.Reference = f.Reference
		c.Observe(r.Context(), e)
		c.OnError(w, r, f)
		return
	}
	c.Observe(r.Context(), newEvent(LoggedOut, nil, nil))
	seeOther(w, c.To)
}

func checkLogoutTarget(to string) error {
	if err := checkText(to); err != nil {
		return err
	}
	if to[0] == '/' {
		if !isOwnPath(to) {
			return contract.Malformed.Errorf("is not a path of your site")
		}
		return nil
	}
	u, err := url.Parse(to)
	if err != nil || u.Host == "" || u.User != nil {
		return contract.Malformed.Errorf("is neither a path of your site nor a full URL")
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && loopback.Is(u.Hostname())) {
		return contract.Scheme.Errorf("must be https")
	}
	return nil
}
