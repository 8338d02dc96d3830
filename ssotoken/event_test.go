package ssotoken_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// Each built-in answer is a page for a visitor, with a way on, and nothing of the
// error.
func TestTheBuiltInAnswersArePagesForVisitors(t *testing.T) {
	tests := []struct {
		name   string
		err    error
		status int
		title  string
	}{
		{"an error of the site", errors.New(secret), http.StatusInternalServerError, "We couldn&#39;t log you in"},
		{"refused claims", &ssotoken.ClaimsError{}, http.StatusUnprocessableEntity, "We couldn&#39;t log you in"},
		{"no key", ssotoken.ErrKeySource, http.StatusServiceUnavailable, "We couldn&#39;t log you in"},
		{"no navigation", ssotoken.ErrNotNavigation, http.StatusForbidden, "Open this page in a window"},
		{"another method", contract.Method, http.StatusMethodNotAllowed, "Open this page in a window"},
		{"no tenant", ssotoken.ErrNoTenant, http.StatusNotFound, "There is no community here"},
		{"an unverified email", ssotoken.ErrEmailUnverified, http.StatusForbidden, "Confirm your email address first"},
		{"a banned member", ssotoken.ErrMayNotEnter, http.StatusForbidden, "You have no access to the community"},
		{"a member of another tenant", ssotoken.ErrWrongTenant, http.StatusForbidden, "You have no access to the community"},
		{"a loop", ssotoken.ErrLoop, http.StatusLoopDetected, "We couldn&#39;t log you in"},
	}
	for _, tt := range tests {
		for _, err := range []error{tt.err, &ssotoken.Failure{Reference: "ABCD2345", Err: tt.err}, fmt.Errorf("%s: %w", secret, tt.err)} {
			w := httptest.NewRecorder()
			ssotoken.AnswerError(w, httptest.NewRequest("GET", "/?"+secret, nil), err)
			body := w.Body.String()
			if w.Code != tt.status || !strings.Contains(body, "<title>"+tt.title+"</title>") || !strings.Contains(body, "<h1>"+tt.title+"</h1>") {
				t.Errorf("%s: got %d %s", tt.name, w.Code, body)
			}
			for _, want := range []string{`<html lang="en">`, `name="viewport"`, "prefers-color-scheme: dark", `<a href="/">`, "<main>"} {
				if !strings.Contains(body, want) {
					t.Errorf("%s: the page lacks %s", tt.name, want)
				}
			}
			if strings.Contains(body, secret) || strings.Contains(body, "sso") {
				t.Errorf("%s: the page tells %s", tt.name, body)
			}
			var failure *ssotoken.Failure
			if errors.As(err, &failure) != strings.Contains(body, "ABCD2345") {
				t.Errorf("%s: the reference is missing, or made up: %s", tt.name, body)
			}
			if got := w.Header().Get("Content-Type"); got != "text/html; charset=utf-8" {
				t.Errorf("Content-Type is %q", got)
			}
			if got := w.Header().Get("X-Content-Type-Options"); got != "nosniff" {
				t.Errorf("X-Content-Type-Options is %q", got)
			}
			if got := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'") {
				t.Errorf("Content-Security-Policy is %q", got)
			}
		}
	}
}
