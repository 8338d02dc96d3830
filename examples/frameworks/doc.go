// Package frameworks shows the login, the JSON door and the logout of a community
// in four web frameworks, each in a folder with one function:
//
//	chi     net/http itself: ssotoken's middleware is used as it is
//	gin     gin.WrapH, and a middleware of a few lines
//	echo    echo.WrapMiddleware and echo.WrapHandler
//	fiber   the adaptor of fiber, which is not on net/http
//
// The folder partner has what the four sites share: members, sessions, and the
// handlers of package ssotoken. The tests here run the same trips on each. The
// folder cors is for a frontend on another origin, and the folder sessions keeps a
// return path in the session stores that partners use.
//
// The folders are to copy, not to import: their module has no releases.
//
// It is a separate module, so that the SDK does not need four frameworks.
package frameworks
