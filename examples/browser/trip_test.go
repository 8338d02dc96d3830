package browser

import (
	"net/url"
	"strings"
	"testing"
)

func TestByClicksAVisitorComesBackToTheVeryPageLoggedIn(t *testing.T) {
	p, b := startLogin(t), newTab(t)
	const deep = "/spaces/news?sort=new&q=a%20b&tag=caf%C3%A9&rate=100%25"
	p.signIn(b, deep, "u-1001")
	if got, want := b.address(), p.community+deep; got != want {
		t.Errorf("back at %s, want %s", got, want)
	}
	if got := b.member(); got != "Ada Lovelace" {
		t.Errorf("logged in as %q", got)
	}
	if !strings.Contains(p.log.String(), "event=minted") {
		t.Errorf("the partner's log says %s", p.log)
	}
}

// A browser does not send the fragment of an address, so a server that makes the
// login link can't know it. A community whose script adds the fragment to
// referrer_uri gets it back.
func TestAFragmentComesBackWhereTheCommunitySendsIt(t *testing.T) {
	p, b := startLogin(t), newTab(t)
	p.signIn(b, "/spaces/news?sort=new#latest", "u-1001")
	if got, want := b.address(), p.community+"/spaces/news?sort=new"; got != want {
		t.Errorf("by the link: back at %s, want %s", got, want)
	}
	const deep = "/search?q=a%20b&tab=posts#top"
	b.open(p.partner + "/community/login?referrer_uri=" + url.QueryEscape(deep))
	if got, want := b.address(), p.community+deep; got != want {
		t.Errorf("by referrer_uri: back at %s, want %s", got, want)
	}
}

func TestAMemberWithASessionAtThePartnerIsNotAskedAgain(t *testing.T) {
	p, b := startLogin(t), newTab(t)
	p.signIn(b, "/", "u-1001")
	b.open(p.partner + "/community/login?referrer_uri=/members")
	if got, who := b.address(), b.member(); got != p.community+"/members" || who != "Ada Lovelace" {
		t.Errorf("at %s as %q", got, who)
	}
}
