package ssotoken_test

import (
	"crypto/fips140"
	"encoding/base64"
	"encoding/json"
	"os"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

func TestHS256IsThatOfTheRFCs(t *testing.T) {
	raw, err := os.ReadFile("vectors/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Vectors []struct{ Name, Kind, KeyBase64URL, SigningInput, Signature string }
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, v := range file.Vectors {
		if v.Kind != "signature" {
			continue
		}
		tried++
		t.Run(v.Name, func(t *testing.T) {
			key, err := base64.RawURLEncoding.DecodeString(v.KeyBase64URL)
			if err != nil {
				t.Fatal(err)
			}
			if len(key) < contract.MinKey && fips140.Enabled() {
				t.Skip("FIPS mode refuses a key under 112 bits, and NewKey takes none so short")
			}
			got := base64.RawURLEncoding.EncodeToString(ssotoken.MAC(key, v.SigningInput))
			if got != v.Signature {
				t.Fatalf("got %s, want %s", got, v.Signature)
			}
		})
	}
	if tried == 0 {
		t.Error("no signatures")
	}
}
