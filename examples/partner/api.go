package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// A communityAPI is the community's GraphQL API, by an app that is installed there. The
// queries have the names and types of the vendor's published client. No library of GraphQL
// reads the vendor's errors, whose codes are beside their messages. One goroutine uses it.
type communityAPI struct {
	url, network     string // network is the community's id
	clientID, secret string // of the app
	token            string // of access; empty until it is needed
}

// An apiError has a code of the API. The message, which could repeat a value, is left out.
type apiError struct{ code string }

func (e apiError) Error() string { return "the API answered with the error code " + e.code }

const (
	unknownToken = "108"
	noSuchMember = "110"
)

// change does to a member what a mutation says. A member whom the community does not know
// needs no change.
func (a *communityAPI) change(ctx context.Context, memberID, mutation string) error {
	err := a.findAndChange(ctx, memberID, mutation)
	if errors.Is(err, apiError{unknownToken}) {
		a.token = ""
	}
	return err
}

func (a *communityAPI) findAndChange(ctx context.Context, memberID, mutation string) error {
	if a.token == "" {
		var limited struct{ AccessToken string }
		err := a.ask(ctx, `query limitedToken($network: String!) {
			limitedToken(context: NETWORK, networkId: $network, entityId: $network) { accessToken }
		}`, map[string]string{"network": a.network}, &limited)
		if err != nil {
			return err
		}
		a.token = limited.AccessToken
	}
	var member struct{ ID string }
	err := a.ask(ctx, `query member($externalId: String) { member(externalId: $externalId) { id } }`,
		map[string]string{"externalId": memberID}, &member)
	if errors.Is(err, apiError{noSuchMember}) {
		return nil
	}
	if err != nil {
		return err
	}
	argument, kind := "memberId", "String!"
	if mutation == "deleteMember" {
		argument, kind = "id", "ID!"
	}
	var done struct{ Status string }
	err = a.ask(ctx, fmt.Sprintf(`mutation %[1]s($id: %s) { %[1]s(%[3]s: $id) { status } }`, mutation, kind, argument),
		map[string]string{"id": member.ID}, &done)
	if err == nil && done.Status != "succeeded" {
		err = errors.New("the API did not succeed")
	}
	return err
}

// ask sends an operation of one field, and reads what it returns.
func (a *communityAPI) ask(ctx context.Context, query string, variables map[string]string, into any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if r.SetBasicAuth(a.clientID, a.secret); a.token != "" {
		r.Header.Set("Authorization", "Bearer "+a.token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var answer struct {
		Data   map[string]json.RawMessage
		Errors []struct{ Code json.RawMessage }
	}
	switch err := json.NewDecoder(http.MaxBytesReader(nil, res.Body, 1<<20)).Decode(&answer); {
	case len(answer.Errors) > 0:
		return apiError{string(bytes.Trim(answer.Errors[0].Code, `"`))}
	case res.StatusCode != http.StatusOK:
		return errors.New("the API answered " + res.Status)
	case err != nil:
		return errors.New("the API's answer is no JSON")
	}
	for _, field := range answer.Data {
		return json.Unmarshal(field, into)
	}
	return errors.New("the API's answer is empty")
}
