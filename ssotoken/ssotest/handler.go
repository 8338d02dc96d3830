package ssotest

import (
	"cmp"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/internal/loopback"
)

// Community is a fake community that listens on a free port of the loopback
// until its test ends.
type Community struct {
	*Handler
	URL string // http://127.0.0.1:PORT, and [Config.Path]

	t testing.TB
}

// NewCommunity starts a fake community for a test. Bad settings end the test.
func NewCommunity(t testing.TB, c Config) *Community {
	t.Helper()
	handler, err := NewHandler(c)
	if err != nil {
		t.Fatalf("%v", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("ssotest: %v", err)
	}
	server := &http.Server{Handler: handler}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return &Community{handler, "http://" + listener.Addr().String() + handler.folder, t}
}

// Configure changes the settings while the community runs: the partner's
// address is often known only after the community's. Bad settings end the
// test, so call it from the test's own goroutine. The function must not call c.
func (c *Community) Configure(change func(*Settings)) {
	c.t.Helper()
	if err := c.Handler.Configure(change); err != nil {
		c.t.Fatalf("%v", err)
	}
}

// Next makes trouble for the next logins. A bad one ends the test, so call it from
// the test's own goroutine.
func (c *Community) Next(t Trouble) {
	c.t.Helper()
	if err := c.Handler.Next(t); err != nil {
		c.t.Fatalf("%v", err)
	}
}

// Advance moves the community's clock on, and back if d is negative: a token
// expires without waiting. It changes [Settings.ClockSkew].
func (c *Community) Advance(d time.Duration) {
	c.t.Helper()
	c.Configure(func(s *Settings) { s.ClockSkew += d })
}

// LoginButton is the address behind the community's login button on one of its
// pages, such as "/spaces/news?sort=new", to which the login then comes back.
// It is the path on the origin, so with [Config.Path] in front.
// Any other page than the community's own is its home page.
func (c *Community) LoginButton(page string) string {
	return c.URL + contract.LoginPath + "?from=" + queryEscape(page)
}

// SignUpButton is LoginButton for the button that leads to the Sign Up URL.
func (c *Community) SignUpButton(page string) string {
	return c.URL + contract.SignUpPath + "?from=" + queryEscape(page)
}

// Handler is a fake community. It is safe for concurrent use.
type Handler struct {
	now         func() time.Time
	cross       *http.CrossOriginProtection
	allowRemote bool
	folder      string // such as /hub; empty where the community has the whole origin
	seed        []Member
	startSkew   time.Duration
	routes      []route
	changed     chan struct{}

	saving sync.Mutex
	clean  map[string]bool // texts of the last snapshot, in which there is no token

	mu       sync.Mutex // guards what follows
	settings Settings
	madeKey  bool         // the key is no one's but ours
	former   ssotoken.Key // the one before the last change of the key
	members  *members
	sessions []saved
	seen     []saved // tokens
	count    int     // logins so far
	logins   []*login
	apiCalls []time.Time   // the last ones
	arrived  chan struct{} // closed by the next login
	next     Trouble
}

// NewHandler makes a fake community for a program. It answers only requests
// that come from this machine and name it as their host (localhost, a name under
// it, or a loopback address), unless [Config.AllowRemote] says otherwise. An
// error is a *[ssotoken.ConfigError] that lists every bad setting and member.
func NewHandler(c Config) (*Handler, error) {
	settings, errs := c.Settings.withDefaults()
	members, memberErrs := newMembers(c.Members)
	at, err := ssotoken.ParseCommunity("http://localhost/" + strings.TrimPrefix(c.Path, "/"))
	if err != nil {
		errs = append(errs, &ssotoken.FieldError{Field: "Path", Err: err})
	}
	if err := refused(append(errs, memberErrs...)); err != nil {
		return nil, err
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	h := &Handler{
		now: c.Now, cross: http.NewCrossOriginProtection(), allowRemote: c.AllowRemote, changed: make(chan struct{}, 1),
		settings: settings, madeKey: c.Key.IsZero(), members: members, seed: members.all(),
		folder: strings.TrimPrefix(at.String(), "http://localhost"), startSkew: settings.ClockSkew, arrived: make(chan struct{}),
	}
	h.routes = h.table()
	return h, nil
}

// Path is where the community is on its origin, such as /hub; empty where it has all of it.
func (h *Handler) Path() string { return h.folder }

// Key is the SSO private key to sign with.
func (h *Handler) Key() ssotoken.Key { return h.Settings().Key }

// Settings are the settings in force.
func (h *Handler) Settings() Settings {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.settings.clone()
}

// Configure changes the settings while the community runs: a partner's
// address is often known only after the community's. On an error, which lists
// every bad setting, nothing is changed. The function must not call h.
func (h *Handler) Configure(change func(*Settings)) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.settings.clone()
	change(&s)
	made := s.Key.IsZero() || h.madeKey && s.Key.Equal(h.settings.Key)
	s, errs := s.withDefaults()
	if err := refused(errs); err != nil {
		return err
	}
	if !s.Key.Equal(h.settings.Key) {
		h.former = h.settings.Key
	}
	h.settings, h.madeKey = s, made
	h.touch()
	return nil
}

// Member returns the member with an external ID, which is the sub of its
// tokens.
func (h *Handler) Member(externalID string) (Member, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m, ok := h.members.byExternal[externalID]
	return m.clone(), ok
}

// Members lists all members by name.
func (h *Handler) Members() []Member {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.members.all()
}

// Attempts lists the last 1,000 logins, the oldest first: fewer if theirs are long addresses. Their reports are
// shared: read them only.
func (h *Handler) Attempts() []Attempt {
	_, logins := h.kept()
	attempts := make([]Attempt, len(logins))
	for i, l := range logins {
		attempts[i] = l.Attempt
	}
	return attempts
}

// kept returns how many logins there were, and the last of them.
func (h *Handler) kept() (count int, logins []*login) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.count, slices.Clone(h.logins)
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if why := h.turnAway(r); why != "" {
		http.Error(w, why, http.StatusForbidden)
		return
	}
	inside, ok := h.inFolder(r)
	if !ok {
		http.Error(w, "Something else lives here: the fake community is under "+h.folder+"/", http.StatusNotFound)
		return
	}
	if err := h.cross.Check(r); err != nil {
		http.Error(w, "This form was sent from another site.", http.StatusForbidden)
		return
	}
	h.route(w, inside).write(h, w, inside)
}

// inFolder returns a request as it would be if the community had the whole origin.
// Only the RequestURI stays. What goes out gets the folder again: a redirect, a cookie,
// and the links of a page (see [view.write]).
func (h *Handler) inFolder(r *http.Request) (*http.Request, bool) {
	path, ok := strings.CutPrefix(r.URL.Path, h.folder)
	if h.folder == "" || !ok || path != "" && path[0] != '/' {
		return r, h.folder == ""
	}
	inside := *r
	inside.URL = &url.URL{Path: cmp.Or(path, "/"), RawPath: strings.TrimPrefix(r.URL.RawPath, h.folder), RawQuery: r.URL.RawQuery}
	return &inside, true
}

// turnAway says why a request is not answered, or "". It keeps out other
// machines, and names of the internet that resolve to this one (DNS
// rebinding): with those, any page that a browser visits could read here.
func (h *Handler) turnAway(r *http.Request) string {
	host := (&url.URL{Host: r.Host}).Hostname()
	switch {
	case h.allowRemote && !isPrivate(host):
		return "Call this community by an IP address, or a name without a dot or under localhost, local, internal or test."
	case !h.allowRemote && (!isFromHere(r) || !loopback.Is(host)):
		return "This fake community answers only its own machine, by the name localhost or a loopback address."
	}
	return ""
}

func isFromHere(r *http.Request) bool {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && remote.Addr().Unmap().IsLoopback()
}

// isPrivate reports whether no site of the internet has the host as its name.
func isPrivate(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	top := host[strings.LastIndexByte(host, '.')+1:]
	return host != "" && slices.Contains([]string{host, "localhost", "local", "internal", "test"}, top)
}

// isOfAnotherSite reports whether a page of another origin sent the request, by
// any method: the JSON is for programs, and for nobody's pages but our own.
func (h *Handler) isOfAnotherSite(r *http.Request) bool {
	form := *r
	form.Method = http.MethodPost
	return h.cross.Check(&form) != nil
}
