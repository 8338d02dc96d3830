package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// keys presses keys, wherever the focus is.
func (b *tab) keys(keys string) {
	b.t.Helper()
	run(b, chromedp.KeyEvent(keys))
}

// reach presses Tab until the focus is on what a selector finds, and looks
// that each stop on the way can be seen.
func (b *tab) reach(selector string) {
	b.t.Helper()
	for range 400 {
		b.keys(kb.Tab)
		stop := eval[struct {
			There, Seen bool
			What        string
		}](b, `(() => {
			const e = document.activeElement, s = getComputedStyle(e);
			return {There: e.matches(`+"`"+selector+"`"+`), Seen: e === document.body ||
				s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0, What: e.outerHTML.slice(0, 120)};
		})()`)
		if !stop.Seen {
			b.t.Errorf("the focus can't be seen on %s", stop.What)
		}
		if stop.There {
			return
		}
	}
	b.t.Fatalf("%s can't be reached by the key Tab at %s", selector, b.address())
}

// follow goes on with Enter from what a selector finds, to another page.
func (b *tab) follow(selector string) {
	b.t.Helper()
	b.reach(selector)
	b.enter()
}

// enter waits for the page that the key Enter leads to.
func (b *tab) enter() {
	b.t.Helper()
	eval[bool](b, "document.before = true")
	b.keys(kb.Enter)
	until(b.t, "another page", func() bool {
		settled, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`!document.before && document.readyState === "complete"`))
		return err == nil && settled
	})
}

func TestByKeyboardAloneAPersonGetsThroughEveryTool(t *testing.T) {
	p, b := newPair(t, pairConfig{settings: ssotest.Settings{OtherLoginMethods: true,
		Spaces: []ssotest.Space{{ID: "spc-1", Name: "News", Slug: "news"}}}}), newTab(t)
	b.open(p.community + "/")
	b.keys(kb.Tab) // the first stop skips the header
	b.keys(kb.Enter)
	until(t, "the focus is in the page", func() bool { return eval[string](b, "document.activeElement.id") == "main" })

	b.follow(`a[href="/_fake/mistakes"]`)
	b.follow(`button[value="conflict"]`)
	if got := eval[string](b, "document.querySelector('h1').textContent"); got != "Login refused" {
		t.Fatalf("the sample mistake led to %q", got)
	}
	b.follow(`main a[href="/logins/1"]`)
	b.reach("main summary") // the request
	b.keys(kb.Enter)
	b.reach("button.copy")
	if !eval[bool](b, `document.querySelector("details").open`) {
		t.Error("the request is not revealed")
	}
	b.follow(`a[href="/logins"]`) // the one below
	b.reach(".filters summary")
	b.keys(kb.Enter)
	b.reach("#outcome")
	b.keys("r")
	b.reach(".filter button")
	b.enter()
	if got := b.address(); !strings.Contains(got, "outcome=refused") {
		t.Errorf("the filter led to %s", got)
	}
	b.follow(`a.code[href="/_fake/codes/external-id-conflict"]`)

	b.follow(`a[href="/_fake/inspect"]`)
	b.reach("textarea")
	b.keys("eyJhbGciOiJub25lIn0.e30.x")
	b.reach("main button")
	b.enter()
	if !strings.Contains(b.text(), "A strict community refuses it") {
		t.Errorf("the box says %s", b.text())
	}

	b.follow(`a[href="/_fake/admin"]`)
	b.reach("#RefuseEverything")
	b.keys(" ")
	b.reach(".settings > button")
	b.enter()
	if !p.fake.Settings().RefuseEverything {
		t.Error("the setting is not saved")
	}
	b.follow(".last button")
	if p.fake.Settings().RefuseEverything {
		t.Error("the trouble is not switched off")
	}
	b.follow(`button[value="reveal"]`)
	if !strings.Contains(b.text(), p.key.Reveal()) {
		t.Error("the key is not revealed")
	}
	b.follow(`a[href="/members"]`)
	b.follow(`main th a`)
	b.follow(`button[value="unlink"]`)
	if _, ok := p.fake.Member("u-sample"); ok {
		t.Error("the external ID is still there")
	}
	b.follow(`a[href="/spaces"]`)
	b.follow(`main a[href="/spaces/news"]`)
}

func TestNewLoginsAppearWithoutAReload(t *testing.T) {
	p, b, other := newPair(t, pairConfig{}), newTab(t), newTab(t)
	b.open(p.community + "/logins")
	p.send(other, "expired")
	b.show(`a[href="/logins/1"]`)
	run(b, chromedp.Click(chromedp.CSS("#live")))
	// From here on the test itself says when it is time to ask again.
	tick := page.AddScriptToEvaluateOnNewDocumentParams{Source: "window.setInterval = ask => { window.ask = ask }"}
	if _, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, tick); err != nil {
		t.Fatal(err)
	}
	b.open(b.address())
	p.send(other, "expired")
	ask := func() { run(b, chromedp.Evaluate[bool]("ask().then(() => true)", chromedp.EvalAwaitPromise)) }
	if ask(); strings.Contains(b.text(), "Login 2") {
		t.Error("new logins appear although that is switched off, or the switch is forgotten")
	}
	run(b, chromedp.Click(chromedp.CSS("#live")))
	if ask(); !strings.Contains(b.text(), "Login 2 is new.") {
		t.Errorf("the page says %s", b.text())
	}
}

func TestACopyButtonCopiesAndTimesAreThoseOfThePlace(t *testing.T) {
	p, b := newPair(t, pairConfig{}), newTab(t)
	if _, err := chromedp.Call(b.ctx, emulation.SetTimezoneOverride,
		emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Kathmandu"}); err != nil {
		t.Fatal(err)
	}
	p.send(b, "expired")
	b.open(p.community + "/logins/1")
	run(b, chromedp.Evaluate[bool](`document.querySelectorAll("details").forEach(d => d.open = true), true`))
	if text := b.text(); !strings.Contains(text, "2026-11-23 12:00:00 UTC") || !strings.Contains(text, "17:45:00 GMT+5:45") {
		t.Errorf("the times are %s", text)
	}
	// A clipboard of the test's own, which asks for no permission.
	run(b, chromedp.Evaluate[bool](`Object.defineProperty(navigator, "clipboard", {value: {writeText: async text => { `+
		`window.copied = text }}}), true`))
	run(b, chromedp.Click(chromedp.CSS("#text-curl + button")))
	until(t, "something is copied", func() bool { return strings.Contains(b.text(), "Copied") })
	got := eval[string](b, "window.copied")
	if want := "curl -i '" + p.fake.Attempts()[0].URL + "'"; got != want {
		t.Errorf("copied %q, want %q", got, want)
	}
}

func TestThePagesWorkWithoutScript(t *testing.T) {
	p, b := newPair(t, pairConfig{}), newTab(t)
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled,
		emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	p.send(b, "expired")
	b.press(`main a[href="/logins/1"]`)
	run(b, chromedp.Click(chromedp.CSS("details:has(#text-curl) summary")))
	b.show("#text-curl")
	b.press(`a[href="/logins"]`)
	run(b, chromedp.Click(chromedp.CSS(".filters summary")))
	b.press(".filter button")
	b.show(`a[href="/logins/1"]`)
}

func TestTheSampleLoopEndsAtThePartnerAndIsSwitchedOff(t *testing.T) {
	p, b := startLogin(t), newTab(t)
	p.signIn(b, "/", "u-1001")
	b.open(p.community + "/_fake/mistakes")
	b.press(`button[value="loop"]`)
	if got := eval[string](b, "document.querySelector('h1').textContent"); got != loopTitle || origin(b.address()) != p.partner {
		t.Fatalf("at %s, which says %s", b.address(), b.text())
	}
	b.open(p.community + "/logins")
	if !strings.Contains(b.text(), "refuses-all") || !strings.Contains(b.text(), "this community refuses every login") {
		t.Errorf("the logins say %s", b.text())
	}
	b.press(".last button")
	if strings.Contains(b.text(), "refuses every login") {
		t.Errorf("the settings say %s", b.text())
	}
}
