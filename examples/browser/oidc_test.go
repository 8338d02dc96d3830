package browser

import (
	"strings"
	"testing"
)

// startOIDC starts examples/oidc: the partner's site on one host, its provider and
// its community on another.
func startOIDC(t *testing.T) *program {
	t.Helper()
	return startProgram(t, "oidc", "localhost:0", "127.0.0.1:0", "-provider-addr", "127.0.0.1:0")
}

const (
	adaAtProvider   = `button[value="248289761001"]`
	graceAtProvider = `button[value="248289761002"]` // her email address is not verified
)

// toProvider goes from a page of the community to the provider, by clicks.
func (p *program) toProvider(b *tab, path string) {
	b.t.Helper()
	b.open(p.community + path)
	b.press("#login")
	b.press("#sso")
	if got := b.address(); !strings.Contains(got, "/login?id=") || strings.HasPrefix(got, p.partner) || strings.HasPrefix(got, p.community) {
		b.t.Fatalf("the login button led to %s", got)
	}
}

func TestASignInAtAnOpenIDProviderLandsWhereTheVisitorWasAndTheLogOutEndsAll(t *testing.T) {
	p, b := startOIDC(t), newTab(t)
	const deep = "/spaces/news?q=a%20b&tab=posts"
	p.toProvider(b, deep)
	b.press(adaAtProvider)
	if got := b.address(); got != p.community+deep || b.member() != "Ada Lovelace" {
		t.Fatalf("%q is at %s, want %s: %s", b.member(), got, p.community+deep, p.log)
	}
	for _, address := range b.history() {
		if strings.Contains(address, "eyJ") || strings.Contains(address, "code=") {
			t.Errorf("the history has a credential: %s", address)
		}
	}

	b.open(p.partner + "/")
	b.press("#community") // signed in: no question
	if got := b.address(); got != p.community+"/" || b.member() != "Ada Lovelace" {
		t.Errorf("%q is at %s", b.member(), got)
	}

	b.press(`form[action="/auth/logout"] button`)
	if got := b.address(); got != p.partner+"/" || !strings.Contains(b.text(), "You are not signed in") {
		t.Fatalf("the log-out led to %s: %s", got, b.text())
	}
	b.press("#community")
	b.show(adaAtProvider) // asked again
}

func TestAVisitorWithAnUnverifiedEmailVerifiesItAndGoesOn(t *testing.T) {
	p, b := startOIDC(t), newTab(t)
	p.toProvider(b, "/spaces/news")
	b.press(graceAtProvider)
	if got := b.text(); !strings.HasPrefix(b.address(), p.partner) || !strings.Contains(got, "Please verify your email address") {
		t.Fatalf("%s says %q", b.address(), got)
	}
	other := b.another()
	other.open(eval[string](b, `document.querySelector("#provider").href`))
	other.press("#verify")
	b.press("#again")
	if got := b.address(); got != p.community+"/spaces/news" || b.member() != "Grace Hopper" {
		t.Errorf("%q is at %s", b.member(), got)
	}
}

func TestAVisitorWhoCancelsAtTheProviderCanStartAgain(t *testing.T) {
	p, b := startOIDC(t), newTab(t)
	p.toProvider(b, "/spaces/news")
	b.press("button[name=cancel]")
	if got := b.text(); !strings.Contains(got, "You cancelled the sign-in") {
		t.Fatalf("%s says %q", b.address(), got)
	}
	b.press("#again")
	b.press(adaAtProvider)
	if got := b.address(); got != p.community+"/spaces/news" || b.member() != "Ada Lovelace" {
		t.Errorf("%q is at %s", b.member(), got)
	}
}

// The sign-out form's redirects lead to the provider: the policy must let them.
func TestTheSitesOwnButtonSignsOutAtTheProviderToo(t *testing.T) {
	p, b := startOIDC(t), newTab(t)
	p.toProvider(b, "/")
	b.press(adaAtProvider)
	b.open(p.partner + "/")
	b.press("#sign-out")
	if got := b.address(); got != p.partner+"/" || !strings.Contains(b.text(), "You are not signed in") {
		t.Fatalf("the button led to %s: %s", got, b.text())
	}
	b.press("#community")
	b.show(adaAtProvider)
}

func TestThePagesOfASignInAtAProviderAreAccessible(t *testing.T) {
	p, b := startOIDC(t), newTab(t)
	var sum measures
	sum.measure(b, "oidc-home", p.partner+"/")
	sum.measure(b, "oidc-over", p.partner+"/signed-in")
	sum.measure(b, "oidc-provider", p.partner+"/community/login")
	b.press(graceAtProvider)
	sum.measure(b, "oidc-unverified", p.partner+"/community/login")
	sum.measure(b, "oidc-account", eval[string](b, `document.querySelector("#provider").href`))
	b.open(p.partner + "/community/login?other-account=1")
	b.press(adaAtProvider)
	sum.measure(b, "oidc-member", p.partner+"/")
	t.Log(&sum)
}
