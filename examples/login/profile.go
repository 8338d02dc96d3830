package main

import (
	"errors"
	"net/http"
	"strings"

	"github.com/bettermode-go/sso/ssotoken"
)

// A profilePage is a form for a member, with one message at each field that is
// wrong.
type profilePage struct {
	Title        string
	Member       member
	Name, Email  string // what is wrong with them
	OtherProblem string
}

func (p profilePage) ok() bool { return p.Name == "" && p.Email == "" && p.OtherProblem == "" }

// profileForm shows a form for m, saves what is posted, once the community would take
// it, and goes on with saved.
func (s *site) profileForm(
	w http.ResponseWriter, r *http.Request, title string, m member, saved func(ssotoken.Claims),
) {
	page := profilePage{Title: title, Member: m}
	if r.Method != http.MethodPost {
		s.render(w, http.StatusOK, "profile.html", page)
		return
	}
	m.Name, m.Email = strings.TrimSpace(r.PostFormValue("name")), strings.TrimSpace(r.PostFormValue("email"))
	page.Member = m
	claims, err := m.claims()
	page.blame(err)
	if page.ok() && !s.members.save(m) {
		page.Email = "Another member has this email address."
	}
	if !page.ok() {
		s.render(w, http.StatusBadRequest, "profile.html", page)
		return
	}
	saved(claims)
}

// blame puts the errors of Build at the fields that a person can change.
func (p *profilePage) blame(err error) {
	var wrong *ssotoken.ClaimsError
	switch {
	case err == nil:
		return
	case !errors.As(err, &wrong):
		p.OtherProblem = "The profile can't be saved."
		return
	}
	for _, field := range wrong.Fields {
		switch field.Field {
		case "name":
			p.Name = "Give the name that other members see."
		case "email":
			p.Email = "Give one plain email address, such as ada@example.com."
		default:
			p.OtherProblem = "The profile can't be saved: " + field.Error() + "."
		}
	}
}
