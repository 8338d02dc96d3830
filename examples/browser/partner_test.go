package browser

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// startPartner starts examples/partner on free ports, as two sites, with an empty
// database.
func startPartner(t *testing.T) *program {
	t.Helper()
	t.Setenv("PARTNER_DB", filepath.Join(t.TempDir(), "partner.db"))
	return startProgram(t, "partner", "localhost:0", "127.0.0.1:0")
}

const partnerPassword = "analytical engine 1843"

// signUpPartner signs up by clicks, from a page of the community, and returns the link
// in the mail.
func (p *program) signUpPartner(b *tab, path string) (link string) {
	b.t.Helper()
	b.open(p.community + path)
	b.press("#signup")
	if got := b.address(); !strings.HasPrefix(got, p.partner+"/community/sign-up?referrer_uri=") {
		b.t.Fatalf("the sign-up button led to %s", got)
	}
	b.fill("#name", memberName)
	b.fill("#email", memberEmail)
	b.fill("#password", partnerPassword)
	b.press("main button")
	until(b.t, "the mail is in the log", func() bool {
		link = regexp.MustCompile(regexp.QuoteMeta(p.partner) + `/verify\?token=\w+`).FindString(p.log.String())
		return link != ""
	})
	return link
}

func TestByClicksASiteOfRealPartsIsAtWorkWithItsCommunity(t *testing.T) {
	p, b := startPartner(t), newTab(t)
	const deep = "/spaces/help?sort=new&q=a%20b"
	link := p.signUpPartner(b, deep)

	// Nobody has verified the address: she is a member here, and not there.
	b.press(`header a`)
	b.press(`#community`)
	b.fill("#email", memberEmail)
	b.fill("#password", partnerPassword)
	b.press("main button")
	if text := b.text(); !strings.Contains(text, "Verify your email address first") || p.minted() != 0 {
		t.Fatalf("unverified, after %d tokens: %s", p.minted(), text)
	}

	b.open(link)
	b.fill("#password", partnerPassword)
	b.press("main button")
	if got := b.address(); got != p.community+deep || b.member() != memberName {
		t.Fatalf("verified: %q is at %s, want %s", b.member(), got, p.community+deep)
	}

	b.open(p.community + "/settings")
	b.press("#account")
	b.fill("#company", "Babbage & Co")
	run(b, chromedp.Click(chromedp.CSS(`[value="premium"]`)))
	b.press(`form[action="/account"] button`)
	if got := b.address(); got != p.community+"/" {
		t.Fatalf("the saved profile led to %s", got)
	}
	b.open(p.community + "/members")
	b.press("main th a")
	for _, want := range []string{"Babbage & Co", "premium", "Premium"} {
		if text := b.text(); !strings.Contains(text, want) {
			t.Errorf("the community has no %s: %s", want, text)
		}
	}

	b.open(p.partner + "/")
	b.press("#sign-out")
	if text := b.text(); !strings.Contains(text, "Welcome") {
		t.Errorf("signed out, the site says %s", text)
	}
	b.open(p.community + "/")
	if got := b.member(); got != memberName {
		t.Errorf("after the partner's sign-out the community has %q", got)
	}
	b.press(".who form button")
	if got := b.address(); got != p.partner+"/" {
		t.Errorf("the community's logout led to %s", got)
	}
	for _, address := range b.history() {
		if strings.Contains(address, "eyJ") {
			t.Errorf("the history has a token: %s", address)
		}
	}
}

func TestByKeyboardAloneAVisitorSignsUpAtASiteOfRealParts(t *testing.T) {
	p, b := startPartner(t), newTab(t)
	b.open(p.partner + "/")
	b.follow(`a[href="/community/sign-up"]`)
	for _, text := range [][2]string{{"#name", memberName}, {"#email", memberEmail}, {"#password", partnerPassword}} {
		b.reach(text[0])
		b.keys(text[1])
	}
	b.reach("main button")
	b.enter()
	if text := b.text(); !strings.Contains(text, "Check your inbox") {
		t.Errorf("the page says %s", text)
	}
}

func TestThePagesOfASiteOfRealPartsAreAccessible(t *testing.T) {
	p, b := startPartner(t), newTab(t)
	var sum measures
	for name, path := range map[string]string{"home": "/", "sign-in": "/community/login", "sign-up": "/community/sign-up",
		"link-over": "/verify"} {
		sum.measure(b, "partner-"+name, p.partner+path)
	}
	link := p.signUpPartner(b, "/")
	sum.resize(b, "partner-mail-sent")
	sum.measure(b, "partner-verify", link)
	b.fill("#password", "not this one")
	b.press("main button")
	sum.resize(b, "partner-verify-problem")
	b.open(p.partner + "/account")
	b.fill("#email", memberEmail)
	b.fill("#password", partnerPassword)
	b.press("main button")
	sum.measure(b, "partner-account", p.partner+"/account")
	sum.measure(b, "partner-unverified", p.partner+"/community/login")
	sum.measure(b, "partner-member", p.partner+"/")
	t.Log(&sum)
}
