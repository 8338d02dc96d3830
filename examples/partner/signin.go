package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
)

const verifyPath = "/verify"

// signIn is the page at the Authorization URL, and at the account settings for who
// has no session. Its form posts to the same address, query included, and the
// answer goes back there.
func (s *site) signIn(w http.ResponseWriter, r *http.Request) {
	f := form{Title: "Sign in", Button: "Sign in", Fields: []field{
		emailField(r.PostFormValue("email")), passwordField("current-password", ""),
	}}
	f.Other = link{withQuery(signUpPath, r), "Sign up"}
	if r.Method != http.MethodPost {
		s.show(w, r, http.StatusOK, "form.html", f)
		return
	}
	address := strings.TrimSpace(r.PostFormValue("email"))
	if !s.mayTry(w, r, "sign-in "+address, &f) {
		return
	}
	m, err := s.members.byEmail(r.Context(), address)
	if err != nil && !errors.Is(err, errNobody) {
		s.fail(w, r, err)
		return
	}
	if !s.passwords.match(m.password, r.PostFormValue("password")) {
		f.Problem = "The email address or the password is wrong. Have you just signed up? " +
			"Verify your email address first: follow the link in our mail."
		s.show(w, r, http.StatusBadRequest, "form.html", f)
		return
	}
	if m.closed {
		err = s.members.end(r.Context(), m.ID, "reopen")
	}
	if err == nil {
		err = s.startSession(r, m.ID)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.login.Resume(w, r)
}

// signUp is the page at the Sign Up URL. It answers the same, after the same work,
// whether the address has an account or not. The account is made when the link in the
// mail is followed.
func (s *site) signUp(w http.ResponseWriter, r *http.Request) {
	v := verification{
		Name: strings.TrimSpace(r.PostFormValue("name")), Email: strings.TrimSpace(r.PostFormValue("email")),
		ReturnPath: s.returnPath(r),
	}
	f := form{Title: "Sign up", Button: "Sign up", Fields: []field{
		nameField(v.Name), emailField(v.Email),
		passwordField("new-password", "12 characters or more."),
	}}
	f.Other = link{withQuery(loginPath, r), "Sign in"}
	if r.Method != http.MethodPost {
		s.show(w, r, http.StatusOK, "form.html", f)
		return
	}
	f.blame(member{ID: "new", Name: v.Name, Email: v.Email})
	password := r.PostFormValue("password")
	if len(password) < minPassword || len(password) > maxPassword {
		f.problem("password", "Choose a password of 12 to 72 characters.")
	}
	if f.Problem != "" {
		s.show(w, r, http.StatusBadRequest, "form.html", f)
		return
	}
	if !s.mayTry(w, r, "mail "+v.Email, &f) {
		return
	}
	var err error
	if v.password, err = s.passwords.hash(password); err == nil {
		err = s.mailLink(r.Context(), v)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.show(w, r, http.StatusOK, "message.html", checkYourMail(v.Email))
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
	f := form{
		Title: "Verify your email address", Intro: "Enter the account's password to confirm " + v.Email + ".",
		Button: "Verify", Fields: []field{passwordField("current-password", "")},
	}
	if r.Method != http.MethodPost {
		s.show(w, r, http.StatusOK, "form.html", f)
		return
	}
	if !s.mayTry(w, r, "link "+token, &f) {
		return
	}
	hash := v.password
	if v.MemberID != "" {
		m, err := s.members.byID(r.Context(), v.MemberID)
		if err != nil {
			s.notVerified(w, r, err)
			return
		}
		hash = m.password
	}
	if !s.passwords.match(hash, r.PostFormValue("password")) {
		f.problem("password", "The password is wrong.")
		s.show(w, r, http.StatusBadRequest, "form.html", f)
		return
	}
	m, err := s.members.confirm(r.Context(), token)
	if err == nil {
		err = s.startSession(r, m.ID)
	}
	if err != nil {
		s.notVerified(w, r, err)
		return
	}
	s.push(w, r, m, v.ReturnPath)
}

func (s *site) notVerified(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, errLinkOver), errors.Is(err, errNobody):
		s.show(w, r, http.StatusGone, "message.html", message{"This link is over",
			"It was followed before, or is older than 24 hours. Sign up again, or sign in and give the address again."})
	case errors.Is(err, errTaken):
		s.show(w, r, http.StatusConflict, "message.html", message{"Another member has this address",
			"Sign in with that account, or choose another address."})
	default:
		s.fail(w, r, err)
	}
}

func checkYourMail(address string) message {
	return message{"Check your inbox", "We have sent a mail to " + address +
		". Follow the link in it, and you go on to the community. (This site has no mail server: the mail is in its log.)"}
}

// A mailer sends a mail.
type mailer func(ctx context.Context, to, subject, text string) error

// logMails is where a real site has its mail server: the mail is a line of the log.
func logMails(log *slog.Logger) mailer {
	return func(ctx context.Context, to, subject, text string) error {
		log.InfoContext(ctx, "mail", "to", to, "subject", subject, "text", text)
		return nil
	}
}

// mailLink asks by a link whether an address is whose it is said to be. An address that
// has an account gets another mail: only whoever reads that mailbox learns of the
// account. The link names this site by its setting: the Host header of a request may be
// anything.
func (s *site) mailLink(ctx context.Context, v verification) error {
	token, taken, err := s.members.ask(ctx, v)
	if err != nil {
		return err
	}
	if taken {
		return s.mail(ctx, v.Email, "You have an account",
			"Somebody gave this address here, which has an account. If it was you, sign in: "+s.origin+loginPath)
	}
	link := s.origin + verifyPath + "?" + url.Values{"token": {token}}.Encode()
	return s.mail(ctx, v.Email, "Verify your email address",
		"Is this address yours? Follow this link within 24 hours, and enter your password: "+link)
}
