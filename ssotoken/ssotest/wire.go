package ssotest

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// wireMember is a member as JSON, where custom fields have their own values.
type wireMember struct {
	ID         string                     `json:"id"`
	ExternalID string                     `json:"externalId"`
	Name       string                     `json:"name"`
	Email      string                     `json:"email"`
	Tagline    string                     `json:"tagline"`
	Picture    string                     `json:"picture"`
	Spaces     []string                   `json:"spaces"`
	Fields     map[string]json.RawMessage `json:"fields"`
}

// MarshalJSON gives the member as /_fake/members has it.
func (m Member) MarshalJSON() ([]byte, error) {
	w := wireMember{m.ID, m.ExternalID, m.Name, m.Email, m.Tagline, m.Picture, listOf(m.Spaces), map[string]json.RawMessage{}}
	for name, value := range m.Fields {
		w.Fields[name] = json.RawMessage(value)
	}
	return encode(w)
}

// UnmarshalJSON reads what MarshalJSON wrote. An unknown name is an error.
func (m *Member) UnmarshalJSON(data []byte) error {
	var w wireMember
	if err := decode(data, &w); err != nil {
		return err
	}
	*m = Member{w.ID, w.ExternalID, w.Name, w.Email, w.Tagline, w.Picture, filled(w.Spaces), nil}
	for name, value := range w.Fields {
		if m.Fields == nil {
			m.Fields = map[string]string{}
		}
		m.Fields[name] = compact(value)
	}
	return nil
}

// wireAttempt is a login as JSON.
type wireAttempt struct {
	Number   int             `json:"number"`
	At       time.Time       `json:"at"`
	Accepted bool            `json:"accepted"`
	Status   int             `json:"status"`
	Error    string          `json:"error,omitempty"`
	Refused  []contract.Code `json:"refusedFor"` // why it was refused
	Codes    []contract.Code `json:"codes"`      // of every finding, and of a conflict

	Fingerprint string  `json:"keyFingerprint"` // of the community's key then
	BySub       *Member `json:"bySub,omitempty"`
	ByEmail     *Member `json:"byEmail,omitempty"`

	Created bool `json:"created"`
	Linked  bool `json:"linked"`
	Replay  int  `json:"replayOf,omitempty"`

	Member  *Member       `json:"member"` // after the login
	Before  *Member       `json:"before"`
	Changes []FieldChange `json:"changes"`

	Fields        []wireFill     `json:"fields"`
	FieldProblems []FieldProblem `json:"fieldProblems"`
	Joined        []string       `json:"joined"`
	Left          []string       `json:"left"`
	SpaceProblems []SpaceProblem `json:"spaceProblems"`

	Landing wireLanding     `json:"landing"`
	Report  *inspect.Report `json:"report"`
}

type wireFill struct {
	Field string          `json:"field"`
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value"`
}

type wireLanding struct {
	RedirectURI string        `json:"redirectUri"`
	Location    string        `json:"location"`
	Why         string        `json:"why"`
	Dropped     contract.Code `json:"dropped,omitempty"`
}

// MarshalJSON gives the login as /_fake/logins has it: with the values of its
// claims, without the token.
func (a Attempt) MarshalJSON() ([]byte, error) {
	w := wireAttempt{
		Number: a.Number, At: a.At.UTC(), Accepted: a.Err == nil, Status: a.Status,
		Refused: listOf(a.RefusedFor()), Codes: []contract.Code{},
		Fingerprint: a.Fingerprint, BySub: known(a.BySub), ByEmail: known(a.ByEmail),
		Created: a.Created, Linked: a.Linked, Replay: a.Replay,
		Changes: listOf(a.Changes), FieldProblems: listOf(a.FieldProblems), Joined: listOf(a.Joined), Left: listOf(a.Left),
		SpaceProblems: listOf(a.SpaceProblems), Fields: []wireFill{},
		Landing: wireLanding{a.Landing.RedirectURI, a.Landing.Location, a.Landing.Why, ssotoken.CodeOf(a.Landing.Dropped)},
		Report:  a.Report,
	}
	if a.Report != nil {
		for _, f := range a.Report.Findings {
			w.Codes = append(w.Codes, f.Code)
		}
		if a.Err != nil && a.Report.Accepted() {
			w.Codes = append(w.Codes, w.Refused...)
		}
	}
	if a.Err != nil {
		w.Error = a.Err.Error()
	} else {
		w.Member = &a.After
	}
	w.Before = known(a.Before)
	for _, f := range a.Fields {
		w.Fields = append(w.Fields, wireFill{f.Field, f.Key, json.RawMessage(f.Value)})
	}
	return encode(w)
}

// known gives nil for the zero Member.
func known(m Member) *Member {
	if m.ID == "" {
		return nil
	}
	return &m
}

// UnmarshalJSON reads what MarshalJSON wrote. The errors have their codes
// again, but where they were no rule's, not their texts.
func (a *Attempt) UnmarshalJSON(data []byte) error {
	var w wireAttempt
	if err := decode(data, &w); err != nil {
		return err
	}
	if w.Report == nil || w.Report.URL == nil {
		return errors.New("a login without a report")
	}
	restoreRules(w.Report)
	*a = Attempt{
		Number: w.Number, At: w.At, Report: w.Report, Err: w.Report.Err(), Status: w.Status,
		Fingerprint: w.Fingerprint,
		Created:     w.Created, Linked: w.Linked, Replay: w.Replay, Changes: filled(w.Changes),
		FieldProblems: filled(w.FieldProblems), Joined: filled(w.Joined), Left: filled(w.Left), SpaceProblems: filled(w.SpaceProblems),
		Landing: Landing{RedirectURI: w.Landing.RedirectURI, Location: w.Landing.Location, Why: w.Landing.Why},
	}
	if a.Err == nil && len(w.Refused) > 0 {
		a.Err = contract.Reason(w.Refused[0])
	}
	if (a.Err == nil) != w.Accepted || w.Accepted != (w.Member != nil) {
		return errors.New("a login whose outcome contradicts its report")
	}
	for from, to := range map[*Member]*Member{w.Member: &a.After, w.Before: &a.Before, w.BySub: &a.BySub, w.ByEmail: &a.ByEmail} {
		if from != nil {
			*to = *from
		}
	}
	if w.Landing.Dropped != "" {
		_, a.Landing.Dropped = inspect.RedirectURI(w.Landing.RedirectURI)
	}
	for _, f := range w.Fields {
		if len(f.Value) == 0 {
			return errors.New("a custom field that took no value")
		}
		a.Fields = append(a.Fields, FieldFill{f.Field, f.Key, compact(f.Value)})
	}
	return nil
}

// restoreRules puts back the parts of rules that are not in the JSON.
func restoreRules(r *inspect.Report) {
	for i := range r.Findings {
		r.Findings[i].Rule = inspect.RuleOf(r.Findings[i].Code)
	}
	for _, entries := range [][]inspect.Entry{r.Header, r.Claims} {
		for i := range entries {
			entries[i].Rule = inspect.RuleOf(entries[i].Code)
		}
	}
}
