package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/internal/profile"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

const defaultListen = "127.0.0.1:8090"

func newCommunity(sh *shell) *cobra.Command {
	c := &community{}
	cmd := newVerb(sh, "community", "run a fake community to log in to, while you develop a partner in any language",
		`Runs a fake community until Ctrl-C. It treats a login as the contract says, more strictly than a real community, and
its pages and its JSON (/_fake/logins) say which rule a token broke. Never use it for real members, or with the key of a
real community.

The admin settings come from flags, or from a JSON object with the names of /_fake/settings and a list "members"; flags override it.
Without a key, it makes one and shows it once. It answers only this machine, unless --allow-remote says otherwise.

For a community for each tenant, the JSON is {"communities": {"acme.localhost": {…}, "globex.localhost": {…}}}, by their hosts, or
by HOST/PATH. The key of the first is in BETTERMODE_SSO_KEY_ACME_LOCALHOST, or else where that of all is.

Each flag can also come from an environment variable: --authorization-url from SSOTOKEN_AUTHORIZATION_URL. The flag wins. For a
flag that may be repeated, write one value a line.

--state keeps members, logins, sessions and a key that it made in one file, which is complete at every moment; a kill loses at
most the last second. It holds no token.`,
		`  ssotoken community --authorization-url http://localhost:3000/sso
  ssotoken community --config community.json --state community-state.json \
      --space news=News --field Seats:number=seats,licences`,
		c.run)
	c.given = cmd.Flags().Changed
	group(cmd, "The partner's addresses", func(flags *pflag.FlagSet) { c.addSettings(flags, true) })
	group(cmd, "The server", func(flags *pflag.FlagSet) {
		flags.StringVar(&c.listen, "listen", defaultListen, "`address` to listen on; port 0 picks a free one")
		flags.StringVar(&c.path, "path", "", "`path` of its host that the community is under, such as /hub")
		flags.StringVar(&c.state, "state", "", "`path` of a file that keeps members and logins; it is made if it does not exist")
		flags.StringVar(&c.config, "config", "", "`path` of a file with settings and members as JSON; - is standard input")
		flags.BoolVar(&c.allowRemote, "allow-remote", false,
			"answer other machines too: whoever reaches it can log in as anybody and read every login")
	})
	group(cmd, "Output", func(flags *pflag.FlagSet) {
		flags.BoolVar(&c.json, "json", false, "print only one line of JSON, once it listens: url, keyFingerprint, and key if it made one")
	})
	group(cmd, "The community", func(flags *pflag.FlagSet) {
		flags.StringArrayVar(&c.spaces, "space", nil, "a space as `ID[=NAME]`; may be repeated")
		flags.StringArrayVar(&c.fields, "field", nil,
			"custom field as `NAME[:TYPE]=KEY,KEY`, the keys being the claims that fill it; may be repeated. TYPE is one of "+vendorTypes())
		c.addSettings(flags, false)
	})
	c.key = addKeyFlags(cmd)
	fromEnvironment(sh, cmd)
	return cmd
}

// A settingFlag is the flag of a setting that is one text, or on or off.
type settingFlag struct{ name, field, usage string }

// in returns where the setting is.
func (f settingFlag) in(s *ssotest.Settings) reflect.Value {
	return reflect.ValueOf(s).Elem().FieldByName(f.field)
}

var settingFlags = []settingFlag{
	{"authorization-url", "AuthorizationURL", "`URL` of the partner's login, behind the login button"},
	{"sign-up-url", "SignUpURL", "`URL` of the partner's sign-up"},
	{"logout-url", "LogoutURL", "`URL` of the partner's logout"},
	{"account-settings-url", "AccountSettingsURL", "`URL` of the partner's page for the profile"},
	{"new-users-homepage", "NewUsersHomepage", "`path` of the community where new members land"},
	{"login-button-text", "LoginButtonText", "`text` of the login button (default \"Log in\")"},
	{"name", "Name", "`name` of the community (default \"Fake community\")"},
	{"other-login-methods", "OtherLoginMethods", "show a page with a login button, instead of an immediate redirect to the Authorization URL"},
	{"retry-refused-logins", "RetryRefusedLogins", "send a refused login back to the partner: to see a loop"},
}

// addSettings adds the settings that are a URL, or the others.
func (c *community) addSettings(flags *pflag.FlagSet, urls bool) {
	for _, f := range settingFlags {
		switch to := f.in(&c.settings).Addr().Interface().(type) {
		case *string:
			if strings.HasSuffix(f.field, "URL") == urls {
				flags.StringVar(to, f.name, "", f.usage)
			}
		case *bool:
			if !urls {
				flags.BoolVar(to, f.name, false, f.usage)
			}
		}
	}
}

type community struct {
	key            *keyFlags
	given          func(flagName string) bool
	listen, path   string
	allowRemote    bool
	json           bool
	config, state  string
	settings       ssotest.Settings // of the flags
	spaces, fields []string
}

func (c *community) run(ctx context.Context, sh *shell) error {
	if _, _, err := net.SplitHostPort(c.listen); err != nil {
		return usageError("--listen is HOST:PORT")
	}
	if c.key.env != "" && c.key.file != "" {
		return errTwoKeys
	}
	texts, err := c.read(ctx, sh)
	if err != nil {
		return err
	}
	var all tenants
	for _, address := range slices.Sorted(maps.Keys(texts)) {
		t, err := c.newTenant(ctx, sh, address, texts[address])
		switch {
		case err != nil && address != "":
			return fmt.Errorf("the community %q: %w", address, err)
		case err != nil:
			return err
		}
		all = append(all, t)
	}
	return c.serve(ctx, sh, all)
}

// newTenant makes the community of a host or HOST/PATH, or with "" the one of all hosts.
func (c *community) newTenant(ctx context.Context, sh *shell, address string, text []byte) (*tenant, error) {
	config, err := ssotest.ParseConfig(text)
	if err != nil {
		return nil, fmt.Errorf("the file that --config names %w", err)
	}
	if c.given("path") {
		config.Path = c.path
	}
	host, path, _ := strings.Cut(address, "/")
	t, key := &tenant{host: host, keyName: keyVariable}, c.key
	if address != "" {
		if u, err := url.Parse("http://" + host); err != nil || u.Hostname() != host || host == "" {
			return nil, errors.New("is no host, and no HOST/PATH")
		}
		t.state, config.Path = "."+strings.ReplaceAll(address, "/", "_"), cmp.Or(path, config.Path)
		t.keyName += "_" + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_", "/", "_").Replace(address))
		if os.Getenv(t.keyName) != "" {
			key = &keyFlags{env: t.keyName}
		}
	}
	err = c.addFlags(&config.Settings)
	if err == nil && key.isGiven() {
		t.key = "the one that was given"
		config.Settings.Key, err = within(ctx, key.load)
	}
	if err != nil {
		return nil, err
	}
	config.AllowRemote, config.Now = c.allowRemote, sh.now
	t.handler, err = ssotest.NewHandler(config)
	var refused *ssotoken.ConfigError
	if errors.As(err, &refused) {
		err = &ssotoken.ConfigError{Fields: c.asGiven(refused.Fields)}
	}
	return t, err
}

// read returns the settings and members of each host's community, or of the only one, for "".
func (c *community) read(ctx context.Context, sh *shell) (map[string]json.RawMessage, error) {
	data := []byte("{}")
	if c.config != "" {
		var err error
		if data, err = sh.readInput(ctx, "--config", "settings and members as JSON", c.config); err != nil {
			return nil, err
		}
	}
	var file, texts map[string]json.RawMessage
	if json.Unmarshal(data, &file) == nil && len(file) == 1 && json.Unmarshal(file["communities"], &texts) == nil && len(texts) > 0 {
		return texts, nil
	}
	return map[string]json.RawMessage{"": data}, nil
}

// addFlags changes settings by the flags.
func (c *community) addFlags(s *ssotest.Settings) error {
	for _, f := range settingFlags {
		if c.given(f.name) {
			f.in(s).Set(f.in(&c.settings))
		}
	}
	for _, text := range c.spaces {
		id, name, _ := strings.Cut(text, "=")
		if id == "" {
			return usageError("--space is ID or ID=NAME")
		}
		s.Spaces = slices.DeleteFunc(s.Spaces, func(of ssotest.Space) bool { return of.ID == id })
		s.Spaces = append(s.Spaces, ssotest.Space{ID: id, Name: name})
	}
	for _, text := range c.fields {
		field, ok := parseCustomField(text)
		if !ok {
			return usageError("--field is NAME=KEY,KEY or NAME:TYPE=KEY,KEY")
		}
		s.CustomFields = slices.DeleteFunc(s.CustomFields, func(of ssotest.CustomField) bool { return of.Name == field.Name })
		s.CustomFields = append(s.CustomFields, field)
	}
	return nil
}

func parseCustomField(text string) (ssotest.CustomField, bool) {
	name, keys, _ := strings.Cut(text, "=")
	name, kind := profile.CutType(name)
	field := ssotest.CustomField{Name: name, Type: kind}
	for key := range strings.SplitSeq(keys, ",") {
		if key = strings.TrimSpace(key); key != "" {
			field.ExternalKeys = append(field.ExternalKeys, key)
		}
	}
	return field, name != "" && field.ExternalKeys != nil
}

func vendorTypes() string {
	var names []string
	for _, t := range contract.FieldTypes() {
		if !slices.Contains(names, t.Vendor) {
			names = append(names, t.Vendor)
		}
	}
	return strings.Join(names, ", ")
}

// asGiven names a setting as its flag where it came from one, else as in the file.
func (c *community) asGiven(fields []*ssotoken.FieldError) []*ssotoken.FieldError {
	var out []*ssotoken.FieldError
	for _, f := range fields {
		name := f.Field
		if c.config == "" {
			name = strings.NewReplacer("Spaces", "--space", "CustomFields", "--field").Replace(name)
		}
		name = strings.ReplaceAll(strings.ReplaceAll(name, ".Type", ".type"), "URL", "Url")
		name = strings.ToLower(name[:1]) + name[1:]
		for _, s := range append(settingFlags, settingFlag{"path", "Path", ""}) {
			if s.field == f.Field && c.given(s.name) {
				name = "--" + s.name
			}
		}
		out = append(out, &ssotoken.FieldError{Field: name, Err: f.Err})
	}
	return out
}
