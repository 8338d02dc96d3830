// Package redirects holds values of referrer_uri to try on a login handler, in
// any language: hostile ones, which must not lead a browser off the community,
// and good ones, which must come back exactly.
package redirects

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Host is the foreign host in the hostile values. The name is reserved and
// resolves nowhere (RFC 2606).
const Host = "evil.example"

// Hostile returns more than 20,000 different values, made from a grammar of what
// browsers, servers and proxies are known to read in different ways. Some turn
// out harmless in every reader: whether a value is dropped or kept, what a
// handler emits must stay on the community.
func Hostile() []string {
	var all []string
	for _, base := range bases() {
		all = append(all, variants(base)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// bases are the shapes as they stand, before any encoding.
func bases() []string {
	var out []string
	separators := []string{"/", "//", "///", "////", `\`, `\\`, `/\`, `\/`, `/\/`, `//\`, `\\/`, `/\\`}
	junk := []string{"", "\t", "\n", "\r", "\x00", "\x0b", " ", "\u00a0", "\u200b", "\ufeff"}
	dots := []string{"", ".", "..", "./", "../", "/.", "/..", "a/../", "a/..", ".\\", "..\\", "../../../"}
	hosts := []string{Host, "user@" + Host, "community.example.com@" + Host, "community.example.com." + Host,
		Host + ":443", Host + "/%2f..", "[::1]", "0x7f.1", "evil。example"}
	for _, s := range separators {
		for _, j := range junk {
			out = append(out, s+j+"/"+Host, j+s+Host, s+j+`\`+Host)
		}
		for _, d := range dots {
			out = append(out, "/"+d+s+Host, s+d+Host)
		}
		for _, h := range hosts {
			out = append(out, s+h, s+h+"?a=b#c")
		}
	}
	for _, scheme := range []string{"https:", "http:", "HTTPS:", "hTTp:", "ftp:", "javascript:", "data:", "vbscript:",
		"file:", "about:", "blob:", "mailto:", "x:", "https;", "https%3a"} {
		for _, s := range []string{"", "/", "//", "///", `\`, `\\`, `/\`} {
			out = append(out, scheme+s+Host, "/"+scheme+s+Host)
		}
	}
	return append(out, // shapes of published vulnerabilities, and endpoints that are no pages
		`/../\`+Host, `/..//`+Host, `/a/..//`+Host, `/./\`+Host, `/.//`+Host, `/;@`+Host, `/@`+Host, `/?`+Host,
		`/#//`+Host, `/?//`+Host,
		`/..;/..;//`+Host, `/;//`+Host, `/.;//`+Host, `//;@`+Host, `/%0d%0aLocation:%20//`+Host,
		"/\r\nLocation: //"+Host, "/\nSet-Cookie: a=b",
		`/path/..%2f..%2f/`+Host, `/%2e%2e//`+Host, `/%2e/%2f`+Host, `/%252e%252e%252f/`+Host, `/%c0%af`+Host,
		`/%c0%af%c0%af`+Host, `/%e0%80%af`+Host,
		`/%uff0f`+Host, `/%u002f`+Host, `/&#47;`+Host, `/&sol;`+Host, `/\x2f`+Host, `/\u002f`+Host, `/<>//`+Host,
		`/"//`+Host, `/'//`+Host, "/`//"+Host,
		// an encoded ? or # is part of the path to a browser, and its end to whoever decodes first
		`/x%3F/%2e%2e/api/auth/sso?jwt=x`, `/x%23/.%2E/logout`, `/x%3F/%2e%2e//`+Host+`/p`, `/x%3f/..%2f..%2f/`+Host,
		`/api%3Fx`, `/%2e%2e%23/`+Host,
		// path parameters, spaces and formats that servers drop
		`/api ;/x`, `/api%20;x/auth/sso?jwt=x`, `/;/`+Host, `/;x/`+Host, `/x/..;/api/auth/sso`, `/ /`+Host,
		`/logout.json`, `/api./auth/sso`,
		// letters that Unicode maps to ASCII
		`/ⓐpi/auth/sso?jwt=x`, `/ａｐｉ/auth/sso`, `/𝐚𝐩𝐢/auth/sso`, `/ᵃpi/auth/sso`, `/🄰PI/auth/sso`, `/ſsos/callback`,
		`/ℓogout`, `/log㏌`, `/㏒out`, `/sign－out`,
		`/ssos/callback?code=x`, `/SSOS/x`,
		`/api/auth/sso?jwt=x`, `/API/AUTH/SSO?jwt=x`, `/api//auth/sso?jwt=x`, `/./api/auth/sso`, `/api;x/auth/sso`,
		`/auth/logout`, `/auth/login`, `/logout`, `/a/../auth/logout`, `/%61uth/logout`,
	)
}

// variants encodes a base in part or whole, up to three times, and replaces
// its characters by look-alikes.
func variants(base string) []string {
	out := []string{base}
	encoded := base
	for range 3 {
		encoded = percentEncode(encoded)
		out = append(out, encoded, strings.ToLower(encoded), keepFirstSlash(encoded))
	}
	for _, swap := range [][2]string{{"/", "／"}, {"/", "⁄"}, {"/", "∕"}, {`\`, "＼"}, {`\`, "﹨"}, {".", "．"},
		{".", "․"}, {"..", "‥"}, {":", "："}, {"/", "%ef%bc%8f"}, {"/", "%c0%af"}} {
		if strings.Contains(base, swap[0]) {
			replaced := strings.ReplaceAll(base, swap[0], swap[1])
			out = append(out, replaced, "/"+replaced)
		}
	}
	return out
}

// keepFirstSlash passes a check of the first character.
func keepFirstSlash(encoded string) string {
	for _, slash := range []string{"%2F", "%252F", "%25252F"} {
		if rest, ok := strings.CutPrefix(encoded, slash); ok {
			return "/" + rest
		}
	}
	return "/" + encoded
}

func percentEncode(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if strings.IndexByte("/\\.\t\n\r\x00 %:@", s[i]) >= 0 {
			fmt.Fprintf(&b, "%%%02X", s[i])
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// Good returns more than 100 different paths of a community's pages, which a
// handler must return byte for byte.
func Good() []string {
	var out []string
	for _, page := range []string{"/spaces", "/spaces/", "/members", "/post/how-to-start-x1y2", "/space/новости",
		"/s/日本語", "/tag/c%2B%2B", "/tag/%D0%B3%D0%BE", "/embed/space/news", "/post/100%-sure", "/~ada", "/@ada",
		"/post/a..b...c"} {
		for _, rest := range []string{"", "?tab=posts", "?q=a%20b&tab=posts#top", "#comment-42", "?q=a+b",
			"?next=https%3A%2F%2Fexample.com%2F", "?q=100%", "?q=🚀&lang=de", "?a=1&a=2;b=3"} {
			out = append(out, page+rest)
		}
	}
	return append(out, "/?welcome=1", "/#top", "/search?q=a%20b&tab=posts#top", "/search?q=//example.com",
		`/search?q=C:\dir`, "/a//b", "/a b", "/authors", "/apiary", "/post/logout")
}

// Combined yields more than a million paths: each sequence of one to four pieces
// of which readers make different things. Most lead nowhere else.
func Combined() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, a := range pieces {
			for _, b := range append(pieces, "") {
				for _, c := range append(pieces, "") {
					for _, d := range append(pieces, "") {
						if !yield("/" + a + b + c + d) {
							return
						}
					}
				}
			}
		}
	}
}

var pieces = slices.Clip(strings.Fields(`
	x / . .. ; ? # \ %2e %2E. %2f %5c %3F %23 %3b %20 %09 %25 2e 2f
	api/auth/sso?jwt=x API ⓐpi %6cogout ssos
	／ ．． ？ ` + "\u200b" + ` ё ` + Host))
