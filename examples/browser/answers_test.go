package browser

import (
	"errors"
	"net/http"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// The library's own pages, which every visitor of a partner may meet.
func TestTheBuiltInAnswersAreAccessible(t *testing.T) {
	p, b := newRefusedPair(t, nil), newTab(t)
	answers := map[string]error{
		"answer-failed": errors.New("broken"), "answer-no-navigation": ssotoken.ErrNotNavigation, "answer-claims": &ssotoken.ClaimsError{},
		"answer-no-tenant": ssotoken.ErrNoTenant, "answer-email": ssotoken.ErrEmailUnverified,
		"answer-no-access": ssotoken.ErrMayNotEnter, "answer-method": contract.Method,
		"answer-with-reference": &ssotoken.Failure{Reference: "ABCD2345", Err: errors.New("broken")},
	}
	for name, err := range answers {
		p.pages.HandleFunc("/"+name, func(w http.ResponseWriter, r *http.Request) { ssotoken.AnswerError(w, r, err) })
	}
	logout, err := ssotoken.NewLogout(ssotoken.LogoutConfig{End: func(http.ResponseWriter,
		*http.Request) error {
		return errors.New("broken")
	}})
	if err != nil {
		t.Fatal(err)
	}
	p.pages.Handle("/answer-logout", logout)
	p.signIn(b)
	var sum measures
	for name := range answers {
		sum.measure(b, name, p.partner+"/"+name)
	}
	sum.measure(b, "answer-logout", p.partner+"/answer-logout")
	sum.measure(b, "answer-loop", p.partner+loginPath)
	t.Log(&sum)
}

func TestTheEmbedExampleIsAccessible(t *testing.T) {
	p, b := startProgram(t, "embed", "localhost:0", "127.0.0.1:0"), newTab(t)
	var sum measures
	sum.measure(b, "embed-home", p.partner+"/")
	sum.measure(b, "embed-missing", p.partner+"/nothing")
	sum.measure(b, "embed-sign-in", p.partner+loginPath)
	b.press("button")
	t.Log(&sum)
}
