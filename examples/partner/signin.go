package main

import (
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
)

const verifyPath = "/verify"

// signIn is the page at the Authorization URL, and at the account settings for who
// has no session. Its form posts to the same address, query included, and the
// answer goes back there.
func (s *site) signIn(w http.ResponseWriter, r *http.Request) {
	f := form{Title: "Sign in", Button: "Sign in", Fields: []field{emailField(r.PostFormValue("email")), passwordField("current-password", "")}}
	f.Other = link{withQuery(signUpPath, r), "Sign up"}
	if r.Method != http.MethodPost {
		s.show(w, r, http.StatusOK, "form.html", f)
		return
	}
	address := strings.TrimSpace(r.PostFormValue("email"))
	if !s.mayTry(w, r, address, &f) {
		return
	}
	m, err := s.members.byEmail(r.Context(), address)
	if err != nil && !errors.Is(err, errNobody) {
		s.fail(w, r, err)
		return
	}
	if !s.passwords.match(m, r.PostFormValue("password")) {
		f.Problem = "The email address or the password is wrong."
		s.show(w, r, http.StatusBadRequest, "form.html", f)
		return
	}
	if err := s.startSession(r, m.ID); err != nil {
		s.fail(w, r, err)
		return
	}
	s.login.Resume(w, r)
}

// signUp is the page at the Sign Up URL. It answers the same whether the address has
// an account or not.
func (s *site) signUp(w http.ResponseWriter, r *http.Request) {
	m := member{ID: rand.Text(), Name: strings.TrimSpace(r.PostFormValue("name")), Email: strings.TrimSpace(r.PostFormValue("email"))}
	f := form{Title: "Sign up", Button: "Sign up", Fields: []field{
		nameField(m.Name), emailField(m.Email),
		passwordField("new-password", "12 characters or more."),
	}}
	f.Other = link{withQuery(loginPath, r), "Sign in"}
	if r.Method != http.MethodPost {
		s.show(w, r, http.StatusOK, "form.html", f)
		return
	}
	if !s.mayTry(w, r, m.Email, &f) {
		return
	}
	f.blame(m)
	password := r.PostFormValue("password")
	if len(password) < minPassword || len(password) > maxPassword {
		f.problem("password", "Choose a password of 12 to 72 characters.")
	}
	if f.Problem != "" {
		s.show(w, r, http.StatusBadRequest, "form.html", f)
		return
	}
	var err error
	if m.password, err = s.passwords.hash(password); err == nil {
		err = s.mailSignUp(r.Context(), m, s.returnPath(r))
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.show(w, r, http.StatusOK, "message.html", checkYourMail(m.Email))
}

// verify is where the link in a mail leads. It asks for the password: who signed up
// with somebody else's address would else get that person's click, and who only
// reads a mail would be signed in. A mail scanner that follows the link does
// nothing.
func (s *site) verify(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("token")
	v, err := s.members.asked(r.Context(), token)
	if err != nil {
		s.notVerified(w, r, err)
		return
	}
	f := form{Title: "Verify your email address", Intro: v.Email + " is yours, if you know the password of the account.", Button: "Verify", Fields: []field{passwordField("current-password", "")}}
	if r.Method != http.MethodPost {
		s.show(w, r, http.StatusOK, "form.html", f)
		return
	}
	if !s.mayTry(w, r, v.MemberID, &f) {
		return
	}
	m, err := s.members.byID(r.Context(), v.MemberID)
	if err != nil {
		s.notVerified(w, r, err)
		return
	}
	if !s.passwords.match(m, r.PostFormValue("password")) {
		f.problem("password", "The password is wrong.")
		s.show(w, r, http.StatusBadRequest, "form.html", f)
		return
	}
	if err = s.members.confirm(r.Context(), token); err == nil {
		err = s.startSession(r, m.ID)
	}
	if err != nil {
		s.notVerified(w, r, err)
		return
	}
	m.Email, m.Verified = v.Email, true
	s.push(w, r, m, v.ReturnPath)
}

func (s *site) notVerified(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, errLinkOver), errors.Is(err, errNobody):
		s.show(w, r, http.StatusGone, "message.html", message{"This link is over", "It was followed before, or is older than 24 hours. Sign in: you can ask for another."})
	case errors.Is(err, errTaken):
		s.show(w, r, http.StatusConflict, "message.html", message{"Another member has this address", "Sign in with that account, or choose another address."})
	default:
		s.fail(w, r, err)
	}
}

// askToVerify answers an unverified member on the way to the community. The form
// keeps the page that the visitor came from.
func (s *site) askToVerify(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusForbidden, "unverified.html", withQuery(resendPath, r))
}

func checkYourMail(address string) message {
	return message{"Look into your mailbox", "We have sent a mail to " + address + ". Follow the link in it, and you go on to the community. (This site has no mail server: the mail is in its log.)"}
}

// mayTry takes a try, of the visitor and of the account, or answers that there were
// too many: no one guesses a password, or fills somebody's mailbox.
func (s *site) mayTry(w http.ResponseWriter, r *http.Request, account string, f *form) bool {
	wait := max(s.perClient.try(s.client(r)), s.perAccount.try(strings.ToLower(account)))
	if wait == 0 {
		return true
	}
	s.tooMany(w, r, wait, f)
	return false
}
