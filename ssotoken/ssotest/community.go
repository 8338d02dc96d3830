package ssotest

import (
	"errors"
	"net"
	"net/http"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// TB is what [NewCommunity] needs of a *testing.T or *testing.B.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// Community is a fake community that listens on a free port of the loopback
// until its test ends.
type Community struct {
	*Handler
	URL string // its origin: http://127.0.0.1:PORT

	t TB
}

// NewCommunity starts a fake community for a test. Bad settings end the test.
func NewCommunity(t TB, c Config) *Community {
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
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Fatalf("ssotest: %v", err)
		}
	})
	return &Community{handler, "http://" + listener.Addr().String(), t}
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

// LoginButton is the address behind the community's login button on one of its
// pages, such as "/spaces/news?sort=new", to which the login then comes back.
// Any other page than the community's own is its home page.
func (c *Community) LoginButton(page string) string { return c.button(contract.LoginPath, page) }

// SignUpButton is that behind the sign-up button.
func (c *Community) SignUpButton(page string) string { return c.button(contract.SignUpPath, page) }

func (c *Community) button(path, page string) string {
	return c.URL + path + "?from=" + queryEscape(page)
}
