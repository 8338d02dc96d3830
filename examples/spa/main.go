// Command spa shows the login of a frontend that is one page of plain
// JavaScript: it asks the partner's server for the login URL, and goes there.
//
//	go run ./examples/spa
//
// starts both, the partner site and a fake community, and prints their
// addresses.
//
// # When to ask
//
// The frontend asks at the click, never when its page loads. It goes to the login
// URL immediately (location.assign). The token in it lives for a minute, so a token
// that was made with the page is stale at the click. The URL is a credential:
// don't put it into storage, a link or a log.
//
// # Where the visitor comes from
//
// The community's Authorization URL is the address of the page, so the page has
// referrer_uri in location.search. It passes that on unchanged. The server sends a
// visitor who is signed in already on to the community, without the page
// ([ssotoken.Login.Middleware]). This also stops a loop.
//
// # In an app
//
// If the app's sign-in sets a cookie in the WebView, the WebView loads the
// Authorization URL itself, with referrer_uri, and the server redirects. An app
// with a bearer token and no cookie asks the JSON door when the member taps: by
// POST, with the header Authorization: Bearer. It opens the URL in the WebView at
// once. The app never has the key, and never builds a login URL.
//
// # A frontend on another origin
//
// This frontend is on the server's own origin, so its session is a SameSite=Lax
// cookie and no CORS is needed. For one on another origin, see
// examples/frameworks/cors.
package main

import (
	"log/slog"

	"github.com/bettermode-go/sso/examples/internal/servers"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

func main() { servers.Main(run) }

var run = servers.RunPair("spa", "localhost:8084", "127.0.0.1:8085", connect)

func connect(partner, community servers.Listener, log *slog.Logger) (servers.Pair, error) {
	fake, err := ssotest.NewHandler(ssotest.Config{Settings: ssotest.Settings{
		AuthorizationURL:  partner.Origin() + loginPath,
		LogoutURL:         partner.Origin() + logoutPath,
		OtherLoginMethods: true,
		LoginButtonText:   "Log in with Partner",
		Spaces:            []ssotest.Space{{ID: "spc-news-0001", Name: "News", Slug: "news"}},
	}})
	if err != nil {
		return servers.Pair{}, err
	}
	signer, err := ssotoken.New(ssotoken.Config{Community: community.Origin(), Key: fake.Key()})
	if err != nil {
		return servers.Pair{}, err
	}
	site, err := newSite(signer, log)
	return servers.Pair{Site: site, Community: fake, Hint: hint}, err
}

const hint = `Open the community at a page such as /spaces/news, press its login button, and
choose a member: you are back there, logged in.`
