package browser

import (
	"net/url"
	"strings"
)

// A trap is a way to write an address that looks like a page of the community,
// but is not. reader is the kind of community that is deceived by it.
type trap struct {
	name   string
	reader reader
	values []string
	inert  bool // no browser or reader here is deceived by it
}

// In the values, COMMUNITY is the community's origin, HOST is its host and port,
// and OTHER is a valid token of another member.
func traps() []trap {
	return []trap{
		{name: "separators", reader: byHeader, values: list(`//evil.example //evil.example/ ///evil.example
			////evil.example/x //evil.example:80/
			//evil.example?x=1 //evil.example#x //EVIL.example/ //evil.example/%2e%2e //evil.example//HOST //evil.example/spaces/news
			/////evil.example //evil.example/?COMMUNITY //evil.example/#COMMUNITY //evil.example/.. //evil.example./`)},
		{name: "backslashes", reader: byHeader, values: list(`/\evil.example \/evil.example \\evil.example
			/\/evil.example //\evil.example /\\evil.example \\\evil.example
			\evil.example/x \//evil.example /\evil.example\x /\evil.example?x /\evil.example#x \\/evil.example
			/\\\\evil.example /\/\evil.example
			/\evil.example:80/ COMMUNITY/\evil.example`)},
		{name: "removed characters", reader: byScript, values: each([]string{"\t", "\n", "\r", "\r\n", "\n\t\r"},
			"/X/evil.example", "X//evil.example", `/X\evil.example`, "//Xevil.example",
			"/XX/evil.example/x", "htXtp://evil.example/", `\X/evil.example`)},
		{name: "trimmed characters", reader: byScript, values: each([]string{" ", "\x00", "\x01", "\x0b", "\x0c", "\x1f", " \t "},
			"X//evil.example", `X/\evil.example`, "Xhttp://evil.example/")},
		{name: "encoded once", reader: byDecoding, values: list(encodings)},
		{name: "encoded twice", reader: byDecoding, values: encoded(1, encodings)},
		{name: "encoded three times", reader: byDecoding, values: encoded(2, encodings)},
		{name: "look-alikes", reader: byNormalising, values: list(`//evil.example /／evil.example ／／evil.example
			/＼evil.example ＼＼evil.example ／＼evil.example
			/﹨evil.example ﹨﹨evil.example ／﹨evil.example //ｅｖｉｌ.example //evil．example //evil。example //evil｡example
			/％2fevil.example /％2Fevil.example /％５cevil.example /%EF%BC%8Fevil.example /%EF%BC%BCevil.example ／%EF%BC%8Fevil.example
			/%25EF%25BC%258Fevil.example ｈttp://evil.example/ http：//evil.example/ http:／／evil.example/
			/．．/／evil.example /․/／evil.example /％2525２fevil.example`)},
		{name: "look-alikes of no reader", reader: byNormalising, values: list(`/⁄evil.example /∕evil.example
			/⧸evil.example /╱evil.example /⟋evil.example /∖evil.example /⧵evil.example /⧹evil.example
			⁄⁄evil.example ∕∕evil.example`), inert: true},
		{name: "invisible characters", reader: byDroppingInvisible, values: each(
			[]string{"\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u202e"},
			"/X/evil.example", "X//evil.example", `/X\evil.example`)},
		{name: "dot segments", reader: byCleaning, values: list(`/../\evil.example /./\evil.example
			/x/../\evil.example /a/b/../../\evil.example /x/.././\evil.example
			/..//\evil.example /.//\evil.example /././\evil.example /../../\evil.example/x /x/../\evil.example?y=1
			/x/..//\evil.example#y`)},
		{name: "encoded dot segments", reader: byDecodingAndCleaning, values: list(`/%2e%2e/%5cevil.example
			/%2e/%5cevil.example /x/%2e%2e/%5cevil.example /.%2e/%5cevil.example
			/%2e./%5cevil.example /x%2f..%2f%5cevil.example /%252e%252e/%255cevil.example /x/%252e%252e%252f%255cevil.example`)},
		{name: "schemes", reader: byScript, values: list(`http://evil.example/ https://evil.example/
			HTTP://evil.example/ hTtPs://evil.example/ http:\\evil.example/ http:/\evil.example/
			https:evil.example https:/evil.example https:\evil.example http:///evil.example/ http:////evil.example/
			HtTp:\/evil.example  ws://evil.example/
			javascript:location.replace('http://evil.example/') JavaScript:location.replace('//evil.example/')
			javascript://COMMUNITY/%0alocation.replace('http://evil.example/')
			javascript:/*COMMUNITY/*/location.replace('//evil.example')`)},
		{name: "user info", reader: byHeader, values: list(`//x@evil.example //HOST@evil.example
			//HOST%20@evil.example //COMMUNITY@evil.example //HOST\@evil.example //a:b@evil.example/
			http://HOST@evil.example/ http://HOST:80@evil.example/ http://x:y@evil.example/COMMUNITY
			COMMUNITY@evil.example/ COMMUNITY:@evil.example/ http://HOST%40x@evil.example/ /\x@evil.example`)},
		{name: "glued to the origin", reader: byGluing, values: list(`@evil.example @evil.example/spaces .evil.example
			:80@evil.example :x@evil.example/ %40@evil.example %2e@evil.example/`)},
		{name: "other origins", reader: byHeader, values: list(`COMMUNITY.evil.example/ COMMUNITY0.evil.example
			http://localhost.evil.example/ http://127.0.0.1.evil.example/ http://evil.example/COMMUNITY
			http://evil.example/?COMMUNITY http://evil.example#COMMUNITY https://HOST.evil.example/ http://2130706433/
			http://0x7f.1/ http://[::1]/ http://127.0.0.1:1/ ws://evil.example/x https://HOST/`)},
		{name: "own endpoints", reader: byHeader, values: list(`/auth/logout /auth/logout?x /auth/logout#x
			/auth/./logout /auth/x/../logout /x/../auth/logout /./auth/logout
			/x%3F/%2e%2e/auth/logout /x%23/.%2E/auth/logout /x%3F/%2e%2e/api/auth/sso?jwt=OTHER /%2e/auth/logout
			/x/%2e%2e/auth/logout /x/.%2E/auth/logout
			/%61uth/logout /auth/%6cogout /auth%2flogout COMMUNITY/auth/logout COMMUNITY/x/../auth/logout
			/api/auth/sso?jwt=OTHER /api/auth/./sso?jwt=OTHER /x/../api/auth/sso?jwt=OTHER /%61pi/auth/sso?jwt=OTHER
			/api/auth/%73so?jwt=OTHER /api/auth/sso?jwt=OTHER&redirect_uri=//evil.example
			COMMUNITY/api/auth/sso?jwt=OTHER /./api/auth/sso?jwt=OTHER&redirect_uri=/spaces`)},
		{name: "own endpoints, encoded again", reader: byDecoding, values: list(`/%2561uth/logout /auth%252flogout
			/%2561pi/auth/sso?jwt=OTHER /api%2fauth%2fsso?jwt=OTHER /x/%252e%252e/auth/logout`)},
		{name: "broken text", reader: byDecoding, values: append(list(`/%c0%af/evil.example /%c0%afevil.example
			/%ff/evil.example /%e0%80%af/evil.example /%00//evil.example %00//evil.example /%u002fevil.example /%2 //evil.example%00`),
			"/\xc0\xaf/evil.example", "/\xff\xfe//evil.example", "//evil.example\xff")},
		{name: "too long", reader: byHeader, values: []string{
			"//evil.example/" + strings.Repeat("x", 3000), "//" + strings.Repeat("x", 2100) + "@evil.example/",
			`/\evil.example?` + strings.Repeat("a/", 1500),
		}},
		{name: harmless, reader: byHeader, values: list(pages), inert: true},
	}
}

// encodings hold a separator that one decoding shows.
const encodings = `/%2fevil.example /%2Fevil.example /%5cevil.example /%5Cevil.example %2f/evil.example
			%2f%2fevil.example %5c%5cevil.example %2f%5cevil.example
	/%2f%2fevil.example /%09/evil.example /%0a/evil.example /%0d%0a/evil.example /%09%5cevil.example %09//evil.example
			%20//evil.example %68ttp://evil.example/ http%3a%2f%2fevil.example/`

// harmless is the name of the values that look hostile, but lead to no other
// host: a member comes back to exactly this page.
const harmless = "harmless"

const pages = `/search?next=//evil.example /search?next=http://evil.example/ /search#//evil.example /?q=\evil.example
			/spaces/@evil.example /a:b@evil.example
	/x?redirect_uri=//evil.example /x?jwt=abc /spaces/news?u=https%3A%2F%2Fevil.example%2F /evil.example
			/evil.example/ /x//evil.example /posts/javascript:alert(1)
	/x?/../\evil.example /spaces/authors /apis /logouts /caf%C3%A9?q=100%25 /search?q=a%20b&tab=posts#top`

func list(text string) []string { return strings.Fields(text) }

// each puts every character in the place of the X in every form.
func each(characters []string, forms ...string) (values []string) {
	for _, c := range characters {
		for _, form := range forms {
			values = append(values, strings.ReplaceAll(form, "X", c))
		}
	}
	return values
}

// encoded escapes the percent signs, so that times more decodings are needed.
func encoded(times int, text string) []string {
	return list(strings.ReplaceAll(text, "%", "%"+strings.Repeat("25", times)))
}

// repeated returns queries with two referrer_uri: a filter may check one and use
// the other.
func repeated() (queries []string) {
	for _, pair := range [][2]string{{"/", "//evil.example"}, {"//evil.example", "/"}, {"/spaces", `/\evil.example`},
		{"", "http://evil.example/"}} {
		queries = append(queries, "referrer_uri="+url.QueryEscape(pair[0])+"&referrer_uri="+url.QueryEscape(pair[1]))
	}
	return queries
}
