// Package fiber serves the login, the JSON door and the logout of a community
// with fiber.
//
// fiber is not on net/http. Its adaptor makes a request of net/http for each
// handler. Method, path, query, headers, cookies and TLS come through
// unchanged. The context is not cancelled when the browser goes away. Identify
// must not keep anything of the request after it returns.
package fiber

import (
	"net/http"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"

	"github.com/bettermode-go/sso/examples/frameworks/partner"
)

// New makes the routes of a site.
func New(site *partner.Site) *fiber.App {
	app := fiber.New()
	foreign := adaptor.HTTPMiddleware(http.NewCrossOriginProtection().Handler) // no sign-in by a foreign form
	resume := adaptor.HTTPHandlerFunc(site.Login.Resume)
	login := adaptor.HTTPMiddleware(site.Login.Middleware)
	app.Get(partner.LoginPath, login, showSignIn)
	app.Head(partner.LoginPath, login, showSignIn)
	// Without login, since the adaptor would add its headers to those of Resume.
	app.Post(partner.LoginPath, foreign, func(c fiber.Ctx) error {
		cookie, ok := site.SignIn(c.FormValue("member"), c.Secure())
		if !ok {
			return c.Status(http.StatusBadRequest).SendString("There is no such member.")
		}
		c.Response().Header.Add("Set-Cookie", cookie.String())
		return resume(c)
	})
	app.All(partner.JSONPath, adaptor.HTTPHandler(site.JSON))
	app.All(partner.LogoutPath, adaptor.HTTPHandler(site.Logout))
	return app
}

func showSignIn(c fiber.Ctx) error {
	return c.Type("html", "utf-8").SendString(partner.SignInPage)
}
