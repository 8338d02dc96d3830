// Command login shows the whole trip of a JWT SSO login, from a partner site
// with a sign-in page to a community.
//
//	go run ./examples/login
//
// starts both, with a fake community, and prints their addresses. Its sign-in lets
// anybody in, so it takes no real community: for that, see examples/partner.
package main

import (
	"log/slog"

	"github.com/bettermode-go/sso/examples/internal/servers"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

func main() { servers.Main(run) }

var run = servers.RunPair("login", "localhost:8080", "127.0.0.1:8081", connect)

func connect(partner, community servers.Listener, log *slog.Logger) (servers.Pair, error) {
	fake, err := newFakeCommunity(partner.Origin())
	if err != nil {
		return servers.Pair{}, err
	}
	signer, err := ssotoken.New(ssotoken.Config{Community: community.Origin(), Key: fake.Key()})
	if err != nil {
		return servers.Pair{}, err
	}
	site, err := newSite(signer, sampleMembers(partner.Origin()), log)
	return servers.Pair{Site: site, Community: fake, Hint: hint}, err
}

const hint = `Open the community, press its login button, and choose a member on the partner's
sign-in page: you are back where you were, logged in.`

// newFakeCommunity makes a community whose settings point at the partner. It has
// two spaces for everybody, one for paying members, and a member from before
// the partner had a login.
func newFakeCommunity(partner string) (*ssotest.Handler, error) {
	return ssotest.NewHandler(ssotest.Config{
		Settings: ssotest.Settings{
			AuthorizationURL:   partner + loginPath,
			SignUpURL:          partner + signUpPath,
			LogoutURL:          partner + logoutPath,
			AccountSettingsURL: partner + settingsPath,
			OtherLoginMethods:  true,
			LoginButtonText:    "Log in with Partner",
			Spaces: []ssotest.Space{
				{ID: newsSpace, Name: "News", Slug: "news"},
				{ID: helpSpace, Name: "Help", Slug: "help"},
				{ID: proSpace, Name: "Pro", Slug: "pro"},
			},
			CustomFields: []ssotest.CustomField{
				{Name: "Company", Type: "text", ExternalKeys: []string{"company", "organisation"}},
				{Name: "Seats", Type: "number", ExternalKeys: []string{"seats"}},
				{Name: "Customer since", Type: "date", ExternalKeys: []string{"customer_since"}},
				{Name: "Skills", Type: "array", ExternalKeys: []string{"skills"}},
			},
		},
		Members: []ssotest.Member{{Name: "grace", Email: knownEmail}},
	})
}
