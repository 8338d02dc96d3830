package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest/redirects"
	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

// Names of parameters by which handlers are known to take from the request what
// only the session, or the configuration, may say.
var (
	whoNames = strings.Fields(`user user_id userId uid id sub subject member member_id external_id externalId account
		customer username user_name login login_hint as impersonate`)
	emailNames = strings.Fields("email mail user_email userEmail email_address")
	nameNames  = strings.Fields("name full_name fullName display_name displayName")
	placeNames = strings.Fields(`community community_url communityUrl community_domain communityDomain community_host
		domain host hostname site tenant org instance realm workspace brand base base_url baseUrl
		origin target audience aud sso_url`)
	leaveNames = strings.Fields(`redirect redirect_uri redirect_url redirectUrl redirect_to return return_to returnTo
		returnUrl return_url next url to continue goto destination callback back r u referrer_uri
		post_logout_redirect_uri`)
	whoHeaders = strings.Fields(`X-User X-User-Id X-Remote-User Remote-User X-Forwarded-User X-Auth-User
		X-Auth-Request-User X-Authenticated-User X-Forwarded-Preferred-Username`)
	mailHeaders = strings.Fields(`X-Email X-User-Email X-Forwarded-Email X-Auth-Request-Email
		Cf-Access-Authenticated-User-Email X-Goog-Authenticated-User-Email`)
)

// A member is whom a token names.
type member struct{ sub, email, name string }

func memberOf(l *loginURL) member {
	texts := map[string]string{}
	for _, e := range inspect.LoginURL(l.raw, inspect.Options{}).Claims {
		text, ok := e.Text()
		if !ok {
			text = string(e.Value)
		}
		texts[e.Name] = text
	}
	return member{texts[contract.Sub], texts[contract.Email], texts[contract.Name]}
}

// nobodies are members that are made up, or that a table has first.
var nobodies = []member{
	{"doctor-probe-4711", "doctor-probe-4711@" + redirects.Host, "Doctor Probe 4711"},
	{"1", "admin@example.com", "Admin"},
	{"2", "test@example.com", "Test"},
}

// A lie is one thing that a request says beside its session.
type lie struct {
	in          place
	name, value string
	shown       string // in place of a member's value, for people
}

type place string

const (
	inQuery  place = "parameter"
	inHeader place = "header"
	inCookie place = "cookie"
	inBody   place = "member of the JSON body"
)

// known returns the member, and then each of some values as all that is known of one:
// a parameter such as user may take an email.
func (m member) known(values ...string) []member {
	all := []member{m}
	for _, value := range values {
		if only := (member{value, value, value}); value != "" && !slices.Contains(all, only) {
			all = append(all, only)
		}
	}
	return all
}

// lies says who the member is, in every place that could say so.
func (m member) lies(places ...place) (lies []lie) {
	isReal := !slices.Contains(nobodies, m)
	for _, group := range []struct {
		names, headers []string
		value, shown   string
	}{
		{whoNames, whoHeaders, m.sub, "SUB"}, {emailNames, mailHeaders, m.email, "EMAIL"}, {nameNames, nil, m.name, "NAME"},
	} {
		if group.value == "" {
			continue
		}
		switch {
		case !isReal:
			group.shown = group.value
		case m.sub == m.email && strings.Contains(m.email, "@"):
			group.shown = "EMAIL"
		case m.sub == m.email:
			group.shown = "NAME"
		}
		for _, in := range places {
			names := group.names
			if in == inHeader {
				names = group.headers
			}
			for _, name := range names {
				lies = append(lies, lie{in, name, group.value, group.shown})
			}
		}
	}
	return lies
}

// told spells lies out for a request, or for people.
func told(lies []lie, forPeople bool) (query string, header map[string]string, cookies, body string) {
	q, members, pairs := url.Values{}, map[string]string{}, []string{}
	header = map[string]string{}
	for _, l := range lies {
		value := l.value
		if forPeople {
			value = l.shown
		}
		switch l.in {
		case inQuery:
			q.Set(l.name, value)
		case inHeader:
			header[l.name] = controls.ReplaceAllString(value, "")
		case inCookie:
			pairs = append(pairs, l.name+"="+strings.ReplaceAll(controls.ReplaceAllString(value, ""), ";", ""))
		case inBody:
			members[l.name] = value
		}
	}
	if len(members) > 0 {
		text, _ := json.Marshal(members) // texts are always JSON
		body = string(text)
	}
	return q.Encode(), header, strings.Join(pairs, "; "), body
}

// controls are what no header holds: a claim is foreign text.
var controls = regexp.MustCompile(`[\x00-\x1f\x7f]`)

// A sender sends a probe: get, or as a visitor.
type sender func(context.Context, probe) (*answer, error)

// accuse sends requests with lies. For each bad answer, it reports the one lie that
// makes it bad, if it is one, unless there is a finding with this code.
func (d *doctor) accuse(ctx context.Context, code contract.Code, tries []probe, send sender,
	isBad func(*answer) bool, report func(lies []lie, at *answer),
) error {
	answers, err := d.all(ctx, tries, send)
	if err != nil {
		return err
	}
	for i, a := range answers {
		if !isBad(a) || d.found(code) {
			continue
		}
		lies, at, err := bite(ctx, tries[i], a, send, isBad)
		if err != nil {
			return err
		}
		report(lies, at)
	}
	return nil
}

// bite halves the lies of a bad request as long as a half is still bad.
func bite(ctx context.Context, try probe, at *answer, send sender, isBad func(*answer) bool) ([]lie, *answer, error) {
	lies := try.lies
halves:
	for len(lies) > 1 {
		for _, half := range [][]lie{lies[:len(lies)/2], lies[len(lies)/2:]} {
			try.lies = half
			a, err := send(ctx, try)
			if err != nil {
				return nil, nil, err
			}
			if isBad(a) {
				lies, at = half, a
				continue halves
			}
		}
		break
	}
	return lies, at, nil
}

func nameOf(lies []lie) string {
	if len(lies) == 1 {
		return fmt.Sprintf("in the %s %s", lies[0].in, lies[0].name)
	}
	return "in parameters, headers or a body"
}

// identity checks that the request says neither who the member is nor which
// community it is for, and that another session is another member.
func (d *doctor) identity(ctx context.Context) error {
	if err := d.otherMember(ctx); err != nil {
		return err
	}
	if err := d.posesAsMember(ctx); err != nil {
		return err
	}
	if d.first == nil {
		d.note("without a session only: " + noLogin)
		return nil
	}
	others := nobodies
	if d.other != (member{}) {
		others = append(d.other.known(d.other.email), others...)
	}
	var tries []probe
	for _, m := range others {
		tries = append(tries, probe{poses: m, lies: m.lies(inQuery, inHeader)})
	}
	if err := d.pretends(ctx, d.who, tries, d.open); err != nil {
		return err
	}
	return d.places(ctx)
}

// posesAsMember asks without a session and says to be a member: one that is made
// up, and the one whose session was given. Nobody gets a token by that.
func (d *doctor) posesAsMember(ctx context.Context) error {
	members := slices.Clone(nobodies[:2])
	if d.who != (member{}) {
		members = append(members, d.who.known(d.who.email, d.who.name, d.loginName())...)
	}
	var tries []probe
	for _, m := range members {
		tries = append(tries, probe{url: d.c.AuthorizationURL, lies: m.lies(inQuery, inHeader, inCookie)})
		if slices.Contains(nobodies, m) {
			continue
		}
		tries = append(tries, probe{url: d.c.AuthorizationURL, from: d.page, lies: m.lies(inBody)})
	}
	return d.tryPoses(ctx, MintsWithoutSession, tries, d.get)
}

// tryPoses sends requests that say to be a member, and looks for tokens.
func (d *doctor) tryPoses(ctx context.Context, code contract.Code, tries []probe, send sender) error {
	return d.accuse(ctx, code, tries, send, (*answer).gives, func(lies []lie, at *answer) {
		d.once(code, at, "A request without a session, with a member's data %s, got a token.", nameOf(lies))
	})
}

// jsonIdentity asks the JSON door without a session and says to be the member, and
// with the session and says to be another.
func (d *doctor) jsonIdentity(ctx context.Context) error {
	if d.jsonFirst == nil {
		return d.skip(noLogin)
	}
	who := memberOf(d.jsonFirst)
	var tries []probe
	for _, m := range who.known(who.email) {
		tries = append(tries, probe{lies: m.lies(inQuery, inHeader, inCookie)}, probe{lies: m.lies(inBody)})
	}
	err := d.tryPoses(ctx, JSONMintsWithoutSession, tries, d.asker(credential{}))
	if err != nil {
		return err
	}
	if d.other == (member{}) && d.c.OtherCookie != "" && d.mayKnow(d.json) {
		a, err := d.ask(ctx, credential{as: newVisitor(d.c.OtherCookie, d.hosts)}, probe{})
		if err != nil {
			return err
		}
		d.meet(a, who, JSONNoLogin, fmt.Sprintf("the answer was %d, without a login URL", a.status))
	}
	others := nobodies[:1]
	if d.other != (member{}) {
		others = append(d.other.known(d.other.email), nobodies[0])
	}
	tries = nil
	for _, m := range others {
		tries = append(tries, probe{poses: m, lies: m.lies(inQuery, inHeader)}, probe{poses: m, lies: m.lies(inBody)})
	}
	return d.pretends(ctx, who, tries, d.asker(d.jsonAs))
}

// loginName is what the member types to sign in; "" without a form.
func (d *doctor) loginName() string {
	for _, name := range slices.Sorted(maps.Keys(d.c.Form)) {
		if !secretField.MatchString(name) && len(d.c.Form[name]) > 0 {
			return d.c.Form[name][0]
		}
	}
	return ""
}

var secretField = regexp.MustCompile(`(?i)pass|pwd|pin|otp|code|secret|token|key`)

// pretends says beside a session to be another member.
func (d *doctor) pretends(ctx context.Context, own member, tries []probe, send sender) error {
	var broken *answer // neither a login nor a refusal, such as of a firewall
	err := d.accuse(ctx, IdentityFromRequest, tries, send, func(a *answer) bool {
		l, ok := d.loginOf(a)
		if !ok && a.status < 400 {
			broken = a
		}
		return ok && changed(a.probe.poses, own, memberOf(l)) != ""
	}, func(lies []lie, at *answer) {
		l, _ := d.loginOf(at)
		d.once(IdentityFromRequest, at, "With another user's data %s beside the session, the token's %s was another.",
			nameOf(lies), changed(at.probe.poses, own, memberOf(l)))
	})
	if err != nil || broken == nil || broken.probe.url == d.c.JSONURL {
		return err
	}
	works, err := d.stillWorks(ctx)
	if works {
		d.once(IdentityFromRequest, broken, "With the session cookie, and another user's id and email in parameters and "+
			"headers, %s.", whereTo(broken))
	}
	return err
}

// changed names the claim of a login that the data of m, another member, changed.
func changed(m, own, now member) string {
	theirs := []string{m.sub, m.email, m.name}
	switch {
	case now.sub != own.sub:
		return contract.Sub
	case now.email != own.email && slices.Contains(theirs, now.email):
		return contract.Email
	case now.name != own.name && slices.Contains(theirs, now.name):
		return contract.Name
	}
	return ""
}

// places asks for logins to another community.
func (d *doctor) places(ctx context.Context) error {
	var tries []probe
	for _, value := range []string{redirects.Host, "https://" + redirects.Host} {
		var lies []lie
		for _, name := range slices.Concat(placeNames, leaveNames) {
			if name != contract.ReferrerURI {
				lies = append(lies, lie{inQuery, name, value, value})
			}
		}
		tries = append(tries, probe{lies: lies})
	}
	return d.accuse(ctx, "", tries, d.open, func(a *answer) bool {
		l, ok := d.loginOf(a)
		return ok && l.origin+l.folder != d.first.origin+d.first.folder || !ok && a.target() != nil && isEvil(a.target().Host)
	}, func(lies []lie, at *answer) {
		if l, ok := d.loginOf(at); ok {
			d.once(CommunityFromRequest, at, "With %q %s, the login goes to %s.", lies[0].value, nameOf(lies), l.origin+l.folder)
		} else {
			d.once(OpenRedirect, at, "With %q %s, the answer leads to %s.", lies[0].value, nameOf(lies), seenAt(at.target()))
		}
	})
}

// otherMember looks whether another session is another member, after the first one has logged in.
func (d *doctor) otherMember(ctx context.Context) error {
	if d.c.OtherCookie == "" || d.first == nil {
		return nil
	}
	a, _, err := d.visit(ctx, probe{url: d.c.AuthorizationURL, as: newVisitor(d.c.OtherCookie, d.hosts)}, d.ownPath)
	if err != nil {
		return err
	}
	d.meet(a, d.who, SessionNotTaken, whereTo(a))
	return nil
}

// meet reads the login of the other session. code and seen are the finding without one.
func (d *doctor) meet(a *answer, who member, code contract.Code, seen string) {
	if l, ok := d.loginOf(a); !ok {
		d.find(code, a, "With the other session cookie, %s.", seen)
	} else if d.other = memberOf(l); d.other.sub == who.sub && who.sub != "" {
		d.find(SameMember, a, "The sessions of two members got tokens with one sub.")
	}
}

// minters asks for a login by HEAD and by a prefetch, where nobody navigates.
func (d *doctor) minters(ctx context.Context) error {
	if d.first == nil {
		return d.skip(noLogin)
	}
	answers, err := d.all(ctx, []probe{
		{method: http.MethodHead}, {header: map[string]string{"Sec-Purpose": "prefetch", "Purpose": "prefetch"}},
	}, d.open)
	if err != nil {
		return err
	}
	if a := answers[0]; a.mints() {
		d.find(HEADMints, a, "HEAD was answered with a token.")
	}
	if a := answers[1]; a.mints() {
		d.find(PrefetchMints, a, "A request with Sec-Purpose: prefetch was answered with a token.")
	}
	_, err = d.stillWorks(ctx)
	return err
}

// hostHeader sends a foreign name in the headers that name the host. A proxy may hand a request with a forged Host to
// somebody else's site, so the session stays out of it; with another port the name is still the site's own.
func (d *doctor) hostHeader(ctx context.Context) error {
	const evil = redirects.Host
	forwarded := map[string]string{
		"X-Forwarded-Host": evil, "X-Forwarded-Server": evil, "X-Host": evil, "X-Original-Host": evil,
		"Forwarded": "host=" + evil,
	}
	tries := []probe{{host: evil}, {header: forwarded}}
	if d.first != nil {
		tries = append(tries, probe{host: evil, cookie: madeUp(d.c.Cookie)},
			probe{host: d.page.Hostname() + ":9", as: d.session}, probe{header: forwarded, as: d.session})
	} else {
		d.note("without a session only: " + noLogin)
	}
	answers, err := d.all(ctx, tries, func(ctx context.Context, try probe) (*answer, error) {
		try.url, try.query = d.c.AuthorizationURL, referrer("/spaces")
		return d.get(ctx, try)
	})
	if err != nil {
		return err
	}
	for i, a := range answers {
		name, value := "Host", tries[i].host
		if value == "" {
			name, value = "X-Forwarded-Host and similar headers", evil
		}
		u := a.target()
		if u != nil && (isEvil(u.Host) || d.first != nil && hasToken(u) && useragent.Origin(u) != d.first.origin) {
			d.once(HostBelieved, a, "With %s %q, the answer leads to %s.", name, value, seenAt(u))
		}
	}
	if d.first != nil {
		_, err = d.stillWorks(ctx)
	}
	return err
}
