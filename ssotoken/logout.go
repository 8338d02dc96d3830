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
	// again for a session that is gone. Required.
	End func(w http.ResponseWriter, r *http.Request) error

	// To is where the visitor goes afterwards: a path of your site or an
	// https URL, never taken from the request. Empty is "/".
	To string

	// SignerFor is that of [LoginConfig], for tenants.
	SignerFor func(*http.Request) (*Signer, error)

	// ToIn returns To for the tenant that SignerFor chose, where their places differ.
	// If it fails, or returns what To may not be, no session is ended.
	ToIn func(r *http.Request, tenant string) (string, error)

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
	switch {
	case c.ToIn != nil && c.To != "":
		bad.refuse("ToIn", contract.Malformed.Errorf("is set together with To: give one of the two"))
	case c.ToIn != nil && c.SignerFor == nil:
		bad.refuse("SignerFor", contract.MissingValue.Errorf("is required with ToIn: it chooses the tenant"))
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
	if c.SignerFor != nil {
		c.SignerFor = ofTenants(c.SignerFor)
	}
	c.Observe = guarded(c.Observe)
	return http.HandlerFunc(c.serve), nil
}

func (c LogoutConfig) serve(w http.ResponseWriter, r *http.Request) {
	keepPrivate(w)
	switch library := ownLibrary(r); {
	case library != nil && r.Method == http.MethodGet:
		c.Observe(r.Context(), newEvent(TurnedAway, nil, CheckNavigation(r)))
		library.loadForReal(w, r)
		return
	case library != nil && r.Method == http.MethodPost:
		resume(w, r.URL.RawQuery)
		return
	}
	signer, to, err := c.logOut(w, r)
	if err != nil {
		f := newFailure(signer, err)
		f.logout = true
		e := newEvent(kindOf(r, err), signer, err)
		e.Reference = f.Reference
		c.Observe(r.Context(), e)
		c.OnError(w, r, f)
		return
	}
	c.Observe(r.Context(), newEvent(LoggedOut, signer, nil))
	seeOther(w, to)
}

// logOut ends the session and says where to go. signer is nil where there are no
// tenants, or none was chosen.
func (c LogoutConfig) logOut(w http.ResponseWriter, r *http.Request) (signer *Signer, to string, err error) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD, POST")
		return nil, "", contract.Method.Errorf("a Logout URL is visited by GET or POST")
	}
	to = c.To
	if c.SignerFor != nil {
		if signer, err = c.SignerFor(r); err != nil {
			return nil, "", err
		}
	}
	if err := CheckNavigation(r); err != nil {
		return signer, "", err
	}
	if isForeignFrame(r) {
		return signer, "", contract.NotNavigation.Errorf("the request comes from a frame on a page of another site")
	}
	if c.ToIn != nil {
		if to, err = c.ToIn(r, signer.tenant); err == nil {
			to = cmp.Or(to, "/")
			err = checkLogoutTarget(to)
		}
		if err != nil {
			return signer, "", &FieldError{Field: "ToIn", Err: err}
		}
	}
	return signer, to, c.End(w, r)
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
