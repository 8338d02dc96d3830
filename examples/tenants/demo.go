package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// operatorHost is where all tenants are listed: it is no tenant's own.
const operatorHost = "localhost"

// A demo is the site with three sample tenants, and a fake community for each. Two
// of their members have the same id.
type demo struct {
	site     *site
	fakes    map[string]*ssotest.Handler // by the tenant's id
	byHost   map[string]http.Handler     // the same, by the community's host and port
	operator []operatorRow
}

type operatorRow struct {
	tenant
	Port string
}

var samples = map[string][]member{
	"acme": {
		{ID: "1", Name: "Ada Lovelace", Email: "ada@acme.example"},
		{ID: "2", Name: "Alan Turing", Email: "alan@acme.example", Banned: true},
	},
	"initech": {{ID: "1", Name: "Grace Hopper", Email: "grace@initech.example"}},
	"globex":  {{ID: "7", Name: "Katherine Johnson", Email: "katherine@globex.example"}},
}

func newDemo(ctx context.Context, sitePort, communityPort string, log *slog.Logger) (*demo, error) {
	db, err := openTenants()
	if err != nil {
		return nil, err
	}
	d := &demo{fakes: map[string]*ssotest.Handler{}, byHost: map[string]http.Handler{}}
	for _, t := range []tenant{
		{ID: "acme", Name: "Acme"}, {ID: "initech", Name: "Initech"}, {ID: "globex", Name: "Globex"},
	} {
		// A browser keeps cookies by host, whatever the port: each community has its
		// own host, below that of its tenant.
		t.Host = t.ID + ".localhost"
		host := net.JoinHostPort("community."+t.Host, communityPort)
		t.Community = "http://" + host
		atTenant := "http://" + net.JoinHostPort(t.Host, sitePort)
		fake, err := ssotest.NewHandler(ssotest.Config{Settings: ssotest.Settings{
			Name:             t.Name + " community",
			AuthorizationURL: atTenant + loginPath,
			LogoutURL:        atTenant + logoutPath,
			LoginButtonText:  "Log in with " + t.Name,
			Spaces:           []ssotest.Space{{ID: "spc-news-0001", Name: "News", Slug: "news"}},
		}})
		if err != nil {
			return nil, err
		}
		if err := db.add(ctx, t, fake.Key(), samples[t.ID]...); err != nil {
			return nil, err
		}
		d.fakes[t.ID], d.byHost[host] = fake, fake
		d.operator = append(d.operator, operatorRow{t, sitePort})
	}
	d.site, err = newSite(db, log)
	return d, err
}

// partner is the site, and the operator's page beside it.
func (d *demo) partner() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", d.site)
	mux.HandleFunc(
		"GET "+operatorHost+"/{$}",
		func(w http.ResponseWriter, _ *http.Request) { d.site.render(w, "operator.html", d.operator) },
	)
	mux.HandleFunc("POST "+operatorHost+"/{$}", func(w http.ResponseWriter, r *http.Request) {
		if err := d.newKey(r.Context(), r.PostFormValue("tenant")); err != nil {
			d.site.fail(w, err)
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	return http.NewCrossOriginProtection().Handler(mux)
}

// communities has all the fake ones behind one port.
func (d *demo) communities() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fake, ok := d.byHost[r.Host]
		if !ok {
			http.NotFound(w, r)
			return
		}
		fake.ServeHTTP(w, r)
	})
}

// newKey regenerates the key in the community, as an administrator does there, and
// enters it at the tenant. The site goes on running.
func (d *demo) newKey(ctx context.Context, tenant string) error {
	fake, ok := d.fakes[tenant]
	if !ok {
		return fmt.Errorf("there is no tenant %q", tenant)
	}
	// The zero key becomes a random one.
	if err := fake.Configure(func(s *ssotest.Settings) { s.Key = ssotoken.Key{} }); err != nil {
		return err
	}
	return d.site.tenants.setKey(ctx, tenant, fake.Key())
}
