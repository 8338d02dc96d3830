package main

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
)

// A mailer sends a mail.
type mailer func(ctx context.Context, to, subject, text string) error

// logMails is where a real site has its mail server: the mail is a line of the log.
func logMails(log *slog.Logger) mailer {
	return func(ctx context.Context, to, subject, text string) error {
		log.InfoContext(ctx, "mail", "to", to, "subject", subject, "text", text)
		return nil
	}
}

// mailLink asks whether an address is the member's, by a link. The link names this
// site by its setting: the Host header of a request may be anything.
func (s *site) mailLink(ctx context.Context, v verification) error {
	token, err := s.members.ask(ctx, v)
	if err != nil {
		return err
	}
	link := s.origin + verifyPath + "?" + url.Values{"token": {token}}.Encode()
	return s.mail(ctx, v.Email, "Verify your email address", "Is this address yours? Follow this link within 24 hours, and enter your password: "+link)
}

// mailSignUp is for who signed up. Who has an account already gets another mail, and
// only whoever reads that mailbox learns that there is an account.
func (s *site) mailSignUp(ctx context.Context, m member, returnPath string) error {
	err := s.members.add(ctx, m)
	if errors.Is(err, errTaken) {
		return s.mail(ctx, m.Email, "You have an account", "Somebody signed up with this address, which has an account. If it was you, sign in: "+s.origin+loginPath)
	}
	if err != nil {
		return err
	}
	return s.mailLink(ctx, verification{MemberID: m.ID, Email: m.Email, ReturnPath: returnPath})
}
