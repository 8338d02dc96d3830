package main

import (
	"time"

	cristalhq "github.com/cristalhq/jwt/v5"
	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	golang "github.com/golang-jwt/jwt/v5"
	"github.com/kataras/jwt"
	"github.com/lestrrat-go/jwx/v3/jwa"
	jwx "github.com/lestrrat-go/jwx/v3/jwt"
	pascaldekloe "github.com/pascaldekloe/jwt"
)

// The peers make a token (not a URL) as a string, from a member, and check no
// field. What can be made once for all tokens (key, signer, builder, options)
// is made once. Each takes its claims in the form in which it is fastest: a
// flat struct with integer times, or a map if it would make one of the struct.
// Times come from the clock, at every call.

// golang-jwt as most programs use it: a map made for each token.
func golangMap(p payload) (operation, error) {
	return func() (string, error) {
		return golang.NewWithClaims(golang.SigningMethodHS256, golang.MapClaims(claimsMap(&p.member))).SignedString(keyBytes)
	}, nil
}

func golangStruct(p payload) (operation, error) {
	// SignedString calls none of the interface's methods.
	type claims struct {
		*claimsStruct
		golang.Claims `json:"-"`
	}
	type busyClaims struct {
		*busyStruct
		golang.Claims `json:"-"`
	}
	claimsOf := func(m *member) golang.Claims {
		if m.busy != nil {
			return busyClaims{newBusyStruct(m), nil}
		}
		return claims{newClaimsStruct(m), nil}
	}
	return func() (string, error) {
		return golang.NewWithClaims(golang.SigningMethodHS256, claimsOf(&p.member)).SignedString(keyBytes)
	}, nil
}

// cristalhq/jwt has its header ready made and keeps HMAC states in a pool.
func cristalhqStruct(p payload) (operation, error) {
	signer, err := cristalhq.NewSignerHS(cristalhq.HS256, keyBytes)
	if err != nil {
		return nil, err
	}
	builder := cristalhq.NewBuilder(signer)
	return func() (string, error) {
		token, err := builder.Build(newStruct(&p.member))
		if err != nil {
			return "", err
		}
		return token.String(), nil
	}, nil
}

// kataras/jwt keeps headers ready made, and keys an HMAC for each token.
func katarasStruct(p payload) (operation, error) {
	return func() (string, error) {
		token, err := jwt.Sign(jwt.HS256, keyBytes, newStruct(&p.member))
		return string(token), err
	}, nil
}

// pascaldekloe/jwt keeps HMAC states in a pool, and takes claims that are not
// registered as a map. It writes no typ, so its header is shorter.
func pascaldekloeMap(p payload) (operation, error) {
	signer, err := pascaldekloe.NewHMAC(pascaldekloe.HS256, keyBytes)
	if err != nil {
		return nil, err
	}
	return func() (string, error) {
		token, err := signer.Sign(&pascaldekloe.Claims{Set: claimsMap(&p.member)})
		return string(token), err
	}, nil
}

// lestrrat-go/jwx collects claims in its own builder. For a single WithKey option
// it signs by a short cut.
func jwxBuilder(p payload) (operation, error) {
	withKey := jwx.WithKey(jwa.HS256(), keyBytes)
	m := &p.member
	return func() (string, error) {
		now := time.Now().Truncate(time.Second)
		b := jwx.NewBuilder().Subject(m.id).Claim("name", m.name).Claim("email", m.email).
			IssuedAt(now).Expiration(now.Add(lifetime * time.Second))
		if m.tagline != "" {
			b.Claim("tagline", m.tagline)
		}
		if m.picture != "" {
			b.Claim("picture", m.picture)
		}
		if m.changes != nil {
			b.Claim("spaces", spaceEntries(m.changes))
		}
		if m.hasFields() {
			b.Claim("department", m.department).Claim("office", m.office).Claim("seats", m.seats).Claim("beta", m.beta)
		}
		for name, value := range busyMap(m) {
			b.Claim(name, value)
		}
		claims, err := b.Build()
		if err != nil {
			return "", err
		}
		token, err := jwx.Sign(claims, withKey)
		return string(token), err
	}, nil
}

// go-jose would decode a struct's JSON into a map, so it gets the map.
func joseMap(p payload) (operation, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: keyBytes}, new(jose.SignerOptions).WithType("JWT"))
	if err != nil {
		return nil, err
	}
	return func() (string, error) {
		return josejwt.Signed(signer).Claims(claimsMap(&p.member)).Serialize()
	}, nil
}

type claimsStruct struct {
	Subject    string       `json:"sub"`
	Name       string       `json:"name"`
	Email      string       `json:"email"`
	Tagline    string       `json:"tagline,omitempty"`
	Picture    string       `json:"picture,omitempty"`
	Spaces     []spaceEntry `json:"spaces,omitempty"`
	Department string       `json:"department,omitempty"`
	Office     string       `json:"office,omitempty"`
	Seats      int64        `json:"seats,omitempty"`
	Beta       bool         `json:"beta,omitempty"`
	IssuedAt   int64        `json:"iat"`
	Expires    int64        `json:"exp"`
}

// busyStruct has the claims of the busy payload too.
type busyStruct struct {
	claimsStruct
	Score   float64     `json:"score"`
	Since   string      `json:"since"`
	Seen    string      `json:"seen"`
	Skills  []string    `json:"skills"`
	Company companyInfo `json:"company"`
}

type companyInfo struct {
	Name string `json:"name"`
	City string `json:"city"`
}

func newBusyStruct(m *member) *busyStruct {
	f := m.busy
	return &busyStruct{*newClaimsStruct(m), f.score, f.since.Format(time.DateOnly), f.seen.UTC().Format(time.RFC3339Nano), f.skills, companyInfo{f.company, f.city}}
}

// newStruct gives the struct that has the payload's claims and no other.
func newStruct(m *member) any {
	if m.busy != nil {
		return newBusyStruct(m)
	}
	return newClaimsStruct(m)
}

func busyMap(m *member) map[string]any {
	f := m.busy
	if f == nil {
		return nil
	}
	return map[string]any{
		"score": f.score, "since": f.since.Format(time.DateOnly), "seen": f.seen.UTC().Format(time.RFC3339Nano),
		"skills": f.skills, "company": companyInfo{f.company, f.city},
	}
}

type spaceEntry struct {
	SpaceID string `json:"spaceId"`
	Role    string `json:"role"`
	Action  string `json:"action"`
}

func newClaimsStruct(m *member) *claimsStruct {
	iat := time.Now().Unix()
	return &claimsStruct{
		m.id, m.name, m.email, m.tagline, m.picture, spaceEntries(m.changes),
		m.department, m.office, m.seats, m.beta, iat, iat + lifetime,
	}
}

func claimsMap(m *member) map[string]any {
	iat := time.Now().Unix()
	claims := map[string]any{"sub": m.id, "name": m.name, "email": m.email, "iat": iat, "exp": iat + lifetime}
	if m.tagline != "" {
		claims["tagline"] = m.tagline
	}
	if m.picture != "" {
		claims["picture"] = m.picture
	}
	if m.changes != nil {
		claims["spaces"] = spaceEntries(m.changes)
	}
	if m.hasFields() {
		claims["department"], claims["office"], claims["seats"], claims["beta"] = m.department, m.office, m.seats, m.beta
	}
	for name, value := range busyMap(m) {
		claims[name] = value
	}
	return claims
}

func spaceEntries(changes []change) []spaceEntry {
	if changes == nil {
		return nil
	}
	entries := make([]spaceEntry, len(changes))
	for i, c := range changes {
		entries[i] = spaceEntry{c.spaceID, "MEMBER", c.action}
	}
	return entries
}
