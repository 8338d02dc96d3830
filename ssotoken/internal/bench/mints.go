package main

// An operation mints once: a token, or a URL with one.
type operation func() (string, error)

// A mint is one way to make a token.
type mint struct {
	name  string
	gives form
	// prepare makes all that outlives a token. Each goroutine has its own
	// operation.
	prepare func(payload) (operation, error)
}

type form int

const (
	aToken form = iota
	aURL
)

var (
	golangMapClaims = mint{"golang-jwt, MapClaims", aToken, golangMap}
	cristalhqJWT    = mint{"cristalhq/jwt, struct", aToken, cristalhqStruct}

	loginURL = mint{"ours (a): LoginURL of built Claims", aURL, oursLoginURL}
	sign     = mint{"ours (b): Sign of built Claims", aToken, oursSign}
	whole    = mint{"ours (c): builder, all checks, LoginURL", aURL, oursWhole}
	ours     = []mint{loginURL, sign, whole}

	floors = map[form]mint{
		aToken: {"floor: token", aToken, floorToken},
		aURL:   {"floor: URL", aURL, floorURL},
	}
)

var mints = []mint{
	golangMapClaims,
	{"golang-jwt, struct", aToken, golangStruct},
	cristalhqJWT,
	{"kataras/jwt, struct", aToken, katarasStruct},
	{"pascaldekloe/jwt, map", aToken, pascaldekloeMap},
	{"lestrrat-go/jwx, builder", aToken, jwxBuilder},
	{"go-jose, map", aToken, joseMap},
	floors[aToken],
	floors[aURL],
	loginURL,
	sign,
	whole,
}
