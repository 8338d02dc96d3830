// Package doctor checks a partner's Authorization URL from outside, whatever
// language it is written in. Without a session it must mint nothing. With one
// it must send the browser to the right community, with one good token and the
// page that the visitor came from. Package doctor checks a JSON door
// ([ssotoken.Login.JSON]) too. Another origin's page must get nothing from it.
//
//	diagnosis, err := doctor.Check(ctx, doctor.Config{
//		AuthorizationURL: server.URL + "/community/login",
//		Community:        "community.example.com",
//		Cookie:           "session=" + session, // of a test member who is signed in
//		Key:              key,
//	})
//	if err == nil {
//		err = diagnosis.Err()
//	}
//
// An error of Check says why it could not go on; the report so far comes with it.
// An error of [Diagnosis.Err] says what the check found, and what it could not
// learn. Each [Finding] has a stable code, what was seen, the sentence of the
// contract, how to fix it, and a curl command that shows it. Package inspect
// judges the claims and the login URL. [contract.Rules] lists all rules.
//
// Check requests the addresses that it is given. It follows redirects on their own
// origin, five at most, never to the community, so that no token is used. Without
// a session it reads the sign-in page as a browser would; with [Config.Form] it
// signs in, over the hosts that are allowed. Cookies
// that an answer sets are kept within the run, as a browser keeps them. Where the
// server answers 429 or 503, Check waits as long as it is asked to. The session is
// never sent over http, except to the loopback, and never with a forged Host. If
// there is a LogoutURL, the session is over afterwards.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/cmd/internal/loopback"
)

// Progress says how far a check is. Total is 0 when it starts: only a long
// check counts its requests.
type Progress struct {
	Check       string
	Done, Total int
}

// errTooLong ends a check that takes longer than it may.
var errTooLong = errors.New("the time for the whole check is over")

// Check makes the checks. A *[ssotoken.ConfigError] lists every bad setting.
// Any other error says why the check could not go on; the Diagnosis is then
// what is known so far, and not complete.
func Check(ctx context.Context, c Config) (*Diagnosis, error) {
	d, err := newDoctor(c)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, d.c.MaxTime, errTooLong)
	defer cancel()
	checks := d.checks()
	for i, check := range checks {
		d.start(check.name)
		err = check.make(ctx)
		var none *noAnswer
		switch {
		case err == nil:
			continue
		case ctx.Err() != nil:
			err = context.Cause(ctx)
			d.unknown("stopped: " + err.Error())
		case errors.As(err, &none) && (none.busy || d.answers.Load() > 0):
			d.unknown(err.Error())
			err = nil
			continue
		default:
			d.unknown(err.Error())
		}
		for _, left := range checks[i+1:] {
			d.report.Checks = append(d.report.Checks, Result{Check: left.name, State: Unknown, Note: "not made"})
		}
		break
	}
	d.network()
	d.settle()
	if err != nil && ctx.Err() == nil {
		err = errors.New(safe(err.Error()))
	}
	return d.report, err
}

type check struct {
	name string
	make func(context.Context) error
}

func (d *doctor) checks() []check {
	checks := []check{{"settings", d.settings}}
	if d.page != nil {
		checks = append(checks,
			check{"without a session", d.withoutSession})
		if len(d.c.Form) > 0 {
			checks = append(checks, check{"sign-in", d.signIn})
		}
		checks = append(checks,
			check{"login", d.login},
			check{"identity", d.identity},
			check{"deep links", d.deepLinks},
			check{"hostile referrers", d.hostileReferrers},
			check{"HEAD and prefetch", d.minters},
			check{"Host header", d.hosts})
	}
	if d.c.SignUpURL != "" && d.c.Community != "" {
		checks = append(checks, check{"sign-up", d.signUp})
	}
	if d.json != nil {
		checks = append(checks,
			check{"JSON, no session", d.jsonWithoutSession},
			check{"JSON login", d.jsonLogin},
			check{"JSON return paths", d.jsonReturnPaths},
			check{"JSON other origins", d.jsonOtherOrigins})
	}
	if d.page != nil {
		checks = append(checks, check{"token's clock", d.tokenClock})
	}
	if d.page != nil || d.c.LogoutURL != "" {
		checks = append(checks, check{"logout", d.logout})
	}
	return checks
}

// A doctor is one run.
type doctor struct {
	c         Config
	key       ssotoken.Key // zero without one
	community ssotoken.Community
	page      *url.URL // the AuthorizationURL; nil without one
	json      *url.URL // the JSONURL; nil without one
	transport http.RoundTripper
	pace      *pace

	requests, answers, drops atomic.Int64

	mu     sync.Mutex // for findings of requests that are made at once
	report *Diagnosis

	// session is the signed-in visitor.
	session *jar
	// stranger is what one without a session got; nil without an answer.
	stranger *answer
	// hops are the paths of the partner's own that a login goes over.
	hops map[string]bool

	// first is the first login with the session; nil when there was none.
	first *loginURL
	// skew is how far the server's clock is ahead of ours. It is 0 if they
	// agree within contract.Skew.
	skew time.Duration

	// minted are the logins of the session, in the order of their answers.
	minted []minted

	// jsonFirst is the first login URL of the JSON door, and jsonAs what it
	// was given for.
	jsonFirst *loginURL
	jsonAs    credential
	// of is where the findings about the door begin that is being checked.
	of int
}

// settings looks at the key and the addresses, without a request.
func (d *doctor) settings(ctx context.Context) error {
	d.key = d.c.Key
	if d.c.KeySource != nil {
		key, err := d.c.KeySource(ctx)
		if err == nil && key.IsZero() {
			err = contract.KeyMissing
		}
		if err != nil {
			code := ssotoken.CodeOf(err)
			if code.Rule().Area != contract.Site {
				code = contract.KeyRefused
			}
			d.find(code, err.Error())
		}
		d.key = key
	}
	d.report.KeyFingerprint = d.key.Fingerprint()
	if !d.key.IsZero() && d.key.Weak() {
		d.find(contract.KeyWeak, fmt.Sprintf("The key has under %d bytes.", contract.StrongKey))
	}
	d.report.AuthorizationURL, d.report.JSONURL = d.c.AuthorizationURL, d.c.JSONURL
	d.report.Community = d.community.String()
	for _, a := range d.c.addresses() {
		if a.url != "" && !isSafe(a.url) {
			d.find(contract.AddressNotHTTPS, "The "+a.name+" is http.")
		}
	}
	return nil
}

// isSafe reports whether nobody on the way can read what is sent to an address.
func isSafe(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	return u.Scheme == "https" || loopback.Is(u.Hostname())
}

// hasSession reports whether the session can be shown to an address.
func (d *doctor) hasSession(address string) bool { return d.c.Cookie != "" && isSafe(address) }

// judge gives the options for package inspect at the time of an answer, by the
// server's clock: a clock that differs is one finding, not a wrong iat and exp
// too.
func (d *doctor) judge(a *answer) inspect.Options {
	return inspect.Options{Key: d.key, Now: a.received.Add(d.skew)}
}
