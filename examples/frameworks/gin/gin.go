// Package gin serves the login, the JSON door and the logout of a community with
// gin.
package gin

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bettermode-go/sso/examples/frameworks/partner"
)

// New makes the routes of a site.
func New(site *partner.Site) http.Handler {
	r := gin.New()
	r.Use(gin.Recovery())
	foreign := middleware(http.NewCrossOriginProtection().Handler) // no sign-in by a foreign form
	login := r.Group(partner.LoginPath, foreign, middleware(site.Login.Middleware))
	login.GET("", showSignIn)
	login.HEAD("", showSignIn)
	login.POST("", func(c *gin.Context) {
		cookie, ok := site.SignIn(c.PostForm("member"), c.Request.TLS != nil)
		if !ok {
			c.String(http.StatusBadRequest, "There is no such member.")
			return
		}
		http.SetCookie(c.Writer, cookie)
		site.Login.Resume(c.Writer, c.Request)
	})
	r.Any(partner.JSONPath, gin.WrapH(site.JSON))
	r.Any(partner.LogoutPath, gin.WrapH(site.Logout))
	return r
}

// middleware makes a middleware of gin from one of net/http. gin.WrapH would run
// the next handler even if the login has answered.
func middleware(m func(http.Handler) http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		answered := true
		m(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			answered = false
			c.Request = r
			c.Next()
		})).ServeHTTP(c.Writer, c.Request)
		if answered {
			c.Abort()
		}
	}
}

func showSignIn(c *gin.Context) {
	c.Data(http.StatusOK, "text/html; charset=utf-8", []byte(partner.SignInPage))
}
