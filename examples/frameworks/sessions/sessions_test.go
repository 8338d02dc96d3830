package sessions

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
	"github.com/gorilla/securecookie"
	gorilla "github.com/gorilla/sessions"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A keeper is the part of a site's session that these tests need.
type keeper interface {
	put(http.ResponseWriter, *http.Request, ssotoken.ReturnPath) error
	take(http.ResponseWriter, *http.Request) (ssotoken.ReturnPath, error)
	around(http.Handler) http.Handler
}

const name = "to"

// newSite is a site that sends the visitor elsewhere to sign in, at /login, and
// gets the visitor back at /callback.
func newSite(t *testing.T, k keeper) *httptest.Server {
	t.Helper()
	key, err := ssotoken.NewKey("a-key-that-is-only-for-these-tests")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssotoken.New(ssotoken.Config{Community: "community.example.com", Key: key})
	if err != nil {
		t.Fatal(err)
	}
	nobody := func(*http.Request) (ssotoken.Claims, error) { return ssotoken.Claims{}, ssotoken.ErrNoSession }
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: signer, Identify: nobody})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/login", login.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, err := signer.Community().ReturnPathOf(r)
		if err == nil {
			err = k.put(w, r, path)
		}
		if err != nil {
			t.Errorf("put: %v", err)
		}
	})))
	mux.HandleFunc("/callback", func(w http.ResponseWriter, r *http.Request) {
		path, err := k.take(w, r)
		if err != nil {
			http.Error(w, "the session is damaged", http.StatusBadRequest)
			if !errors.Is(err, ssotoken.ErrReturnPath) && !strings.Contains(err.Error(), "return path dropped") {
				t.Errorf("take: %v", err)
			}
			return
		}
		c, err := ssotoken.NewClaims().Subject("u-1").Name("Ada").VerifiedEmail("ada@example.com").Build()
		if err != nil {
			t.Error(err)
		}
		login.RedirectTo(w, r, c, path)
	})
	server := httptest.NewServer(k.around(mux))
	t.Cleanup(server.Close)
	return server
}

func newClient(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func get(t *testing.T, c *http.Client, address string) *http.Response {
	t.Helper()
	res, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res
}

// keepers makes a session of each kind. In tamper, a stored path is another one.
func keepers(tamper func([]byte) []byte) map[string]keeper {
	secret := []byte("0123456789abcdef0123456789abcdef")
	return map[string]keeper{
		"scs, gob":         newSCS(scs.GobCodec{}, tamper),
		"scs, JSON":        newSCS(jsonCodec{}, tamper),
		"gorilla, gob":     newGorilla(secret, securecookie.GobEncoder{}, tamper),
		"a struct in JSON": jsonCookie{tamper},
	}
}

func TestAReturnPathIsKeptInASession(t *testing.T) {
	for kind, k := range keepers(nil) {
		for _, path := range []string{"", "/search?q=a%20b&tab=posts#top", "/caf\u00e9/" + strings.Repeat("x", contract.MaxReturnPath-7)} {
			site, client := newSite(t, k), newClient(t)
			get(t, client, site.URL+"/login?"+contract.ReferrerURI+"="+url.QueryEscape(path))
			to, err := url.Parse(get(t, client, site.URL+"/callback").Header.Get("Location"))
			if err != nil || to.Path != contract.SSOPath || to.Query().Get(contract.RedirectURI) != path {
				t.Errorf("%s: %.40q came back as %.40q, %v", kind, path, to.Query().Get(contract.RedirectURI), err)
			}
		}
	}
}

// The stored bytes are changed to another path of the same length, which the
// encoding does not notice.
func TestAReturnPathThatWasTamperedWithIsRefused(t *testing.T) {
	const good = "/evil.example/x"
	for _, bad := range []string{"//evil.example/", `/\evil.example/`, "/api/auth/sso?j", "evil.example/xx", "/../evil.examp"} {
		bad = (bad + "xxx")[:len(good)]
		tampered := 0
		for kind, k := range keepers(func(b []byte) []byte {
			if bytes.Contains(b, []byte(good)) {
				tampered++
			}
			quoted, err := json.Marshal(bad)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.HasPrefix(b, []byte("{")) {
				return bytes.ReplaceAll(b, []byte(`"`+good+`"`), quoted)
			}
			return bytes.ReplaceAll(b, []byte(good), []byte(bad))
		}) {
			site, client := newSite(t, k), newClient(t)
			get(t, client, site.URL+"/login?"+contract.ReferrerURI+"="+url.QueryEscape(good))
			if res := get(t, client, site.URL+"/callback"); res.StatusCode < 400 || res.Header.Get("Location") != "" {
				t.Errorf("%s: %q: got %s to %s", kind, bad, res.Status, res.Header.Get("Location"))
			}
		}
		if tampered != len(keepers(nil)) {
			t.Errorf("%q: %d sessions were tampered with", bad, tampered)
		}
	}
}

// scsKeeper keeps the path in a session of scs, which is a map[string]any.
type scsKeeper struct{ *scs.SessionManager }

func newSCS(codec scs.Codec, tamper func([]byte) []byte) keeper {
	m := scs.New()
	m.Store = memstore.NewWithCleanupInterval(0)
	m.Codec = tampering{codec, tamper}
	m.ErrorFunc = func(w http.ResponseWriter, _ *http.Request, err error) {
		http.Error(w, "the session is damaged", http.StatusBadRequest)
	}
	return scsKeeper{m}
}

func (s scsKeeper) put(_ http.ResponseWriter, r *http.Request, p ssotoken.ReturnPath) error {
	s.Put(r.Context(), name, p)
	return nil
}

func (s scsKeeper) take(_ http.ResponseWriter, r *http.Request) (ssotoken.ReturnPath, error) {
	switch kept := s.Pop(r.Context(), name).(type) {
	case ssotoken.ReturnPath:
		return kept, nil
	case string: // of JSON
		return ssotoken.ParseReturnPath(kept)
	}
	return ssotoken.ReturnPath{}, errors.New("the session has no path")
}

func (s scsKeeper) around(h http.Handler) http.Handler { return s.LoadAndSave(h) }

// tampering changes what a session store has kept, before it is decoded.
type tampering struct {
	scs.Codec
	tamper func([]byte) []byte
}

func (c tampering) Decode(b []byte) (time.Time, map[string]any, error) {
	if c.tamper != nil {
		b = c.tamper(b)
	}
	return c.Codec.Decode(b)
}

// jsonCodec is a codec that a site writes for scs.
type jsonCodec struct{}

type jsonSession struct {
	Deadline time.Time
	Values   map[string]any
}

func (jsonCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	return json.Marshal(jsonSession{deadline, values})
}

func (jsonCodec) Decode(b []byte) (time.Time, map[string]any, error) {
	var s jsonSession
	err := json.Unmarshal(b, &s)
	return s.Deadline, s.Values, err
}

// gorillaKeeper keeps the path in a signed cookie.
type gorillaKeeper struct{ store *gorilla.CookieStore }

func newGorilla(secret []byte, serializer securecookie.Serializer, tamper func([]byte) []byte) keeper {
	store := gorilla.NewCookieStore(secret)
	store.Options.Secure = false // over http, in a test
	for _, codec := range store.Codecs {
		codec.(*securecookie.SecureCookie).SetSerializer(tamperingSerializer{serializer, tamper})
		codec.(*securecookie.SecureCookie).MaxLength(8192)
	}
	return gorillaKeeper{store}
}

func (g gorillaKeeper) put(w http.ResponseWriter, r *http.Request, p ssotoken.ReturnPath) error {
	s, err := g.store.Get(r, "session")
	if err != nil {
		return err
	}
	s.Values[name] = p
	return s.Save(r, w)
}

func (g gorillaKeeper) take(_ http.ResponseWriter, r *http.Request) (ssotoken.ReturnPath, error) {
	s, err := g.store.Get(r, "session")
	if err != nil {
		return ssotoken.ReturnPath{}, err
	}
	path, ok := s.Values[name].(ssotoken.ReturnPath)
	if !ok {
		return path, errors.New("the session has no path")
	}
	return path, nil
}

func (gorillaKeeper) around(h http.Handler) http.Handler { return h }

type tamperingSerializer struct {
	securecookie.Serializer
	tamper func([]byte) []byte
}

func (s tamperingSerializer) Deserialize(b []byte, v any) error {
	if s.tamper != nil {
		b = s.tamper(b)
	}
	return s.Serializer.Deserialize(b, v)
}

// jsonCookie is a session that is a struct in JSON.
type jsonCookie struct{ tamper func([]byte) []byte }

type visit struct{ To ssotoken.ReturnPath }

func (jsonCookie) put(w http.ResponseWriter, _ *http.Request, p ssotoken.ReturnPath) error {
	b, err := json.Marshal(visit{p})
	http.SetCookie(w, &http.Cookie{Name: name, Value: base64.RawURLEncoding.EncodeToString(b), Path: "/"})
	return err
}

func (j jsonCookie) take(_ http.ResponseWriter, r *http.Request) (ssotoken.ReturnPath, error) {
	c, err := r.Cookie(name)
	if err != nil {
		return ssotoken.ReturnPath{}, err
	}
	b, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return ssotoken.ReturnPath{}, err
	}
	if j.tamper != nil {
		b = j.tamper(b)
	}
	var v visit
	err = json.Unmarshal(b, &v)
	return v.To, err
}

func (jsonCookie) around(h http.Handler) http.Handler { return h }
