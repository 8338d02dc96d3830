module github.com/bettermode-go/sso/ssotoken/internal/release

go 1.25.0

replace github.com/bettermode-go/sso => ../../..

require (
	golang.org/x/mod v0.40.0
	gopkg.in/yaml.v3 v3.0.1
)
