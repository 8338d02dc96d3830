package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	golang "github.com/golang-jwt/jwt/v5"
)

// ready prepares a mint and proves it: golang-jwt verifies the token, which has
// all claims of the payload and no others.
func (m mint) ready(p payload) (operation, error) {
	op, err := m.prepare(p)
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w", m.name, p.name, err)
	}
	for range 2 { // the second shows what the first left in a pool
		if err := m.prove(p, op); err != nil {
			return nil, fmt.Errorf("%s, %s: %w", m.name, p.name, err)
		}
	}
	return op, nil
}

func (m mint) prove(p payload, op operation) error {
	token, err := op()
	if err != nil {
		return err
	}
	if m.gives == aURL {
		if token, err = tokenOf(token); err != nil {
			return err
		}
	}
	return verify(p, token)
}

// tokenOf gives the token of a login URL.
func tokenOf(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil {
		return "", err
	}
	q := u.Query()
	if !strings.HasPrefix(s, community+"/api/auth/sso?") || len(q) != 2 || q.Get("redirect_uri") != returnPath {
		return "", errors.New("not the login URL with its return path")
	}
	return q.Get("jwt"), nil
}

func verify(p payload, token string) error {
	parser := golang.NewParser(golang.WithValidMethods([]string{"HS256"}), golang.WithJSONNumber(),
		golang.WithIssuedAt(), golang.WithExpirationRequired())
	claims := golang.MapClaims{}
	if _, err := parser.ParseWithClaims(token, claims, func(*golang.Token) (any, error) { return keyBytes, nil }); err != nil {
		return err
	}
	// Integers as the contract wants them: 1.7e9 does not parse.
	var times [2]int64
	for i, name := range []string{"iat", "exp"} {
		t, err := strconv.ParseInt(fmt.Sprint(claims[name]), 10, 64)
		if err != nil {
			return fmt.Errorf("claim %s: %w", name, err)
		}
		times[i] = t
		delete(claims, name)
	}
	if got := times[1] - times[0]; got != lifetime {
		return fmt.Errorf("lives %d seconds instead of %d", got, lifetime)
	}
	return compare(p, claims)
}

func compare(p payload, got map[string]any) error {
	var want map[string]any
	decoder := json.NewDecoder(strings.NewReader(p.json + "}"))
	decoder.UseNumber()
	if err := decoder.Decode(&want); err != nil {
		return err
	}
	for name := range want {
		if !reflect.DeepEqual(got[name], want[name]) {
			return fmt.Errorf("claim %s is %v instead of %v", name, got[name], want[name])
		}
		delete(got, name)
	}
	if len(got) > 0 {
		return fmt.Errorf("claims that the payload does not have: %v", got)
	}
	return nil
}
