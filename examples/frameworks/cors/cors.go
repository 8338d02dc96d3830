// Package cors lets a frontend on another origin than the site's ask for the
// login URL, by github.com/rs/cors.
//
// Two settings name the frontend's origin. The CORS library lets its pages read
// the answer. [ssotoken.LoginConfig.TrustedOrigins] lets them ask with the
// visitor's cookie, since CORS does not stop a request that a form can send. Both
// are one list here. The frontend asks at the click:
//
//	const answer = await fetch("https://www.example.com/community/login-url" + location.search,
//		{method: "POST", credentials: "include"});
//	const {url, error} = await answer.json();
//	if (url) location.assign(url);
//
// The browser sends a SameSite=Lax cookie only if both are one site, such as
// app.example.com and www.example.com. Between two sites the cookie would have to
// be SameSite=None, and browsers block it as a third-party cookie. Such a frontend
// sends a bearer token instead, with the header Authorization and without
// credentials. This handler takes both.
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
