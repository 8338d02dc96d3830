package useragent_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

// A recorder answers every request alike and keeps it.
type recorder struct {
	status int
	header http.Header
	body   string
	seen   []*http.Request
}

func (c *recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	c.seen = append(c.seen, r)
	return &http.Response{StatusCode: c.status, Header: c.header, Body: io.NopCloser(strings.NewReader(c.body))}, nil
}

func address(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func do(t *testing.T, transport http.RoundTripper, r *useragent.Request) *useragent.Response {
	t.Helper()
	client := useragent.Client{Transport: transport}
	answer, err := client.Do(t.Context(), nil, r)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestARedirectIsMadeAsBrowsersMakeIt(t *testing.T) {
	const page = "https://shop.example/a/b?c"
	for _, tt := range []struct {
		method   string
		status   int
		location string
		want     string // empty where a browser stays
	}{
		{"GET", 302, "/x", "GET https://shop.example/x"},
		{"GET", 307, "x?y", "GET https://shop.example/a/x?y"},
		{"HEAD", 303, "/x", "GET https://shop.example/x"},
		{"POST", 301, "/x", "GET https://shop.example/x"},
		{"POST", 302, "/x", "GET https://shop.example/x"},
		{"POST", 303, "/x", "GET https://shop.example/x"},
		{"POST", 307, "/x", "POST https://shop.example/x a=b"},
		{"POST", 308, "/x", "POST https://shop.example/x a=b"},
		{"PUT", 302, "/x", "PUT https://shop.example/x a=b"},
		{"GET", 302, `/\evil.example`, "GET https://evil.example/"},
		{"GET", 302, "/\t/evil.example", "GET https://evil.example/"},
		{"GET", 300, "/x", ""},
		{"GET", 200, "/x", ""},
		{"GET", 302, "", ""},
	} {
		r := &useragent.Request{URL: address(t, page), Method: tt.method}
		if tt.method != "GET" {
			r.Body = "a=b"
		}
		next, err := do(t, &recorder{status: tt.status, header: http.Header{"Location": {tt.location}}}, r).Redirect()
		if err != nil {
			t.Errorf("%s %d %s: %v", tt.method, tt.status, tt.location, err)
		}
		got := ""
		if next != nil {
			got = strings.TrimSpace(next.Method + " " + next.URL.String() + " " + next.Body)
		}
		if tt.method == "HEAD" {
			got = strings.TrimSuffix(got, " a=b")
		}
		if got != tt.want {
			t.Errorf("%s %d %q: %q, want %q", tt.method, tt.status, tt.location, got, tt.want)
		}
	}
	bad := &recorder{status: 302, header: http.Header{"Location": {"http://["}}}
	if _, err := do(t, bad, &useragent.Request{URL: address(t, page)}).Redirect(); err == nil {
		t.Error("a Location that is no address is followed")
	}
}

func TestARequestSaysWhereItComesFrom(t *testing.T) {
	const page, cart = "https://shop.example/cart?id=1#top", "https://shop.example/cart?id=1"
	type headers struct{ Site, Dest, User, Origin, Referer string }
	for _, tt := range []struct {
		name, from, how, to string
		want                headers
	}{
		{"typed", "", "", page, headers{"none", "document", "?1", "", ""}},
		{"a link", page, "", "https://shop.example/x", headers{"same-origin", "document", "?1", "", cart}},
		{"on the site", page, "", "https://pay.shop.example/", headers{"same-site", "document", "?1", "", "https://shop.example/"}},
		{"to another site", page, "", "https://other.example/", headers{"cross-site", "document", "?1", "", "https://shop.example/"}},
		{"to http", page, "", "http://shop.example/", headers{}},
		{"to this machine", page, "", "http://localhost/", headers{"cross-site", "document", "?1", "", ""}},
		{"no referrer", page, "no-referrer", "https://shop.example/x", headers{"same-origin", "document", "?1", "", ""}},
		{"a frame", page, "frame", "https://other.example/", headers{"cross-site", "iframe", "", "", "https://shop.example/"}},
		{"a form", page, "POST", "https://shop.example:443/x", headers{"same-origin", "document", "?1", "https://shop.example", cart}},
		{"a form to http", page, "POST", "http://other.example/", headers{"", "", "", "https://shop.example", ""}},
		{"a form without referrer", page, "POST no-referrer", "https://shop.example/x", headers{"same-origin", "document", "?1", "null", ""}},
	} {
		r := &useragent.Request{URL: address(t, tt.to)}
		if tt.from != "" {
			policy := http.Header{"Referrer-Policy": {strings.TrimPrefix(tt.how, "POST ")}}
			page := do(t, &recorder{status: 200, header: policy}, &useragent.Request{URL: address(t, tt.from)})
			var err error
			if r, err = page.Visit(tt.to); err != nil {
				t.Fatal(err)
			}
		}
		r.Framed = tt.how == "frame"
		if strings.HasPrefix(tt.how, "POST") {
			r.Method = http.MethodPost
		}
		h := do(t, &recorder{status: 200}, r).Request.Header
		got := headers{h.Get("Sec-Fetch-Site"), h.Get("Sec-Fetch-Dest"), h.Get("Sec-Fetch-User"), h.Get("Origin"), h.Get("Referer")}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestAHeaderOfTheCallerGoesInPlaceOfTheBrowsersOwn(t *testing.T) {
	to := &recorder{status: 200}
	client := useragent.Client{Transport: to, Header: http.Header{"User-Agent": {"doctor"}, "Accept": {"*/*"}}}
	jar := &useragent.Jar{}
	r := &useragent.Request{
		URL: address(t, "https://shop.example/"), Host: "other.example",
		Header: http.Header{"cookie": {"made=up"}, "Accept": {"text/html"}, "Sec-Fetch-User": nil},
	}
	jar.Set(r.URL, "a=b")
	if _, err := client.Do(t.Context(), jar, r); err != nil {
		t.Fatal(err)
	}
	got := to.seen[0]
	want := http.Header{
		"Cookie": {"made=up"}, "Accept": {"text/html"}, "User-Agent": {"doctor"}, "Upgrade-Insecure-Requests": {"1"},
		"Sec-Fetch-Site": {"none"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"},
	}
	if diff := cmp.Diff(want, got.Header); diff != "" || got.Host != "other.example" {
		t.Errorf("to %s (-want +got):\n%s", got.Host, diff)
	}
}

func TestABodyIsReadUpToItsLimit(t *testing.T) {
	for body, want := range map[string]string{"12345": "12345", "123456": "12345"} {
		client := useragent.Client{Transport: &recorder{status: 200, body: body}, MaxBody: 5}
		answer, err := client.Do(t.Context(), nil, &useragent.Request{URL: address(t, "https://shop.example/")})
		if err != nil {
			t.Fatal(err)
		}
		if answer.Text != want || answer.Cut != (body != want) {
			t.Errorf("%s: %s, cut: %t", body, answer.Text, answer.Cut)
		}
	}
}

func TestARequestEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	client := useragent.Client{}
	if _, err := client.Do(ctx, nil, &useragent.Request{URL: address(t, "http://127.0.0.1:1/")}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
