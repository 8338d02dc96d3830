// Command embed shows a space of a community in a frame on a partner's page. On
// one site, the partner's member is logged in there without a click.
//
//	go run ./examples/embed
//
// starts a partner site and a fake community, and prints their addresses. To a
// browser localhost and 127.0.0.1 are two sites, so the community's cookies are
// third-party and its frame shows what a guest sees. On one site the member is
// logged in inside the frame:
//
//	go run ./examples/embed -community-addr localhost:8083
package main

import (
	"log/slog"

	"github.com/bettermode-go/sso/examples/internal/servers"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

func main() { servers.Main(run) }

var run = servers.RunPair("embed", "localhost:8082", "127.0.0.1:8083", connect)

func connect(partner, community servers.Listener, log *slog.Logger) (servers.Pair, error) {
	fake, err := ssotest.NewHandler(ssotest.Config{Settings: ssotest.Settings{
		AuthorizationURL: partner.Origin() + loginPath, // the only way to log in
		LogoutURL:        partner.Origin() + logoutPath,
		Spaces:           []ssotest.Space{{ID: "spc-news-0001", Name: "News", Slug: "news"}},
	}})
	if err != nil {
		return servers.Pair{}, err
	}
	signer, err := ssotoken.New(ssotoken.Config{Community: community.Origin(), Key: fake.Key()})
	if err != nil {
		return servers.Pair{}, err
	}
	// On loopback there are no registrable domains, so one site is one host.
	oneSite, hint := partner.Host == community.Host, twoSitesHint
	if oneSite {
		hint = oneSiteHint
	}
	site, err := newSite(signer, oneSite, log)
	return servers.Pair{Site: site, Community: fake, Hint: hint}, err
}

const (
	oneSiteHint = `One site, so the community's cookies are first-party: open the partner site
and sign in inside the frame; the space greets you by name.`

	twoSitesHint = `Two sites, so the community's cookies are third-party: open the partner site
and sign in inside the frame; the space takes you for a guest.
For one site, start it again with -community-addr localhost:8083.`
)
