package browser

import (
	"strings"
	"testing"
)

func TestASignUpByTypingComesBackLoggedIn(t *testing.T) {
	p, b := startLogin(t), newTab(t)
	b.open(p.community + "/spaces/help?sort=new")
	b.press("#signup")
	b.fill("[name=name]", "Mary Jackson")
	b.fill("[name=email]", "mary@partner.example")
	b.press("main button")
	if got, want := b.address(), p.community+"/spaces/help?sort=new"; got != want {
		t.Errorf("back at %s, want %s", got, want)
	}
	if got := b.member(); got != "Mary Jackson" {
		t.Errorf("logged in as %q", got)
	}
}

func TestLoggingOutOfTheCommunityEndsBothSessions(t *testing.T) {
	p, b := startLogin(t), newTab(t)
	p.signIn(b, "/", "u-1001")
	b.press(".who form button")
	if got, want := b.address(), p.partner+"/"; got != want || strings.Contains(b.text(), "Ada Lovelace") {
		t.Errorf("at %s, which says %q", got, b.text())
	}
	b.open(p.community + "/")
	if got := b.member(); got != "" {
		t.Errorf("the community still has %q logged in", got)
	}
	b.open(p.partner + "/community/login")
	b.show(`button[value="u-1001"]`)
	b.open(p.community + "/auth/logout") // again, without a session on either side
	if got, want := b.address(), p.partner+"/"; got != want {
		t.Errorf("a second time: at %s, want %s", got, want)
	}
}

// The protocol gives the partner no way to end the community's session. It ends
// by itself, or at the next logout there.
func TestSigningOutOfThePartnerEndsOnlyThePartnersSession(t *testing.T) {
	p, b := startLogin(t), newTab(t)
	p.signIn(b, "/", "u-1001")
	b.open(p.partner + "/")
	b.press("main form button")
	b.open(p.partner + "/community/login")
	b.show(`button[value="u-1001"]`)
	b.open(p.community + "/")
	if got := b.member(); got != "Ada Lovelace" {
		t.Errorf("the community has %q logged in", got)
	}
}

func TestAnEmailTypedInTheAccountSettingsIsInTheCommunityAtOnce(t *testing.T) {
	p, b := startLogin(t), newTab(t)
	p.signIn(b, "/", "u-1001")
	b.press(`.who a[href="/settings"]`)
	if !strings.Contains(b.text(), "ada@partner.example") {
		t.Fatalf("the settings say %q", b.text())
	}
	b.press("#account")
	if got, want := b.address(), p.partner+"/account"; got != want {
		t.Fatalf("the settings lead to %s, want %s", got, want)
	}
	b.fill("[name=email]", "countess@partner.example")
	b.press("main button")
	if got, who := b.address(), b.member(); got != p.community+"/" || who != "Ada Lovelace" {
		t.Errorf("saved: at %s as %q", got, who)
	}
	b.open(p.community + "/settings")
	if text := b.text(); !strings.Contains(text, "countess@partner.example") || strings.Contains(text, "ada@partner.example") {
		t.Errorf("the settings say %q", text)
	}
}
