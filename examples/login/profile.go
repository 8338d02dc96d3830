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
	Title    string
	Member   member
	Problems map[string]string // by the claim; "" is for what no field can change
}

// profileForm shows a form for m, saves what is posted, once the community would take
// it, and goes on with saved.
func (s *site) profileForm(
	w http.ResponseWriter, r *http.Request, title string, m member, saved func(ssotoken.Claims),
) {
	if r.Method != http.MethodPost {
		s.render(w, http.StatusOK, "profile.html", profilePage{Title: title, Member: m})
		return
	}
	m.Name, m.Email = strings.TrimSpace(r.PostFormValue("name")), strings.TrimSpace(r.PostFormValue("email"))
	claims, err := m.claims()
	problems := problemsOf(err)
	if len(problems) == 0 && !s.members.save(m) {
		problems["email"] = "Another member has this email address."
	}
	if len(problems) > 0 {
		s.render(w, http.StatusBadRequest, "profile.html", profilePage{title, m, problems})
		return
	}
	saved(claims)
}

// problemsOf puts the errors of Build at the fields that a person can change.
func problemsOf(err error) map[string]string {
	problems := map[string]string{}
	var wrong *ssotoken.ClaimsError
	if errors.As(err, &wrong) {
		for _, field := range wrong.Fields {
			switch field.Field {
			case "name":
				problems["name"] = "Give the name that other members see."
			case "email":
				problems["email"] = "Give one plain email address, such as ada@example.com."
			default:
				problems[""] = "The profile can't be saved: " + field.Error() + "."
			}
		}
	} else if err != nil {
		problems[""] = "The profile can't be saved."
	}
	return problems
}
