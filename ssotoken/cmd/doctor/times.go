package doctor

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// minted is when a token was got, and when it says that it was made.
type minted struct {
	token          string
	iat            time.Time // zero without one in seconds
	sent, received time.Time // by the server's clock
}

// remember keeps the times of a login for the check of the token's clock.
func (d *doctor) remember(a *answer, l *loginURL) {
	m := minted{token: l.token(), sent: a.sent.Add(d.skew), received: a.received.Add(d.skew)}
	parts := strings.Split(m.token, ".")
	if len(parts) != 3 {
		return
	}
	var claims struct{ Iat float64 }
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil && json.Unmarshal(payload, &claims) == nil && claims.Iat > 0 && claims.Iat <= contract.LastSecond {
		m.iat = time.Unix(int64(claims.Iat), 0)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.minted = append(d.minted, m)
}

// apart is after how long an answer with the same token was kept: iat has whole
// seconds, so that a token made in the same second is the same.
const apart = 1100 * time.Millisecond

// tokenClock compares iat with the time of the answer, over all logins: a clock
// that is a little late makes tokens that live for less, and a token that was
// made before is stale.
func (d *doctor) tokenClock(ctx context.Context) error {
	if d.first == nil {
		return d.skip(noLogin)
	}
	if len(d.minted) == 0 {
		return d.skip("no login has a token")
	}
	first := d.minted[0]
	if now := d.c.Now().Add(d.skew); now.After(first.received) && now.Sub(first.received) < apart {
		if err := sleep(ctx, apart-now.Sub(first.received)); err != nil {
			return err
		}
	}
	a, err := d.open(ctx, probe{})
	if err != nil {
		return err
	}
	l, ok := a.login(d.community.String())
	if !ok {
		d.unknown("the last request for a login got none")
		return nil
	}
	d.remember(a, l)
	late, dated := time.Duration(math.MaxInt64), 0
	got := map[string]time.Time{} // when a token came first
	for _, m := range d.minted {
		if !m.iat.IsZero() {
			late, dated = min(late, m.sent.Sub(m.iat)), dated+1
		}
		before, again := got[m.token]
		if again && m.sent.Sub(before) >= apart {
			d.once(contract.CachedToken, fmt.Sprintf("The same token came again after %v.", m.sent.Sub(before).Round(100*time.Millisecond)), a)
			return nil
		}
		if !again || m.received.Before(before) {
			got[m.token] = m.received
		}
	}
	if dated > 0 && late > contract.Skew+time.Second { // iat has whole seconds
		d.find(contract.IatLate, fmt.Sprintf("The iat of %s was at least %v before the request.", times(dated, "token"), late.Truncate(time.Second)), a)
	}
	return nil
}
