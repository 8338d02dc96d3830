package ssotest_test

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// busy is a community with a login of each kind, and a browser that is logged
// in.
func busy(t *testing.T) (*ssotest.Community, *http.Client) {
	c := furnished(t)
	b := browser(t)
	login(
		t, b, c,
		but(
			jwt.MapClaims{
				"seats": 7, "other": map[string]any{"a": "<b>&"}, "spaceIds": []string{"s2", "s9"},
				"tagline": "a\u2028b\u202e", "picture": "https://x.example/",
			},
		),
		"/spaces/news?a=b",
	)
	login(t, b, c, but(jwt.MapClaims{"exp": nil, "sub": nil, "name": 7, "role": "x", "user_name": "y"}), "//evil.example")
	login(t, b, c, but(jwt.MapClaims{"sub": "u-8"}), "/x")
	login(t, b, c, but(jwt.MapClaims{"sub": "u/1 ?", "email": "ada@example.com"}), "/x")
	login(t, b, c, but(jwt.MapClaims{"spacesOperation": "REPLACE", "spaceIds": []string{"s1"}, "seats": "many"}), "")
	get(t, b, c.URL+"/api/auth/sso?jwt=x.y.z&redirect_uri=%00&ssoToken=1")
	get(t, b, c.URL+"/api/auth/sso")
	login(t, b, c, ada, "/\"<>")
	return c, b
}

func snapshot(t *testing.T, c *ssotest.Community) string {
	t.Helper()
	return string(must(c.Snapshot()))
}

// sameErrors compares errors by what errors.Is and their texts tell.
var sameErrors = cmp.Options{
	cmp.Comparer(func(a, b error) bool {
		return (a == nil) == (b == nil) && (a == nil || a.Error() == b.Error() && ssotoken.CodeOf(a) == ssotoken.CodeOf(b))
	}),
	cmpopts.EquateEmpty(),
}

func TestARestoredCommunityIsAsItWas(t *testing.T) {
	c, b := busy(t)
	saved := snapshot(t, c)
	settings := c.Settings()
	settings.Key = ssotoken.Key{}
	other := newCommunity(t, ssotest.Config{Settings: settings, Members: []ssotest.Member{{Name: "Gone", Email: "gone@example.com"}}})
	if err := other.Restore([]byte(saved)); err != nil {
		t.Fatal(err)
	}
	diff(t, "members", c.Members(), other.Members())
	want, got := c.Attempts(), other.Attempts()
	if len(want) < 8 {
		t.Fatalf("%d logins", len(want))
	}
	// Times are kept to the nanosecond, and in UTC. The URL, which has the token, is
	// not kept.
	if d := cmp.Diff(want, got, sameErrors, cmpopts.IgnoreFields(ssotest.Attempt{}, "URL")); d != "" {
		t.Errorf("logins (-want +got):\n%s", d)
	}
	if !errors.Is(got[2].Err, inspect.ExternalIDConflict) || !errors.Is(got[3].Err, inspect.EmailTaken) ||
		!errors.Is(got[1].Err, inspect.ExpMissing) {
		t.Errorf("errors %v, %v, %v", got[1].Err, got[2].Err, got[3].Err)
	}
	if again := snapshot(t, other); again != saved {
		t.Errorf("a second snapshot differs (-want +got):\n%s", cmp.Diff(saved, again))
	}
	for _, path := range []string{"/", "/logins", "/logins/1", "/logins/2", "/logins/3", "/members"} {
		if want, got := get(t, b, c.URL+path), get(t, browser(t), other.URL+path); got.status != want.status {
			t.Errorf("%s: HTTP %d, want %d", path, got.status, want.status)
		}
	}
	mustContain(t, get(t, b, other.URL+"/logins/1").body, "It is no longer known")
	_, next := login(t, browser(t), other, ada, "")
	if next.Number != len(want)+1 || next.Replay != len(want) {
		t.Errorf("the next login is %d, replay of %d", next.Number, next.Replay)
	}
}

func TestClaimsThatAreBadJSONAreSaved(t *testing.T) {
	part := base64.RawURLEncoding.EncodeToString
	for _, claims := range []string{"{\"name\":\"A\xffda\",\"\xfe\":1}", `{"a":{"b":1,"b":2}}`, `{"a":[{},null],"a":1}`} {
		c := newCommunity(t, ssotest.Config{})
		signed := part([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + part([]byte(claims)) + "." + part(make([]byte, 32))
		get(t, browser(t), c.URL+"/api/auth/sso?jwt="+signed)
		if err := newCommunity(t, ssotest.Config{}).Restore(must(c.Snapshot())); err != nil {
			t.Errorf("%q: %v", claims, err)
		}
	}
}

func TestASessionLastsOverARestart(t *testing.T) {
	c, b := busy(t)
	other := newCommunity(t, ssotest.Config{Settings: c.Settings()})
	r := must(http.NewRequest(http.MethodGet, other.URL+"/", nil))
	for _, cookie := range b.Jar.Cookies(must(http.NewRequest(http.MethodGet, c.URL, nil)).URL) {
		r.AddCookie(cookie)
	}
	mustContain(t, do(t, browser(t), r).body, "Not logged in")
	if err := other.Restore(must(c.Snapshot())); err != nil {
		t.Fatal(err)
	}
	mustContain(t, do(t, browser(t), r).body, "Logged in as")
}

// What is known to be harmless is not looked at again.
func TestATokenThatComesLaterIsNotSavedEither(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	b := browser(t)
	accept(t, b, c, ada)
	first := snapshot(t, c)
	if again := snapshot(t, c); again != first {
		t.Error("a second snapshot differs")
	}
	live := token(t, c, but(jwt.MapClaims{"sub": "another"}))
	accept(t, b, c, but(jwt.MapClaims{"tagline": live}))
	for range 2 {
		if strings.Contains(snapshot(t, c), live) {
			t.Error("the state holds a token")
		}
	}
}

func TestAStateHoldsNoCredential(t *testing.T) {
	key, err := ssotoken.NewKey("pGx4Qm8Zt1Vb7Ns2Kd9Rf3Wh6Yc0LjEa")
	if err != nil {
		t.Fatal(err)
	}
	c := newCommunity(t, ssotest.Config{Settings: ssotest.Settings{Key: key}})
	b := browser(t)
	accept(t, b, c, ada)
	saved := snapshot(t, c)
	jwt := token(t, c, ada)
	secrets := map[string]string{"the key": key.Reveal(), "the token": jwt, "its signature": jwt[strings.LastIndexByte(jwt, '.')+1:]}
	for _, cookie := range b.Jar.Cookies(must(http.NewRequest(http.MethodGet, c.URL, nil)).URL) {
		secrets["the session"] = cookie.Value
	}
	for what, secret := range secrets {
		if strings.Contains(saved, secret) {
			t.Errorf("it holds %s", what)
		}
	}
}

// A live token can come in any text of a login, as it is or encoded.
func TestNoTokenInATextIsSaved(t *testing.T) {
	t.Parallel()
	live := token(t, newCommunity(t, ssotest.Config{}), but(jwt.MapClaims{"sub": "another"}))
	part := strings.Split(live, ".")
	percent := func(s string) string { return strings.NewReplacer("%", "%25", ".", "%2E", "e", "%65").Replace(s) }
	std := base64.StdEncoding.EncodeToString
	forms := map[string]string{
		"as it is":                 live,
		"in words":                 "token " + live + ", please",
		"in a URL":                 "/x?jwt=" + live + "&a=b",
		"behind letters":           "jwt_" + live,
		"without its header":       part[1] + "." + part[2],
		"percent-encoded":          "/x?to=" + percent(live),
		"percent-encoded twice":    percent(percent(live)),
		"percent-encoded 9 times":  strings.ReplaceAll(live, ".", "%"+strings.Repeat("25", 8)+"2E"),
		"as entities":              strings.ReplaceAll(live, ".", "&#46;"),
		"entities, then percent":   percent(strings.ReplaceAll(live, "J", "&amp;#x4a;")),
		"escaped as JSON":          strings.ReplaceAll(live, "e", `\u0065`),
		"split over lines":         live[:5] + "\r\n " + live[5:60] + "\n" + live[60:],
		"split by zero-width":      live[:3] + "\u200b" + live[3:50] + "\u2060" + live[50:],
		"in base64":                std([]byte(live)),
		"in base64 twice":          std([]byte(std([]byte("Bearer " + live)))),
		"in base64 behind letters": "state_" + base64.RawURLEncoding.EncodeToString([]byte(live)),
		"in UTF-16":                strings.Join(strings.Split(live, ""), "\x00"),
		"of five parts":            part[0] + ".." + part[2][:16] + "." + part[1] + "." + part[2][:22],
		"with white space in JSON": base64.RawURLEncoding.EncodeToString([]byte("{ \n\"alg\": \"HS256\"}")) + "." + part[1] + "." + part[2],
	}
	all := hex.EncodeToString([]byte(live))
	forms["every byte encoded"] = ""
	for i := 0; i < len(all); i += 2 {
		forms["every byte encoded"] += "%" + all[i:i+2]
	}
	for name, form := range forms {
		c := furnished(t)
		b := browser(t)
		c.Configure(func(s *ssotest.Settings) { s.Spaces = append(s.Spaces, ssotest.Space{ID: form}) })
		for _, claims := range []jwt.MapClaims{
			{"name": form, "tagline": form, "seats": form, "other": map[string]any{form: []string{form}}},
			{form: form, "spaceIds": []string{form}, "email": "a" + form + "@example.com", "sub": "u-9"},
			{"sub": form, "email": "x@example.com", "spaceIds": []string{form + "x"}},
			{"exp": nil, "picture": form, "spaces": []any{form}, "spacesOperation": form},
		} {
			login(t, b, c, but(claims), form)
		}
		login(t, b, c, but(jwt.MapClaims{"start": live[:70], "end": live[70:]}), "/")
		saved := snapshot(t, c)
		for what, secret := range map[string]string{"the form": form, "the signature": part[2], "the payload": part[1]} {
			if quoted := strings.Trim(strconv.Quote(secret), `"`); strings.Contains(saved, secret) || strings.Contains(saved, quoted) {
				t.Errorf("%s: the state holds %s", name, what)
			}
		}
		other := newCommunity(t, ssotest.Config{})
		if err := other.Restore([]byte(saved)); err != nil {
			t.Errorf("%s: it is not restored: %v", name, err)
		}
		if again := snapshot(t, other); again != saved {
			t.Errorf("%s: a second snapshot differs (-want +got):\n%s", name, cmp.Diff(saved, again))
		}
	}
}

func TestATextWithoutATokenIsSavedAsItIs(t *testing.T) {
	for _, text := range []string{
		"Hey Jude, HeyJudeDontMakeItBad", "First sentence. Another that goes on for quite a while without one comma in it.",
		"/spaces/tips/post/42?sort=new&q=a%20b%2525#eyJ", "0f3c2a9e-5f0b-4c8e-9d55-0c7b1b0e2f11", "www.a-long-name-of-a-host.shop.example",
		"https://images.example/" + strings.Repeat("ab12/", 20) + "ada.png", "&lt;b&gt; &amp;amp; \\u0041",
		strings.Repeat("7f", 32), "version 1.2.3-rc.4+build",
	} {
		c := newCommunity(t, ssotest.Config{})
		accept(t, browser(t), c, but(jwt.MapClaims{"tagline": text}))
		other := newCommunity(t, ssotest.Config{})
		if err := other.Restore(must(c.Snapshot())); err != nil {
			t.Fatal(err)
		}
		if m, _ := other.Member("u-7"); m.Tagline != text {
			t.Errorf("%q became %q", text, m.Tagline)
		}
	}
}

func TestAKeyThatTheCommunityMadeIsKept(t *testing.T) {
	given, err := ssotoken.NewKey("pGx4Qm8Zt1Vb7Ns2Kd9Rf3Wh6Yc0LjEa")
	if err != nil {
		t.Fatal(err)
	}
	made := newCommunity(t, ssotest.Config{})
	tests := []struct {
		name     string
		from, to ssotoken.Key
		change   ssotoken.Key // by Configure
		want     string       // "from" or "to"
	}{
		{"made, and none given since", ssotoken.Key{}, ssotoken.Key{}, ssotoken.Key{}, "from"},
		{"made, and another given since", ssotoken.Key{}, given, ssotoken.Key{}, "to"},
		{"given", given, ssotoken.Key{}, ssotoken.Key{}, "to"},
		{"made, then another set", ssotoken.Key{}, ssotoken.Key{}, given, "to"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			from := newCommunity(t, ssotest.Config{Settings: ssotest.Settings{Key: tt.from}})
			to := newCommunity(t, ssotest.Config{Settings: ssotest.Settings{Key: tt.to}})
			if !tt.change.IsZero() {
				from.Configure(func(s *ssotest.Settings) { s.Key = tt.change })
			}
			from.Configure(func(s *ssotest.Settings) { s.Name = "Another" }) // which does not touch the key
			want := map[string]ssotoken.Key{"from": from.Key(), "to": to.Key()}[tt.want]
			if err := to.Restore(must(from.Snapshot())); err != nil {
				t.Fatal(err)
			}
			if !to.Key().Equal(want) {
				t.Error("another key")
			}
		})
	}
	before := made.Key()
	made.Configure(func(s *ssotest.Settings) { s.Key = ssotoken.Key{} })
	if made.Key().Equal(before) || !strings.Contains(snapshot(t, made), made.Key().Reveal()) {
		t.Error("a key that was made anew is not kept")
	}
}

func TestADamagedStateIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	c, _ := busy(t)
	saved := snapshot(t, c)
	change := func(old, new string) string {
		if !strings.Contains(saved, old) {
			t.Fatalf("the state lacks %s", old)
		}
		return strings.Replace(saved, old, new, 1)
	}
	count := strconv.Itoa(len(c.Attempts()))
	tests := []struct{ name, state, want string }{
		{"nothing", "", "no JSON near byte "},
		{"half of it", saved[:len(saved)/2], "no JSON near byte "},
		{"zeroes", strings.Repeat("\x00", 100), "no JSON near byte "},
		{"more behind it", saved + "x", "no JSON near byte "},
		{"something else", `{}`, "JSON of something else"},
		{"a list", `[]`, "a value is not"},
		{"null", `null`, "JSON of something else"},
		{"a version of later", change(`"version":1`, `"version":2`), "it has version 2"},
		{"two members with an email", change(`"ada@example.com"`, `"grace@example.com"`), "Members[1]: needs its own email"},
		{"a login that is missing", change(`"count":`+count, `"count":9999`), "numbered in turn"},
		{"a login that contradicts itself", change(`"accepted":true`, `"accepted":false`), "a value is not"},
		{"a bad key", change(`"key":"`, `"key":" `), "its key is none"},
		{"a name in another case", change(`"count":`, `"Count":`), "a value is not"},
		{"a name of a member in another case", change(`"email":"`, `"Email":"`), "a value is not"},
		{"a name twice", change(`"count":`, `"count":1,"count":`), "a value is not"},
		{"a value of a wrong type", change(`"email":"`, `"email":7,"x":"`), "a value is not"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := c.Restore([]byte(tt.state))
			if !errors.Is(err, inspect.StateDamaged) || ssotoken.CodeOf(err) != inspect.StateDamaged || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if snapshot(t, c) != saved {
				t.Error("the community changed")
			}
		})
	}
}

func TestWhatChangesIsToldOnce(t *testing.T) {
	c := furnished(t)
	b := browser(t)
	isTold := func() bool {
		select {
		case <-c.Changed():
			return true
		default:
			return false
		}
	}
	if isTold() {
		t.Error("something changed at the start")
	}
	for _, change := range []struct {
		name string
		do   func()
	}{
		{"logins", func() { login(t, b, c, ada, ""); login(t, b, c, ada, "") }},
		{"a refused login", func() { login(t, b, c, but(jwt.MapClaims{"exp": nil}), "") }},
		{"an email", func() { post(t, b, c.URL+"/settings", map[string][]string{"email": {"new@example.com"}}) }},
		{"a logout", func() { get(t, b, c.URL+"/auth/logout") }},
		{"a direct login", func() { post(t, b, c.URL+"/auth/login/direct", map[string][]string{"email": {"grace@example.com"}}) }},
		{"a setting", func() { c.Configure(func(s *ssotest.Settings) { s.Key = ssotoken.Key{} }) }},
		{"a reset", func() { send(t, c, http.MethodPost, "reset", "{}") }},
	} {
		change.do()
		if !isTold() || isTold() {
			t.Errorf("%s: not told once", change.name)
		}
	}
	get(t, b, c.URL+"/members")
	if isTold() {
		t.Error("a page that was only read is reported")
	}
}

func TestAFullCommunityIsRestored(t *testing.T) {
	t.Parallel()
	var many []ssotest.Member
	for i := range 2_000 {
		n := strconv.Itoa(i)
		many = append(many, ssotest.Member{ExternalID: "u" + n, Name: "Member " + n, Email: n + "@example.com"})
	}
	c := newCommunity(t, ssotest.Config{Members: many})
	for i := range 101 {
		accept(t, browser(t), c, but(jwt.MapClaims{"sub": "u" + strconv.Itoa(i), "email": strconv.Itoa(i) + "@example.com"}))
	}
	saved := snapshot(t, c)
	other := newCommunity(t, ssotest.Config{})
	if err := other.Restore([]byte(saved)); err != nil {
		t.Fatal(err)
	}
	if snapshot(t, other) != saved {
		t.Error("it differs")
	}
	if logins := other.Attempts(); len(logins) != 100 || logins[99].Number != 101 {
		t.Errorf("%d logins", len(logins))
	}
	const max = 1 << 20
	if len(saved) > max {
		t.Errorf("the state has %d bytes, which are too many to write again and again", len(saved))
	}
}
