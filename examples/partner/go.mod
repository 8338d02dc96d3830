module github.com/bettermode-go/sso/examples/partner

go 1.25.0

replace github.com/bettermode-go/sso => ../..

require (
	github.com/alexedwards/scs/v2 v2.9.0
	github.com/bettermode-go/sso v0.0.0
	github.com/google/go-cmp v0.7.0
	golang.org/x/crypto v0.55.0
	modernc.org/sqlite v1.59.0
)

require (
	golang.org/x/net v0.58.0 // indirect
	golang.org/x/sync v0.22.0 // indirect
	golang.org/x/text v0.41.0 // indirect
)

require (
	github.com/bettermode-go/sso/ssotoken/cmd v0.0.0
	github.com/dustin/go-humanize v1.0.1 // indirect
	github.com/golang-jwt/jwt/v5 v5.3.1 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/ncruces/go-strftime v1.0.0 // indirect
	github.com/remyoudompheng/bigfft v0.0.0-20230129092748-24d4a6f8daec // indirect
	golang.org/x/sys v0.47.0 // indirect
	modernc.org/libc v1.75.7 // indirect
	modernc.org/mathutil v1.7.1 // indirect
	modernc.org/memory v1.12.1 // indirect
)

replace github.com/bettermode-go/sso/ssotoken/cmd => ../../ssotoken/cmd
