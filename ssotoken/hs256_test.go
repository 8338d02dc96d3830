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
			method := ssotoken.NewHS256(key)
			signature, err := method.Sign(v.SigningInput, nil)
			if got := base64.RawURLEncoding.EncodeToString(signature); err != nil || got != v.Signature {
				t.Fatalf("got %s and error %v, want %s", got, err, v.Signature)
			}
			if err := method.Verify(v.SigningInput, signature, nil); err != nil {
				t.Errorf("does not verify: %v", err)
			}
			signature[0] ^= 1
			if err := method.Verify(v.SigningInput, signature, nil); err == nil {
				t.Error("verifies with another bit")
			}
		})
	}
	if tried == 0 {
		t.Error("no signatures")
	}
}
