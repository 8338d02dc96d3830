// Command spa shows the login of a frontend that is one page of plain
// JavaScript: at the click it asks the partner's server for the login URL, and goes
// there.
//
//	go run ./examples/spa
//
// starts both, the partner site and a fake community, and prints their
// addresses.
//
// The community's Authorization URL is the address of the page. The page passes
// referrer_uri on unchanged; the server sends a visitor who is signed in already on
// to the community, without the page. This also stops a loop. The rest, as for apps
// and frontends on other origins, is in ssotoken/docs/embedding.md.
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
