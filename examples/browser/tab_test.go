package browser

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long the browser may take for one thing. A page takes a tenth
// of a second, but much longer on a busy machine.
const patience = 30 * time.Second

// A tab is a window with its own cookies, like a fresh profile.
type tab struct {
	t   *testing.T
	ctx context.Context
}

func newTab(t *testing.T) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return &tab{t, ctx}
}

// another opens a tab beside b, with the same cookies.
func (b *tab) another() *tab {
	b.t.Helper()
	ctx, closeTab := chromedp.NewContext(b.ctx)
	b.t.Cleanup(closeTab)
	if err := chromedp.Do(ctx); err != nil {
		b.t.Fatal(err)
	}
	return &tab{b.t, ctx}
}

func run[T any](b *tab, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		b.t.Fatal(err)
	}
	return value
}

// open goes to an address, as if typed, and waits for the page where that ends.
func (b *tab) open(address string) {
	b.t.Helper()
	run(b, chromedp.Navigate(address))
}

// press clicks an element that leads to another page, and waits for that page.
func (b *tab) press(selector string) {
	b.t.Helper()
	run(b, chromedp.WaitEvent(page.LoadEventFired, nil, chromedp.Click(chromedp.CSS(selector))))
}

// fill replaces the text of a field by typing.
func (b *tab) fill(selector, text string) {
	b.t.Helper()
	run(b, chromedp.Steps(chromedp.Clear(chromedp.CSS(selector)), chromedp.SendKeys(chromedp.CSS(selector), text)))
}

// show waits until an element can be seen.
func (b *tab) show(selector string) {
	b.t.Helper()
	run(b, chromedp.WaitVisible(chromedp.CSS(selector)))
}

func (b *tab) address() string { b.t.Helper(); return run(b, chromedp.Location()) }
func (b *tab) text() string    { b.t.Helper(); return eval[string](b, "document.body.innerText") }

func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	return run(b, chromedp.Evaluate[T](expression))
}

// history lists the addresses in the tab's history, to which the back button
// leads.
func (b *tab) history() (addresses []string) {
	b.t.Helper()
	for _, entry := range run(b, chromedp.NavigationEntries()).Entries {
		addresses = append(addresses, entry.URL)
	}
	return addresses
}

// loggedInAs is the name that the fake community's header shows, or empty.
const loggedInAs = `document.querySelector(".who strong")?.textContent ?? ""`

func (b *tab) member() string { b.t.Helper(); return eval[string](b, loggedInAs) }

// A landing is where a navigation ended, after all its redirects.
type landing struct {
	address string
	member  string // who is logged in there
	failure string // the browser's reason for an error page
}

// land is open for an address that may lead anywhere. It looks at the page and
// trusts no event, which may come from a page on the way.
func (b *tab) land(address string) (l landing, err error) {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.before = true`)); err != nil {
		return l, err
	}
	started, err := chromedp.Call(ctx, page.Navigate, page.NavigateParams{URL: address})
	if err != nil {
		return l, err
	}
	l.failure = started.ErrorText
	for ; ; time.Sleep(10 * time.Millisecond) {
		settled, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`!document.before && document.readyState == "complete" && `+
			`document.title != "`+leaving+`"`))
		if err == nil && settled {
			break
		}
		if ctx.Err() != nil {
			return l, ctx.Err()
		}
	}
	if l.member, err = chromedp.Run(ctx, chromedp.Evaluate[string](loggedInAs)); err != nil {
		return l, err
	}
	// The address of an error page is chrome-error:; the history has the
	// address that failed.
	history, err := chromedp.Run(ctx, chromedp.NavigationEntries())
	if err == nil {
		l.address = history.Entries[history.CurrentIndex].URL
	}
	return l, err
}

// A shown is what a frame holds.
type shown struct{ Address, Text string }

// frame reads the page's only frame when it has loaded.
func (b *tab) frame() (f shown) {
	b.t.Helper()
	until(b.t, "the frame has loaded", func() bool {
		tree, err := chromedp.Call(b.ctx, page.GetFrameTree, cdp.Empty{})
		if err != nil || len(tree.FrameTree.ChildFrames) != 1 {
			return false
		}
		child := tree.FrameTree.ChildFrames[0].Frame
		world, err := chromedp.Call(b.ctx, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: child.ID})
		if err != nil {
			return false
		}
		f, err = chromedp.Run(b.ctx, chromedp.Evaluate[shown](
			`({Address: document.readyState == "complete" ? location.href : "", Text: document.body?.innerText ?? ""})`,
			func(p *runtime.EvaluateParams) { p.ContextID = world.ExecutionContextID }))
		return err == nil && f.Address != "" && f.Address != "about:blank"
	})
	return f
}
