package main

import (
	"errors"
	"net/http"
	"strings"

	"github.com/bettermode-go/sso/ssotoken"
)

// profileForm shows a form for m, saves what is posted, once the community would take
// it, and goes on with saved.
func (s *site) profileForm(
	w http.ResponseWriter, r *http.Request, title string, m member, saved func(ssotoken.Claims),
) {
	if r.Method != http.MethodPost {
		none := map[string]string{}
		s.render(w, http.StatusOK, "profile.html", map[string]any{"Title": title, "Member": m, "Problems": none})
		return
	}
	m.Name, m.Email = strings.TrimSpace(r.PostFormValue("name")), strings.TrimSpace(r.PostFormValue("email"))
	claims, err := m.claims()
	problems := problemsOf(err)
	if len(problems) == 0 && !s.members.save(m) {
		problems["email"] = "Another member has this email address."
	}
	if len(problems) > 0 {
		s.render(w, http.StatusBadRequest, "profile.html", map[string]any{"Title": title, "Member": m, "Problems": problems})
		return
	}
	saved(claims)
}

// problemsOf puts the errors of Build at the fields that a person can change, and at ""
// what no field can change.
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
