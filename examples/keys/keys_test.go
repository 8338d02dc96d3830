package keys_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	vault "github.com/hashicorp/vault/api"

	"github.com/bettermode-go/sso/examples/keys"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

const first, second = "Zr4u7x!A%D*G-KaPdSgVkYp3s6v9y$B&", "Kd9Rf3Wh6Yc0LjEapGx4Qm8Zt1Vb7N"

// A store has the key, and may be down.
type store struct {
	key  string
	down func() // is called by a request in place of an answer
}

// serve is a web server with the key, as Vault's API or as it is.
func (s *store) serve(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case s.down != nil:
			w.WriteHeader(http.StatusBadRequest) // which Vault's client does not try again
			s.down()
		case r.URL.Path == "/v1/secret/data/partner" && r.Header.Get("X-Vault-Token") == "a-token":
			w.Write([]byte(`{"data": {"data": {"sso-key": "` + s.key + `"}, "metadata": {"version": 1}}}`))
		case r.URL.Path == "/sso-key":
			w.Write([]byte(s.key + "\n"))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func vaultClient(t *testing.T, address string) *vault.Client {
	client, err := vault.NewClient(&vault.Config{Address: address})
	if err != nil {
		t.Fatal(err)
	}
	client.SetToken("a-token")
	return client
}

func TestEachStoresKeyIsLoadedAnewAndItsErrorsAreReported(t *testing.T) {
	for _, tt := range []struct {
		name string
		load func(address string) func(context.Context) (ssotoken.Key, error)
	}{
		{"a server, by runtimevar", func(address string) func(context.Context) (ssotoken.Key, error) {
			return keys.FromVariable(address + "/sso-key?decoder=string")
		}},
		{"Vault", func(address string) func(context.Context) (ssotoken.Key, error) {
			return keys.FromVault(vaultClient(t, address), "secret", "partner", "sso-key")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &store{key: first}
			load := tt.load(s.serve(t))
			source, err := ssotoken.ReloadingKey(load, ssotoken.ReloadConfig{})
			if err != nil {
				t.Fatal(err)
			}
			if key, err := source(t.Context()); err != nil || key.Reveal() != first {
				t.Fatal(err)
			}
			s.key = second
			if key, err := load(t.Context()); err != nil || key.Reveal() != second {
				t.Errorf("changed: got key %s, %v", key.Fingerprint(), err)
			}
			s.key = "changeme"
			if _, err := load(t.Context()); !errors.Is(err, contract.KeyPlaceholder) {
				t.Errorf("a sample: got %v", err)
			}
			ctx, stop := context.WithCancel(t.Context())
			s.key, s.down = second, stop
			if _, err := load(ctx); err == nil || strings.Contains(err.Error(), second) {
				t.Errorf("down: got %v", err)
			}
		})
	}
}

func TestAFileIsReadByItsURL(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sso-key")
	if err := os.WriteFile(path, []byte(first+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	url := "file://" + filepath.ToSlash(path)
	if key, err := keys.FromVariable(url + "?decoder=string")(t.Context()); err != nil || key.Reveal() != first {
		t.Errorf("got key %s, %v", key.Fingerprint(), err)
	}
	if _, err := keys.FromVariable(url)(t.Context()); err == nil || strings.Contains(err.Error(), first) {
		t.Errorf("without a decoder: got %v", err)
	}
}

func TestAFieldThatVaultDoesNotHaveIsAMissingKey(t *testing.T) {
	load := keys.FromVault(vaultClient(t, (&store{key: first}).serve(t)), "secret", "partner", "sso_key")
	if _, err := load(t.Context()); !errors.Is(err, contract.KeyMissing) {
		t.Errorf("got %v", err)
	}
}
