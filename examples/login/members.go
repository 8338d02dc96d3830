package main

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
)

// A member is a row of the partner's database. The tags say what of the profile
// goes to the community.
type member struct {
	ID, Name, Email  string
	Tagline, Picture string
	Profile          profile
	Spaces           spaces.Plan
	About            string // why this sample is here
}

type profile struct {
	Company string    `customfield:"company"`
	Seats   *int      `customfield:"seats"` // nil where there is no contract: 0 seats would be a value, and sent
	Since   time.Time `customfield:"customer_since,date"`
	Skills  []string  `customfield:"skills"`
	Notes   string    // no tag: stays here
}

// claims is what the community learns of the member.
func (m member) claims() (ssotoken.Claims, error) {
	claims, err := ssotoken.FromStruct(m.Profile)
	if err != nil {
		return ssotoken.Claims{}, err
	}
	return claims.
		Subject(m.ID).
		Name(m.Name).
		VerifiedEmail(m.Email).
		Tagline(m.Tagline).
		Picture(m.Picture).
		Spaces(m.Spaces).
		BuildLenient()
}

// members is the partner's database.
type members struct {
	mu   sync.Mutex
	list []member
}

func (d *members) all() []member {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.list)
}

func (d *members) byID(id string) (member, bool) {
	for _, m := range d.all() {
		if m.ID == id {
			return m, true
		}
	}
	return member{}, false
}

// save adds or changes a member, unless another one has the email address. It looks
// and writes under one lock: of two at the same time only one may get an address.
func (d *members) save(m member) (saved bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := len(d.list)
	for j, other := range d.list {
		switch {
		case other.ID == m.ID:
			i = j
		case strings.EqualFold(other.Email, m.Email):
			return false
		}
	}
	d.list = slices.Concat(d.list[:i], []member{m}, d.list[min(i+1, len(d.list)):])
	return true
}

// The spaces of the fake community, and the email of its member from before
// this site had a login.
const (
	newsSpace = "spc-news-0001"
	helpSpace = "spc-help-0002"
	proSpace  = "spc-pro-0003"

	knownEmail = "grace@partner.example"
)

func sampleMembers(site string) []member {
	seats := 12
	return []member{
		{ID: "u-1001", Name: "Ada Lovelace", Email: "ada@partner.example", About: "plain: id, name and email"},
		{
			ID: "u-1002", Name: "Grace Hopper", Email: knownEmail,
			Tagline: "Compilers, and a clock that runs backwards", Picture: site + "/avatar.svg",
			Profile: profile{
				Company: "Initech",
				Seats:   &seats,
				Since:   time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC),
				Skills:  []string{"go", "cobol"},
				Notes:   "not for the community",
			},
			Spaces: spaces.Add(newsSpace, helpSpace),
			About:  "all claims, with a picture and custom fields; the community knows her email",
		},
		{
			ID: "u-1003", Name: "Alan Turing", Email: "alan@partner.example",
			Spaces: spaces.Apply(spaces.Join(proSpace), spaces.Leave(helpSpace)),
			About:  "space changes: joins one, leaves another",
		},
		{
			ID: "u-1004", Name: "Katherine Johnson", Email: "katherine@partner.example",
			Picture: "/uploads/missing-host.png",
			Spaces:  spaces.Replace(newsSpace),
			About:   "a bad avatar, left out so that she can log in; REPLACE leaves her in one space",
		},
	}
}
