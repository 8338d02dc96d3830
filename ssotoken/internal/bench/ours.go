package main

import (
	"context"
	"net/http"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
)

const (
	community  = "https://community.example.com"
	returnPath = "/spaces/general?tab=posts"
	keyText    = "bench-4f1d9c7a2e8b6053d1f0a9c8b7e6d5c4"
)

var (
	key    = must(ssotoken.NewKey(keyText))
	signer = must(ssotoken.New(ssotoken.Config{Community: community, Key: key, MaxURL: 1 << 16}))
	page   = must(ssotoken.ParseReturnPath(returnPath))
)

// must is for constants of this program.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func ourClaims(m *member) (ssotoken.Claims, error) {
	b := ssotoken.NewClaims().Subject(m.id).Name(m.shown).VerifiedEmail(m.email).Tagline(m.tagline).Picture(m.picture)
	if m.spaceIDs != nil {
		b.Spaces(spaces.Add(m.spaceIDs...))
	}
	if m.changes != nil {
		changes := make([]spaces.Change, 0, 8)
		for _, c := range m.changes {
			if c.action == "LEAVE" {
				changes = append(changes, spaces.Leave(c.spaceID))
			} else {
				changes = append(changes, spaces.Join(c.spaceID))
			}
		}
		b.Spaces(spaces.Apply(changes...))
	}
	if m.fields {
		fields := append(make([]customfields.Field, 0, 9),
			customfields.Text("department", department), customfields.Text("office", office),
			customfields.Integer("seats", seats), customfields.Boolean("beta", beta))
		if m.moreFields {
			fields = append(fields, customfields.Number("score", score), customfields.Date("since", since),
				customfields.DateTime("seen", seen), customfields.Array("skills", skills),
				customfields.Object("company", customfields.Text("city", city), customfields.Text("name", company)))
		}
		b.Custom(customfields.Of(fields...))
	}
	return b.Build()
}

func ourLoginURL(m *member) func() string {
	claims := must(ourClaims(m))
	return func() string { return must(signer.LoginURL(context.Background(), claims, page)) }
}

func ourWholeMint(m *member) func() string {
	return func() string { return must(signer.LoginURL(context.Background(), must(ourClaims(m)), page)) }
}

// ourDoor is the handler of the Authorization URL.
func ourDoor(m *member) func() string {
	login := must(ssotoken.NewLogin(ssotoken.LoginConfig{
		Signer: signer,
		Identify: func(r *http.Request) (ssotoken.Claims, error) {
			if !signedIn(r) {
				return ssotoken.Claims{}, ssotoken.ErrNoSession
			}
			return ourClaims(m)
		},
		Observe: func(_ context.Context, e ssotoken.Event) { lastEvent = e.Kind },
	}))
	return visits(login.Middleware(http.NotFoundHandler()))
}

var lastEvent ssotoken.EventKind
