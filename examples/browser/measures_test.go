package browser

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

var look = flag.String("look", "", "write a picture of every page of the layout tests into this `folder`")

// maxHeight is what a page may have, in CSS pixels: more is not scrolled.
const maxHeight = 8000

// The windows and colours in which axe looks at every page.
var windows = []struct {
	width  int64
	scheme string
}{{360, "light"}, {360, "dark"}, {1280, "light"}, {1280, "dark"}}

// measures sums up what was seen of pages.
type measures struct {
	views, violations, height int
	tallest                   string
}

func (m *measures) String() string {
	return fmt.Sprintf("%d views, %d violations; the tallest is %s with %d px", m.views, m.violations, m.tallest, m.height)
}

// measure opens a page and judges it in every window.
func (m *measures) measure(b *tab, name, address string) {
	b.t.Helper()
	b.open(address)
	m.resize(b, name)
}

// resize judges the page that is open in every window.
func (m *measures) resize(b *tab, name string) {
	b.t.Helper()
	for _, width := range []int64{768, 1600} {
		b.windowOf(width, 800, "light")
		b.fits(fmt.Sprintf("%s at %d", name, width), width)
		b.pictureOf(name, width, "light")
	}
	for _, w := range windows {
		b.windowOf(w.width, 800, w.scheme)
		rules := everyRule
		if w.scheme == "dark" { // it differs from light in its colours only
			rules = contrastOnly
		}
		m.judge(b, name, w.width, w.scheme, rules)
	}
}

// fits looks whether a page has to be scrolled sideways.
func (b *tab) fits(what string, width int64) {
	b.t.Helper()
	if got := eval[int64](b, `document.documentElement.scrollWidth`); got > width {
		b.t.Errorf("%s is %d wide: %s", what, got, eval[string](b, widest))
	}
}

// look judges the page that is open, in the window that it has.
func (m *measures) look(b *tab, name string, width int64, scheme string) {
	b.t.Helper()
	m.judge(b, name, width, scheme, everyRule)
}

func (m *measures) judge(b *tab, name string, width int64, scheme, rules string) {
	b.t.Helper()
	m.views++
	what := fmt.Sprintf("%s at %d, %s", name, width, scheme)
	b.fits(what, width)
	height := eval[int](b, `document.documentElement.scrollHeight`)
	if height > maxHeight {
		b.t.Errorf("%s is %d high", what, height)
	}
	if height > m.height {
		m.height, m.tallest = height, what
	}
	if id := eval[string](b, twice); id != "" {
		b.t.Errorf("%s has two elements with the id %s", what, id)
	}
	for _, v := range b.axe(rules) {
		m.violations++
		b.t.Errorf("%s: axe says %s", what, v)
	}
	b.pictureOf(name, width, scheme)
}

// twice is an id that two elements have.
const twice = `[...document.querySelectorAll("[id]")].map(e => e.id).find((id, i, all) => all.indexOf(id) !== i) ?? ""`

// widest names the elements that stick out of the window.
const widest = `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + ` +
	`1).slice(0, 5).map(e => e.tagName + "." + e.className).join(" ")`

// Options of axe.run.
const (
	everyRule    = `{resultTypes: ["violations"]}`
	contrastOnly = `{resultTypes: ["violations"], runOnly: ["color-contrast"]}`
)

// axe returns the rules that a page breaks, and where.
func (b *tab) axe(options string) []string {
	b.t.Helper()
	if !eval[bool](b, `"axe" in window`) {
		script, err := os.ReadFile("node_modules/axe-core/axe.min.js")
		if err != nil {
			b.t.Fatalf("%v: run npm install in this folder", err)
		}
		run(b, chromedp.Evaluate[bool](string(script)+"; true"))
	}
	return run(b, chromedp.Evaluate[[]string](`axe.run(document, `+options+`).then(r =>
		r.violations.map(v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 150)).join(" | ")))`, chromedp.EvalAwaitPromise))
}

func (b *tab) windowOf(width, height int64, scheme string) {
	b.t.Helper()
	run(b, chromedp.EmulateViewport(width, height))
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, media); err != nil {
		b.t.Fatal(err)
	}
}

// pictureOf writes a picture of the whole page where the flag -look asks for one.
func (b *tab) pictureOf(name string, width int64, scheme string) {
	b.t.Helper()
	if *look == "" {
		return
	}
	png := run(b, chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(*look, fmt.Sprintf("%s-%d-%s.png", name, width, scheme)), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
