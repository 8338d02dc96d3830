package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// verify proves that both sides say the same: golang-jwt verifies their tokens, which
// have the same claims, and a URL leads to the page.
func (c comparison) verify() error {
	want, err := claimsOf(golangToken(&c.member))
	if err != nil {
		return err
	}
	sides := []func() string{c.ours, c.peer}
	if strings.Contains(c.what, "1,000") {
		sides = sides[:1] // the other has fewer spaces
	}
	for _, side := range sides {
		got, err := claimsOf(side())
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(want, got) {
			return fmt.Errorf("the claims are %v instead of %v", got, want)
		}
	}
	return nil
}

// claimsOf returns the claims of a token, or of the one in a login URL, without times.
func claimsOf(token string) (map[string]any, error) {
	if strings.Contains(token, "?") {
		u, err := url.Parse(token)
		if err != nil {
			return nil, err
		}
		if q := u.Query(); !strings.HasPrefix(token, community+"/api/auth/sso?") || q.Get("redirect_uri") != returnPath {
			return nil, fmt.Errorf("no login URL with its return path: %s", u.Path)
		}
		token = u.Query().Get("jwt")
	}
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithJSONNumber(), jwt.WithIssuedAt(), jwt.WithExpirationRequired())
	if _, err := parser.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return []byte(keyText), nil }); err != nil {
		return nil, err
	}
	iat, _ := claims["iat"].(json.Number).Int64()
	if exp, err := claims["exp"].(json.Number).Int64(); err != nil || exp-iat != lifetime {
		return nil, fmt.Errorf("lives from %d to %d", iat, exp)
	}
	delete(claims, "iat")
	delete(claims, "exp")
	return claims, nil
}
