// Command partner is a partner's site as one would put it online: members and
// sessions in SQLite, passwords, verified email addresses, limits, logs. Its part
// for the community is in one file, sso.go.
//
//	cd examples/partner && go run .
//
// starts it with a fake community beside it. For a real community, see README.md.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/bettermode-go/sso/examples/internal/servers"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// keyVariable is the environment variable with a real community's key. A flag would
// show it to every user of the machine.
const keyVariable = "BETTERMODE_SSO_KEY"

// secretVariable is the one with the secret of an app, which calls the community's API.
const secretVariable = "BETTERMODE_API_SECRET"

func main() { servers.Main(run) }

// The settings are the flags. Each has a variable of the environment, for a container:
// -client-header is PARTNER_CLIENT_HEADER.
type settings struct {
	addr, origin, db, clientHeader         string
	community, communityAddr, premiumSpace string
	api, apiClient, network                string
}

func (s *settings) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("partner", flag.ContinueOnError)
	text := func(to *string, name, standard, usage string) {
		flags.StringVar(to, name, cmp.Or(os.Getenv(variable(name)), standard), usage)
	}
	text(&s.addr, "addr", "localhost:8092", "`address` to listen on; port 0 picks a free one")
	text(&s.origin, "origin", "",
		"`origin` by which browsers reach this site, such as https://www.example.com; default: http:// and -addr")
	text(&s.db, "db", "partner.db", "`file` of the SQLite database; it is made where there is none")
	text(&s.clientHeader, "client-header", "",
		"`header` in which your proxy writes the visitor's IP address; default: the connection's")
	text(&s.community, "community", "", "`origin` of a real community instead of the fake one; its key is in "+keyVariable)
	text(&s.communityAddr, "community-addr", "127.0.0.1:8093",
		"`address` of the fake community, on loopback; port 0 picks a free one")
	text(&s.premiumSpace, "premium-space", "", "`id` of the real community's space for the premium plan; default: none")
	text(&s.api, "api", "https://api.bettermode.com", "`address` of a real community's API; in the EU https://api.bettermode.de")
	text(&s.apiClient, "api-client", "", "client `id` of an app of the real community; its secret is in "+secretVariable)
	text(&s.network, "network", "", "`id` of the real community, for its API")
	return flags
}

func variable(flag string) string {
	return "PARTNER_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// run returns the exit status. "suspend" or "reinstate" with a member's id or email
// address, before the flags, is for the administrator, beside a site that runs or not.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var s settings
	do := func() error { return s.serve(ctx, stdout, stderr) }
	if len(args) > 1 && (args[0] == "suspend" || args[0] == "reinstate") {
		how, who := args[0], args[1]
		args, do = args[2:], func() error { return s.administer(ctx, how, who) }
	}
	return servers.Run(s.flags(), args, stderr, do)
}

func (s *settings) administer(ctx context.Context, how, who string) error {
	db, err := openDatabase(ctx, s.db)
	if err != nil {
		return err
	}
	defer db.Close()
	d := members{db, time.Now}
	m, err := d.find(ctx, "id", who)
	if errors.Is(err, errNobody) {
		m, err = d.byEmail(ctx, who)
	}
	if err != nil {
		return err
	}
	return d.end(ctx, m.ID, how)
}

func (s *settings) serve(ctx context.Context, stdout, stderr io.Writer) error {
	log := slog.New(slog.NewJSONHandler(stderr, nil))
	listener, err := servers.Listen(s.addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	origin, err := siteOrigin(cmp.Or(s.origin, listener.Origin()))
	if err != nil {
		return err
	}
	handlers := []server{{listener: listener}}
	config := ssotoken.Config{Community: s.community}
	api := &communityAPI{url: s.api, network: s.network, clientID: s.apiClient, secret: os.Getenv(secretVariable)}
	if s.community == "" {
		communityListener, err := servers.ListenLoopback(s.communityAddr)
		if err != nil {
			return err
		}
		defer communityListener.Close()
		fake, err := newFakeCommunity(origin)
		if err != nil {
			return err
		}
		config.Community, config.Key, s.premiumSpace = communityListener.Origin(), fake.Key(), fakePremiumSpace
		handlers = append(handlers, server{communityListener, fake})
		api = &communityAPI{url: config.Community + "/graphql", network: "fake", clientID: "partner", secret: "of an app"}
	} else if config.Key, err = ssotoken.KeyFromEnv(keyVariable); err != nil {
		return err
	}
	signer, err := ssotoken.New(config)
	if err != nil {
		return err
	}
	db, err := openDatabase(ctx, s.db)
	if err != nil {
		return err
	}
	defer db.Close()
	handlers[0].handler, err = newSite(siteConfig{
		DB: db, Signer: signer, Origin: origin, PremiumSpace: s.premiumSpace, ClientHeader: s.clientHeader,
		Log: log, Mail: logMails(log), PasswordCost: bcrypt.DefaultCost, Now: time.Now,
	})
	if err != nil {
		return err
	}
	if api.secret == "" {
		log.Warn(secretVariable + " is empty: what ends an account waits in the table calls")
	} else {
		go (&outbox{db, api, log, time.Now}).run(ctx)
	}
	go forgetExpired(ctx, db, func(err error) { log.Error("old rows not deleted", "error", err) })
	fmt.Fprintf(stdout, "Partner site: %s\nCommunity:    %s\n\n"+
		"Open the community, press its sign-up button, and follow the link in the mail, which\n"+
		"is in the log below. Ctrl-C ends all.\n", origin, signer.Community())
	return serve(ctx, log, handlers...)
}

// siteOrigin checks the address of this site, which goes into mails.
func siteOrigin(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.Scheme+"://"+u.Host != text {
		return "", errors.New("-origin is no origin: write it like https://www.example.com")
	}
	return text, nil
}

// fakePremiumSpace is the id of the fake community's space for the premium plan.
const fakePremiumSpace = "spc-premium-0003"

// newFakeCommunity makes a community whose settings point at the partner.
func newFakeCommunity(partner string) (*ssotest.Handler, error) {
	return ssotest.NewHandler(ssotest.Config{Settings: ssotest.Settings{
		AuthorizationURL:   partner + loginPath,
		SignUpURL:          partner + signUpPath,
		LogoutURL:          partner + logoutPath,
		AccountSettingsURL: partner + accountPath,
		OtherLoginMethods:  true,
		LoginButtonText:    "Log in with Partner",
		Spaces: []ssotest.Space{
			{ID: "spc-news-0001", Name: "News", Slug: "news"},
			{ID: "spc-help-0002", Name: "Help", Slug: "help"},
			{ID: fakePremiumSpace, Name: "Premium", Slug: "premium"},
		},
		CustomFields: []ssotest.CustomField{
			{Name: "Company", Type: "text", ExternalKeys: []string{"company"}},
			{Name: "Plan", Type: "text", ExternalKeys: []string{"plan"}},
		},
	}})
}
