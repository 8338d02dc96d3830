package browser

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// Texts that break layouts.
var (
	unbroken    = strings.Repeat("Wolfeschlegelsteinhausen", 9)[:200]
	rightToLeft = "مريم الأسطرلابي"
	emoji       = "👩‍💻🏳️‍🌈👨‍👩‍👧‍👦🇺🇦"
)

// newCrowd is a community with 300 spaces, 40 custom fields and 200 members,
// some of whom have names that break layouts.
func newCrowd(t *testing.T) *pair {
	t.Helper()
	settings := ssotest.Settings{OtherLoginMethods: true, Name: "Partner community", NewUsersHomepage: "/welcome"}
	for i := range 300 {
		name := fmt.Sprintf("Space %d", i+1)
		switch i {
		case 0:
			name = unbroken
		case 1:
			name = rightToLeft
		}
		settings.Spaces = append(settings.Spaces, ssotest.Space{ID: spaceID(i + 1), Name: name, Slug: fmt.Sprintf("space-%d", i+1)})
	}
	for i := range 40 {
		settings.CustomFields = append(settings.CustomFields, ssotest.CustomField{Name: fmt.Sprintf("Field %d", i+1),
			Type: "text", ExternalKeys: []string{fmt.Sprintf("field_%d", i+1), fmt.Sprintf("old_%d", i+1)}})
	}
	p := newPair(t, pairConfig{settings: settings, members: crowd(settings.Spaces)})
	return p
}

func crowd(spaces []ssotest.Space) (members []ssotest.Member) {
	all := make([]string, len(spaces))
	for i, s := range spaces {
		all[i] = s.ID
	}
	for i := range 200 {
		m := ssotest.Member{ID: fmt.Sprintf("m-%03d", i), ExternalID: fmt.Sprintf("ext-%03d", i),
			Name: fmt.Sprintf("Member %03d of this community", i), Email: fmt.Sprintf("member-%03d@partner.example", i),
			Spaces: all[i%300 : i%300+1]}
		switch i {
		case 0:
			m.Name, m.Tagline, m.ExternalID, m.Spaces = unbroken, unbroken, unbroken[:50], all
			m.Email, m.Fields = unbroken[:60]+"@partner.example",
				map[string]string{"Field 1": `"` + strings.Repeat(unbroken, 20) + `"`, unbroken: "1"}
		case 1:
			m.Name, m.Tagline = rightToLeft, rightToLeft
		case 2:
			m.Name = emoji
		case 3:
			m.Name, m.ExternalID = "", ""
		case 4:
			m.Name = "\u200b \t"
		}
		members = append(members, m)
	}
	return members
}

// send makes a login of the fake's sample mistakes, by its form.
func (p *pair) send(b *tab, mistake string) {
	b.t.Helper()
	b.open(p.community + "/_fake/mistakes")
	b.press(`button[value="` + mistake + `"]`)
}

func TestPagesHoldForAnyDataAndAreAccessible(t *testing.T) {
	p, b := newCrowd(t), newTab(t)
	p.loginAs(t, ssotest.Member{ExternalID: unbroken[:50], Name: unbroken, Email: unbroken[:60] + "@partner.example"}, spaceID(1)) // 1
	p.loginAs(t, ssotest.Member{ExternalID: "joins-all", Name: rightToLeft, Email: "all@partner.example"}, allSpaces()...)         // 2
	mistakes := []string{"none", "expired", "wrong-key", "conflict", "key-with-line-feed", "replace-empties", "hostile-path",
		"unknown-space", "milliseconds", "unsigned"} // 3 to 12
	for range 10 {
		mistakes = append(mistakes, "none", "no-name", "expired")
	}
	for _, mistake := range mistakes {
		visit(t, p.community+"/_fake/mistakes", url.Values{"mistake": {mistake}})
	}
	pages := []struct{ name, path string }{
		{"home", "/"},
		{"spaces", "/spaces"},
		{"space", "/spaces/space-1"},
		{"other", "/" + unbroken + "?q=" + unbroken},
		{"members", "/members"},
		{"members-last", "/members?page=10"},
		{"members-none", "/members?q=" + unbroken},
		{"member-unbroken", "/members/m-000"},
		{"member-rtl", "/members/m-001"},
		{"member-blank", "/members/m-004"},
		{"logins", "/logins"},
		{"logins-filter", "/logins?outcome=refused&code=exp-expired&q=sam"},
		{"login-unbroken", "/logins/1"},
		{"login-300-spaces", "/logins/2"},
		{"login-accepted", "/logins/3"},
		{"login-expired", "/logins/4"},
		{"login-wrong-key", "/logins/5"},
		{"login-conflict", "/logins/6"},
		{"login-line-feed", "/logins/7"},
		{"login-replace", "/logins/8"},
		{"login-hostile-path", "/logins/9"},
		{"settings", "/_fake/admin"},
		{"shelf", "/_fake/mistakes"},
		{"inspect", "/_fake/inspect"},
		{"codes", "/_fake/codes"},
		{"code", "/_fake/codes/exp-expired"},
		{"missing", "/_fake/nothing"},
		{"direct", "/auth/login/direct"},
		{"log-in", "/auth/login"},
		{"refused", "/api/auth/sso?jwt=a.b.c"},
	}
	var sum measures
	for _, page := range pages {
		sum.measure(b, page.name, p.community+page.path)
	}
	for _, sample := range []string{"none", "key-with-line-feed", "misspelled"} {
		b.open(p.community + "/_fake/inspect")
		b.press(`button[value="` + sample + `"]`)
		sum.resize(b, "inspect-"+sample)
	}
	b.open(p.community + "/logins")
	visit(t, p.community+"/_fake/mistakes", url.Values{"mistake": {"expired"}})
	b.show("tr.new")
	sum.resize(b, "logins-new")
	b.keys("?")
	b.show("#shortcuts")
	sum.resize(b, "shortcuts")
	t.Log(&sum)
}

func spaceID(n int) string { return fmt.Sprintf("spc-%04d", n) }

func allSpaces() []string {
	ids := make([]string, 300)
	for i := range ids {
		ids[i] = spaceID(i + 1)
	}
	return ids
}

// loginAs sends a token of the member.
func (p *pair) loginAs(t *testing.T, m ssotest.Member, spaceIDs ...string) {
	t.Helper()
	claims, err := ssotoken.NewClaims().Subject(m.ExternalID).Name(m.Name).VerifiedEmail(m.Email).Spaces(spaces.Add(spaceIDs...)).Build()
	if err != nil {
		t.Fatal(err)
	}
	address, err := p.signer.LoginURL(t.Context(), claims, ssotoken.ReturnPath{})
	if err != nil {
		t.Fatal(err)
	}
	visit(t, address, nil)
	if last := p.fake.Attempts()[len(p.fake.Attempts())-1]; last.Err != nil {
		t.Fatal(last.Err)
	}
}

// visit follows an address, or sends a form to it, without Chromium, whose proof is not
// needed to fill a community.
func visit(t *testing.T, address string, form url.Values) {
	t.Helper()
	get := http.Get
	if form != nil {
		get = func(address string) (*http.Response, error) { return http.PostForm(address, form) }
	}
	answer, err := get(address)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
}

func TestTheExamplesPartnerPagesHoldAndAreAccessible(t *testing.T) {
	p, b := startLogin(t), newTab(t)
	var sum measures
	for _, path := range []string{"/", "/community/login", "/community/sign-up", "/account", "/nothing"} {
		sum.measure(b, "partner"+strings.ReplaceAll(path, "/", "-"), p.partner+path)
	}
	p.signIn(b, "/", "u-1001")
	for _, path := range []string{"/", "/account"} {
		sum.measure(b, "partner-member"+strings.ReplaceAll(path, "/", "-"), p.partner+path)
	}
	b.fill("[name=email]", "grace@partner.example") // who is another member
	b.press("main button")
	sum.look(b, "partner-mistake", 1280, "dark")
	t.Log(&sum)
}
