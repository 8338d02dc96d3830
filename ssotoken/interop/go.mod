module github.com/bettermode-go/sso/ssotoken/interop

go 1.25.0

require github.com/bettermode-go/sso v0.0.0

require github.com/golang-jwt/jwt/v5 v5.3.1 // indirect

replace github.com/bettermode-go/sso => ../..
