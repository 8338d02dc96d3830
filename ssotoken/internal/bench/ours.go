package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
)

const (
	community  = "https://community.example.com"
	returnPath = "/spaces/general?tab=posts"

	key = "bench-4f1d9c7a2e8b6053d1f0a9c8b7e6d5c4"
)

var keyBytes = []byte(key)

// All operations share one signer, to measure many goroutines that mint with it.
var signer = must(newSigner())

var to = must(ssotoken.ParseReturnPath(returnPath))

func newSigner() (*ssotoken.Signer, error) {
	k, err := ssotoken.NewKey(key)
	if err != nil {
		return nil, err
	}
	// MaxURL has room for a thousand spaces.
	return ssotoken.New(ssotoken.Config{Community: community, Key: k, Lifetime: lifetime * time.Second, MaxURL: 1 << 16})
}

// Cut (a): the URL of built claims. Their JSON up to iat and exp was written
// by Build, so (a) and (b) don't pay for it; (c) does.
func oursLoginURL(p payload) (operation, error) {
	claims, err := build(&p.member)
	if err != nil {
		return nil, err
	}
	return func() (string, error) { return signer.LoginURL(context.Background(), claims, to) }, nil
}

// Cut (b): the token of built claims.
func oursSign(p payload) (operation, error) {
	claims, err := build(&p.member)
	if err != nil {
		return nil, err
	}
	return func() (string, error) {
		token, err := signer.Sign(context.Background(), claims)
		return token.JWT(), err
	}, nil
}

// Cut (c): the whole login, from the member to the URL, with every check.
func oursWhole(p payload) (operation, error) {
	return func() (string, error) {
		claims, err := build(&p.member)
		if err != nil {
			return "", err
		}
		return signer.LoginURL(context.Background(), claims, to)
	}, nil
}

func build(m *member) (ssotoken.Claims, error) {
	b := ssotoken.NewClaims().Subject(m.id).Name(m.name).VerifiedEmail(m.email).
		Tagline(m.tagline).Picture(m.picture).Spaces(plan(m))
	switch f := m.busy; {
	case f != nil:
		b.Custom(customfields.Of(
			customfields.Text("department", m.department),
			customfields.Text("office", m.office),
			customfields.Integer("seats", m.seats),
			customfields.Boolean("beta", m.beta),
			customfields.Number("score", f.score),
			customfields.Date("since", f.since),
			customfields.DateTime("seen", f.seen),
			customfields.Array("skills", f.skills),
			customfields.Object("company", customfields.Text("city", f.city), customfields.Text("name", f.company)),
		))
	case m.hasFields():
		b.Custom(customfields.Of(
			customfields.Text("department", m.department),
			customfields.Text("office", m.office),
			customfields.Integer("seats", m.seats),
			customfields.Boolean("beta", m.beta),
		))
	}
	return b.Build()
}

func plan(m *member) spaces.Plan {
	if m.spaceIDs != nil {
		return spaces.Add(m.spaceIDs...)
	}
	changes := make([]spaces.Change, 0, 8)
	for _, c := range m.changes {
		if c.action == "LEAVE" {
			changes = append(changes, spaces.Leave(c.spaceID))
		} else {
			changes = append(changes, spaces.Join(c.spaceID))
		}
	}
	return spaces.Apply(changes...)
}

// The floor is what every HS256 token needs: base64, the MAC by a kept keyed
// state, and one string. Its JSON is ready made, with the times.
func floorToken(p payload) (operation, error) { return floor(p, "", "") }

// The floor's URL for (a) and (c) adds what a login URL has around its token.
func floorURL(p payload) (operation, error) {
	return floor(p, community+"/api/auth/sso?jwt=", "&redirect_uri=%2Fspaces%2Fgeneral%3Ftab%3Dposts")
}

func floor(p payload, before, after string) (operation, error) {
	json := []byte(p.complete(time.Now()))
	mac := hmac.New(sha256.New, keyBytes)
	var out, sum []byte
	return func() (string, error) {
		out = append(append(out[:0], before...), "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."...)
		out = base64.RawURLEncoding.AppendEncode(out, json)
		mac.Reset()
		mac.Write(out[len(before):])
		sum = mac.Sum(sum[:0])
		out = base64.RawURLEncoding.AppendEncode(append(out, '.'), sum)
		return string(append(out, after...)), nil
	}, nil
}

// must is for constants of this program.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
