// Package cors lets a frontend on another origin than the site's ask for the
// login URL, by github.com/rs/cors.
//
// The frontend's origin is named twice. The CORS library lets its pages read the
// answer; [ssotoken.LoginConfig.TrustedOrigins] lets them ask with the visitor's
// cookie, since CORS alone stops no request that a form can send. Both are one
// list here. The frontend asks at the click:
//
//	const answer = await fetch("https://www.example.com/community/login.json" + location.search,
//		{method: "POST", credentials: "include"});
//	const {url, error} = await answer.json();
//	if (url) location.assign(url);
//
// A SameSite=Lax cookie comes along only where both are one site, such as
// app.example.com and www.example.com. Between two sites it would have to be
// SameSite=None, and browsers block it as a third party's: such a frontend sends a
// bearer token in place of credentials, for which this handler is right too.
package cors

import (
	"net/http"
	"slices"

	"github.com/rs/cors"

	"github.com/bettermode-go/sso/examples/frameworks/partner"
)

// New makes the JSON door of a site, with CORS for its frontends, to be mounted
// at [partner.JSONPath] in any router for POST and OPTIONS.
func New(site *partner.Site) http.Handler {
	return cors.New(cors.Options{
		// Whole origins. In AllowedOrigins an empty list would let in all.
		AllowOriginFunc:  func(origin string) bool { return slices.Contains(site.Frontends, origin) },
		AllowedMethods:   []string{http.MethodPost},
		AllowedHeaders:   []string{"Authorization"},
		AllowCredentials: true,
	}).Handler(site.JSON)
}
