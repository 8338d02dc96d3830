package main

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	cristalhq "github.com/cristalhq/jwt/v5"
	"github.com/go-playground/validator/v10"
	"github.com/golang-jwt/jwt/v5"
)

func golangToken(m *member) string {
	iat := time.Now().Unix()
	claims := jwt.MapClaims{"sub": m.id, "name": m.shown, "email": m.email, "iat": iat, "exp": iat + lifetime}
	if m.tagline != "" {
		claims["tagline"] = m.tagline
	}
	if m.picture != "" {
		claims["picture"] = m.picture
	}
	if m.changes != nil {
		claims["spaces"] = spaceEntries(m)
	}
	if m.spaceIDs != nil {
		claims["spaceIds"], claims["spacesOperation"] = m.spaceIDs, "ADD"
	}
	if m.fields {
		claims["department"], claims["office"], claims["seats"], claims["beta"] = department, office, seats, beta
	}
	if m.moreFields {
		claims["score"], claims["since"], claims["seen"] = score, since.Format(time.DateOnly), seen.Format(time.RFC3339Nano)
		claims["skills"], claims["company"] = skills, companyField{company, city}
	}
	return must(jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(keyText)))
}

func golangMapClaims(m *member) func() string { return func() string { return golangToken(m) } }

// golangDoor is what a partner would write with golang-jwt and http.Redirect.
func golangDoor(m *member) func() string {
	return visits(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !signedIn(r) {
			http.Error(w, "sign in", http.StatusUnauthorized)
			return
		}
		q := url.Values{"jwt": {golangToken(m)}}
		if to := r.URL.Query().Get("referrer_uri"); strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") {
			q.Set("redirect_uri", to)
		}
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, community+"/api/auth/sso?"+q.Encode(), http.StatusSeeOther)
	}))
}

// The limits are those that package ssotoken checks.
type validClaims struct {
	Subject    string       `json:"sub" validate:"required,max=50"`
	Name       string       `json:"name" validate:"required"`
	Email      string       `json:"email" validate:"required,email,max=200"`
	Tagline    string       `json:"tagline,omitempty"`
	Picture    string       `json:"picture,omitempty" validate:"omitempty,http_url,max=2048"`
	Spaces     []spaceEntry `json:"spaces,omitempty" validate:"unique=SpaceID,dive"`
	SpaceIDs   []string     `json:"spaceIds,omitempty" validate:"unique,dive,required"`
	Operation  string       `json:"spacesOperation,omitempty"`
	Department string       `json:"department,omitempty"`
	Office     string       `json:"office,omitempty"`
	Seats      int64        `json:"seats,omitempty" validate:"gte=-9007199254740991,lte=9007199254740991"`
	Beta       bool         `json:"beta,omitempty"`
	Score      float64      `json:"score,omitempty" validate:"gte=-9007199254740991,lte=9007199254740991"`
	Since      string       `json:"since,omitempty"`
	Seen       string       `json:"seen,omitempty"`
	Skills     []string     `json:"skills,omitempty"`

	Company  *companyField `json:"company,omitempty"`
	IssuedAt int64         `json:"iat"`
	Expires  int64         `json:"exp"`
}

type spaceEntry struct {
	SpaceID string `json:"spaceId" validate:"required"`
	Role    string `json:"role" validate:"eq=MEMBER"`
	Action  string `json:"action" validate:"oneof=JOIN LEAVE"`
}

type companyField struct {
	Name string `json:"name"`
	City string `json:"city"`
}

func spaceEntries(m *member) []spaceEntry {
	entries := make([]spaceEntry, len(m.changes))
	for i, c := range m.changes {
		entries[i] = spaceEntry{c.spaceID, "MEMBER", c.action}
	}
	return entries
}

// cristalhqWithChecks does the same work as ourWholeMint: cristalhq/jwt, whose claims
// go-playground/validator checks, and a URL.
func cristalhqWithChecks(m *member) func() string {
	builder := cristalhq.NewBuilder(must(cristalhq.NewSignerHS(cristalhq.HS256, []byte(keyText))))
	check := validator.New(validator.WithRequiredStructEnabled())
	return func() string {
		iat := time.Now().Unix()
		c := &validClaims{
			Subject: m.id, Name: m.shown, Email: m.email, Tagline: m.tagline, Picture: m.picture, SpaceIDs: m.spaceIDs,
			IssuedAt: iat, Expires: iat + lifetime,
		}
		if m.changes != nil {
			c.Spaces = spaceEntries(m)
		}
		if m.spaceIDs != nil {
			c.Operation = "ADD"
		}
		if m.fields {
			c.Department, c.Office, c.Seats, c.Beta = department, office, seats, beta
		}
		if m.moreFields {
			c.Score, c.Since, c.Seen = score, since.Format(time.DateOnly), seen.Format(time.RFC3339Nano)
			c.Skills, c.Company = skills, &companyField{company, city}
		}
		if err := check.Struct(c); err != nil {
			panic(err)
		}
		token := must(builder.Build(c)).String()
		return community + "/api/auth/sso?jwt=" + token + "&redirect_uri=" + url.QueryEscape(returnPath)
	}
}
