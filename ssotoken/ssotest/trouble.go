package ssotest

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// Trouble is what happens to the next logins: a bad day that a partner's test covers.
type Trouble struct {
	// Refuse is the code of a rule of the login URL, the token or the member, for which a
	// token in order is refused. Others are refused for their own faults.
	Refuse contract.Code `json:"refuse"`

	// SendBack refuses a login, by default for [inspect.RefusesAll], and sends the browser
	// back to /auth/login, as [Settings.RetryRefusedLogins] does.
	SendBack bool `json:"sendBack"`

	// Drop closes the connection without an answer in HTTP, so that a browser shows its
	// page for that. The login is not recorded. It does not go with Refuse or SendBack.
	Drop bool `json:"drop"`

	// Delay takes the place of [Settings.Delay]. At most a minute.
	Delay time.Duration `json:"-"`

	Times int `json:"times"` // how many logins. Default: 1
}

// Next makes trouble for the next logins, in place of what it was told before; the
// zero Trouble ends it. An error is a *[ssotoken.ConfigError], and changes nothing.
func (h *Handler) Next(t Trouble) error {
	if t.SendBack {
		t.Refuse = cmp.Or(t.Refuse, inspect.RefusesAll)
	}
	rule := inspect.RuleOf(t.Refuse)
	ofLogins := slices.Contains([]inspect.Area{inspect.AreaURL, inspect.AreaToken, inspect.AreaMember}, rule.Area)
	var bad ssotoken.FieldError
	switch {
	case t.Refuse != "" && !(ofLogins && rule.Verdict == inspect.Fail):
		bad = ssotoken.FieldError{Field: "Refuse", Err: malformed("is not a code for which a login is refused")}
	case t.Drop && t.Refuse != "":
		bad = ssotoken.FieldError{Field: "Drop", Err: malformed("does not go with a refusal")}
	case t.Delay < 0 || t.Delay > maxDelay:
		bad = ssotoken.FieldError{Field: "Delay", Err: malformed("is not a duration such as 3s, a minute at most")}
	case t.Times < 0:
		bad = ssotoken.FieldError{Field: "Times", Err: malformed("is negative")}
	case t != Trouble{}:
		t.Times = cmp.Or(t.Times, 1)
	}
	if bad.Err != nil {
		return refused([]*ssotoken.FieldError{&bad})
	}
	h.mu.Lock()
	h.next = t
	h.mu.Unlock()
	return nil
}

type shownTrouble struct {
	Trouble
	Delay string `json:"delay"`
}

func (h *Handler) getNext(*http.Request, []byte) reply {
	h.mu.Lock()
	defer h.mu.Unlock()
	return reply{http.StatusOK, shownTrouble{h.next, h.next.Delay.String()}}
}

func (h *Handler) postNext(r *http.Request, body []byte) reply {
	var asked shownTrouble
	if err := decode(body, &asked); err != nil {
		return failure(http.StatusBadRequest, jsonProblem(err))
	}
	var err error
	if asked.Trouble.Delay, err = time.ParseDuration(cmp.Or(asked.Delay, "0s")); err != nil {
		asked.Trouble.Delay = -1 // which is refused
	}
	if err := h.Next(asked.Trouble); err != nil {
		return fieldProblems(err)
	}
	return h.getNext(r, nil)
}

func (h *Handler) getClock(*http.Request, []byte) reply {
	skew := h.Settings().ClockSkew
	return reply{http.StatusOK, map[string]any{"now": h.now().Add(skew).UTC(), "offset": skew.String()}}
}

// postClock sets the community's clock, which runs on from there, or moves it on.
func (h *Handler) postClock(r *http.Request, body []byte) reply {
	var asked struct {
		Set     string `json:"set"`
		Advance string `json:"advance"`
	}
	if err := decode(body, &asked); err != nil {
		return failure(http.StatusBadRequest, jsonProblem(err))
	}
	set, setErr := time.Parse(time.RFC3339, asked.Set)
	step, stepErr := time.ParseDuration(asked.Advance)
	if !(setErr == nil && asked.Advance == "" || stepErr == nil && asked.Set == "") {
		return failure(http.StatusUnprocessableEntity, "set is a time in RFC 3339, advance a duration such as 90s: give one")
	}
	err := h.Configure(func(s *Settings) {
		if s.ClockSkew += step; setErr == nil {
			s.ClockSkew = set.Sub(h.now())
		}
	})
	if err != nil {
		return fieldProblems(err)
	}
	return h.getClock(r, nil)
}
