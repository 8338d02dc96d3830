package ssotoken_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
)

// Session stores keep any value in a map, as scs does by gob.
func TestAReturnPathSurvivesASession(t *testing.T) {
	for _, want := range []string{"", "/search?q=a%20b#top"} {
		b, err := json.Marshal(map[string]ssotoken.ReturnPath{"to": returnPath(t, want)})
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ To ssotoken.ReturnPath }
		if err := json.Unmarshal(b, &got); err != nil || got.To.String() != want {
			t.Errorf("by JSON: %q came back as %q, %v", want, got.To, err)
		}
		var buffer bytes.Buffer
		if err := gob.NewEncoder(&buffer).Encode(map[string]any{"to": returnPath(t, want)}); err != nil {
			t.Fatal(err)
		}
		var kept map[string]any
		if err := gob.NewDecoder(&buffer).Decode(&kept); err != nil || kept["to"] != returnPath(t, want) {
			t.Errorf("by gob: %q came back as %v, %v", want, kept["to"], err)
		}
	}
}

func TestAReturnPathThatComesBackIsCheckedAgain(t *testing.T) {
	for name, read := range map[string]func(*ssotoken.ReturnPath, []byte) error{
		"text": (*ssotoken.ReturnPath).UnmarshalText, "binary": (*ssotoken.ReturnPath).UnmarshalBinary,
	} {
		for _, bad := range []string{"//evil.example", `/\evil.example`, "/api/auth/sso?jwt=x", "a", "\xff"} {
			got := returnPath(t, "/a")
			if err := read(&got, []byte(bad)); !errors.Is(err, ssotoken.ErrReturnPath) || !got.IsHome() {
				t.Errorf("%s %q: got %q, %v", name, bad, got, err)
			}
		}
	}
}
