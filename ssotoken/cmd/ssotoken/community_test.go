package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// A started community runs as the command does.
type started struct {
	t           *testing.T
	origin      string
	output, err *buffer
	end         func() (status int)
}

// buffer is written by the command while the test reads.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// eventually looks until it finds, for ten seconds at most.
func eventually(t *testing.T, what string, found func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !found() {
		if time.Now().After(deadline) {
			t.Fatalf("not within ten seconds: %s", what)
		}
		<-time.After(2 * time.Millisecond)
	}
}

var addressLine = regexp.MustCompile(`(?:A fake community is at |"url":")(http://[^"\s]+)["\n]`)

// start runs ssotoken community on a free port until the test ends.
func start(t *testing.T, stdin string, args ...string) *started {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &started{t: t, output: &buffer{}, err: &buffer{}}
	status := make(chan int, 1)
	go func() {
		sh, _, _ := newShell(stdin)
		sh.stdout, sh.stderr = &screen{to: s.output}, &screen{to: s.err}
		status <- run(ctx, append([]string{"community", "--listen", "127.0.0.1:0"}, args...), sh)
	}()
	s.end = sync.OnceValue(func() int { cancel(); return <-status })
	t.Cleanup(func() { s.end() })
	eventually(t, "the address in the output", func() bool {
		if len(status) > 0 {
			t.Fatalf("it ended: %s", s.err)
		}
		return strings.Contains(s.output.String(), "Ctrl-C") || strings.HasSuffix(s.output.String(), "}\n")
	})
	s.origin = addressLine.FindStringSubmatch(s.output.String())[1]
	return s
}

func (s *started) login(key string, claims jwt.MapClaims) *http.Response {
	s.t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(key))
	if err != nil {
		s.t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(s.origin + "/api/auth/sso?" + url.Values{"jwt": {token}}.Encode())
	if err != nil {
		s.t.Fatal(err)
	}
	res.Body.Close()
	return res
}

func TestWhoWaitsForALoginIsAnsweredWhenTheCommunityEnds(t *testing.T) {
	s := start(t, "")
	waits := make(chan struct{})
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { close(waits) }})
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.origin+"/_fake/logins?wait=60s", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Expect", "100-continue") // to which the community answers when it reads the body
	go func() {
		<-waits
		s.end()
	}()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || !strings.Contains(string(body), `"logins": []`) {
		t.Errorf("%v, HTTP %d, %s", err, res.StatusCode, body)
	}
}

func TestAStateThatTakesTooLongToWriteIsReportedOnce(t *testing.T) {
	handler, err := ssotest.NewHandler(ssotest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	first := &tenant{handler: handler}
	if err := first.restore(filepath.Join(t.TempDir(), "state.json")); err != nil {
		t.Fatal(err)
	}
	defer first.file.Close()
	for _, tt := range []struct {
		takes []time.Duration
		want  int
	}{
		{[]time.Duration{0, 400 * time.Millisecond}, 0},
		{[]time.Duration{401 * time.Millisecond, time.Minute, 401 * time.Millisecond}, 1},
		{[]time.Duration{0, time.Second, 0, time.Second}, 1},
	} {
		one := &tenant{handler: handler, file: first.file}
		sh, _, stderr := newShell("")
		for _, took := range tt.takes {
			clock := noon
			sh.now = func() time.Time { clock = clock.Add(took); return clock }
			if err := one.save(sh); err != nil {
				t.Fatal(err)
			}
		}
		if n := strings.Count(stderr.String(), "a kill loses more than the last second\n"); n != tt.want {
			t.Errorf("%v: said %d times: %s", tt.takes, n, stderr)
		}
	}
}

func fromJSON[T any](s *started, resource string) T {
	s.t.Helper()
	res, err := http.Get(s.origin + "/_fake/" + resource)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	var v T
	if err == nil {
		err = json.Unmarshal(body, &v)
	}
	if err != nil {
		s.t.Fatalf("%s: %v in %s", resource, err, body)
	}
	return v
}

var (
	ada = jwt.MapClaims{"sub": "user-7", "name": "Ada", "email": "ada@example.com", "iat": noon.Unix(), "exp": noon.Unix() + 60}
	bob = jwt.MapClaims{"sub": "user-8", "name": "Bob", "email": "ada@example.com", "iat": noon.Unix(), "exp": noon.Unix() + 60}
)

func TestACommunityRunsUntilItIsEnded(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	s := start(t, "", "--authorization-url", "http://localhost:3000/sso", "--space", "news=News", "--space", "help",
		"--field", "Seats:number=seats, licences", "--other-login-methods")
	for _, claims := range []jwt.MapClaims{ada, bob} {
		s.login(keyText, claims)
	}
	s.login("another key, with 32 bytes or so", ada)
	eventually(t, "three logins in the output", func() bool { return strings.Contains(s.output.String(), "login 3") })
	if status := s.end(); status != 0 {
		t.Errorf("got exit status %d", status)
	}
	got := s.output.String() + "-- stderr --\n" + s.err.String()
	if strings.Contains(got, keyText) || strings.Contains(got, "eyJ") || strings.Contains(got, "ada@") {
		t.Errorf("the output holds a key, a token or a claim:\n%s", got)
	}
	for _, want := range []string{
		"Login URL              " + s.origin + "/api/auth/sso?jwt=TOKEN&redirect_uri=PATH\n", "the one that was given, fingerprint ",
		"--authorization-url    http://localhost:3000/sso\n", "--space                news, help\n",
		"--field                Seats\n", "--other-login-methods  true\n",
		"login 1 accepted  ", "login 2 refused with 409 [external-id-conflict]  ", "login 3 refused with 401 [signature-wrong]  ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func TestAKeyThatIsMadeIsShownOnceAndLogsIn(t *testing.T) {
	t.Setenv(keyVariable, "")
	s := start(t, "")
	shown := regexp.MustCompile(`\n    export BETTERMODE_SSO_KEY=(\S+)\n`).FindAllStringSubmatch(s.output.String(), -1)
	if len(shown) != 1 {
		t.Fatalf("%d keys in\n%s", len(shown), s.output)
	}
	key := shown[0][1]
	if res := s.login(key, ada); res.StatusCode != http.StatusFound {
		t.Errorf("%s", res.Status)
	}
	s.end()
	if n := strings.Count(s.output.String()+s.err.String(), key); n != 1 {
		t.Errorf("the key is there %d times", n)
	}
}

func TestFlagsGoBeforeTheFileOfSettings(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	const config = `{
		"name": "Kite", "authorizationUrl": "http://localhost:1/file", "signUpUrl": "http://localhost:1/join",
		"otherLoginMethods": true, "retryRefusedLogins": true,
		"spaces": [{"id": "news", "name": "From the file"}, {"id": "help", "slug": "h"}],
		"customFields": [{"name": "Seats", "type": "text", "externalKeys": ["s"]}, {"name": "Company", "externalKeys": ["company"]}],
		"members": [{"name": "Grace", "email": "grace@example.com", "spaces": ["help"], "fields": {"Seats": "5"}}]
	}`
	s := start(t, config, "--config", "-", "--authorization-url", "http://localhost:2/flag",
		"--retry-refused-logins=false", "--space", "news=From the flag", "--field", "Seats:number=seats")
	got := fromJSON[ssotest.Settings](s, "settings")
	want := ssotest.Settings{
		Name: "Kite", LoginButtonText: "Log in", AuthorizationURL: "http://localhost:2/flag",
		SignUpURL: "http://localhost:1/join", OtherLoginMethods: true,
		Spaces: []ssotest.Space{{ID: "help", Name: "help", Slug: "h"}, {ID: "news", Name: "From the flag", Slug: "news"}},
		CustomFields: []ssotest.CustomField{{Name: "Company", ExternalKeys: []string{"company"}},
			{Name: "Seats", Type: "number", ExternalKeys: []string{"seats"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	members := fromJSON[struct{ Members []ssotest.Member }](s, "members").Members
	if diff := cmp.Diff([]ssotest.Member{{ID: "member-1", Name: "Grace", Email: "grace@example.com",
		Spaces: []string{"help"}, Fields: map[string]string{"Seats": `"5"`}}}, members); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

func TestEveryFlagOfACommunityCanComeFromItsVariable(t *testing.T) {
	dir := t.TempDir()
	config, key := filepath.Join(dir, "config.json"), filepath.Join(dir, "key.txt")
	for path, text := range map[string]string{config: `{"name": "From the file", "signUpUrl": "http://localhost:1/join"}`, key: keyText} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	values := map[string]string{
		"authorization-url": "http://localhost:1/variable", "sign-up-url": "", "logout-url": "http://localhost:1/out",
		"account-settings-url": "http://localhost:1/me", "new-users-homepage": "/spaces/news", "login-button-text": "Enter, please",
		"name": "Kite", "other-login-methods": "true", "retry-refused-logins": "false",
		"space": "news=News, daily\r\n\nhelp\n", "field": "Seats:number=seats,licences", "listen": "127.0.0.1:0",
		"state": filepath.Join(dir, "state.json"), "config": config, "allow-remote": "1", "path": "hub/",
		"key-file": key, "key-env": "", "json": "",
	}
	sh, _, _ := newShell("")
	named(newRoot(sh), "community").LocalFlags().VisitAll(func(f *pflag.Flag) {
		value, ok := values[f.Name]
		if !ok {
			t.Errorf("this test sets no variable for --%s", f.Name)
		}
		t.Setenv("SSOTOKEN_"+strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")), value)
	})
	s := start(t, "", "--authorization-url", "http://localhost:2/flag", "--login-button-text=")
	want := ssotest.Settings{
		Name: "Kite", LoginButtonText: "Log in", AuthorizationURL: "http://localhost:2/flag", SignUpURL: "http://localhost:1/join",
		LogoutURL: "http://localhost:1/out", AccountSettingsURL: "http://localhost:1/me", NewUsersHomepage: "/spaces/news",
		OtherLoginMethods: true,
		Spaces:            []ssotest.Space{{ID: "news", Name: "News, daily", Slug: "news"}, {ID: "help", Name: "help", Slug: "help"}},
		CustomFields:      []ssotest.CustomField{{Name: "Seats", Type: "number", ExternalKeys: []string{"seats", "licences"}}},
	}
	if diff := cmp.Diff(want, fromJSON[ssotest.Settings](s, "settings")); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	if res := s.login(keyText, ada); res.StatusCode != http.StatusFound || !strings.HasSuffix(s.origin, "/hub") {
		t.Errorf("with the key of the file: %s at %s", res.Status, s.origin)
	}
	for path, status := range map[string]int{"/_fake/ready": 200, "/hub/_fake/ready": 200, "/spaces": 404} { // a health check needs no path
		res, err := http.Get(strings.TrimSuffix(s.origin, "/hub") + path)
		if err != nil {
			t.Fatal(err)
		}
		if res.Body.Close(); res.StatusCode != status {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	if _, err := os.Stat(values["state"]); err != nil || !strings.Contains(s.err.String(), "whoever reaches it") {
		t.Errorf("%v, %s", err, s.err)
	}
}

func TestWithJSONACommunityPrintsOnlyItsAddressAndAKeyThatItMade(t *testing.T) {
	for _, given := range []string{"", keyText} {
		t.Setenv(keyVariable, given)
		t.Setenv("SSOTOKEN_JSON", "true")
		s := start(t, "")
		var got struct{ URL, Key, KeyFingerprint string }
		if err := json.Unmarshal([]byte(s.output.String()), &got); err != nil {
			t.Fatalf("%v in %s", err, s.output)
		}
		if res := s.login(given+got.Key, ada); res.StatusCode != http.StatusFound || (got.Key == "") != (given != "") {
			t.Errorf("%s, with %+v", res.Status, got)
		}
		if want := fromJSON[map[string]any](s, "settings")["keyFingerprint"]; got.KeyFingerprint != want {
			t.Errorf("the fingerprint is %q, not %q", got.KeyFingerprint, want)
		}
		s.end()
		if n := strings.Count(s.output.String()+s.err.String(), "\n"); n != 1 {
			t.Errorf("%d lines: %s%s", n, s.output, s.err)
		}
	}
}

// at asks a community of the process by its host.
func (s *started) at(host string) *started {
	to := *s
	to.origin = "http://" + net.JoinHostPort(host, s.origin[strings.LastIndexByte(s.origin, ':')+1:])
	return &to
}

func TestCommunitiesOfOneProcessHaveTheirOwnHostKeyMembersLoginsAndState(t *testing.T) {
	t.Setenv(keyVariable, "")
	t.Setenv(keyVariable+"_GLOBEX_LOCALHOST", keyText)
	state := filepath.Join(t.TempDir(), "state")
	const config = `{"communities": {
		"acme.localhost": {"name": "Acme", "members": [{"name": "Grace", "email": "grace@example.com"}]},
		"globex.localhost": {"name": "Globex"}
	}}`
	s := start(t, config, "--config", "-", "--state", state, "--login-button-text", "Enter")
	acme, globex := s.at("acme.localhost"), s.at("globex.localhost")
	eventually(t, "the second address", func() bool { return strings.Contains(s.output.String(), globex.origin+"/logins,") })
	out := s.output.String()
	acmeKey := regexp.MustCompile(`export BETTERMODE_SSO_KEY_ACME_LOCALHOST=(\S+)\n`).FindStringSubmatch(out)
	if len(acmeKey) == 0 || !strings.Contains(out, "community is at "+globex.origin+"\n") || strings.Count(out, "export") != 1 {
		t.Fatalf("got\n%s", out)
	}
	for _, tt := range []struct {
		at     *started
		key    string
		status int
	}{{acme, acmeKey[1], 302}, {acme, keyText, 401}, {globex, keyText, 302}} {
		if res := tt.at.login(tt.key, ada); res.StatusCode != tt.status {
			t.Errorf("%s: %s", tt.at.origin, res.Status)
		}
	}
	for at, want := range map[*started][3]any{acme: {"Acme", 2, 2}, globex: {"Globex", 1, 1}} {
		settings := fromJSON[ssotest.Settings](at, "settings")
		got := [3]any{settings.Name, fromJSON[struct{ Count int }](at, "logins").Count,
			len(fromJSON[struct{ Members []any }](at, "members").Members)}
		if got != want || settings.LoginButtonText != "Enter" {
			t.Errorf("%s: got %v, want %v", at.origin, got, want)
		}
	}
	eventually(t, "each login in the output", func() bool {
		return strings.Contains(s.output.String(), acme.origin+"/logins/2\n") && strings.Contains(s.output.String(), globex.origin+"/logins/1\n")
	})
	for path, status := range map[string]int{"/": 404, "/_fake/ready": 200, "/api/auth/sso": 404, "/_fake/logins": 404} {
		res, err := http.Get(s.at("localhost").origin + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if want := acme.origin + "\n" + globex.origin + "\n"; err != nil || res.StatusCode != status || string(body) != want {
			t.Errorf("another host, %s: %s, %q", path, res.Status, body)
		}
	}

	s.end()
	s = start(t, config, "--config", "-", "--state", state)
	if res := s.at("acme.localhost").login(acmeKey[1], ada); res.StatusCode != http.StatusFound {
		t.Errorf("with the key of before: %s", res.Status)
	}
	if n := fromJSON[struct{ Count int }](s.at("globex.localhost"), "logins").Count; n != 1 {
		t.Errorf("after a restart there are %d logins", n)
	}
}

func TestCommunitiesOfOneHostHaveTheirOwnPaths(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	t.Setenv(keyVariable+"_LOCALHOST_ACME", keyText[1:]+"x")
	state := filepath.Join(t.TempDir(), "state")
	const config = `{"communities": {"localhost": {}, "localhost/acme": {}, "localhost/acme-2": {}}}`
	s := start(t, config, "--config", "-", "--state", state).at("localhost")
	for path, key := range map[string]string{"": keyText, "/acme": keyText[1:] + "x", "/acme-2": keyText} {
		one := *s
		one.origin += path
		res := one.login(key, ada)
		if res.StatusCode != http.StatusFound || res.Header.Get("Location") != path+"/" {
			t.Errorf("%s: %s to %s", path, res.Status, res.Header.Get("Location"))
		}
		if n := fromJSON[struct{ Count int }](&one, "logins").Count; n != 1 {
			t.Errorf("%s: %d logins", path, n)
		}
		if _, err := os.Stat(state + ".localhost" + strings.ReplaceAll(path, "/", "_")); err != nil {
			t.Error(err)
		}
	}
}

func TestABadVariableIsNamedWithoutItsValue(t *testing.T) {
	for _, tt := range []struct {
		variable, value string
		args            []string
		want            string
		status          int
	}{
		{"OTHER_LOGIN_METHODS", "perhaps", nil, "invalid value for SSOTOKEN_OTHER_LOGIN_METHODS: it has the wrong form", 2},
		{"LISTEN", "perhaps", nil, "community: SSOTOKEN_LISTEN is HOST:PORT", 2},
		{"LOGOUT_URL", "perhaps", nil, "settings refused: SSOTOKEN_LOGOUT_URL: is not an absolute http or https URL", 1},
		{"SPACE", "=perhaps", nil, "SSOTOKEN_SPACE is ID or ID=NAME", 2},
		{"CONFIG", "./perhaps", nil, "the file that SSOTOKEN_CONFIG names: no such file", 1},
		{"STATE", "perhaps/not", nil, "the file that SSOTOKEN_STATE names: no such file", 1},
		{"KEY_FILE", "perhaps", nil, "key file (its path is not repeated: it could be the key): no such file", 1},
		{"KEY_FILE", "perhaps", []string{"--key-env", "A"}, "--key-env and SSOTOKEN_KEY_FILE: give one of the two", 2},
		{"KEY_ENV", "perhaps", nil, "the environment has no variable with the name in SSOTOKEN_KEY_ENV", 1},
	} {
		t.Run(tt.variable, func(t *testing.T) {
			t.Setenv("SSOTOKEN_"+tt.variable, tt.value)
			stdout, stderr, status := call(t, "", false, append([]string{"community"}, tt.args...)...)
			if status != tt.status || stdout != "" || !strings.Contains(stderr, tt.want) || strings.Contains(stderr, "perhaps") {
				t.Errorf("got exit status %d, %q and %q, want %q", status, stdout, stderr, tt.want)
			}
		})
	}
}

func TestAVariableOfNoFlagIsAWarning(t *testing.T) {
	for name, want := range map[string]string{
		"SSOTOKEN_AUTORIZATION_URL": `no flag has the variable SSOTOKEN_AUTORIZATION_URL; did you mean "SSOTOKEN_AUTHORIZATION_URL"?`,
		"SSOTOKEN_KEY":              "no flag has the variable SSOTOKEN_KEY\n",
		"SSOTOKEN_PORT_8090_TCP":    "", // of Kubernetes
		"SSOTOKEN_SERVICE_HOST":     "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, keyText)
			s := start(t, "")
			got := s.err.String()
			if !strings.Contains(got, want) || (got == "") != (want == "") || strings.Contains(got+s.output.String(), keyText) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestABadSettingOfACommunityIsOneClearLine(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	damaged, folder := filepath.Join(dir, "damaged.json"), filepath.Join(dir, "folder")
	if err := os.WriteFile(damaged, []byte(`{"format":"ssotoken comm`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, key, stdin string
		args             []string
		want             string
		status           int
	}{
		{"a port that is taken", keyText, "", []string{"--listen", taken.Addr().String()},
			"can't listen on the address of --listen (default 127.0.0.1:8090): bind: address already in use", 1},
		{"an address without a port", keyText, "", []string{"--listen", "localhost"}, "--listen is HOST:PORT", 2},
		{"an address of no port", keyText, "", []string{"--listen", "localhost:http-or-so"}, "can't listen on the address of --listen", 1},
		{"every interface", keyText, "", []string{"--listen", "0.0.0.0:0"}, "not on the loopback", 1},
		{"a sample key", "{Your Private Key}", "", nil, "the key is a sample", 1},
		{"two keys", "", "", []string{"--key-env", "A", "--key-file", "B"}, "give one of the two", 2},
		{"a relative URL", keyText, "", []string{"--authorization-url", "/sso", "--logout-url", "x"},
			"settings refused: --authorization-url: is not an absolute http or https URL; --logout-url: is not", 1},
		{"a relative URL in the file", keyText, `{"logoutUrl": "x"}`, []string{"--config", "-"},
			"settings refused: logoutUrl: is not an absolute", 1},
		{"a member in the file", keyText, `{"members": [{"name": "x"}]}`, []string{"--config", "-"}, "members[0]: needs its own email", 1},
		{"an unknown key", keyText, `{"authorisationUrl": "x"}`, []string{"--config", "-"},
			`the file that --config names has the unknown key "authorisationUrl"`, 1},
		{"an unknown key of a member", keyText, `{"members": [{"mail": "x"}]}`, []string{"--config", "-"}, `has the unknown key "mail"`, 1},
		{"another type", keyText, `{"spaces": "news"}`, []string{"--config", "-"}, "has spaces as a JSON string, which is not its type", 1},
		{"a community of no host", keyText, `{"communities": {"acme:80": {}}}`, []string{"--config", "-"},
			`the community "acme:80": is no host, and no HOST/PATH`, 1},
		{"a setting of one community", keyText, `{"communities": {"b.test": {}, "a.test": {"logoutUrl": "x"}}}`, []string{"--config", "-"},
			`the community "a.test": settings refused: logoutUrl: is not an absolute`, 1},
		{"an unknown key of one community", keyText, `{"communities": {"a.test": {"mail": "x"}}}`, []string{"--config", "-"},
			`the community "a.test": the file that --config names has the unknown key "mail"`, 1},
		{"settings beside communities", keyText, `{"communities": {"a.test": {}}, "name": "x"}`, []string{"--config", "-"},
			`has the unknown key "communities"`, 1},
		{"no JSON", keyText, `authorizationUrl: x`, []string{"--config", "-"}, "is not one JSON object", 1},
		{"no file", keyText, "", []string{"--config", filepath.Join(dir, "none")}, "the file that --config names: no such file", 1},
		{"a space without an id", keyText, "", []string{"--space", "=News"}, "--space is ID or ID=NAME", 2},
		{"a field without keys", keyText, "", []string{"--field", "Seats:number"}, "--field is NAME=KEY,KEY", 2},
		{"a field of an unknown type", keyText, "", []string{"--field", "Seats:colour=seats"},
			"--field[0].type: is not a type of the vendor's schema", 1},
		{"a damaged state", keyText, "", []string{"--state", damaged}, "the file that --state names: the saved state is damaged", 1},
		{"a folder as state", keyText, "", []string{"--state", folder}, "the file that --state names: is not a regular file", 1},
		{"a state in no folder", keyText, "", []string{"--state", filepath.Join(dir, "none", "x")},
			"the file that --state names: no such file", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(keyVariable, tt.key)
			args := append([]string{"community"}, tt.args...)
			if tt.args == nil || tt.args[0] != "--listen" {
				args = append(args, "--listen", "127.0.0.1:0")
			}
			stdout, stderr, status := call(t, tt.stdin, false, args...)
			if status != tt.status || stdout != "" || !strings.Contains(stderr, tt.want) {
				t.Errorf("got exit status %d, %q and %q, want %q", status, stdout, stderr, tt.want)
			}
			if lines := strings.Count(stderr, "\n"); lines != tt.status {
				t.Errorf("%d lines: %q", lines, stderr)
			}
		})
	}
	if data, err := os.ReadFile(damaged); string(data) != `{"format":"ssotoken comm` || err != nil {
		t.Errorf("the damaged file is now %q, %v", data, err)
	}
}

func TestAStateLastsOverARestartWithTheKeyThatWasMade(t *testing.T) {
	t.Setenv(keyVariable, "")
	path := filepath.Join(t.TempDir(), "state.json")
	first := start(t, "", "--state", path)
	_, key, _ := strings.Cut(first.output.String(), "export "+keyVariable+"=")
	key, _, _ = strings.Cut(key, "\n")
	first.login(key, ada)
	first.login(key, bob)
	wanted := fromJSON[any](first, "logins")
	eventually(t, "both logins in the file", func() bool {
		data, err := os.ReadFile(path)
		return err == nil && bytes.Contains(data, []byte(`"count":2`))
	})
	if status := first.end(); status != 0 {
		t.Fatalf("got exit status %d: %s", status, first.err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}

	second := start(t, "", "--state", path)
	if diff := cmp.Diff(wanted, fromJSON[any](second, "logins")); diff != "" {
		t.Errorf("logins (-want +got):\n%s", diff)
	}
	if out := second.output.String(); strings.Contains(out, key) || strings.Contains(out, "login 1") ||
		!strings.Contains(out, "kept in the file of --state") {
		t.Errorf("the second start says\n%s", out)
	}
	if res := second.login(key, ada); res.StatusCode != http.StatusFound {
		t.Errorf("with the same key: %s", res.Status)
	}

	_, stderr, status := call(t, "", false, "community", "--listen", "127.0.0.1:0", "--state", path)
	if want := "the file that --state names: another process has it: a community runs with it already\n"; status != 1 ||
		!strings.HasSuffix(stderr, want) {
		t.Errorf("beside it: exit status %d, %q", status, stderr)
	}
	second.end()
	third := start(t, "", "--state", path)
	if got := fromJSON[struct{ Count int }](third, "logins").Count; got != 3 {
		t.Errorf("%d logins", got)
	}
}

func TestAStateThatCanNotBeWrittenIsSaidAndTriedAgain(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	dir := filepath.Join(t.TempDir(), "folder")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "state.json")
	s := start(t, "", "--state", path)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	s.login(keyText, ada)
	eventually(t, "a line on standard error", func() bool {
		return strings.HasSuffix(s.err.String(), "the file that --state names can't be written: no such file or directory; trying again\n")
	})
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the file", func() bool { _, err := os.Stat(path); return err == nil })
	if status := s.end(); status != 0 || strings.Count(s.err.String(), "\n") != 1 {
		t.Errorf("got exit status %d, %s", status, s.err)
	}
}

func TestOtherMachinesAreLetInByOneFlagWhichSaysWhatItDoes(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	s := start(t, "", "--allow-remote", "--listen", "0.0.0.0:0")
	if !strings.HasPrefix(s.origin, "http://localhost:") || !strings.Contains(s.err.String(),
		"whoever reaches it can log in as anybody and read every login") {
		t.Errorf("at %s, with %q", s.origin, s.err)
	}
	r, err := http.NewRequest(http.MethodGet, s.origin+"/_fake/settings", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "community:8090"
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("by the name of a container: %s", res.Status)
	}
}

func TestReadySaysWhetherACommunityAnswers(t *testing.T) {
	s := start(t, "")
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	address := strings.TrimPrefix(s.origin, "http://")
	_, port, _ := net.SplitHostPort(address)
	for _, tt := range []struct {
		name, listen   string
		status         int
		stdout, stderr string
	}{
		{"as it was started", address, 0, "ready\n", ""},
		{"on every address", ":" + port, 0, "ready\n", ""},
		{"another server", strings.TrimPrefix(other.URL, "http://"), statusFound, "", "at the address of --listen: HTTP 404"},
		{"nobody", "127.0.0.1:1", statusFound, "", "no community answers at the address of --listen"},
		{"a space", "local host:1", statusUsage, "", "--listen is HOST:PORT"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stdout, stderr, status := call(t, "", false, "ready", "--listen", tt.listen)
			if status != tt.status || stdout != tt.stdout || !strings.Contains(stderr, tt.stderr) {
				t.Errorf("got exit status %d, %q, %q", status, stdout, stderr)
			}
		})
	}
	t.Setenv("SSOTOKEN_LISTEN", address)
	if stdout, _, status := call(t, "", false, "ready"); status != 0 {
		t.Errorf("by its variable: got exit status %d, %q", status, stdout)
	}
}
