package doctor

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// withoutSession checks what visitors get who have no cookie, or a made-up one.
func (d *doctor) withoutSession(ctx context.Context) error {
	a, err := d.get(ctx, probe{url: d.c.AuthorizationURL})
	if err != nil {
		return err
	}
	d.stranger = a
	d.clock(a)
	switch {
	case a.mints():
		d.find(contract.MintsWithoutSession, "A request without a cookie got a token.", a)
		return nil
	case a.status == http.StatusNotFound || a.status >= 500:
		d.find(contract.SignInBroken, fmt.Sprintf("A request without a cookie was answered %d.", a.status), a)
	}
	if d.c.Cookie == "" {
		return nil
	}
	a, err = d.get(ctx, probe{url: d.c.AuthorizationURL, cookie: madeUp(d.c.Cookie)})
	if err != nil {
		return err
	}
	if a.mints() {
		d.find(contract.MintsWithoutSession, "A request with made-up values in the cookies got a token.", a)
	}
	return nil
}

// madeUp gives cookies with the same names and made-up values.
func madeUp(cookie string) string {
	pairs := strings.Split(cookie, ";")
	for i, pair := range pairs {
		name, _, _ := strings.Cut(strings.TrimSpace(pair), "=")
		pairs[i] = name + "=" + rand.Text()
	}
	return strings.Join(pairs, "; ")
}

// clock compares the server's clock with ours.
func (d *doctor) clock(a *answer) {
	date, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		return
	}
	switch { // the header has whole seconds
	case date.Add(time.Second).Before(a.sent.Add(-contract.Skew)):
		d.skew = date.Sub(a.sent)
	case date.After(a.received.Add(contract.Skew)):
		d.skew = date.Sub(a.received)
	default:
		return
	}
	ahead := "ahead of"
	if d.skew < 0 {
		ahead = "behind"
	}
	d.find(contract.ClockDiffers, fmt.Sprintf("The server's clock is %v %s this machine's. The times of the token were judged by the server's.", d.skew.Abs().Round(time.Second), ahead), a)
}
