module github.com/bettermode-go/sso/ssotoken/internal/interop

go 1.25.0

require (
	github.com/bettermode-go/sso v0.0.0
	github.com/google/go-cmp v0.7.0
)

require (
	github.com/bettermode-go/sso/ssotoken/cmd v0.0.0
	github.com/golang-jwt/jwt/v5 v5.3.1
)

require (
	golang.org/x/net v0.58.0 // indirect
	golang.org/x/sync v0.22.0 // indirect
	golang.org/x/text v0.41.0 // indirect
)

replace github.com/bettermode-go/sso => ../../..

replace github.com/bettermode-go/sso/ssotoken/cmd => ../../cmd
