package ssotest_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

func TestTheFakeAnswersItsOwnMachineOnly(t *testing.T) {
	h := must(ssotest.NewHandler(ssotest.Config{}))
	tests := []struct {
		remote, host string
		status       int
	}{
		{"127.0.0.1:1", "localhost:8081", 200}, {"127.9.9.9:1", "127.0.0.1", 200}, {"[::1]:1", "[::1]:8081", 200},
		{"[::ffff:127.0.0.1]:1", "sub.localhost", 200},
		{"127.0.0.1:1", "LOCALHOST", 200},
		{"192.0.2.1:1", "localhost", 403}, {"[2001:db8::1]:1", "localhost", 403}, {"", "localhost", 403},
		{"127.0.0.1:1", "evil.example", 403}, {"127.0.0.1:1", "localhost.evil.example", 403},
		{"127.0.0.1:1", "192.0.2.1", 403}, {"127.0.0.1:1", "", 403},
	}
	for _, tt := range tests {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr, r.Host = tt.remote, tt.host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != tt.status {
			t.Errorf("from %q for %q: HTTP %d, want %d", tt.remote, tt.host, w.Code, tt.status)
		}
	}
}

func TestEveryBadSettingIsReportedAndNothingChanges(t *testing.T) {
	bad := ssotest.Settings{
		AuthorizationURL: "/login", SignUpURL: "ftp://x.example", LogoutURL: "https://", AccountSettingsURL: "x", NewUsersHomepage: "//x",
		Spaces:       []ssotest.Space{{ID: "a"}, {ID: "a"}, {}},
		CustomFields: []ssotest.CustomField{{Name: ""}, {Name: "F", Type: "colour"}, {Name: "F"}},
	}
	names := []string{
		"AuthorizationURL", "SignUpURL", "LogoutURL", "AccountSettingsURL", "NewUsersHomepage", "Spaces[1]",
		"Spaces[2]", "CustomFields[0]", "CustomFields[1].Type", "CustomFields[2]",
	}
	_, err := ssotest.NewHandler(ssotest.Config{Settings: bad})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, name := range names {
		if !strings.Contains(err.Error(), name+": ") {
			t.Errorf("the error lacks %s:\n%v", name, err)
		}
	}
	c := newCommunity(t, ssotest.Config{
		Settings: ssotest.Settings{
			Spaces:       []ssotest.Space{{ID: "a"}},
			CustomFields: []ssotest.CustomField{{Name: "F", ExternalKeys: []string{"f"}}},
		},
	})
	c.Settings().Spaces[0].Name = "Changed"
	before := c.Settings()
	if err := c.Handler.Configure(func(s *ssotest.Settings) {
		s.Name, s.LogoutURL, s.Spaces[0].Name, s.CustomFields[0].ExternalKeys[0] = "Changed", "x", "Changed", "changed"
	}); err == nil {
		t.Error("accepted")
	}
	if before.Spaces[0].Name != "a" {
		t.Error("Settings gave away its own slice")
	}
	if after := c.Settings(); !after.Key.Equal(before.Key) {
		t.Error("the key changed")
	} else {
		before.Key, after.Key = ssotoken.Key{}, ssotoken.Key{}
		diff(t, "settings", before, after)
	}
	for _, members := range [][]ssotest.Member{
		{{Name: "No email"}}, {{Email: "a@x"}, {Email: "A@x"}},
		{{Email: "a@x", ExternalID: "1"}, {Email: "b@x", ExternalID: "1"}},
		{{Email: "a@x", ID: "1"}, {Email: "b@x", ID: "1"}},
	} {
		if _, err := ssotest.NewHandler(ssotest.Config{Members: members}); err == nil {
			t.Errorf("accepted the members %v", members)
		}
	}
}

func TestAConfigIsReadByExactNames(t *testing.T) {
	config := must(ssotest.ParseConfig([]byte(`{"name": "Kite", "members": [{"email": "a@example.com"}]}`)))
	if config.Settings.Name != "Kite" || len(config.Members) != 1 {
		t.Errorf("got %+v", config)
	}
	for text, want := range map[string]string{
		`{"Name": "Kite"}`:                        `has the unknown key "Name"`,
		`{"Members": []}`:                         `has the unknown key "Members"`,
		`{"members": [], "members": []}`:          `has the key "members" twice`,
		`{"members": [{"EMAIL": "a@b.example"}]}`: `has the unknown key "EMAIL"`,
		`{"settings": {}}`:                        `has the unknown key "settings"`,
	} {
		if _, err := ssotest.ParseConfig([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestBadSettingsEndTheTest(t *testing.T) {
	var f failing
	func() {
		defer func() { _ = recover() }()
		ssotest.NewCommunity(&f, ssotest.Config{Settings: ssotest.Settings{LogoutURL: "x"}})
	}()
	if !f.failed {
		t.Error("NewCommunity took bad settings")
	}
}

type failing struct {
	testing.TB
	failed bool
}

func (f *failing) Helper()               {}
func (f *failing) Cleanup(func())        {}
func (f *failing) Fatalf(string, ...any) { f.failed = true; panic("end of the test") }

// The fake keeps and shows every claim of the contract's profile.
func TestEveryClaimOfTheProfileIsKept(t *testing.T) {
	for _, claim := range contract.Claims() {
		if !claim.IsText {
			continue
		}
		value := map[string]string{contract.Email: "new@example.com", contract.Picture: "https://www.example.com/new.png"}[claim.Name]
		if value == "" {
			value = "new " + claim.Name
		}
		c := newCommunity(t, ssotest.Config{})
		l := accept(t, browser(t), c, but(jwt.MapClaims{claim.Name: value}))
		changes := shown(t, c, l.Number).Changes
		if !slices.ContainsFunc(changes, func(f change) bool { return f.After == value }) {
			t.Errorf("%s: got the changes %v", claim.Name, changes)
		}
	}
}

func TestThePathOfACommunityIsAFolder(t *testing.T) {
	for path, want := range map[string]string{"": "", "/": "", "/hub": "/hub", "hub/": "/hub", "/en/hub": "/en/hub"} {
		c := newCommunity(t, ssotest.Config{Path: path})
		origin := c.URL[:len(c.URL)-len(want)]
		if origin+want != c.URL || strings.Count(origin, "/") != 2 || get(t, browser(t), c.URL+"/").status != 200 {
			t.Errorf("%q: the community is at %s", path, c.URL)
		}
	}
	for _, path := range []string{"//hub", "/../hub", "/hub?a", "/h%75b", "/api"} {
		if _, err := ssotest.NewHandler(ssotest.Config{Path: path}); err == nil || !strings.Contains(err.Error(), "Path: ") {
			t.Errorf("%q: got %v", path, err)
		}
	}
	if c, err := ssotest.ParseConfig([]byte(`{"path": "/hub"}`)); err != nil || c.Path != "/hub" {
		t.Errorf("got %q, %v", c.Path, err)
	}
}
