// Package interop checks this SDK's tokens against the JWT libraries that
// communities and other partners use: jsonwebtoken of npm, which the vendor's
// page uses, PyJWT and ruby-jwt. It is a module of its own, since its tests
// need node, npm, and Debian's python3-jwt, ruby and ruby-jwt:
//
//	cd ssotoken/internal/interop/jsonwebtoken && npm install --no-package-lock
//	cd .. && go test ./...
package interop
