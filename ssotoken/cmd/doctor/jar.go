package doctor

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// A jar holds the cookies of one visitor, as a browser does.
type jar struct {
	mu      sync.Mutex
	cookies []cookie

	// names are the cookies of a session that was given. It keeps no others:
	// they last for a visit, since a hundred visits of one browser look like a
	// loop.
	names   []string
	rotates bool // one of them got another value

	session *jar // of a visit with a session

	seen []*http.Cookie // as they were set
}

// A cookie goes to its host and those below it; to every address of the
// settings if host is empty.
type cookie struct{ name, value, host, path string }

// countsVisits is the cookie by which [ssotoken.Login] finds a loop.
const countsVisits = "sso_trips"

// newJar takes a header Cookie.
func newJar(header string) *jar {
	j := &jar{}
	for pair := range strings.SplitSeq(header, ";") {
		if name, value, ok := strings.Cut(strings.TrimSpace(pair), "="); ok && name != countsVisits {
			j.cookies = append(j.cookies, cookie{name: name, value: value, path: "/"})
			j.names = append(j.names, name)
		}
	}
	return j
}

// visit gives a jar for one visit.
func (j *jar) visit() *jar {
	if len(j.names) == 0 {
		return j
	}
	return &jar{session: j}
}

// header is what goes to an address.
func (j *jar) header(u *url.URL) string {
	var pairs []string
	if j.session != nil {
		if inherited := j.session.header(u); inherited != "" {
			pairs = append(pairs, inherited)
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range j.cookies {
		if c.reaches(u) {
			pairs = append(pairs, c.name+"="+c.value)
		}
	}
	return strings.Join(pairs, "; ")
}

func (c cookie) reaches(u *url.URL) bool {
	host := u.Hostname()
	under := strings.TrimSuffix(c.path, "/")
	return (c.host == "" || host == c.host || strings.HasSuffix(host, "."+c.host)) &&
		(u.Path == under || strings.HasPrefix(u.Path, under+"/"))
}

// keep takes the cookies that an answer sets, and drops those that it ends.
func (j *jar) keep(u *url.URL, h http.Header, now time.Time) {
	for _, set := range (&http.Response{Header: h}).Cookies() {
		c := cookie{set.Name, set.Value, strings.TrimPrefix(set.Domain, "."), set.Path}
		if c.host == "" {
			c.host = u.Hostname()
		}
		if !strings.HasPrefix(c.path, "/") {
			c.path = u.Path[:strings.LastIndexByte(u.Path, '/')+1]
		}
		over := set.MaxAge < 0 || set.MaxAge == 0 && !set.Expires.IsZero() && set.Expires.Before(now)
		j.mu.Lock()
		j.seen = append(j.seen, set)
		j.mu.Unlock()
		if j.session == nil || !j.session.set(c, over) {
			j.set(c, over)
		}
	}
}

// set reports whether the cookie is one of this jar.
func (j *jar) set(c cookie, over bool) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	isGiven := slices.Contains(j.names, c.name)
	if j.names != nil && !isGiven {
		return false
	}
	if isGiven { // for all addresses of the settings
		c.host, c.path = "", "/"
	}
	at := slices.IndexFunc(j.cookies, func(old cookie) bool { return old.name == c.name && old.host == c.host && old.path == c.path })
	switch {
	case at >= 0 && over:
		j.cookies = slices.Delete(j.cookies, at, at+1)
	case at >= 0:
		j.rotates = j.rotates || j.cookies[at].value != c.value
		j.cookies[at].value = c.value
	case !over:
		j.cookies = append(j.cookies, c)
	}
	return true
}

// isMoving reports whether the cookies change from answer to answer, so that
// requests go one after the other.
func (j *jar) isMoving() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.rotates
}
