// Package echo serves the login, the JSON door and the logout of a community with
// echo.
package echo

import (
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/bettermode-go/sso/examples/frameworks/partner"
)

// New makes the routes of a site.
func New(site *partner.Site) http.Handler {
	e := echo.New()
	foreign := echo.WrapMiddleware(http.NewCrossOriginProtection().Handler) // no sign-in by a foreign form
	login := e.Group(partner.LoginPath, foreign, echo.WrapMiddleware(site.Login.Middleware))
	login.GET("", showSignIn)
	login.HEAD("", showSignIn)
	login.POST("", func(c *echo.Context) error {
		cookie, ok := site.SignIn(c.FormValue("member"), c.IsTLS())
		if !ok {
			return c.String(http.StatusBadRequest, "There is no such member.")
		}
		c.SetCookie(cookie)
		site.Login.Resume(c.Response(), c.Request())
		return nil
	})
	e.Any(partner.JSONPath, echo.WrapHandler(site.JSON))
	e.Any(partner.LogoutPath, echo.WrapHandler(site.Logout))
	return e
}

func showSignIn(c *echo.Context) error {
	return c.HTML(http.StatusOK, partner.SignInPage)
}
