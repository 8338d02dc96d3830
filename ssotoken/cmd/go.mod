module github.com/bettermode-go/sso/ssotoken/cmd

go 1.25.0

require (
	github.com/bettermode-go/sso v0.0.0
	github.com/golang-jwt/jwt/v5 v5.3.1
	github.com/google/go-cmp v0.7.0
	github.com/nlnwa/whatwg-url v0.6.2
	golang.org/x/net v0.58.0
)

require (
	github.com/bits-and-blooms/bitset v1.20.0 // indirect
	golang.org/x/text v0.41.0 // indirect
)

replace github.com/bettermode-go/sso => ../..
