package browser

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/gorilla/csrf"
)

// What real sites have around a sign-in page.

func TestASignInFormBehindGorillasCSRFProtectionEndsInTheCommunity(t *testing.T) {
	p, b := newPair(t, pairConfig{}), newTab(t)
	form := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			p.startSession(w, r)
			p.login.Resume(w, r)
			return
		}
		fmt.Fprintf(w, `<!doctype html><title>Sign in</title><form method="post">%s<button>Sign in</button></form>`, csrf.TemplateField(r))
	})
	protected := csrf.Protect([]byte("32-bytes-of-a-key-for-this-test!"), csrf.Secure(false))(p.login.Middleware(form))
	p.pages.HandleFunc("/protected", func(w http.ResponseWriter, r *http.Request) {
		protected.ServeHTTP(w, csrf.PlaintextHTTPRequest(r))
	})
	b.open(p.partner + "/protected?referrer_uri=%2Fspaces%3Fsort%3Dnew")
	b.press("button")
	if got, who := b.address(), b.member(); got != p.community+"/spaces?sort=new" || who != memberName {
		t.Errorf("%q is at %s, which says %q", who, got, b.text())
	}
}

// A PWA's service worker passes requests on. With options, a navigation becomes a
// script's request; the documents say to let it pass.
func TestANavigationThatAServiceWorkerPassesOnEndsInTheCommunity(t *testing.T) {
	workers := map[string]string{
		"as it is": `event.respondWith(fetch(event.request))`,
		"with options, but for navigations": `
			if (event.request.mode === "navigate") return;
			event.respondWith(fetch(event.request, {signal: AbortSignal.timeout(5000)}))`,
	}
	for name, worker := range workers {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var modes []string
			p := newPair(t, pairConfig{aroundPartner: func(h http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == loginPath {
						mu.Lock()
						modes = append(modes, r.Header.Get("Sec-Fetch-Mode")+" "+r.Header.Get("Sec-Fetch-Dest"))
						mu.Unlock()
					}
					h.ServeHTTP(w, r)
				})
			}})
			b := newTab(t)
			p.pages.HandleFunc("/worker.js", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/javascript")
				fmt.Fprintf(w, `addEventListener("activate", (event) => event.waitUntil(clients.claim()));
					addEventListener("fetch", (event) => { %s });`, worker)
			})
			p.pages.HandleFunc("/start", func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprintf(w, `<!doctype html><title>Start</title><a id="to" href="%s?referrer_uri=%%2Fspaces">To the community</a>`, loginPath)
			})
			b.open(p.partner + "/start")
			run(b, chromedp.Evaluate[bool](`navigator.serviceWorker.register("/worker.js").then(() => navigator.serviceWorker.ready).then(() =>
				navigator.serviceWorker.controller ? true : new Promise(r =>
					navigator.serviceWorker.addEventListener("controllerchange", () => r(true))))`,
				chromedp.EvalAwaitPromise))
			b.press("#to")
			b.press("button") // of the sign-in page
			if got, who := b.address(), b.member(); got != p.community+"/spaces" || who != memberName {
				t.Errorf("%q is at %s, which says %q: %s", who, got, b.text(), p.log)
			}
			mu.Lock()
			defer mu.Unlock()
			if passed := strings.Contains(strings.Join(modes, ","), "navigate empty"); passed != (name == "as it is") {
				t.Errorf("the requests were %q", modes)
			}
			t.Logf("%q", modes)
		})
	}
}
