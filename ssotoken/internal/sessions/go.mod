module github.com/bettermode-go/sso/ssotoken/internal/sessions

go 1.25.0

replace github.com/bettermode-go/sso => ../../..

require (
	github.com/alexedwards/scs/v2 v2.9.0
	github.com/bettermode-go/sso v0.0.0
	github.com/gorilla/securecookie v1.1.2
	github.com/gorilla/sessions v1.4.0
)

require github.com/golang-jwt/jwt/v5 v5.3.1 // indirect
