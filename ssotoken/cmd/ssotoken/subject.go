package main

import (
	"bytes"
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

func newSubject(sh *shell) *cobra.Command {
	var secretFile, id string
	var key *keyFlags
	cmd := newVerb(sh, "subject", "print what the logs call a member",
		`Prints the hash by which the site's events name a member, to find one member's logins in its logs. It is made with the
community's key. If the site hashes with its own secret (HashSubjects), give that secret with --secret-file.

The id is the one that the site sends as sub. After a change of the key, older events have the hash of the older key.`,
		`  grep "$(ssotoken subject --key-file key.txt user-7)" site.log`,
		func(ctx context.Context, sh *shell) error {
			secret, err := subjectSecret(ctx, sh, secretFile, key)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(sh.stdout, ssotoken.HashSubjects(secret)(id))
			return err
		})
	cmd.Use = "subject [flags] ID"
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) != 1 || args[0] == "" {
			return usageError("give one id, the one that the site sends as sub")
		}
		id = args[0]
		return nil
	}
	key = addKeyFlags(cmd)
	group(cmd, "Or a secret of the site", func(flags *pflag.FlagSet) {
		flags.StringVar(&secretFile, "secret-file", "", "`path` of a file with the secret of HashSubjects, without its line ending")
	})
	return cmd
}

// subjectSecret is what the hash is made with.
func subjectSecret(ctx context.Context, sh *shell, path string, key *keyFlags) ([]byte, error) {
	switch {
	case path == "":
		k, err := within(ctx, key.load)
		return []byte(k.Reveal()), err
	case key.env != "" || key.file != "":
		return nil, usageError("--secret-file replaces the key: give it without --key-env and --key-file")
	}
	secret, err := sh.readInput(ctx, "--secret-file", "the secret", path)
	secret = bytes.TrimSuffix(bytes.TrimSuffix(secret, []byte("\n")), []byte("\r"))
	if err == nil && len(secret) < contract.MinKey {
		err = fmt.Errorf("the file that --secret-file names has under %d bytes", contract.MinKey)
	}
	return secret, err
}
