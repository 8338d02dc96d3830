package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bettermode-go/sso/examples/internal/serverstest"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// asProgram makes this test's binary the program itself.
const asProgram = "FLEET_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

func start(t *testing.T) *fleet {
	if err := findPrograms(); err != nil {
		t.Skip(err)
	}
	t.Setenv(asProgram, "1")
	f, err := startFleet(t.Context(), t.TempDir(), 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.stop)
	return f
}

func TestOnlyWhatIsStoppedCostsLogins(t *testing.T) {
	f := start(t)
	refusals := map[string]string{ // the others have none
		"the key changed":       "`signature-wrong`",
		"Redis stopped":         "HTTP 500",
		"the community stopped": "community unreachable",
	}
	p := plan{rate: 20, length: 4 * time.Second, outage: time.Second}
	for _, d := range f.disturbances(p.outage) {
		t.Run(d.name, func(t *testing.T) {
			got, err := f.measure(t.Context(), p, d)
			if err != nil {
				t.Fatal(err)
			}
			delete(got.refused, refusals[d.name])
			if len(got.refused) > 0 {
				t.Errorf("refused %s", got.refusals())
			}
			if got.made == 0 || got.lost > 0 && (d.name != killed || got.lost > got.atOnce) {
				t.Errorf("made %d and lost %d of %d, of which at most %d at once", got.made, got.lost, got.asked, got.atOnce)
			}
		})
	}
}

func TestTheLimitIsThatOfAllProcesses(t *testing.T) {
	f := start(t)
	answers := map[int]int{}
	servers := map[string]bool{}
	for range 15 {
		b := ssotest.NewBrowser(t)
		b.Open(f.origin + loginPath)
		page := b.Submit("", url.Values{"member": {"member-1"}})
		answers[page.Hops[0].StatusCode]++
		servers[page.Hops[0].Header.Get(servedBy)] = true
	}
	if answers[303] != 10 || answers[429] != 5 || len(servers) < 2 {
		t.Errorf("got %v from %d processes", answers, len(servers))
	}
}

func TestASessionOutlivesEachProcessAndARestartOfTheStore(t *testing.T) {
	f := start(t)
	b := ssotest.NewBrowser(t)
	b.Open(f.origin + loginPath)
	b.Submit("", url.Values{"member": {"member-1"}})
	for _, p := range append(f.sites, f.store) {
		if err := interrupt(t.Context(), p, 0); err != nil {
			t.Fatal(err)
		}
	}
	if page := b.Open(f.origin + loginPath); page.Request.URL.Host != f.community.addr || page.StatusCode != 200 {
		t.Errorf("at %s, %s", page.Request.URL.Host, page.Status)
	}
}

func TestTheKeyIsReadFromWhateverTheURLNames(t *testing.T) {
	const key = "Zr4u7x!A%D*G-KaPdSgVkYp3s6v9y$B&"
	path := filepath.Join(t.TempDir(), "sso-key")
	if err := os.WriteFile(path, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := loadKey(t.Context(), "file://"+filepath.ToSlash(path)+"?decoder=string"); err != nil || got.Reveal() != key {
		t.Errorf("got key %s, %v", got.Fingerprint(), err)
	}
	if _, err := loadKey(t.Context(), "file://"+filepath.ToSlash(path)); err == nil || strings.Contains(err.Error(), key) {
		t.Errorf("without a decoder: got %v", err)
	}
}

func TestAFailureIsOneClearLine(t *testing.T) {
	serverstest.Fails(t, run, "-processes 1", "at least 2 processes", 1)
	serverstest.Fails(t, run, "-load -length 5s", "15s", 1)
	serverstest.Fails(t, run, "site -key nowhere://key", "no driver registered", 1)
}
