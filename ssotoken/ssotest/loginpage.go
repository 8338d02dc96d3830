package ssotest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// A loginPage is what a login's page shows besides the login.
type loginPage struct {
	Prev, Next int // numbers of the logins before and after; 0 where none is kept
	Earlier    *login
	Difference []change // from Earlier
	Timeline   timeline
}

func (h *Handler) oneLogin(_ http.ResponseWriter, r *http.Request) answer {
	_, all := h.kept()
	i := indexOf(all, r.PathValue("of"))
	if i < 0 {
		return missing(noLogin)
	}
	l := all[i]
	p := loginPage{Timeline: newTimeline(l, h.now())}
	if i > 0 {
		p.Prev = all[i-1].Number
	}
	if i+1 < len(all) {
		p.Next = all[i+1].Number
	}
	for _, earlier := range slices.Backward(all[:i]) {
		if same(earlier, l, contract.Sub) || same(earlier, l, contract.Email) {
			p.Earlier, p.Difference = earlier, claimChanges(earlier.Report, l.Report)
			break
		}
	}
	return view{Page: "login", Title: fmt.Sprintf("Login %d: %s", l.Number, outcomes[l.Accepted]), Login: l, Token: l.token,
		Misread: h.misread(l.token, l.Report), Data: p}
}

var outcomes = map[bool]string{true: "accepted", false: "refused"}

const noLogin = "There is no such login. Only the last " + maxLoginsInWords + " are kept."

func indexOf(logins []*login, number string) int {
	return slices.IndexFunc(logins, func(l *login) bool { return strconv.Itoa(l.Number) == number })
}

func same(a, b *login, claim string) bool {
	return a.Claim(claim) != "" && a.Claim(claim) == b.Claim(claim)
}

// claimChanges lists the claims that differ between two tokens, but for the times,
// which always do. A value is empty where the claim is not there.
func claimChanges(before, after *inspect.Report) (list []change) {
	value := func(r *inspect.Report, name string) string {
		e, _ := r.Claim(name)
		return readable(e.Value)
	}
	seen := map[string]bool{contract.Iat: true, contract.Exp: true}
	for _, e := range slices.Concat(before.Claims, after.Claims) {
		if b, a := value(before, e.Name), value(after, e.Name); b != a && !seen[e.Name] {
			list = append(list, change{e.Name, b, a})
		}
		seen[e.Name] = true
	}
	return list
}

type timeline struct {
	Events     []event
	Used, Life int // seconds: from minting to arrival, and to expiry; 0 unless both make sense
}

type event struct {
	At         time.Time
	What, Note string
}

func newTimeline(l *login, now time.Time) timeline {
	r := l.Report
	arrived := event{r.Now, "arrived", distance(l.At.Sub(now))}
	if !r.Now.Equal(l.At) {
		arrived.Note = "by the community's clock, which is set apart from this machine's by " + inWords(r.Now.Sub(l.At).Abs())
	}
	minted := event{r.IssuedAt, "minted (iat)", fromArrival(r.IssuedAt.Sub(r.Now))}
	if r.Has(inspect.IatFuture) {
		minted.Note += ": the clocks differ by more than " + inWords(contract.Skew)
	}
	t := timeline{Events: []event{minted, arrived, {r.Expires, "expires (exp)", fromArrival(r.Expires.Sub(r.Now))}}}
	t.Events = slices.DeleteFunc(t.Events, func(e event) bool { return e.At.IsZero() })
	slices.SortStableFunc(t.Events, func(a, b event) int { return a.At.Compare(b.At) })
	life, used := r.Expires.Sub(r.IssuedAt), r.Now.Sub(r.IssuedAt)
	if len(t.Events) == 3 && life > 0 && used >= 0 && life <= contract.MaxLifetime {
		t.Life, t.Used = int(life/time.Second), int(used/time.Second)
	}
	return t
}

// fromArrival says how long before, or after, its arrival a token has an event.
func fromArrival(d time.Duration) string {
	switch {
	case d.Abs() < 500*time.Millisecond:
		return "in the same second"
	case d < 0:
		return inWords(-d) + " before it came"
	}
	return inWords(d) + " after it came"
}

func findings(r *inspect.Report, of ...inspect.Verdict) []inspect.Finding {
	other := func(f inspect.Finding) bool { return !slices.Contains(of, f.Verdict) }
	return slices.DeleteFunc(slices.Clone(r.Findings), other)
}

// Mistakes counts what the community let through.
func (l *login) Mistakes() int {
	return len(l.SpaceProblems) + len(findings(l.Report, inspect.Warn))
}

var jsonEscapes = regexp.MustCompile(`\\[^u]|(?:\\u[0-9a-fA-F]{4})+`)

// readable is JSON with the letters that it escapes, as many languages write it, unless
// nobody would see them or they are none.
func readable(raw json.RawMessage) string {
	return jsonEscapes.ReplaceAllStringFunc(strings.ToValidUTF8(string(raw), "\ufffd"), func(escape string) string {
		var letters string
		hidden := func(r rune) bool { return !unicode.IsPrint(r) || r == '"' || r == '\\' || r == '\ufffd' }
		if escape[1] != 'u' || json.Unmarshal([]byte(`"`+escape+`"`), &letters) != nil || strings.ContainsFunc(letters, hidden) {
			return escape
		}
		return letters
	})
}

// asJSON is an object of the claims, but for the times, which a new token has of its own.
func asJSON(claims []inspect.Entry) string {
	var lines []string
	for _, e := range claims {
		if name, _ := json.Marshal(e.Name); e.Name != contract.Iat && e.Name != contract.Exp {
			lines = append(lines, "  "+readable(name)+": "+readable(e.Value))
		}
	}
	return "{\n" + strings.Join(lines, ",\n") + "\n}"
}

// A reportView is a report on a page.
type reportView struct {
	*inspect.Report
	View view
}

// HasExpired reports whether nobody can log in with the token, so that it may be shown.
func (v reportView) HasExpired() bool {
	return !v.Expires.IsZero() && v.Expires.Before(v.View.Now)
}

func namedSpaces(v reportView, claim string) (list []Space) {
	for _, s := range slices.Concat(v.Spaces.Join, v.Spaces.Leave) {
		if strings.HasPrefix(s.Path, claim+"[") {
			space, _ := v.View.Settings.space(s.ID)
			list = append(list, space)
		}
	}
	return list
}

func requestLine(address string) string {
	scheme, rest, _ := strings.Cut(address, "://")
	host, target, _ := strings.Cut(rest, "/")
	return "GET /" + target + " HTTP/1.1\nHost: " + host + "\n(over " + scheme + ")"
}
