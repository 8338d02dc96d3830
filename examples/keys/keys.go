// Package keys loads the community's key from where a site keeps its secrets: from
// Vault by its API, and from AWS, Google Cloud, etcd, a file or a server by
// gocloud.dev/runtimevar. Give a loader to ssotoken.ReloadingKey.
//
// They are functions to copy, not to import: the module has no releases.
package keys

import (
	"context"
	"fmt"
	"strings"

	vault "github.com/hashicorp/vault/api"
	"gocloud.dev/runtimevar"
	_ "gocloud.dev/runtimevar/filevar" // and a driver for each scheme in use
	_ "gocloud.dev/runtimevar/httpvar"

	"github.com/bettermode-go/sso/ssotoken"
)

// FromVariable loads the key from the store that a URL of runtimevar names, such as
// awssecretsmanager://sso-key?region=eu-central-1&decoder=string. It opens the
// store at each load: a variable that stays open goes on with its last value when the
// store fails, and doesn't say so.
func FromVariable(url string) func(context.Context) (ssotoken.Key, error) {
	return func(ctx context.Context) (ssotoken.Key, error) {
		variable, err := runtimevar.OpenVariable(ctx, url)
		if err != nil {
			return ssotoken.Key{}, err
		}
		defer variable.Close()
		latest, err := variable.Latest(ctx) // waits for a value until ctx ends
		if err != nil {
			return ssotoken.Key{}, err
		}
		text, ok := latest.Value.(string)
		if !ok {
			return ssotoken.Key{}, fmt.Errorf("the URL of the key needs decoder=string")
		}
		return ssotoken.NewKey(strings.TrimSuffix(text, "\n"))
	}
}

// FromVault loads the key from a field of a secret in Vault's key-value store, version 2.
func FromVault(client *vault.Client, mount, path, field string) func(context.Context) (ssotoken.Key, error) {
	return func(ctx context.Context) (ssotoken.Key, error) {
		secret, err := client.KVv2(mount).Get(ctx, path)
		if err != nil {
			return ssotoken.Key{}, err
		}
		text, _ := secret.Data[field].(string) // none is a key that is missing
		return ssotoken.NewKey(text)
	}
}
