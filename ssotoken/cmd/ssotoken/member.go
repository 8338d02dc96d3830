package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/ssotoken/cmd/internal/profile"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// memberFlags are the flags that say who a member is.
type memberFlags struct {
	set                 *pflag.FlagSet
	profile             profile.Profile
	join, leave, fields []string
	replace, leaveAll   bool
	claims              string
}

func addMemberFlags(cmd *cobra.Command) *memberFlags {
	m := &memberFlags{set: cmd.Flags()}
	group(cmd, "The member", func(flags *pflag.FlagSet) {
		for _, c := range profile.TextClaims() {
			flags.Func(c.Name, inspect.AboutClaim(c.Name), func(text string) error { m.profile.SetText(c.Name, text); return nil })
		}
		flags.StringArrayVar(&m.fields, "field", nil, "custom field as `KEY[:TYPE]=VALUE`; may be repeated")
		flags.StringVar(&m.claims, "claims", "", "`path` of a file with claims as JSON; - is standard input")
	})
	group(cmd, "Spaces", func(flags *pflag.FlagSet) {
		flags.StringArrayVar(&m.join, "join", nil, "`id` of a space to join; may be repeated")
		flags.StringArrayVar(&m.leave, "leave", nil, "`id` of a space to leave; may be repeated")
		flags.BoolVar(&m.replace, "replace", false, "leave every space but those of --join")
		flags.BoolVar(&m.leaveAll, "leave-all", false, "leave every space, and join none")
	})
	return m
}

// check finds flags that contradict each other.
func (m *memberFlags) check() error {
	switch {
	case m.leaveAll && (m.replace || len(m.join)+len(m.leave) > 0):
		return usageError("--leave-all leaves every space: give it without --join, --leave and --replace")
	case m.replace && len(m.join)+len(m.leave) == 0:
		return usageError("--replace needs --join; to leave every space, use --leave-all")
	case m.replace && len(m.leave) > 0:
		return usageError("--replace leaves every other space already: give it only with --join")
	}
	for _, field := range m.fields {
		if !strings.Contains(field, "=") {
			return usageError("--field is KEY=VALUE or KEY:TYPE=VALUE")
		}
	}
	return nil
}

// read completes the profile.
func (m *memberFlags) read(ctx context.Context, sh *shell) (*profile.Profile, error) {
	if m.claims != "" {
		data, err := sh.readInput(ctx, "--claims", "claims as JSON", m.claims)
		if err != nil {
			return nil, err
		}
		given := map[string]bool{}
		m.set.Visit(func(f *pflag.Flag) { given[f.Name] = true })
		if err := m.profile.Read(data, given); err != nil {
			return nil, err
		}
		all := len(m.profile.Fields)
		m.profile.Fields = slices.DeleteFunc(m.profile.Fields, func(f customfields.Field) bool {
			return f.Key() == contract.Iat || f.Key() == contract.Exp
		})
		if len(m.profile.Fields) < all {
			complain(sh.stderr, fmt.Sprintf("ssotoken %s: iat and exp are left out: the new token has its own", sh.verb))
		}
	}
	m.profile.SpacesFromFlags(m.join, m.leave, m.replace, m.leaveAll)
	m.profile.FieldsFromFlags(m.fields)
	return &m.profile, nil
}
