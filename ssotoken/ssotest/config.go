package ssotest

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// Config describes a fake community. Its zero value is one with a random key,
// no spaces and no members.
type Config struct {
	Settings

	// Members are there from the start. ID, when empty, is given.
	Members []Member `json:"members"`

	// Path, such as /hub, puts the community under a path of its origin: pages, JSON
	// and cookies. What is outside is somebody else's, and answered with 404 (Not
	// Found). Default: the whole origin. What it takes is what
	// [ssotoken.ParseCommunity] takes.
	Path string `json:"path"`

	// AllowRemote answers other machines too, where the fake runs in a
	// container or on a shared host. Whoever can reach it can then log in as
	// anybody and read every claim of every login: let nobody else reach it.
	// It is called by an IP address, or by a name that no site of the
	// internet has: one without a dot, or under localhost, local, internal
	// or test. Its logins then count as if they came by https.
	AllowRemote bool `json:"-"`

	// Now is the clock. Default: time.Now.
	Now func() time.Time `json:"-"`
}

// Settings are what an admin sets in a real community. Empty ones are unset.
// Their JSON, which never holds the key, is that of /_fake/settings.
type Settings struct {
	Name string `json:"name"` // of the community. Default: "Fake community"

	// Key is the SSO private key. Default: a random one; see [Handler.Key].
	// A new key takes effect immediately, as a regenerated one does.
	Key ssotoken.Key `json:"-"`

	LoginButtonText    string `json:"loginButtonText"`    // default: "Log in"
	AuthorizationURL   string `json:"authorizationUrl"`   // absolute http or https URL at the partner
	SignUpURL          string `json:"signUpUrl"`          // likewise
	LogoutURL          string `json:"logoutUrl"`          // likewise
	AccountSettingsURL string `json:"accountSettingsUrl"` // likewise: replaces changing the email here
	NewUsersHomepage   string `json:"newUsersHomepage"`   // a path starting with /: new members land there

	// OtherLoginMethods says that JWT SSO is not the only login method:
	// /auth/login then shows a page with a button. When false, it redirects to
	// the AuthorizationURL.
	OtherLoginMethods bool `json:"otherLoginMethods"`

	// RetryRefusedLogins sends a refused login back to /auth/login, as a
	// community does whose pages need a login: with a partner that keeps
	// sending the same token the browser loops forever.
	RetryRefusedLogins bool `json:"retryRefusedLogins"`

	// RefuseEverything refuses every login, whatever its token says. With
	// RetryRefusedLogins it makes a loop: /auth/login then redirects in any case.
	RefuseEverything bool `json:"refuseEverything"`

	// ClockSkew is how far the community's clock is ahead of Now when it judges
	// a token; negative when it is behind. At most a hundred years.
	ClockSkew time.Duration `json:"clockSkewNanoseconds"`

	// Delay is how long a login takes to be answered. At most a minute.
	Delay time.Duration `json:"delayNanoseconds"`

	Spaces       []Space       `json:"spaces"`
	CustomFields []CustomField `json:"customFields"`
}

const (
	maxSkew  = 100 * 365 * 24 * time.Hour
	maxDelay = time.Minute
)

// A Space of the community.
type Space struct {
	ID   string `json:"id"`
	Name string `json:"name"` // default: ID
	Slug string `json:"slug"` // in the address /spaces/SLUG. Default: ID
}

// A CustomField is a profile field of the community's own.
type CustomField struct {
	Name string `json:"name"`

	// Type is one of the vendor's schema, such as "text" or "number": see
	// [contract.FieldTypes]. A date is RFC 3339, with or without time. "" takes
	// any value.
	Type string `json:"type"`

	// ExternalKeys are the claims that fill the field: the first that has a
	// value which is not empty.
	ExternalKeys []string `json:"externalKeys"`
}

// withDefaults checks settings and fills in what is unset. It reports every
// mistake.
func (s Settings) withDefaults() (Settings, []*ssotoken.FieldError) {
	var errs []*ssotoken.FieldError
	refuse := func(setting, why string) {
		errs = append(errs, &ssotoken.FieldError{Field: setting, Err: malformed(why)})
	}

	s.Name, s.LoginButtonText = cmp.Or(s.Name, "Fake community"), cmp.Or(s.LoginButtonText, "Log in")
	if s.Key.IsZero() {
		s.Key, _ = ssotoken.NewKey(rand.Text() + rand.Text()) // which is in order
	}
	for _, a := range [][2]string{
		{"AccountSettingsURL", s.AccountSettingsURL}, {"AuthorizationURL", s.AuthorizationURL},
		{"LogoutURL", s.LogoutURL}, {"SignUpURL", s.SignUpURL},
	} {
		if a[1] != "" && !isWebAddress(a[1]) {
			refuse(a[0], "is not an absolute http or https URL")
		}
	}
	if _, err := inspect.RedirectURI(s.NewUsersHomepage); err != nil && s.NewUsersHomepage != "" {
		refuse("NewUsersHomepage", "is not a path of the community's pages")
	}
	if s.ClockSkew.Abs() > maxSkew {
		refuse("ClockSkew", "is more than a hundred years")
	}
	if s.Delay < 0 || s.Delay > maxDelay {
		refuse("Delay", "is not between nothing and a minute")
	}
	s = s.clone()
	ids, slugs := map[string]bool{}, map[string]bool{}
	for i := range s.Spaces {
		sp := &s.Spaces[i]
		sp.Name, sp.Slug = cmp.Or(sp.Name, sp.ID), cmp.Or(sp.Slug, sp.ID)
		if sp.ID == "" || ids[sp.ID] || slugs[sp.Slug] {
			refuse(fmt.Sprintf("Spaces[%d]", i), "needs its own ID and slug")
		}
		ids[sp.ID], slugs[sp.Slug] = true, true
	}
	names := map[string]bool{}
	for i := range s.CustomFields {
		f := &s.CustomFields[i]
		if f.Name == "" || names[f.Name] {
			refuse(fmt.Sprintf("CustomFields[%d]", i), "needs its own name")
		}
		if f.Type != "" && jsonForms[f.Type] == "" {
			refuse(fmt.Sprintf("CustomFields[%d].Type", i), "is not a type of the vendor's schema")
		}
		names[f.Name] = true
	}
	return s, errs
}

func refused(fields []*ssotoken.FieldError) error {
	if len(fields) == 0 {
		return nil
	}
	return &ssotoken.ConfigError{Fields: fields}
}

// malformed says what form a setting lacks.
func malformed(why string) error { return contract.Malformed.Errorf("%s", why) }

func (s Settings) clone() Settings {
	s.Spaces = slices.Clone(s.Spaces)
	s.CustomFields = slices.Clone(s.CustomFields)
	for i := range s.CustomFields {
		s.CustomFields[i].ExternalKeys = slices.Clone(s.CustomFields[i].ExternalKeys)
	}
	return s
}

func isWebAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

// space finds a space by its ID. One that the community does not have has nothing else.
func (s Settings) space(id string) (space Space, ok bool) {
	i := slices.IndexFunc(s.Spaces, func(sp Space) bool { return sp.ID == id })
	if i < 0 {
		return Space{ID: id}, false
	}
	return s.Spaces[i], true
}
