package main

import (
	"errors"
	"net/http"
	"strings"
)

const (
	emailPath = "/account/email"
	endPath   = "/account/end"

	maxText = 100 // characters of a name or a company
)

// An accountPage has forms for the profile, for the email address, and to end the account.
type accountPage struct {
	Profile, Email, End form
	Member              member
}

func newAccountPage(m member) accountPage {
	return accountPage{
		Profile: form{Fields: []field{
			nameField(m.Name),
			{Name: "company", Label: "Company", Value: m.Company, Autocomplete: "organization",
				Optional: true, MaxLength: maxText},
		}},
		Email:  form{Fields: []field{emailField(m.Email)}},
		End:    form{Fields: []field{passwordField("current-password", "")}},
		Member: m,
	}
}

// account is the page at the Account Settings URL. A saved profile goes to the
// community immediately.
func (s *site) account(w http.ResponseWriter, r *http.Request) {
	m, ok := s.memberOr(w, r, s.signIn)
	if !ok {
		return
	}
	if r.Method != http.MethodPost {
		s.show(w, r, http.StatusOK, "account.html", newAccountPage(m))
		return
	}
	m.Name, m.Company = strings.TrimSpace(r.PostFormValue("name")), strings.TrimSpace(r.PostFormValue("company"))
	m.Plan = r.PostFormValue("plan")
	page := newAccountPage(m)
	page.Profile.blame(m)
	if m.Plan != free && m.Plan != premium {
		page.Profile.Problem = "Choose a plan."
	}
	if page.Profile.Problem != "" {
		s.show(w, r, http.StatusBadRequest, "account.html", page)
		return
	}
	if err := s.members.save(r.Context(), m); err != nil {
		s.fail(w, r, err)
		return
	}
	s.push(w, r, m, "")
}

// changeEmail sends a link to a new address. Until somebody follows it the member,
// and so the community, has the old one.
func (s *site) changeEmail(w http.ResponseWriter, r *http.Request) {
	m, ok := s.memberOr(w, r, s.toAccount)
	if !ok {
		return
	}
	page := newAccountPage(m)
	page.Email = form{Fields: []field{emailField(strings.TrimSpace(r.PostFormValue("email")))}}
	m.Email = page.Email.Fields[0].Value
	if page.Email.blame(m); page.Email.Problem != "" {
		s.show(w, r, http.StatusBadRequest, "account.html", page)
		return
	}
	if !s.mayTry(w, r, "mail "+m.Email, nil) {
		return
	}
	v := verification{MemberID: m.ID, Email: m.Email, ReturnPath: s.returnPath(r)}
	if err := s.mailLink(r.Context(), v); err != nil {
		s.fail(w, r, err)
		return
	}
	s.show(w, r, http.StatusOK, "message.html", checkYourMail(m.Email))
}

// memberOr returns who is signed in, and answers anybody else by another page.
func (s *site) memberOr(w http.ResponseWriter, r *http.Request, other http.HandlerFunc) (member, bool) {
	m, err := s.signedIn(r)
	switch {
	case err == nil:
		return m, true
	case errors.Is(err, errNobody):
		other(w, r)
	default:
		s.fail(w, r, err)
	}
	return member{}, false
}

func (s *site) toAccount(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, accountPath, http.StatusSeeOther)
}
