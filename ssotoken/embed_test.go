package ssotoken_test

import (
	"errors"
	"html/template"
	"net/url"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

func TestAnEmbedIsAPathWithItsOptions(t *testing.T) {
	tests := []struct {
		name  string
		embed ssotoken.Embed
		want  string
		field string
		err   error
	}{
		{"a space", ssotoken.Embed{Space: "news"}, "/embed/space/news", "", nil},
		{"options", ssotoken.Embed{Space: "news", Query: values("readonly", "true", "header", "false")},
			"/embed/space/news?header=false&readonly=true", "", nil},
		{"unicode slug", ssotoken.Embed{Space: "новости"}, "/embed/space/новости", "", nil},
		{"a page", ssotoken.Embed{Page: "/post/hello"}, "/post/hello", "", nil},
		{"a page with a layout", ssotoken.Embed{Page: "/post/hello", Query: values("layout", "basic")},
			"/post/hello?layout=basic", "", nil},
		{"a page with a query", ssotoken.Embed{Page: "/s?q=a%20b#top", Query: values("layout", "basic")},
			"/s?q=a%20b&layout=basic#top", "", nil},
		{"a page with a question in its fragment", ssotoken.Embed{Page: "/s#why?", Query: values("layout", "basic")},
			"/s?layout=basic#why?", "", nil},
		{"any options", ssotoken.Embed{Page: "/x", Query: values("b", "1 2+3", "a", "&")}, "/x?a=%26&b=1%202%2B3",
			"", nil},
		{"neither", ssotoken.Embed{}, "", "Space", contract.MissingValue},
		{"both", ssotoken.Embed{Space: "a", Page: "/b"}, "", "Space", contract.MissingValue},
		{"a path for a slug", ssotoken.Embed{Space: "a/../../auth"}, "", "Space", contract.Malformed},
		{"dots for a slug", ssotoken.Embed{Space: ".."}, "", "Space", contract.Malformed},
		{"query in a slug", ssotoken.Embed{Space: "a?b"}, "", "Space", contract.Malformed},
		{"look-alike in a slug", ssotoken.Embed{Space: "．．"}, "", "Space", ssotoken.ErrReturnPath},
		{"another site", ssotoken.Embed{Page: "//evil.example"}, "", "Page", ssotoken.ErrReturnPath},
		{"an endpoint", ssotoken.Embed{Page: "/api/auth/sso"}, "", "Page", ssotoken.ErrReturnPath},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.embed.ReturnPath()
			if !errors.Is(err, tt.err) || got.String() != tt.want {
				t.Errorf("got %q, %v, want %q, %v", got, err, tt.want, tt.err)
			}
			var field *ssotoken.FieldError
			if tt.err != nil && (!errors.As(err, &field) || field.Field != tt.field) {
				t.Errorf("got %v, want field %s", err, tt.field)
			}
		})
	}
}

// values makes a query of names and values in turn.
func values(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

func TestAFrameStartsAtThePartnersOwnHandler(t *testing.T) {
	embed := ssotoken.Embed{Space: "news", Query: values("readonly", "true")}
	got, err := embed.Frame("/community/login", `News "live" <b>`)
	if err != nil {
		t.Fatal(err)
	}
	want := template.HTML(`<iframe src="/community/login?referrer_uri=%2Fembed%2Fspace%2Fnews%3Freadonly%3Dtrue" ` +
		`title="News &#34;live&#34; &lt;b&gt;" referrerpolicy="no-referrer" loading="lazy"></iframe>`)
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	got, err = embed.Frame("/login?site=a&b=c", "News")
	if err != nil || !strings.Contains(string(got), `src="/login?site=a&amp;b=c&amp;referrer_uri=%2Fembed`) {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestAFrameIsTitledAndOfTheSameSite(t *testing.T) {
	good := ssotoken.Embed{Space: "news"}
	tests := []struct {
		name, loginPath, title string
		embed                  ssotoken.Embed
		want                   error
	}{
		{"no title", "/community/login", " ", good, contract.MissingValue},
		{"another site", "https://evil.example/login", "News", good, contract.Malformed},
		{"scheme-relative", "//evil.example/login", "News", good, contract.Malformed},
		{"script", "javascript:alert(1)", "News", good, contract.Malformed},
		{"no path", "", "News", good, contract.Malformed},
		{"bad page", "/community/login", "News", ssotoken.Embed{Page: "//evil.example"}, ssotoken.ErrReturnPath},
	}
	for _, tt := range tests {
		if got, err := tt.embed.Frame(tt.loginPath, tt.title); !errors.Is(err, tt.want) || got != "" {
			t.Errorf("%s: got %q, %v, want %v", tt.name, got, err, tt.want)
		}
	}
}

func TestThePoliciesNameTheOwnSiteAndTheCommunity(t *testing.T) {
	c := newSigner(t).Community()
	if got, want := c.FrameSrc(), "frame-src 'self' https://community.example.com"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := c.FormAction(), "form-action 'self' https://community.example.com"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
