package ssotest_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// A state from outside is refused with nothing changed, or restored to one
// that can be shown and saved again.
func FuzzAStateIsRestoredOrRefused(f *testing.F) {
	f.Add("{}")
	f.Add(`{"format":"ssotoken community","version":1,"members":[{"email":"a@b.c","fields":{"F":[1]}}],"count":1,"logins":[
		{"number":1,"accepted":true,"member":{"id":"m"},"fields":[{"field":"F","key":"k","value":1}],
		"landing":{"redirectUri":"//x","dropped":"redirect-refused"},
		 "report":{"url":{"location":"/"},"header":[{"name":"alg","value":"x"}],"claims":[{"name":"sub"}],"findings":[]}}],
		"tokens":[{"sha256":"` + strings.Repeat("0", 64) + `","login":1}],"sessions":[]}`)
	f.Add(
		`{"format":"ssotoken community","version":1,"count":1,"logins":[{"number":1,"refusedFor":["email-taken"],
		"report":{"url":{},"findings":[]}}]}`,
	)
	f.Fuzz(func(t *testing.T, text string) {
		h := must(ssotest.NewHandler(ssotest.Config{}))
		before := string(must(h.Snapshot()))
		if err := h.Restore([]byte(text)); err != nil {
			if after := string(must(h.Snapshot())); !errors.Is(err, inspect.StateDamaged) || after != before {
				t.Fatalf("%v, and the community changed: %v", err, after != before)
			}
			return
		}
		for _, path := range []string{"/logins", "/members", "/logins/1", "/_fake/logins", "/_fake/members"} {
			r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
			r.RemoteAddr = "127.0.0.1:1"
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code >= http.StatusInternalServerError {
				t.Fatalf("%s: HTTP %d", path, w.Code)
			}
		}
		saved := must(h.Snapshot())
		if err := h.Restore(saved); err != nil {
			t.Fatal(err)
		}
		if again := must(h.Snapshot()); string(again) != string(saved) {
			t.Fatalf("saved\n%s\nand again\n%s", saved, again)
		}
	})
}
