// Package useragent is a browser's side of HTTP: the requests that it makes and
// the cookies that it keeps. The test browser of package ssotest, ssotoken doctor
// and ssotoken smoke share it.
//
// A [Client] sends one request at a time and follows nothing by itself, so that
// the caller decides where to go on:
//
//	client, jar := useragent.Client{}, &useragent.Jar{}
//	next := &useragent.Request{URL: address}
//	for next != nil {
//		answer, err := client.Do(ctx, jar, next)
//		…
//		next, err = answer.Redirect() // nil where it stays
//	}
//	form, err := answer.Visit("/login") // from the page that is shown
//	form.Method, form.Body = http.MethodPost, url.Values{…}.Encode()
//
// Each visitor has a [Jar]. A session that is known from elsewhere is put into
// one with [Jar.Set], for one host: no other host gets it.
//
// # Cookies
//
// The rules are those of RFC 6265bis, sections 5.6 to 5.8, as Chromium has them.
// Values are kept and sent byte for byte. A cookie without SameSite counts as
// Lax, except that for two minutes a form of another site brings it.
// SameSite=None needs Secure, and Secure needs https or a loopback address.
// Redirects on the way change nothing: what counts is the page with the link, and
// the address that is asked for. A frame on another site's page has no cookies at
// all, as in browsers that block them. A host may have 180 cookies; then the
// oldest goes. Of the dates in Expires it reads the forms that servers write.
//
// It runs no scripts, follows no meta elements, and caches nothing. Of the
// policies for Referer it knows no-referrer.
package useragent

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"
)

const defaultMaxBody = 1 << 20

// A Client sends requests as a browser does. Its zero value is fine for servers
// of this machine. It is safe for concurrent use while its fields stay.
type Client struct {
	// Transport sends the requests. nil is [http.DefaultTransport].
	Transport http.RoundTripper

	// PublicSuffixes tells sites apart, and refuses cookies for a whole suffix.
	// nil takes the last label of a name for a public suffix, which is wrong for
	// names such as example.co.uk: golang.org/x/net/publicsuffix.List knows them.
	PublicSuffixes cookiejar.PublicSuffixList

	// Now is the clock of the cookies. nil is [time.Now].
	Now func() time.Time

	// Header is added to each request, in place of the browser's own.
	Header http.Header

	// MaxBody is how many bytes of a body are read; the rest is left out. 0 is 1 MiB.
	MaxBody int64
}

// A Request is a navigation: a link, a form, a frame, or an address that
// somebody typed.
type Request struct {
	URL    *url.URL
	Method string // "" is GET
	Body   string // of a form, encoded

	From   *url.URL // the page with the link, form or frame; nil if the address was typed
	Framed bool     // in a frame of that page

	// Header goes in place of the browser's own and of Client.Header, Cookie
	// included. A name without values is not sent.
	Header http.Header
	Host   string // "" is the URL's

	noReferrer bool   // the policy of the page
	site       string // Sec-Fetch-Site of the request before: it only gets worse on the way
	crossed    bool   // the way went over another origin
}

// A Response is an answer, whose Body is read and closed.
type Response struct {
	*http.Response
	Text string // the body
	Cut  bool   // the body is longer than Text

	Set      []*http.Cookie    // as the answer sets them, the refused ones too
	Withheld map[string]string // cookies of the jar that belong to the address and were not sent: why
	Refused  map[string]string // those of Set that were not kept: why

	request Request
}

// Do sends a request with the cookies of a jar and keeps those of the answer.
// A nil jar has none. An error is of the request or of the transport.
func (c *Client) Do(ctx context.Context, jar *Jar, r *Request) (*Response, error) {
	sent := *r
	sent.Method = cmp.Or(r.Method, http.MethodGet)
	same := r.From == nil || c.site(r.From) == c.site(r.URL)
	sent.site = worse(r.site, r.From, r.URL, same)
	req, err := http.NewRequestWithContext(ctx, sent.Method, r.URL.String(), strings.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	req.Host = cmp.Or(r.Host, req.Host)
	jar = cmp.Or(jar, &Jar{})
	a := access{r.URL, same, r.Framed, sent.isSafe(), c.now()}
	answer := &Response{request: sent}
	sent.setHeaders(req.Header)
	cookies, withheld := jar.send(a)
	if answer.Withheld = withheld; cookies != "" {
		req.Header.Set("Cookie", cookies)
	}
	for _, header := range []http.Header{c.Header, r.Header} {
		for name, values := range header {
			if req.Header[http.CanonicalHeaderKey(name)] = values; len(values) == 0 {
				req.Header.Del(name)
			}
		}
	}
	if answer.Response, err = cmp.Or(c.Transport, http.DefaultTransport).RoundTrip(req); err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	most := cmp.Or(c.MaxBody, defaultMaxBody)
	body, err := io.ReadAll(io.LimitReader(answer.Body, most+1))
	if err != nil {
		return nil, fmt.Errorf("the answer broke off: %w", err)
	}
	answer.Cut = int64(len(body)) > most
	answer.Text = string(body[:min(int64(len(body)), most)])
	answer.Response.Request = req
	for _, line := range answer.Header["Set-Cookie"] {
		answer.Set = append(answer.Set, ParseSetCookie(line))
	}
	a.now = c.now()
	answer.Refused = jar.keep(a, answer.Set, func(host string) bool { return c.suffixOf(host) == host })
	return answer, nil
}

// Redirect returns the request that a browser makes next by itself, or nil if
// it stays. An error says that Location is no address.
func (a *Response) Redirect() (*Request, error) {
	switch a.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	location := a.Header.Get("Location")
	if location == "" {
		return nil, nil
	}
	next := a.request
	var err error
	if next.URL, err = Resolve(a.request.URL, location); err != nil {
		return nil, err
	}
	if s := a.StatusCode; s == http.StatusSeeOther || next.Method == http.MethodPost && s <= http.StatusFound {
		next.Method, next.Body = http.MethodGet, ""
	}
	next.crossed = next.crossed || Origin(next.URL) != Origin(a.request.URL)
	next.noReferrer = next.noReferrer || hasNoReferrer(a.Response)
	return &next, nil
}

// Visit returns the request for an address on the page that is shown: by a link,
// or by a form or frame if the caller says so. "" is the page itself.
func (a *Response) Visit(address string) (*Request, error) {
	page := a.request.URL
	to, err := Resolve(page, address)
	if err != nil {
		return nil, err
	}
	return &Request{URL: to, From: page, noReferrer: hasNoReferrer(a.Response)}, nil
}

func (r *Request) isSafe() bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

func (r *Request) setHeaders(h http.Header) {
	h.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	h.Set("Upgrade-Insecure-Requests", "1")
	if isTrustworthy(r.URL) {
		h.Set("Sec-Fetch-Site", r.site)
		h.Set("Sec-Fetch-Mode", "navigate")
		h.Set("Sec-Fetch-Dest", "iframe")
		if !r.Framed {
			h.Set("Sec-Fetch-Dest", "document")
			h.Set("Sec-Fetch-User", "?1")
		}
	}
	if !r.isSafe() {
		h.Set("Content-Type", "application/x-www-form-urlencoded")
		h.Set("Origin", "null")
		if r.From != nil && !r.noReferrer && !r.crossed {
			h.Set("Origin", Origin(r.From))
		}
	}
	switch {
	case r.From == nil || r.noReferrer:
	case Origin(r.From) == Origin(r.URL) && !r.crossed:
		page := *r.From
		page.Fragment, page.RawFragment, page.User = "", "", nil
		h.Set("Referer", page.String())
	case r.From.Scheme == r.URL.Scheme || r.URL.Scheme == "https":
		h.Set("Referer", Origin(r.From)+"/")
	}
}

// worse is Sec-Fetch-Site of an address, unless it was worse before.
func worse(before string, from, to *url.URL, same bool) string {
	switch {
	case from == nil:
		return "none"
	case !same || before == "cross-site":
		return "cross-site"
	case Origin(from) != Origin(to) || before == "same-site":
		return "same-site"
	}
	return "same-origin"
}

func hasNoReferrer(res *http.Response) bool {
	return strings.EqualFold(strings.TrimSpace(res.Header.Get("Referrer-Policy")), "no-referrer")
}

func (c *Client) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

func (c *Client) suffixOf(host string) string {
	if c.PublicSuffixes == nil {
		return host[strings.LastIndexByte(host, '.')+1:]
	}
	return c.PublicSuffixes.PublicSuffix(host)
}

// site is the scheme and the registrable domain of an address.
func (c *Client) site(u *url.URL) string {
	host := hostOf(u)
	suffix := "." + c.suffixOf(host)
	if name, ok := strings.CutSuffix(host, suffix); ok && !isIP(host) {
		host = name[strings.LastIndexByte(name, '.')+1:] + suffix
	}
	return u.Scheme + "://" + host
}
