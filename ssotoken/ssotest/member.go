package ssotest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

const maxMembers = 10_000

// A Member of the community. Its JSON is that of /_fake/members.
type Member struct {
	ID         string            `json:"id"`         // given by the community
	ExternalID string            `json:"externalId"` // sub; empty for a member who never came by JWT SSO
	Name       string            `json:"name"`
	Email      string            `json:"email"`
	Tagline    string            `json:"tagline"`
	Picture    string            `json:"picture"`
	Suspended  bool              `json:"suspended"` // by an administrator or the API: has no session, and can't log in
	Spaces     []string          `json:"spaces"`    // IDs of the spaces the member is in, sorted
	Fields     map[string]string `json:"-"`         // custom fields by name; values as JSON
}

// optional are the texts that a login may change and need not have, by their claim.
func (m *Member) optional() map[string]*string {
	return map[string]*string{contract.Tagline: &m.Tagline, contract.Picture: &m.Picture}
}

// clone copies a member; nil is the zero one.
func (m *Member) clone() Member {
	if m == nil {
		return Member{}
	}
	c := *m
	c.Spaces, c.Fields = slices.Clone(m.Spaces), maps.Clone(m.Fields)
	return c
}

// A change is one of a field of a member. Fields of the profile have their name in
// [Member], custom fields "Fields: " and their own.
type change struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

func changes(before, after Member) (list []change) {
	add := func(field, b, a string) {
		if b != a {
			list = append(list, change{field, b, a})
		}
	}
	add("ExternalID", before.ExternalID, after.ExternalID)
	add("Name", before.Name, after.Name)
	add("Email", before.Email, after.Email)
	add("Tagline", before.Tagline, after.Tagline)
	add("Picture", before.Picture, after.Picture)
	add("Spaces", strings.Join(before.Spaces, ", "), strings.Join(after.Spaces, ", "))
	names := map[string]string{}
	maps.Copy(names, before.Fields)
	maps.Copy(names, after.Fields)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		add("Fields: "+name, before.Fields[name], after.Fields[name])
	}
	return list
}

// members is the community's list of members, none of which changes in its place. The
// caller holds the lock.
type members struct {
	byID       map[string]*Member
	byExternal map[string]*Member
	byEmail    map[string]*Member // by lower-case email
	last       int                // number in the last ID given
}

func newMembers(seed []Member) (*members, []*ssotoken.FieldError) {
	ms := &members{map[string]*Member{}, map[string]*Member{}, map[string]*Member{}, 0}
	var errs []*ssotoken.FieldError
	for i, m := range seed {
		m = m.clone()
		slices.Sort(m.Spaces)
		var err error
		switch {
		case m.Email == "" || ms.byEmail[strings.ToLower(m.Email)] != nil:
			err = malformed("needs its own email")
		case m.ExternalID != "" && ms.byExternal[m.ExternalID] != nil:
			err = malformed("needs its own external ID")
		case m.ID != "" && ms.byID[m.ID] != nil:
			err = malformed("needs its own ID")
		case len(ms.byID) >= maxMembers:
			err = refusal(inspect.CommunityFull)
		}
		if err != nil {
			errs = append(errs, &ssotoken.FieldError{Field: fmt.Sprintf("Members[%d]", i), Err: err})
			continue
		}
		ms.put(m)
	}
	return ms, errs
}

func (ms *members) remove(id string) {
	if m := ms.byID[id]; m != nil {
		delete(ms.byID, id)
		delete(ms.byEmail, strings.ToLower(m.Email))
		delete(ms.byExternal, m.ExternalID)
	}
}

// put stores a member, new or changed, with a new ID if it has none.
func (ms *members) put(m Member) Member {
	for m.ID == "" {
		ms.last++
		if id := fmt.Sprintf("member-%d", ms.last); ms.byID[id] == nil {
			m.ID = id
		}
	}
	ms.remove(m.ID)
	stored := m.clone()
	ms.byID[m.ID] = &stored
	ms.byEmail[strings.ToLower(m.Email)] = &stored
	if m.ExternalID != "" {
		ms.byExternal[m.ExternalID] = &stored
	}
	return m
}

// all lists the members by name, then by ID.
func (ms *members) all() []Member {
	list := make([]Member, 0, len(ms.byID))
	for _, m := range ms.byID {
		list = append(list, m.clone())
	}
	slices.SortFunc(list, func(a, b Member) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ID, b.ID))
	})
	return list
}
