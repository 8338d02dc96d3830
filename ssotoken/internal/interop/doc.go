// Package interop checks this SDK's tokens against the JWT libraries that
// communities and other partners use: jsonwebtoken of npm, the library of the
// vendor's page, PyJWT and ruby-jwt. Partners in Express, in PHP and with this
// SDK log in to the command ssotoken community, which is also killed while it
// saves. It is a separate module, since its tests need node, npm, and Debian's
// python3-jwt, ruby, ruby-jwt and php-cli:
//
//	for folder in jsonwebtoken express; do (cd ssotoken/internal/interop/$folder && npm install --no-package-lock); done
//	cd ssotoken/internal/interop && go test ./...
package interop
