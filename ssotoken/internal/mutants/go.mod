module github.com/bettermode-go/sso/ssotoken/internal/mutants

go 1.25.0
