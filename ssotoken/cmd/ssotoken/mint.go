package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/internal/profile"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

func newMint(sh *shell) *cobra.Command {
	m := &mint{}
	cmd := newVerb(sh, "mint", "make a token, or with --url the login URL",
		`Makes a token and prints it; with --url, the login URL of a community. Either logs in as its member until it expires: show
it to nobody.

The claims come from flags, or from a JSON object in a file or on standard input with the claims' own names. A flag replaces
the JSON's value. Every bad field is reported, not only the first.

A custom field is KEY=VALUE for text, or KEY:TYPE=VALUE, where TYPE is one of `+profile.FieldTypeNames()+`. Write a date like
2006-01-02, a datetime as RFC 3339 says, an array or object as JSON. In JSON, any other name is a custom field, with the type
that it has there.`,
		`  ssotoken mint --sub user-7 --name "Ada Lovelace" --email ada@example.com \
      --join SPACE_ID --field department=Research --field seats:integer=5 \
      --url --community community.example.com --to /spaces/news
  echo '{"sub":"user-7","name":"Ada","email":"ada@example.com"}' |
      ssotoken mint --claims -`,
		m.run)
	m.member = addMemberFlags(cmd)
	group(cmd, "The login", func(flags *pflag.FlagSet) {
		flags.BoolVar(&m.url, "url", false, "print the login URL")
		flags.StringVar(&m.community, "community", "", "`address` of the community, such as example.com/hub, for --url")
		flags.StringVar(&m.to, "to", "", "`path` of the community to land on, for --url (default its home page)")
		flags.DurationVar(&m.lifetime, "lifetime", contract.DefaultLifetime,
			fmt.Sprintf("`time` from iat to exp, %v to %v", contract.MinLifetime, contract.MaxLifetime))
	})
	m.key = addKeyFlags(cmd)
	output(cmd, &m.json, nil, "")
	return cmd
}

type mint struct {
	key           *keyFlags
	member        *memberFlags
	url, json     bool
	lifetime      time.Duration
	community, to string
}

func (m *mint) run(ctx context.Context, sh *shell) error {
	switch {
	case m.lifetime < contract.MinLifetime || m.lifetime > contract.MaxLifetime || m.lifetime%time.Second != 0:
		return usageError(fmt.Sprintf("--lifetime is whole seconds, from %v to %v; without it, %v",
			contract.MinLifetime, contract.MaxLifetime, contract.DefaultLifetime))
	case m.url && m.community == "":
		return usageError("--url needs --community")
	case !m.url && (m.community != "" || m.to != ""):
		return usageError("--community and --to go with --url")
	}
	if err := m.member.check(); err != nil {
		return err
	}
	p, err := m.member.read(ctx, sh)
	if err != nil {
		return err
	}
	key, err := within(ctx, m.key.load)
	if err != nil {
		return err
	}
	return m.sign(ctx, sh, key, p)
}

// minted is the output of -json.
type minted struct {
	Token     string    `json:"token"`
	URL       string    `json:"url,omitempty"`
	ExpiresAt time.Time `json:"expiresAt"`
}

func (m *mint) sign(ctx context.Context, sh *shell, key ssotoken.Key, p *profile.Profile) error {
	now := sh.now() // one for the token and its URL
	config := ssotoken.Config{Community: m.community, Key: key, Lifetime: m.lifetime, Now: func() time.Time { return now }}
	if !m.url {
		config.Community = "localhost" // a token names no community
	}
	signer, configErr := ssotoken.New(config)
	claims, refused := p.Build()
	var configError *ssotoken.ConfigError
	if errors.As(configErr, &configError) {
		refused = append(refused, asFlags(configError.Fields)...)
	}
	var path ssotoken.ReturnPath
	if signer != nil {
		var err error
		if path, err = signer.Community().ReturnPath(m.to); err != nil {
			refused = append(refused, &ssotoken.FieldError{Field: "--to", Err: err})
		}
	}
	warnMisspelled(sh, p)
	if refused != nil {
		return m.refuse(sh, refused)
	}
	if key.Weak() {
		fmt.Fprintf(sh.stderr, "ssotoken mint: the key is weak: it has under %d bytes\n", contract.StrongKey)
	}
	token, err := signer.Sign(ctx, claims)
	if err != nil {
		return err
	}
	out := minted{Token: token.JWT(), ExpiresAt: token.ExpiresAt().UTC()}
	if m.url {
		if out.URL, err = signer.LoginURL(ctx, claims, path); err != nil {
			return err
		}
	}
	if m.json {
		return writeJSON(sh.stdout, out)
	}
	_, err = fmt.Fprintln(sh.stdout, cmp.Or(out.URL, out.Token))
	return err
}

// warnMisspelled warns before a field is refused too: sub is missing where Sub was given.
func warnMisspelled(sh *shell, p *profile.Profile) {
	var names []string
	for _, f := range p.Fields {
		names = append(names, f.Key())
	}
	for _, f := range p.Bad {
		names = append(names, f.Field)
	}
	for _, name := range names {
		if meant, ok := inspect.Misspelled(name); ok && !contract.ClaimOf(name).Status.Reserved() {
			complain(sh.stderr, fmt.Sprintf("ssotoken %s: %s is taken for a custom field; perhaps %s is meant",
				sh.verb, visible(name, 60), meant))
		}
	}
}

func (m *mint) refuse(sh *shell, fields []*ssotoken.FieldError) error {
	if m.json {
		type refusal struct {
			Field   string        `json:"field"`
			Code    contract.Code `json:"code"`
			Message string        `json:"message"`
		}
		out := struct {
			Refused []refusal `json:"refused"`
		}{}
		for _, f := range fields {
			out.Refused = append(out.Refused, refusal{f.Field, ssotoken.CodeOf(f), f.Err.Error()})
		}
		return sh.report(true, true, out, nil)
	}
	fmt.Fprintf(sh.stderr, "ssotoken mint: %s refused:\n", count(len(fields), "value"))
	for _, f := range fields {
		complain(sh.stderr, fmt.Sprintf("  %s: %s [%s]", visible(f.Field, 60), visible(f.Err.Error(), 1000), ssotoken.CodeOf(f)))
	}
	return errFound
}

// asFlags names settings as the flags that they come from.
func asFlags(fields []*ssotoken.FieldError) []*ssotoken.FieldError {
	names := map[string]string{
		"AuthorizationURL": "--url", "SignUpURL": "--sign-up-url",
		"LogoutURL": "--logout-url", "AccountSettingsURL": "--settings-url",
		"JSONURL": "--json-url", "Bearer": "--bearer-file", "MaxTime": "--max-time", "OtherCookie": "--other-cookie-file",
	}
	var out []*ssotoken.FieldError
	for _, f := range fields {
		name, ok := names[f.Field]
		if !ok {
			name = "--" + strings.ToLower(f.Field)
		}
		out = append(out, &ssotoken.FieldError{Field: name, Err: f.Err})
	}
	return out
}
