package browser

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

var screenshots = flag.Bool("screenshots", false, "make the pictures in the folder screenshots again; ports 8080 and 8081 must be free")

// maxPicture keeps the pictures small enough for a README, in bytes.
const maxPicture = 200 << 10

func TestScreenshots(t *testing.T) {
	if !*screenshots {
		t.Skip("they are made with the flag -screenshots")
	}
	if err := os.MkdirAll("screenshots", 0o755); err != nil {
		t.Fatal(err)
	}
	p, b := startProgram(t, "login", "localhost:8080", "127.0.0.1:8081"), newTab(t)
	b.windowOf(1280, 800, "light")
	b.open(p.community + "/")
	b.picture("1-community-guest")
	b.press(`main a[href^="/spaces/"]`)
	b.press("#login")
	b.press("#sso")
	b.picture("2-partner-sign-in")
	b.press(`button[value="u-1002"]`)
	b.picture("3-community-logged-in")
	b.windowOf(390, 844, "light")
	b.open(b.address())
	b.picture("3-community-logged-in-phone")
	b.open(p.community + "/logins/1")
	run(b, chromedp.EmulateViewport(800, 440, chromedp.EmulateScale(1.6))) // for the README, legible when it is small
	b.picture("4-login")

	refused, b := newRefusedPair(t, nil), newTab(t)
	b.windowOf(1280, 800, "light")
	refused.signIn(b)
	b.open(refused.partner + loginPath)
	b.picture("5-loop")
}

func (b *tab) picture(name string) {
	b.t.Helper()
	b.save(name, run(b, chromedp.CaptureScreenshot()))
}

func (b *tab) save(name string, png []byte) {
	b.t.Helper()
	if len(png) > maxPicture {
		b.t.Errorf("%s has %d bytes, more than %d", name, len(png), maxPicture)
	}
	if err := os.WriteFile(filepath.Join("screenshots", name+".png"), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
