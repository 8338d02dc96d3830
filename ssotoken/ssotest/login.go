package ssotest

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

const maxLogins = 100

// An Attempt is one request to /api/auth/sso, accepted or refused. Its JSON is
// that of /_fake/logins.
type Attempt struct {
	Number int             `json:"number"` // from 1
	At     time.Time       `json:"at"`
	URL    string          `json:"-"` // as it came, the token in it: log it nowhere; empty once it was restored
	Report *inspect.Report `json:"report"`

	// Fingerprint is that of the key that was the community's own then.
	Fingerprint string `json:"keyFingerprint"`

	// Err says why the login was refused; nil when it was accepted. It is an
	// *[inspect.RefusedError], [ErrExternalIDConflict], [ErrEmailConflict] or
	// [ErrFull], or has the code [contract.RefusesAll].
	Err    error `json:"-"`
	Status int   `json:"status"` // of the HTTP answer

	// BySub and ByEmail are the members who have the token's sub and email
	// when these are in conflict; zero where there is none.
	BySub   Member `json:"bySub,omitzero"`
	ByEmail Member `json:"byEmail,omitzero"`

	Created bool `json:"created"`            // the member is new
	Linked  bool `json:"linked"`             // the member was found by email and got its external ID
	Replay  int  `json:"replayOf,omitempty"` // number of an earlier login with the same token, or 0

	Before  Member        `json:"before"` // zero when the member is new or the login was refused
	After   Member        `json:"member"` // zero when the login was refused
	Changes []FieldChange `json:"changes"`

	Fields        []FieldFill    `json:"fields"`        // custom fields that took a claim, in the order of the settings
	FieldProblems []FieldProblem `json:"fieldProblems"` // claims that reached no custom field, or did not fit it
	Joined        []string       `json:"joined"`        // IDs of spaces
	Left          []string       `json:"left"`
	SpaceProblems []SpaceProblem `json:"spaceProblems"`

	Landing Landing `json:"landing"`
}

// RefusedFor gives the codes of the rules for which the login was refused, in
// the order of judgement.
func (a Attempt) RefusedFor() []contract.Code {
	var refused *inspect.RefusedError
	if !errors.As(a.Err, &refused) {
		if a.Err == nil {
			return nil
		}
		return []contract.Code{ssotoken.CodeOf(a.Err)}
	}
	var codes []contract.Code
	for _, b := range refused.Broken {
		codes = append(codes, b.Code)
	}
	return codes
}

// A FieldFill says which claim filled a custom field.
type FieldFill struct {
	Field string `json:"field"`
	Key   string `json:"key"` // the claim
	Value string `json:"-"`   // as JSON
}

// A FieldProblem says why a claim filled no custom field.
type FieldProblem struct {
	Key    string `json:"key"`
	Reason string `json:"reason"`
}

// A SpaceProblem is a space that the token names and the community does not
// have. The rest of the login is not affected.
type SpaceProblem struct {
	ID     string `json:"id"`
	Path   string `json:"path"` // in the token
	Reason string `json:"reason"`
}

// A Landing is where a login went.
type Landing struct {
	RedirectURI string        `json:"redirectUri"` // as it came
	Location    string        `json:"location"`    // as it was sent; empty when the login was refused
	Why         string        `json:"why"`
	Dropped     contract.Code `json:"dropped,omitempty"` // for which redirect_uri was dropped
}

// login judges a login URL and does what it asks for. The caller does not
// hold the lock.
func (h *Handler) login(rawURL, token string) Attempt {
	h.mu.Lock()
	defer h.mu.Unlock()

	now := h.now()
	h.count++
	l := Attempt{Number: h.count, At: now, URL: rawURL, Fingerprint: h.settings.Key.Fingerprint()}
	l.Report = inspect.LoginURL(rawURL, inspect.Options{Key: h.settings.Key, Now: now.Add(h.settings.ClockSkew), DevelopmentHTTP: h.allowRemote})
	l.Landing.RedirectURI = l.Report.URL.RedirectURI
	if earlier, ok := h.seen.value[digestOf(token)]; ok {
		l.Replay = earlier
	} else if token != "" {
		h.seen.put(digestOf(token), l.Number)
	}

	l.Err = l.Report.Err()
	l.Status = refusalStatus(l.Report)
	if l.Err == nil && h.settings.RefuseEverything {
		l.Err, l.Status = contract.Reason(contract.RefusesAll), http.StatusForbidden
	}
	if l.Err == nil {
		h.apply(&l)
	}
	h.attempts = append(h.attempts, l)
	if extra := len(h.attempts) - maxLogins; extra > 0 {
		h.attempts = slices.Delete(h.attempts, 0, extra)
	}
	h.touch()
	return l
}

// apply finds the member and updates it.
func (h *Handler) apply(l *Attempt) {
	sub, email := text(l.Report, contract.Sub), text(l.Report, contract.Email)
	found, linked, err := h.members.find(sub, email)
	if err != nil {
		l.Err, l.Status = err, http.StatusConflict
		l.BySub, l.ByEmail = h.members.inConflict(sub, email)
		if errors.Is(err, ErrFull) {
			l.Status = http.StatusServiceUnavailable
		}
		return
	}
	var m Member
	if found != nil {
		m = found.clone()
		l.Before = found.clone()
	}
	l.Created, l.Linked = found == nil, linked

	m.ExternalID, m.Email, m.Name = sub, email, text(l.Report, contract.Name)
	for claim, field := range map[string]*string{contract.Tagline: &m.Tagline, contract.Picture: &m.Picture} {
		if e, ok := l.Report.Claim(claim); ok {
			if value, ok := e.Text(); ok {
				*field = value
			}
		}
	}
	h.settings.changeSpaces(&m, l)
	h.settings.fillFields(&m, l)
	l.After = h.members.put(m)
	l.Changes = changes(l.Before, l.After)
	l.Landing = h.settings.landing(l)
	l.Status = http.StatusFound
}

// text gives a claim that the judge has found to be a string.
func text(r *inspect.Report, claim string) string {
	e, _ := r.Claim(claim)
	s, _ := e.Text()
	return s
}

// refusalStatus is the status of the first broken rule. The vendor documents
// 500 for a token without sub, name or email.
func refusalStatus(r *inspect.Report) int {
	for _, f := range r.Findings {
		if f.Verdict != contract.Fail {
			continue
		}
		switch f.Code {
		case contract.SubMissing, contract.NameMissing, contract.EmailMissing:
			return http.StatusInternalServerError
		case contract.AlgNotHS256, contract.SignatureWrong, contract.SignatureLength,
			contract.ExpMissing, contract.ExpExpired, contract.ExpTooFar, contract.IatFuture, contract.NbfFuture:
			return http.StatusUnauthorized
		}
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// landing decides where an accepted login goes.
func (s *Settings) landing(l *Attempt) Landing {
	to := Landing{RedirectURI: l.Landing.RedirectURI, Location: l.Report.URL.Location}
	if to.RedirectURI != "" {
		_, err := inspect.RedirectURI(to.RedirectURI)
		to.Dropped = ssotoken.CodeOf(err)
	}
	switch {
	case l.Created && s.NewUsersHomepage != "":
		to.Location, _ = inspect.RedirectURI(s.NewUsersHomepage)
		to.Why = "The member is new, and the setting \"New users homepage\" comes before redirect_uri."
	case to.RedirectURI == "":
		to.Why = "There was no redirect_uri: home."
	case to.Dropped != "":
		to.Why = "The redirect_uri was dropped: home instead."
	default:
		to.Why = "This is redirect_uri as it came: a relative path of the community."
	}
	return to
}
