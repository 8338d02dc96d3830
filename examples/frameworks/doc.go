// Package frameworks shows the login, the login URL as JSON and the logout of a community
// in four web frameworks, each in a folder with one function:
//
//	chi     net/http itself: ssotoken's middleware is used as it is
//	gin     gin.WrapH, and a middleware of a few lines
//	echo    echo.WrapMiddleware and echo.WrapHandler
//	fiber   fiber's adaptor, since fiber does not use net/http
//
// The folder partner has what the four sites share: members, sessions, and the
// handlers of package ssotoken. The tests here run the same trips on each. The
// folder cors is for a frontend on another origin, and the folder sessions keeps a
// return path in the session stores that partners use.
//
// Copy the folders, don't import them: their module has no releases.
//
// It is a separate module, so that the SDK does not need four frameworks.
package frameworks
