// Package interop checks this SDK's tokens against the JWT libraries that
// communities and other partners use: jsonwebtoken of npm, the library of the
// vendor's page, PyJWT and ruby-jwt. Partners in Express, in PHP and with this
// SDK log in to the command ssotoken community, which is also killed while it
// saves, and the vendor's client of the API calls the fake's. The recipes of ssotoken/docs are run as they are, and without one of
// their protections, and so are the tests of a login that stand beside them. It is a
// separate module, since its tests need node, npm, and the packages of Debian that
// .ci/run lists:
//
//	for folder in ssotoken/internal/interop/{jsonwebtoken,express,graphql} ssotoken/docs/recipes; do
//		(cd $folder && npm install --no-package-lock)
//	done
//	cd ssotoken/internal/interop && go test ./...
package interop
