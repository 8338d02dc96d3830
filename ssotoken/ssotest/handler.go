package ssotest

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/internal/loopback"
)

const maxVisits = 1_000

// Handler is a fake community. It is safe for concurrent use.
type Handler struct {
	now   func() time.Time
	cross *http.CrossOriginProtection

	mu       sync.Mutex // guards what follows
	settings Settings
	former   ssotoken.Key // the one before the last change of the key
	members  *members
	sessions sessions
	seen     tokens
	count    int // logins so far
	attempts []Attempt
	visits   []Visit
}

// NewHandler makes a fake community for a program. It answers only requests
// that come from this machine and name it as their host (localhost, a name under
// it, or a loopback address). An error lists every bad setting.
func NewHandler(c Config) (*Handler, error) {
	settings, err := c.Settings.withDefaults()
	if err != nil {
		return nil, err
	}
	members, err := newMembers(c.Members)
	if err != nil {
		return nil, err
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Handler{
		now: c.Now, cross: http.NewCrossOriginProtection(),
		settings: settings, members: members,
		sessions: newSessions(), seen: newTokens(),
	}, nil
}

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
	s, err := s.withDefaults()
	if err != nil {
		return err
	}
	if !s.Key.Equal(h.settings.Key) {
		h.former = h.settings.Key
	}
	h.settings = s
	return nil
}

// Member gives the member with an external ID, which is the sub of its
// tokens.
func (h *Handler) Member(externalID string) (Member, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if m := h.members.byExternal[externalID]; m != nil {
		return m.clone(), true
	}
	return Member{}, false
}

// Members lists all members by name.
func (h *Handler) Members() []Member {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.members.all()
}

// Attempts lists the last 100 logins, the oldest first. Their reports are
// shared: read them only.
func (h *Handler) Attempts() []Attempt {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.attempts)
}

// A Visit is a page that was shown.
type Visit struct {
	At         time.Time
	Path       string // with its query, as requested
	MemberID   string // of who was logged in; empty for a guest
	ExternalID string // likewise
}

// Visits lists the last 1,000 pages shown, the oldest first. Requests that
// were answered with a redirect are not among them.
func (h *Handler) Visits() []Visit {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.visits)
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if !isLocal(r) {
		http.Error(w, "This fake community answers only its own machine, by the name localhost or a loopback address.", http.StatusForbidden)
		return
	}
	if err := h.cross.Check(r); err != nil {
		http.Error(w, "This form was sent from another site.", http.StatusForbidden)
		return
	}
	h.route(w, r)
}

// isLocal keeps out other machines, and foreign names that resolve to this
// one (DNS rebinding).
func isLocal(r *http.Request) bool {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !remote.Addr().Unmap().IsLoopback() {
		return false
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return loopback.Is(strings.Trim(host, "[]"))
}
