package ssotest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// The last logins are kept: fewer of long addresses, whose reports are large.
const (
	maxLogins        = 1_000
	maxLoginsInWords = "1,000"
	maxAddresses     = 100 * contract.MaxToken // bytes
)

// An Attempt is one request to /api/auth/sso, accepted or refused.
type Attempt struct {
	Number int             `json:"number"` // from 1
	At     time.Time       `json:"at"`
	URL    string          `json:"-"` // as it came, the token in it: log it nowhere; empty once it was restored
	Report *inspect.Report `json:"report"`

	// Err says why the login was refused; nil when it was accepted. It is an
	// *[inspect.RefusedError], or has the code [inspect.ExternalIDConflict],
	// [inspect.EmailTaken], [inspect.MemberSuspended], [inspect.CommunityFull] or [inspect.RefusesAll].
	Err    error `json:"-"`
	Status int   `json:"status"` // of the HTTP answer

	Created bool   `json:"created"`            // the member is new
	Linked  bool   `json:"linked"`             // the member was found by email and got its external ID
	Replay  int    `json:"replayOf,omitempty"` // number of an earlier login with the same token, or 0
	After   Member `json:"-"`                  // the member; zero when the login was refused

	FieldProblems []Problem `json:"fieldProblems"` // claims that reached no custom field, or did not fit it
	SpaceProblems []Problem `json:"spaceProblems"`

	Landing Landing `json:"landing"`
}

// RefusedFor returns the codes of the rules for which the login was refused, in
// the order of judgement.
func (a Attempt) RefusedFor() (codes []contract.Code) {
	for _, f := range findings(a.Report, inspect.Fail) {
		codes = append(codes, f.Code)
	}
	if a.Err != nil && codes == nil {
		codes = append(codes, ssotoken.CodeOf(a.Err))
	}
	return codes
}

// A Problem is a claim that filled no custom field, or a space that the token names
// and the community does not have. The rest of the login is not affected.
type Problem struct {
	Path   string `json:"path"`         // in the token
	ID     string `json:"id,omitempty"` // of the space
	Reason string `json:"reason"`
}

// A Landing is where a login went.
type Landing struct {
	RedirectURI string        `json:"redirectUri"` // as it came
	Location    string        `json:"location"`    // as it was sent; empty when the login was refused
	Why         string        `json:"why"`
	Dropped     contract.Code `json:"dropped,omitempty"` // for which redirect_uri was dropped
}

// A login is an Attempt with what else its page and /_fake/logins show.
type login struct {
	Attempt
	token string // empty once it was restored

	API         bool            `json:"api"` // by the query tokens; URL is then the same login by URL
	Accepted    bool            `json:"accepted"`
	Error       string          `json:"error,omitempty"`
	Refused     []contract.Code `json:"refusedFor"`
	Codes       []contract.Code `json:"codes"`          // of every finding, and of a conflict, each once
	Fingerprint string          `json:"keyFingerprint"` // of the key that was the community's own then

	// BySub and ByEmail are the members who have the token's sub and email
	// when these are in conflict; nil where there is none.
	BySub   *Member `json:"bySub,omitempty"`
	ByEmail *Member `json:"byEmail,omitempty"`

	Before  *Member     `json:"before"` // nil when the member is new or the login was refused
	Member  *Member     `json:"member"` // nil when the login was refused
	Changes []change    `json:"changes"`
	Fields  []fieldFill `json:"fields"` // custom fields that took a claim, in the order of the settings
	Joined  []string    `json:"joined"` // IDs of spaces
	Left    []string    `json:"left"`
}

// A fieldFill says which claim filled a custom field.
type fieldFill struct {
	Field string          `json:"field"`
	Key   string          `json:"key"` // the claim
	Value json.RawMessage `json:"value"`
}

// take judges a login URL and does what it asks for, unless it is told to refuse it
// for a code. The caller does not hold the lock.
func (h *Handler) take(rawURL, token string, told contract.Code, api bool) *login {
	h.mu.Lock()
	defer h.mu.Unlock()

	now := h.now()
	h.count++
	l := &login{Fingerprint: h.settings.Key.Fingerprint(), API: api}
	l.Number, l.At, l.URL, l.token = h.count, now.UTC(), rawURL, token
	l.Report = inspect.LoginURL(rawURL, h.options(h.settings, now))
	l.Landing.RedirectURI = l.Report.URL.RedirectURI
	l.Replay = find(h.seen, token).Login
	if l.Replay == 0 && token != "" {
		h.seen = remember(h.seen, maxLogins, saved{Hash: hashOf(token), Login: l.Number})
	}

	l.Err = l.Report.Err()
	if l.Err == nil && h.settings.RefuseEverything {
		l.Err = refusal(inspect.RefusesAll)
	}
	if l.Err == nil && told != "" {
		l.Err = told.Errorf("the fake community was told to refuse this login for the rule: %s",
			strings.TrimSuffix(inspect.RuleOf(told).Sentence, "."))
	}
	if l.Err == nil {
		h.apply(l)
	}
	if l.Err != nil {
		l.Status = refusalStatus(l.RefusedFor()[0])
	}
	l.sumUp()
	h.keep(l)
	h.touch()
	close(h.arrived)
	h.arrived = make(chan struct{})
	return l
}

func (h *Handler) keep(l *login) {
	h.logins = remember(h.logins, maxLogins, l)
	size := 0
	for i, kept := range slices.Backward(h.logins) {
		if size += len(kept.URL); size > maxAddresses {
			h.logins = h.logins[i+1:]
			break
		}
	}
}

// sumUp fills in what follows from the error and the report.
func (l *login) sumUp() {
	l.Accepted, l.Refused = l.Err == nil, l.RefusedFor()
	if l.Err != nil {
		l.Error = l.Err.Error()
	}
	var found []contract.Code
	for _, f := range l.Report.Findings {
		found = append(found, f.Code)
	}
	for _, code := range append(found, l.Refused...) {
		if !slices.Contains(l.Codes, code) {
			l.Codes = append(l.Codes, code)
		}
	}
	fillLists(reflect.ValueOf(l).Elem())
}

// options are how a token is judged that comes now.
func (h *Handler) options(s Settings, now time.Time) inspect.Options {
	return inspect.Options{Key: s.Key, Now: now.Add(s.ClockSkew), DevelopmentHTTP: h.allowRemote}
}

// refusal is a code of this community as an error for people.
func refusal(code contract.Code) error {
	return code.Errorf("%s", cmp.Or(refusals[code], string(code)))
}

var refusals = map[contract.Code]string{
	inspect.ExternalIDConflict: "the member with this email has another external ID",
	inspect.EmailTaken:         "another member has this email",
	inspect.MemberSuspended:    "the member is suspended",
	inspect.CommunityFull:      "the fake community is full",
	inspect.RefusesAll:         "the fake community is set to refuse every login",
	inspect.StateDamaged:       "the saved state is damaged, or of another version",
}

// apply finds the member, by sub and then by email, and updates it.
func (h *Handler) apply(l *login) {
	sub, email := l.Claim(contract.Sub), l.Claim(contract.Email)
	bySub, byEmail := h.members.byExternal[sub], h.members.byEmail[strings.ToLower(email)]
	found := cmp.Or(bySub, byEmail)
	switch {
	case bySub != nil && byEmail != nil && bySub != byEmail:
		l.Err = refusal(inspect.EmailTaken)
	case bySub == nil && byEmail != nil && byEmail.ExternalID != "":
		l.Err = refusal(inspect.ExternalIDConflict)
	case found != nil && found.Suspended:
		l.Err = refusal(inspect.MemberSuspended)
	case found == nil && len(h.members.byID) >= maxMembers:
		l.Err = refusal(inspect.CommunityFull)
	}
	if l.Err != nil {
		l.BySub, l.ByEmail = bySub, byEmail
		return
	}
	m := found.clone()
	l.Created, l.Linked, l.Before = found == nil, bySub == nil && found != nil, found

	m.ExternalID, m.Email, m.Name = sub, email, l.Claim(contract.Name)
	for claim, to := range m.optional() {
		if e, ok := l.Report.Claim(claim); ok {
			if value, ok := e.Text(); ok {
				*to = value
			}
		}
	}
	h.settings.changeSpaces(&m, l)
	h.settings.fillFields(&m, l)
	l.After = h.members.put(m)
	l.Member = h.members.byID[l.After.ID]
	l.Changes = changes(found.clone(), l.After)
	if l.Status = http.StatusOK; !l.API {
		l.Landing, l.Status = h.landing(l), http.StatusFound
	}
}

// refusalStatus is the status for the first broken rule. The vendor documents
// 500 for a token without sub, name or email.
func refusalStatus(broken contract.Code) int {
	switch broken {
	case contract.SubMissing, contract.NameMissing, contract.EmailMissing:
		return http.StatusInternalServerError
	case inspect.AlgNotHS256, inspect.SignatureWrong, inspect.SignatureLength,
		inspect.ExpMissing, inspect.ExpExpired, inspect.ExpTooFar, inspect.IatFuture, inspect.NbfFuture:
		return http.StatusUnauthorized
	case inspect.RefusesAll, inspect.MemberSuspended:
		return http.StatusForbidden
	case inspect.ExternalIDConflict, inspect.EmailTaken:
		return http.StatusConflict
	case inspect.CommunityFull:
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

func (h *Handler) landing(l *login) Landing {
	s, to := h.settings, Landing{RedirectURI: l.Landing.RedirectURI, Location: l.Report.URL.Location}
	if to.RedirectURI != "" {
		_, err := inspect.RedirectURIUnder(h.folder, to.RedirectURI)
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

// changeSpaces joins and leaves what the token asks for. A space that the
// community does not have is reported, and nothing else is lost by it.
func (s *Settings) changeSpaces(m *Member, l *login) {
	wish, before := l.Report.Spaces, m.Spaces
	known := func(spaces []inspect.Space) (ids []string) {
		for _, space := range spaces {
			if _, ok := s.space(space.ID); ok {
				ids = append(ids, space.ID)
				continue
			}
			problem := Problem{space.Path, space.ID, "the community has no space with this ID"}
			l.SpaceProblems = append(l.SpaceProblems, problem)
		}
		return ids
	}
	without := func(all, some []string) (rest []string) {
		for _, id := range all {
			if !slices.Contains(some, id) {
				rest = append(rest, id)
			}
		}
		return rest
	}
	m.Spaces = known(wish.Join)
	if !wish.Replace {
		m.Spaces = slices.Concat(before, m.Spaces)
	}
	m.Spaces = without(m.Spaces, known(wish.Leave))
	slices.Sort(m.Spaces)
	m.Spaces = slices.Compact(m.Spaces)
	l.Joined, l.Left = without(m.Spaces, before), without(before, m.Spaces)
}

// fillFields fills each custom field with the first of its external keys that has
// a value. A field without one stays as it was.
func (s *Settings) fillFields(m *Member, l *login) {
	why := map[string]string{} // a claim is not used; empty when it is
	for _, field := range s.CustomFields {
		s.fillField(field, m, l, why)
	}
	for _, e := range l.Report.CustomFields() {
		reason, tried := why[e.Name]
		if !tried {
			reason = "matches no custom field"
		}
		if reason != "" {
			l.FieldProblems = append(l.FieldProblems, Problem{Path: e.Name, Reason: reason})
		}
	}
}

func (s *Settings) fillField(field CustomField, m *Member, l *login, why map[string]string) {
	won := ""
	for _, key := range field.ExternalKeys {
		e, ok := l.Report.Claim(key)
		if !ok || e.Status.Reserved() {
			continue
		}
		_, tried := why[key]
		value := compact(e.Value)
		switch {
		case won != "" && !tried:
			why[key] = "comes after " + won + " in the external keys of " + field.Name
		case won != "":
		case slices.Contains([]string{"null", `""`, "[]", "{}"}, value):
			why[key] = "is empty, and an empty value does not count"
		case !fits(e.Value, field.Type):
			won, why[key] = key, "does not fit "+field.Name+", whose type is "+field.Type
		default:
			won, why[key] = key, ""
			if m.Fields == nil {
				m.Fields = map[string]string{}
			}
			m.Fields[field.Name] = value
			l.Fields = append(l.Fields, fieldFill{field.Name, key, json.RawMessage(value)})
		}
	}
}

// compact takes the white space out of JSON, so that it is no change of a
// value.
func compact(raw json.RawMessage) string {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return string(raw)
	}
	return b.String()
}

// jsonForms are the JSON types of the values of each type of the vendor.
var jsonForms = func() map[string]string {
	forms := map[string]string{}
	for _, t := range contract.FieldTypes() {
		forms[t.Vendor] = t.JSON
	}
	return forms
}()

// fits reports whether a JSON value fits a type. No page of the vendor shows the
// JSON of a relation: any fits.
func fits(raw json.RawMessage, kind string) bool {
	switch kind {
	case "", "relation":
		return true
	case "date":
		s, ok := inspect.Entry{Value: raw}.Text()
		_, dateErr := time.Parse(time.DateOnly, s)
		_, timeErr := time.Parse(time.RFC3339, s)
		return ok && (dateErr == nil || timeErr == nil)
	}
	byStart := map[byte]string{'"': "string", 't': "boolean", 'f': "boolean", '[': "array", '{': "object", 'n': "null"}
	return cmp.Or(byStart[raw[0]], "number") == jsonForms[kind]
}
