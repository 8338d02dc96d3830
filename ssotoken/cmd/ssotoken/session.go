package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	posix "mvdan.cc/sh/v3/shell"

	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

var errUnknownForm = errors.New("has a form that is unknown: give NAME=VALUE, a line Cookie: of a request, lines Set-Cookie:, " +
	"what a browser copies as cURL, as fetch (Node.js) or as PowerShell, a cookie jar of curl, or the JSON of Cookie-Editor or Playwright")

// takeSession reads the cookies of a session from what people have, and returns them as a header. A session may be
// bound to its User-Agent, which is taken too.
func (c *consultation) takeSession(text string, now time.Time) (string, error) {
	text = strings.TrimSpace(strings.TrimPrefix(strings.ReplaceAll(text, "\r\n", "\n"), "\ufeff"))
	if text == "" {
		return "", errors.New("has no cookie")
	}
	cookies, agent, err := readCookies(text)
	if err != nil {
		return "", err
	}
	if agent != "" && c.Header["User-Agent"] == "" {
		c.Header["User-Agent"] = agent
	}
	to, err := url.Parse(cmp.Or(c.AuthorizationURL, c.JSONURL, c.LogoutURL))
	if err != nil {
		to = &url.URL{} // reported with the settings
	}
	var pairs []string
	for _, one := range cookies {
		isControl := func(r rune) bool { return r < ' ' || r == 0x7f }
		isNone := one.Name == "" || strings.ContainsAny(one.Name, "=; \t<>?") || strings.ContainsAny(one.Name[:1], `"'`)
		if isNone || strings.ContainsFunc(one.Name+one.Value, isControl) ||
			strings.Contains(one.Value, ";") {
			return "", errUnknownForm
		}
		if goesTo(one, to, now) {
			pairs = append(pairs, one.Name+"="+one.Value)
		}
	}
	if pairs == nil {
		return "", errors.New("has no cookie for this address that is not over")
	}
	return strings.Join(pairs, "; "), nil
}

// goesTo reports whether a cookie belongs to an address. Its Domain is "" where the file names no host, and begins with
// a dot where hosts below get it too.
func goesTo(c *http.Cookie, u *url.URL, now time.Time) bool {
	host, domain := u.Hostname(), strings.ToLower(c.Domain)
	isBelow := strings.HasPrefix(domain, ".") && strings.HasSuffix("."+host, domain)
	isLocal := host == "localhost" || host == "127.0.0.1" || host == "::1"
	switch {
	case c.MaxAge < 0, !c.Expires.IsZero() && !c.Expires.After(now):
		return false
	case domain == "":
		return true
	}
	return (host == domain || isBelow) && strings.HasPrefix(u.Path+"/", strings.TrimSuffix(c.Path, "/")+"/") &&
		(!c.Secure || u.Scheme == "https" || isLocal)
}

// readCookies recognises the form of a text.
func readCookies(text string) (cookies []*http.Cookie, agent string, err error) {
	var form string
	var lines []string
	switch {
	case text[0] == '[' || text[0] == '{':
		cookies, err = cookiesOfJSON([]byte(text))
		return cookies, "", err
	case strings.HasPrefix(text, "# Netscape HTTP Cookie File") || strings.Count(text, "\t") >= 6:
		if cookies = cookiesOfJar(text); cookies == nil {
			err = errUnknownForm
		}
		return cookies, "", err
	case strings.HasPrefix(text, "curl ") || strings.HasPrefix(text, "curl.exe "):
		form, lines = "cURL", linesOfCurl(text)
	case strings.HasPrefix(text, "fetch(") || strings.HasPrefix(text, "await fetch("):
		form, lines = "fetch", linesOfFetch(text)
	case strings.Contains(text, "System.Net.Cookie") || strings.Contains(text, "Invoke-WebRequest"):
		form, lines = "PowerShell", linesOfPowerShell(text)
	default:
		lines = strings.Split(text, "\n")
	}
	cookies, agent, err = cookiesOfHeader(lines)
	if form != "" && cookies == nil {
		err = errors.New("was copied as " + form + " without the cookie: copy the request as cURL")
	}
	return cookies, agent, err
}

// cookiesOfHeader reads lines of a request's or an answer's header, or only NAME=VALUE.
func cookiesOfHeader(lines []string) (cookies []*http.Cookie, agent string, err error) {
	var pairs []*http.Cookie // of lines that are no header
	for i, line := range lines {
		name, value, isHeader := strings.Cut(line, ":")
		value = strings.Trim(value, " \t;")
		if value == "" && i+1 < len(lines) { // a panel of a browser has the value on the next line
			value = strings.Trim(lines[i+1], " \t;")
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "cookie":
			cookies = append(cookies, pairsOf(value)...)
		case "set-cookie":
			one := useragent.ParseSetCookie(value)
			one.Domain = "" // it is that of the answer's host
			cookies = append(cookies, one)
		case "user-agent":
			agent = value
		default:
			if strings.Contains(line, "=") {
				pairs = append(pairs, pairsOf(line)...)
			} else if strings.TrimSpace(line) != "" && !isHeader {
				pairs = append(pairs, &http.Cookie{}) // which is refused
			}
		}
	}
	if cookies == nil {
		cookies = pairs
	}
	if cookies == nil {
		err = errUnknownForm
	}
	return cookies, agent, err
}

// attribute is what follows a cookie in Set-Cookie, and is not a cookie.
var attribute = regexp.MustCompile(`(?i)^(path|domain|expires|max-age|samesite|priority)=|^(secure|httponly|partitioned)$`)

func pairsOf(header string) (cookies []*http.Cookie) {
	for i, pair := range strings.Split(strings.Trim(header, " \t;"), ";") {
		pair = strings.TrimSpace(pair)
		if pair == "" || i > 0 && attribute.MatchString(pair) {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			name = ""
		}
		cookies = append(cookies, &http.Cookie{Name: name, Value: value})
	}
	return cookies
}

// linesOfCurl reads a command that a browser copied, for a POSIX shell or for cmd.exe.
func linesOfCurl(command string) (lines []string) {
	if strings.Contains(command, `^"`) {
		command = strings.NewReplacer("^\n", "", `^\^"`, `\"`, "^", "").Replace(command)
	}
	words, err := posix.Fields(command, func(string) string { return "" })
	if err != nil {
		return nil
	}
	headers := map[string]string{"-H": "", "--header": "", "-b": "Cookie: ", "--cookie": "Cookie: ", "-A": "User-Agent: ",
		"--user-agent": "User-Agent: "}
	for i := 1; i < len(words); i++ {
		if name, ok := headers[words[i-1]]; ok {
			lines = append(lines, name+words[i])
		}
	}
	return lines
}

// linesOfFetch reads the second argument of a call, which browsers write as JSON.
func linesOfFetch(call string) (lines []string) {
	_, rest, _ := strings.Cut(call, "{")
	var options struct{ Headers map[string]string }
	if json.NewDecoder(strings.NewReader("{"+rest)).Decode(&options) != nil {
		return nil
	}
	for name, value := range options.Headers {
		lines = append(lines, name+": "+value)
	}
	return lines
}

const quoted = `"((?:[^"` + "`" + `]|` + "`" + `.)*)"`

var (
	powerShell = regexp.MustCompile(`(?i)(System\.Net\.Cookie\(|UserAgent\s*=\s*)` + quoted + `(?:,\s*` + quoted + `)?`)
	backtick   = regexp.MustCompile("`(.)")
)

func linesOfPowerShell(script string) (lines []string) {
	for _, found := range powerShell.FindAllStringSubmatch(script, -1) {
		line := "Cookie: " + found[2] + "=" + found[3]
		if strings.EqualFold(found[1][:1], "U") {
			line = "User-Agent: " + found[2]
		}
		lines = append(lines, backtick.ReplaceAllString(line, "$1"))
	}
	return lines
}

// cookiesOfJSON reads an export of an extension such as Cookie-Editor, or the state of Playwright.
func cookiesOfJSON(data []byte) (cookies []*http.Cookie, err error) {
	type entry struct {
		Name, Value    *string
		Domain, Path   string
		HostOnly       *bool
		Secure         bool
		ExpirationDate float64 // Cookie-Editor
		Expires        any     // Playwright: -1 for a session
	}
	var state struct{ Cookies []entry }
	if json.Unmarshal(data, &state.Cookies) != nil && json.Unmarshal(data, &state) != nil || len(state.Cookies) == 0 {
		return nil, errUnknownForm
	}
	for _, e := range state.Cookies {
		if e.Name == nil || e.Value == nil {
			return nil, errUnknownForm
		}
		one := &http.Cookie{Name: *e.Name, Value: *e.Value, Domain: e.Domain, Path: e.Path, Secure: e.Secure}
		if e.HostOnly != nil && e.Domain != "" {
			one.Domain = domainOf(e.Domain, !*e.HostOnly)
		}
		seconds, _ := e.Expires.(float64)
		if seconds = max(seconds, e.ExpirationDate); seconds > 0 {
			one.Expires = time.Unix(int64(seconds), 0)
		}
		cookies = append(cookies, one)
	}
	return cookies, nil
}

func domainOf(host string, below bool) string {
	host = strings.TrimPrefix(host, ".")
	if below {
		return "." + host
	}
	return host
}

// cookiesOfJar reads the format of Netscape, which curl writes.
func cookiesOfJar(jar string) (cookies []*http.Cookie) {
	for line := range strings.SplitSeq(jar, "\n") {
		line = strings.TrimPrefix(line, "#HttpOnly_")
		fields := strings.Split(line, "\t")
		if strings.HasPrefix(line, "#") || len(fields) != 7 || fields[1] != "TRUE" && fields[1] != "FALSE" {
			continue
		}
		one := &http.Cookie{Name: fields[5], Value: fields[6], Domain: domainOf(fields[0], fields[1] == "TRUE"), Path: fields[2],
			Secure: fields[3] == "TRUE"}
		if seconds, _ := strconv.ParseInt(fields[4], 10, 64); seconds > 0 {
			one.Expires = time.Unix(seconds, 0)
		}
		cookies = append(cookies, one)
	}
	return cookies
}
