package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
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

// strike presses a key as a keyboard does, so that a page can keep its letter out of a field.
func (b *tab) strike(key string) {
	b.t.Helper()
	for _, event := range []input.DispatchKeyEventParams{{Type: kb.KeyDown, Key: key, Text: key}, {Type: kb.KeyUp, Key: key}} {
		if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, event); err != nil {
			b.t.Fatal(err)
		}
	}
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

// holdTimers lets the test itself say when a page's timers are due: the function that it
// returns runs the one that has this many milliseconds.
func holdTimers(b *tab) func(milliseconds int) {
	b.t.Helper()
	hold := page.AddScriptToEvaluateOnNewDocumentParams{
		Source: "window.due = {}; window.setInterval = (task, every) => { due[every] = task }",
	}
	if _, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, hold); err != nil {
		b.t.Fatal(err)
	}
	return func(milliseconds int) {
		b.t.Helper()
		wait := fmt.Sprintf("Promise.resolve(due[%d]()).then(() => true)", milliseconds)
		run(b, chromedp.Evaluate[bool](wait, chromedp.EvalAwaitPromise))
	}
}

func TestNewLoginsAppearWithoutAReload(t *testing.T) {
	p, b, other := newPair(t, pairConfig{}), newTab(t), newTab(t)
	b.open(p.community + "/logins")
	p.send(other, "expired")
	b.show(`a[href="/logins/1"]`)
	run(b, chromedp.Click(chromedp.CSS("#live")))
	due := holdTimers(b)
	b.open(b.address())
	p.send(other, "expired")
	if due(2000); strings.Contains(b.text(), "Login 2") {
		t.Error("new logins appear although that is switched off, or the switch is forgotten")
	}
	run(b, chromedp.Click(chromedp.CSS("#live")))
	if due(2000); !strings.Contains(b.text(), "Login 2 is new.") {
		t.Errorf("the page says %s", b.text())
	}
}

// A row keeps its mark until somebody was on it, and the one with the focus keeps that.
func TestANewLoginIsMarkedUntilItIsSeen(t *testing.T) {
	p, b, other := newPair(t, pairConfig{}), newTab(t), newTab(t)
	p.send(other, "none")
	due := holdTimers(b)
	b.open(p.community + "/logins")
	eval[bool](b, `document.querySelector('a[href="/logins/1"]').focus(), true`)
	p.send(other, "expired")
	p.send(other, "no-name")
	due(2000)
	state := func() string {
		return eval[string](b, `document.title.split(" ·")[0] + ": " + [...document.querySelectorAll("tr.new th")].map(th =>
			th.querySelector("a").textContent + " " + th.querySelector(".mark").ariaLabel).join(", ") + "; " + document.activeElement.textContent`)
	}
	if got, want := state(), "(2) Logins: Login 3 new, Login 2 new; Login 1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	eval[bool](b, `document.querySelector('a[href="/logins/3"]').focus(), true`)
	if got, want := state(), "(1) Logins: Login 2 new; Login 3"; got != want {
		t.Errorf("by the focus: %s, want %s", got, want)
	}
	eval[bool](b, `document.querySelector("tr.new td").dispatchEvent(new Event("pointerover", {bubbles: true}))`)
	if got, want := state(), "Logins: ; Login 3"; got != want {
		t.Errorf("by the pointer: %s, want %s", got, want)
	}
	if due(2000); state() != "Logins: ; Login 3" {
		t.Errorf("later: %s", state())
	}
}

func TestTimesInWordsGoOn(t *testing.T) {
	p, b := newPair(t, pairConfig{}), newTab(t)
	p.send(b, "none")
	due := holdTimers(b)
	b.open(p.community + "/logins")
	for seconds, want := range map[int]string{30: "30 s ago", 120: "2 min ago", 7200: "2 h ago", 172_800: "2 days ago"} {
		eval[bool](b, fmt.Sprintf(`document.body.dataset.now = Date.UTC(2026, 10, 23, 12) + %d000 - performance.now(), true`, seconds))
		due(1000)
		if got := eval[string](b, `document.querySelector("td time").textContent`); got != want {
			t.Errorf("after %d seconds: %s, want %s", seconds, got, want)
		}
	}
}

func TestListsAreSearchedAsYouType(t *testing.T) {
	p, b := newCrowd(t), newTab(t)
	p.send(b, "expired")
	p.send(b, "none")
	tests := []struct{ path, typed, has, lacks string }{
		{"/logins", "exp-exp", "1 login of 2", "Login 2"},
		{"/logins", "nobody", "None of the 2 logins matches.", "Login 1"},
		{"/members", "Member 150", "1 of 201", "Member 005"},
		{"/spaces", "Space 299", "1 of 300 spaces", "Space 3 "},
	}
	for _, tt := range tests {
		b.open(p.community + tt.path)
		b.fill("#q", tt.typed)
		until(t, "the list of "+tt.path+" is searched", func() bool {
			text := b.text()
			return strings.Contains(text, tt.has) && !strings.Contains(text, tt.lacks)
		})
		if got := b.address(); !strings.Contains(got, "q="+strings.ReplaceAll(tt.typed, " ", "+")) {
			t.Errorf("the address is %s", got)
		}
		if got := eval[string](b, "document.activeElement.id"); got != "q" {
			t.Errorf("the focus is on %q", got)
		}
	}
}

func TestSingleKeysLeadThroughTheLogins(t *testing.T) {
	p, b := newPair(t, pairConfig{}), newTab(t)
	for range 3 {
		p.send(b, "expired")
	}
	b.open(p.community + "/logins")
	at := func() string {
		return eval[string](b, "document.activeElement.id || document.activeElement.textContent.trim().slice(0, 10)")
	}
	for _, step := range []struct{ key, want string }{
		{"j", "Login 3"}, {"j", "Login 2"}, {"j", "Login 1"}, {"j", "Login 1"}, {"k", "Login 2"}, {"/", "q"}, {"j", "q"}, {"?", "q"}, {"/", "q"},
	} {
		if b.strike(step.key); at() != step.want {
			t.Errorf("%s leads to %q, want %q", step.key, at(), step.want)
		}
	}
	if got := eval[string](b, `document.querySelector("#q").value`); got != "j?/" {
		t.Errorf("the field holds %q", got)
	}
	b.open(p.community + "/logins") // without what was typed
	run(b, chromedp.KeyEvent("j", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	if got := at(); strings.HasPrefix(got, "Login") {
		t.Errorf("Ctrl and j lead to %q", got)
	}
	b.keys("jj")
	b.enter()
	if got := b.address(); got != p.community+"/logins/2" {
		t.Fatalf("Enter leads to %s", got)
	}
	b.open(p.community + "/logins")
	if b.keys("j"); at() != "Login 1" {
		t.Errorf("after login 2, j leads to %q", at())
	}
	for key, want := range map[string]string{"j": "/logins/1", "k": "/logins/3"} {
		b.open(p.community + "/logins/2")
		eval[bool](b, "document.before = true")
		b.keys(key)
		until(t, key+" leads to "+want, func() bool { return strings.HasSuffix(b.address(), want) })
	}

	b.open(p.community + "/logins")
	b.keys("?")
	b.show("#shortcuts")
	b.reach("#keys")
	b.keys(" ")
	b.keys(kb.Escape)
	if b.keys("j"); strings.HasPrefix(at(), "Login") {
		t.Error("the keys are still shortcuts")
	}
	b.open(p.community + "/logins")
	if b.keys("j"); strings.HasPrefix(at(), "Login") {
		t.Error("the switch is forgotten")
	}
	b.reach("#open-shortcuts")
	b.keys(kb.Enter)
	b.show("#shortcuts")
}

func TestARowOpensWhereverItIsPressed(t *testing.T) {
	p, b := newPair(t, pairConfig{}), newTab(t)
	p.send(b, "expired")
	p.send(b, "none")
	b.open(p.community + "/logins")
	opened := eval[bool](b, `(() => {
		const cell = document.querySelector("tbody td"), link = document.querySelector("tbody th a");
		let opened = false;
		link.addEventListener("click", event => { opened = true; event.preventDefault(); });
		getSelection().selectAllChildren(cell);
		cell.click();
		return opened;
	})()`)
	if opened {
		t.Error("whoever marks text of a row leaves the page")
	}
	withCtrl := eval[bool](b, `(() => {
		let ctrl = false;
		getSelection().empty();
		document.querySelector("tbody th a").addEventListener("click", event => { ctrl = event.ctrlKey; });
		document.querySelector("tbody td").dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true, ctrlKey: true}));
		return ctrl;
	})()`)
	if !withCtrl {
		t.Error("Ctrl and a click open no new tab")
	}
	for pressed, want := range map[string]string{"tbody td:last-child": "/logins/2", "tbody a.code": "/_fake/codes/exp-expired"} {
		b.open(p.community + "/logins")
		b.press(pressed)
		until(t, pressed+" leads to "+want, func() bool { return b.address() == p.community+want })
	}
	b.open(p.community + "/members")
	b.press("tbody td:last-child")
	until(t, "a member's row leads to the member", func() bool { return strings.Contains(b.address(), "/members/") })
}

func TestKeysStayInWhatASearchFoundAndFoldsStayOpen(t *testing.T) {
	p, b := newPair(t, pairConfig{}), newTab(t)
	for _, mistake := range []string{"expired", "none", "expired"} {
		p.send(b, mistake)
	}
	open := `document.querySelector(".fold:has(#difference)").open`
	b.open(p.community + "/logins/3")
	if eval[bool](b, open) {
		t.Fatal("the fold is open from the start")
	}
	run(b, chromedp.Click(chromedp.CSS(".fold:has(#difference) > summary")))
	b.open(p.community + "/logins?q=expired")
	b.press(`th a[href="/logins/3"]`)
	if !eval[bool](b, open) {
		t.Error("the fold is closed again")
	}
	b.keys("j")
	until(t, "j leads over what was not found", func() bool { return b.address() == p.community+"/logins/1" })
}

func TestALaterLoginIsFoundByWhoComesBackToAnEarlierOne(t *testing.T) {
	p, b, other := newPair(t, pairConfig{}), newTab(t), newTab(t)
	p.send(other, "expired")
	b.open(p.community + "/logins/1")
	p.send(other, "expired")
	eval[bool](b, `dispatchEvent(new Event("focus"))`)
	b.show(`.around a[rel=prev][href="/logins/2"]`)
}

func TestEscapeLeavesTheSearchAndItsAddressNamesOnlyWhatWasChosen(t *testing.T) {
	p, b := newPair(t, pairConfig{}), newTab(t)
	p.send(b, "expired")
	b.open(p.community + "/logins")
	b.strike("/")
	b.keys("expired")
	b.enter()
	if got := b.address(); got != p.community+"/logins?q=expired" {
		t.Errorf("the form leads to %s", got)
	}
	b.strike("/")
	b.keys(kb.Escape) // empties it
	b.keys(kb.Escape)
	if b.strike("j"); !strings.HasPrefix(eval[string](b, "document.activeElement.textContent.trim()"), "Login 1") {
		t.Error("the focus is still in the search")
	}
	until(t, "the address is that of all logins", func() bool { return b.address() == p.community+"/logins" })
	b.open(p.community + "/_fake/inspect")
	if b.strike("/"); eval[string](b, "document.activeElement.id") != "pasted" {
		t.Error("/ does not lead to the box")
	}
}

func TestAWrongSettingHasTheFocusAndSaysWhyBelowItsField(t *testing.T) {
	p, b := newPair(t, pairConfig{}), newTab(t)
	b.windowOf(1280, 800, "light")
	b.open(p.community + "/_fake/admin")
	b.fill("#SignUpURL", "localhost:3000")
	b.press(".settings > button")
	if got := eval[string](b, "document.activeElement.id"); got != "SignUpURL" {
		t.Errorf("the focus is on %q", got)
	}
	left := `document.querySelector("#SignUpURL%s").getBoundingClientRect().left`
	if field, why := eval[float64](b, fmt.Sprintf(left, "")), eval[float64](b, fmt.Sprintf(left, "-problem")); field != why {
		t.Errorf("the field begins at %v px, and what is wrong with it at %v", field, why)
	}
}

func TestAResultIsSeenOnce(t *testing.T) {
	p, b := newPair(t, pairConfig{}), newTab(t)
	p.send(b, "expired")
	for _, tt := range []struct{ path, typed, says string }{
		{"/logins", "expired", "1 login of 1, the latest first"},
		{"/_fake/inspect", "hello", "there is none in this"},
	} {
		b.open(p.community + tt.path)
		b.strike("/")
		b.keys(tt.typed)
		until(t, "the page says "+tt.says, func() bool { return strings.Contains(b.text(), tt.says) })
		status := eval[string](b, `[...document.querySelectorAll("[role=status]")].find(s => s.textContent.includes("`+tt.says+`"))?.className`)
		if status != "unseen" {
			t.Errorf("%s: what a screen reader says is shown too: class %q", tt.path, status)
		}
	}
}

func TestATokenIsJudgedAsItIsPasted(t *testing.T) {
	p, b := newPair(t, pairConfig{}), newTab(t)
	b.open(p.community + "/_fake/inspect")
	paste := func(text, want string) {
		t.Helper()
		run(b, chromedp.Evaluate[bool](fmt.Sprintf(`(box => {
			box.focus();
			box.select();
			return document.execCommand("insertText", false, %q);
		})(document.querySelector("#pasted"))`, text)))
		until(t, "the page says "+want, func() bool { return strings.Contains(b.text(), want) })
		if got := eval[string](b, "document.activeElement.id"); got != "pasted" {
			t.Errorf("the focus is on %q", got)
		}
	}
	paste("hello", "there is none in this")
	paste("eyJhbGciOiJub25lIn0.e30.x", "A strict community refuses it")
	if eval[bool](b, `document.querySelector("#pasted").hasAttribute("aria-invalid")`) {
		t.Error("the field is still said to be wrong")
	}
	b.press(`button[value="none"]`)
	if text := b.text(); !strings.Contains(text, "A strict community accepts it") || !strings.Contains(text, "sam@partner.example") {
		t.Errorf("the sample says %s", text)
	}
}

func TestTheClaimsOfALoginAreChangedAndSignedAgain(t *testing.T) {
	p, b := newPair(t, pairConfig{}), newTab(t)
	p.send(b, "none")
	b.open(p.community + "/logins/1")
	run(b, chromedp.Click(chromedp.CSS("details:has(#text-claims) > summary")))
	eval[bool](b, `(() => {
		const box = document.querySelector("#text-claims");
		box.value = box.value.replace("Sam Sample", "Sam Changed");
		const refuse = async text => { window.written = text; throw new Error("no permission"); };
		Object.defineProperty(navigator, "clipboard", {value: {writeText: refuse}});
		addEventListener("copy", () => { window.copied = box.value.slice(box.selectionStart, box.selectionEnd) });
		return true;
	})()`)
	run(b, chromedp.Click(chromedp.CSS("#text-claims + button")))
	for _, way := range []string{"written", "copied"} {
		if got := eval[string](b, "window."+way); !strings.Contains(got, "Sam Changed") {
			t.Errorf("%s: %q", way, got)
		}
	}
	b.press(`form[action$="/_fake/inspect"] [type=submit]`)
	if text := b.text(); !strings.Contains(text, "A strict community accepts it") || !strings.Contains(text, `"Sam Changed"`) {
		t.Errorf("the page says %s", text)
	}
	b.press(`button[name="log-in"]`)
	if got := b.member(); got != "Sam Changed" {
		t.Errorf("%q is logged in", got)
	}
}

func TestAnAnswerThatASearchOvertookIsDropped(t *testing.T) {
	p, b, other := newPair(t, pairConfig{}), newTab(t), newTab(t)
	p.send(other, "expired")
	due := holdTimers(b)
	b.open(p.community + "/logins")
	p.send(other, "expired")
	eval[bool](b, `(() => {
		const real = fetch;
		fetch = async address => {
			const answer = await real(address);
			history.replaceState(null, "", "/logins?q=nobody");
			return answer;
		};
		return true;
	})()`)
	if due(2000); strings.Contains(b.text(), "Login 2") {
		t.Error("the list of before is shown under a search")
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
	b.fill("#q", "nobody")
	b.press(".search > button")
	if !strings.Contains(b.text(), "None of the 1 login matches.") {
		t.Errorf("the search says %s", b.text())
	}
	b.open(p.community + "/_fake/inspect")
	b.press(`button[value="expired"]`)
	if !strings.Contains(b.text(), "A strict community refuses it") {
		t.Errorf("the sample says %s", b.text())
	}
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
