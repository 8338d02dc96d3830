package main

import (
	"context"
	"flag"
	"io"
	"log/slog"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/alexedwards/scs/goredisstore"
	"github.com/alexedwards/scs/v2"
	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"

	"github.com/bettermode-go/sso/examples/internal/servers"
	"github.com/bettermode-go/sso/examples/internal/sessions"
	"github.com/bettermode-go/sso/ssotoken"
)

// memberKey is where a session has the member's id.
const memberKey = "member"

// servedBy is the header that names the process of an answer. The proxy's own answers
// have none.
const servedBy = "X-Served-By"

// drainTime is how long a process that ends goes on serving, while its health check
// tells the proxy to send nothing more. It is longer than two checks.
const drainTime = 1500 * time.Millisecond

// A site is one process. What a visitor does at one of them is known to all.
type site struct {
	sessions *scs.SessionManager
	limiter  *redis_rate.Limiter
	login    *ssotoken.Login
}

func runSite(ctx context.Context, args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("fleet "+siteVerb, flag.ContinueOnError)
	addr := flags.String("addr", "", "`address` to listen on")
	store := flags.String("store", "", "`address` of Redis")
	key := flags.String("key", "", "`URL` of the key: see README.md")
	community := flags.String("community", "", "`address` of the community")
	return servers.Run(flags, args, stderr, func() error {
		log := slog.New(slog.NewJSONHandler(stderr, nil))
		signer, source, err := newSigner(*community, *key, log)
		if err != nil {
			return err
		}
		client := redis.NewClient(&redis.Options{Addr: *store})
		defer client.Close()
		handler, err := newSite(*addr, client, signer, log)
		if err != nil {
			return err
		}
		mux := http.NewServeMux()
		mux.Handle("/", handler)
		mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) { health(ctx, source, w, r) })
		listener, err := servers.Listen(*addr)
		if err != nil {
			return err
		}
		serving, stop := context.WithCancel(context.WithoutCancel(ctx))
		defer stop()
		context.AfterFunc(ctx, func() { time.AfterFunc(drainTime, stop) })
		return servers.Serve(serving, map[servers.Listener]http.Handler{listener: mux})
	})
}

// health is for the proxy. It asks for the key, so that a process without visitors has
// a new one too. A store that is down is down for all: taking this process out would
// help nobody.
func health(ctx context.Context, source ssotoken.KeySource, w http.ResponseWriter, r *http.Request) {
	key, err := source(r.Context())
	if err != nil || ctx.Err() != nil {
		http.Error(w, "ending", http.StatusServiceUnavailable)
		return
	}
	io.WriteString(w, "SSO key "+key.Fingerprint()+"\n")
}

func newSite(name string, store *redis.Client, signer *ssotoken.Signer, log *slog.Logger) (http.Handler, error) {
	s := &site{sessions: scs.New(), limiter: redis_rate.NewLimiter(store)}
	s.sessions.Store = goredisstore.New(store)
	s.sessions.HashTokenInStore = true // who reads the store can't sign in
	s.sessions.Lifetime = sessions.Lifetime
	s.sessions.Cookie.Name = "fleet_session" // on https: Secure, and a name with __Host-
	s.sessions.Cookie.Secure = false
	mux := http.NewServeMux()
	if err := s.openDoors(mux, signer, log); err != nil {
		return nil, err
	}
	s.sessions.ErrorFunc = s.login.Fail
	mux.Handle("GET /{$}", http.RedirectHandler(signer.Community().String(), http.StatusSeeOther))
	app := sessions.OnlyOne(s.sessions.Cookie.Name, s.sessions.LoadAndSave(mux))
	app = http.MaxBytesHandler(http.NewCrossOriginProtection().Handler(app), 64<<10)
	policy := "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; " + signer.Community().FormAction()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(servedBy, name)
		w.Header().Set("Content-Security-Policy", policy)
		app.ServeHTTP(w, r)
	}), nil
}

const signInPage = `<!DOCTYPE html>
<html lang="en"><head><title>Sign in</title><meta name="viewport" content="width=device-width"></head><body>
<h1>Sign in</h1>
<p>A sample site, which lets anybody in: member-0 to member-9999.</p>
<form method="post"><label>Member <input name="member" value="member-1" required></label> <button>Sign in</button></form>
</body></html>
`

var memberID = regexp.MustCompile(`^member-\d{1,4}$`)

// signIn is the sign-in page, at the Authorization URL.
func (s *site) signIn(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, signInPage)
		return
	}
	id := r.PostFormValue("member")
	if !memberID.MatchString(id) { // a real site asks for a password
		http.Error(w, "There is no such member.", http.StatusBadRequest)
		return
	}
	tries, err := s.limiter.Allow(r.Context(), "sign-in "+id, redis_rate.PerMinute(10))
	if err == nil && tries.Allowed == 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(tries.RetryAfter.Seconds()))))
		http.Error(w, "Too many tries. Wait a minute, then try again.", http.StatusTooManyRequests)
		return
	}
	if err == nil {
		err = s.sessions.RenewToken(r.Context()) // a session id that was planted is worth nothing
	}
	if err != nil {
		s.login.Fail(w, r, err)
		return
	}
	s.sessions.Put(r.Context(), memberKey, id)
	s.login.Resume(w, r)
}

func (s *site) signOut(_ http.ResponseWriter, r *http.Request) error {
	return s.sessions.Destroy(r.Context())
}
