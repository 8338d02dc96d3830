package ssotest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

func TestWhatIsNotThereIsSaidToBeMissing(t *testing.T) {
	c := newCommunity(t, ssotest.Config{Settings: ssotest.Settings{Spaces: []ssotest.Space{{ID: "s1"}}}})
	tests := []struct {
		path   string
		status int
		want   string
	}{
		{"/logins/1", 404, "Only the last 1,000 are kept."},
		{"/logins/x", 404, "Only the last 1,000 are kept."},
		{"/members/nobody", 404, "no such member"},
		{"/spaces/s2", 404, "no such space"},
		{"/embed/space/s2", 404, "no such space"},
		{"/spaces/s2/post/1", 200, "doesn't have this page"},
		{"/_fake/codes/none", 404, "no such code"},
		{"/_fake/none", 404, "no such page"},
		{"/anything/else", 200, "doesn't have this page"},
	}
	for _, tt := range tests {
		a := get(t, browser(t), c.URL+tt.path)
		if a.status != tt.status {
			t.Errorf("%s: HTTP %d, want %d", tt.path, a.status, tt.status)
		}
		mustContain(t, a.body, tt.want, `<code id="where">`+tt.path+`</code>`)
	}
	if a := get(t, browser(t), newCommunity(t, ssotest.Config{}).URL+"/spaces/any"); a.status != http.StatusOK {
		t.Errorf("a community without spaces: HTTP %d", a.status)
	}
}

func TestABlankSlateIsOneClickAway(t *testing.T) {
	c := newCommunity(t, ssotest.Config{Members: []ssotest.Member{{Name: "Grace", Email: "grace@example.com"}}})
	b := browser(t)
	accept(t, b, c, ada)
	a := post(t, b, c.URL+"/_fake/admin/reset", nil)
	if a.location != "/logins" || len(c.Attempts()) != 0 || len(c.Members()) != 1 {
		t.Errorf("HTTP %d to %q: %d logins, %d members", a.status, a.location, len(c.Attempts()), len(c.Members()))
	}
}

func TestLongListsHavePagesAndASearch(t *testing.T) {
	config := ssotest.Config{}
	for i := range 200 {
		config.Members = append(config.Members, ssotest.Member{Name: fmt.Sprintf("Member %03d", i), Email: fmt.Sprintf("m%d@example.com", i)})
		config.Settings.Spaces = append(config.Settings.Spaces, ssotest.Space{ID: fmt.Sprintf("s-%03d", i)})
	}
	c := newCommunity(t, config)
	tests := []struct{ path, has, lacks string }{
		{"/members", "1 to 20 of 200, page 1 of 10", "Member 020"},
		{"/members?page=2", "Member 020", "Member 019"},
		{"/members?page=99", "page 10 of 10", "Next page"},
		{"/members?page=-1", "page 1 of 10", "Previous page"},
		{"/members?q=M17%40", "1 of 200", "Member 018"},
		{"/members?q=Member+1&page=2", `href="/members?page=1&q=Member+1"`, "Member 001"},
		{"/members?q=zzz", "No member has", "<table"},
		{"/spaces", "1 to 40 of 200", "s-040"},
		{"/spaces?q=S-199", "1 of 200", "s-198"},
	}
	for _, tt := range tests {
		body := get(t, browser(t), c.URL+tt.path).body
		mustContain(t, body, tt.has)
		if strings.Contains(body, tt.lacks) {
			t.Errorf("%s has %q", tt.path, tt.lacks)
		}
	}
}

func TestLoginsAreFilteredByOutcomeMemberCodeAndText(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	b := browser(t)
	login(t, b, c, ada, "/one")
	login(t, b, c, but(jwt.MapClaims{"exp": nil}), "/two")
	login(t, b, c, but(jwt.MapClaims{"sub": "u-8", "email": "grace@example.com", "name": "Grace"}), "/three")
	login(t, b, c, but(jwt.MapClaims{"sub": "u-9"}), "/four") // a conflict with ada
	tests := []struct {
		query string
		want  []int
	}{
		{"", []int{4, 3, 2, 1}},
		{"?outcome=accepted", []int{3, 1}},
		{"?outcome=refused", []int{4, 2}},
		{"?member=u-7", []int{2, 1}},
		{"?member=member-1", []int{4, 1}},
		{"?code=exp-missing", []int{2}},
		{"?code=external-id-conflict", []int{4}},
		{"?q=GRACE", []int{3}},
		{"?q=/two", []int{2}},
		{"?q=refused", []int{4, 2}},
		{"?q=missing+REFUSED", []int{2}},
		{"?outcome=accepted&q=four", nil},
	}
	for _, tt := range tests {
		body := get(t, b, c.URL+"/logins"+tt.query).body
		_, body, _ = strings.Cut(body, "data-live")
		var got []int
		for n := 4; n > 0; n-- {
			if strings.Contains(body, fmt.Sprintf(`<a href="/logins/%d">`, n)) {
				got = append(got, n)
			}
		}
		diff(t, "logins"+tt.query, tt.want, got)
	}
	mustContain(
		t, get(t, b, c.URL+"/logins?outcome=refused&q=zzz").body, "None of the 4 logins matches.",
		"Only the last 1,000 logins are kept.",
	)
}

func TestAShortListOfLoginsIsCountedAndALongOneLeadsToTheRest(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	b := browser(t)
	pages := []string{"/members/member-1", "/_fake/codes/claim-misspelled"}
	accept(t, b, c, but(jwt.MapClaims{"space_ids": 1}))
	for _, path := range pages {
		body := get(t, b, c.URL+path).body
		mustContain(t, body, "<caption>1 login, the latest first</caption>")
		if strings.Contains(body, ">All 1<") {
			t.Errorf("%s: a link to the rest of a whole list", path)
		}
	}
	for range 19 {
		accept(t, b, c, but(jwt.MapClaims{"space_ids": 1}))
	}
	for _, path := range pages {
		mustContain(t, get(t, b, c.URL+path).body, "<caption>The last 10 logins, the latest first</caption>", ">All 20</a>")
	}
	for range 31 {
		accept(t, b, c, ada)
	}
	mustContain(t, get(t, b, c.URL+"/logins").body, "1 to 50 of 51, page 1 of 2")
}

func TestAnAdministratorEndsAConflict(t *testing.T) {
	seed := []ssotest.Member{{ID: "m", ExternalID: "old-7", Name: "Ada", Email: "ada@example.com"}}
	for _, do := range []string{"unlink", "deleteMember"} {
		c := newCommunity(t, ssotest.Config{Members: seed})
		b := browser(t)
		_, l := login(t, b, c, ada, "")
		if says := shown(t, c, l.Number); l.Err == nil || says.ByEmail.ID != "m" || says.BySub.ID != "" {
			t.Fatalf("%v, by email %+v, by sub %+v", l.Err, says.ByEmail, says.BySub)
		}
		mustContain(
			t, get(t, b, c.URL+"/logins/1").body, `href="/members/m"`, "<code>u-7</code>", "<code>old-7</code>",
			"Ways out", "external-id-conflict",
		)
		post(t, b, c.URL+"/auth/login/direct", map[string][]string{"email": {"ada@example.com"}}) // a session of the member
		for len(c.Changed()) > 0 {
			<-c.Changed()
		}
		post(t, b, c.URL+"/members/m", map[string][]string{"do": {do}})
		if len(c.Changed()) != 1 {
			t.Errorf("%s: the observer who saves the state is not called", do)
		}
		if err := newCommunity(t, ssotest.Config{}).Restore(must(c.Snapshot())); err != nil {
			t.Errorf("%s: %v", do, err)
		}
		l = accept(t, b, c, ada)
		if l.Linked != (do == "unlink") || l.Created != (do == "deleteMember") {
			t.Errorf("%s: linked %v, created %v", do, l.Linked, l.Created)
		}
		if _, ok := c.Member("old-7"); ok {
			t.Errorf("%s: the old external ID still finds a member", do)
		}
	}
}

func TestAConflictOfTwoMembersLinksBoth(t *testing.T) {
	c := newCommunity(t, ssotest.Config{
		Members: []ssotest.Member{
			{ID: "a", ExternalID: "u-7", Name: "Ada", Email: "a@example.com"},
			{ID: "o", Name: "Other", Email: "ada@example.com"},
		},
	})
	b := browser(t)
	_, last := login(t, b, c, ada, "")
	if l := shown(t, c, last.Number); l.BySub.ID != "a" || l.ByEmail.ID != "o" {
		t.Errorf("by sub %+v, by email %+v", l.BySub, l.ByEmail)
	}
	mustContain(t, get(t, b, c.URL+"/logins/1").body, `href="/members/a"`, `href="/members/o"`, "email-taken", "a@example.com")
}
