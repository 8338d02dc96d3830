package main

import (
	"bytes"
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
)

var errUnknownForm = errors.New("has a form that is unknown: give NAME=VALUE, a line Cookie: of a request, lines Set-Cookie:, " +
	"what a browser copies as cURL, as fetch (Node.js) or as PowerShell, a cookie jar of curl, or the JSON of Cookie-Editor or Playwright")

// A cookie is one of a file. host is "" where the file names no host.
type cookie struct {
	name, value, host, path string
	below, secure           bool      // it goes to hosts below too; only over https
	expires                 time.Time // zero is with the session
}

// takeSession reads the cookies of a session from what people have, and returns them as a header. A session may be
// bound to its User-Agent, which is taken too.
func (c *consultation) takeSession(text string, now time.Time) (string, error) {
	text = strings.TrimSpace(strings.TrimPrefix(strings.ReplaceAll(text, "\r\n", "\n"), "\ufeff"))
	if text == "" {
		return "", errors.New("has no cookie")
	}
	cookies, agent, err := readCookies(text, now)
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
		if strings.TrimSpace(one.name) == "" || strings.ContainsAny(one.name, "=; \t") || hasControl(one.name+one.value) ||
			strings.Contains(one.value, ";") {
			return "", errUnknownForm
		}
		if one.goesTo(to, now) {
			pairs = append(pairs, one.name+"="+one.value)
		}
	}
	if pairs == nil {
		return "", errors.New("has no cookie for this address that is not over")
	}
	return strings.Join(pairs, "; "), nil
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func (c cookie) goesTo(u *url.URL, now time.Time) bool {
	host := strings.TrimPrefix(strings.ToLower(c.host), ".")
	switch {
	case !c.expires.IsZero() && !c.expires.After(now):
		return false
	case c.host == "":
		return true
	case u.Hostname() != host && !(c.below && strings.HasSuffix(u.Hostname(), "."+host)):
		return false
	}
	isLocal := u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1"
	return strings.HasPrefix(u.Path+"/", strings.TrimSuffix(c.path, "/")+"/") && (!c.secure || u.Scheme == "https" || isLocal)
}

// readCookies recognises the form of a text.
func readCookies(text string, now time.Time) (cookies []cookie, agent string, err error) {
	switch {
	case text[0] == '[' || text[0] == '{':
		cookies, err = cookiesOfJSON([]byte(text))
		return cookies, "", err
	case strings.HasPrefix(text, "curl ") || strings.HasPrefix(text, "curl.exe "):
		return cookiesOfCurl(text)
	case strings.HasPrefix(text, "fetch(") || strings.HasPrefix(text, "await fetch("):
		return cookiesOfFetch(text)
	case strings.Contains(text, "System.Net.Cookie") || strings.Contains(text, "Invoke-WebRequest"):
		return cookiesOfPowerShell(text)
	case strings.HasPrefix(text, "# Netscape HTTP Cookie File") || strings.Count(text, "\t") >= 6:
		return cookiesOfJar(text), "", nil
	}
	return cookiesOfHeader(strings.Split(text, "\n"), now)
}

// cookiesOfHeader reads lines of a request's or an answer's header, or only NAME=VALUE.
func cookiesOfHeader(lines []string, now time.Time) (cookies []cookie, agent string, err error) {
	var plain []cookie
	isHeader := false
	for i, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		value = strings.Trim(value, " \t;")
		if value == "" && i+1 < len(lines) { // a panel of a browser has the value on the next line
			value = strings.Trim(lines[i+1], " \t;")
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "cookie":
			isHeader = true
			cookies = append(cookies, pairsOf(value)...)
		case "set-cookie":
			isHeader = true
			one, err := http.ParseSetCookie(value)
			if err != nil {
				one = &http.Cookie{}
				one.Name, one.Value, _ = strings.Cut(strings.Split(value, ";")[0], "=")
			}
			isOver := one.MaxAge < 0 || !one.Expires.IsZero() && one.Expires.Before(now)
			if !isOver {
				cookies = append(cookies, cookie{name: one.Name, value: one.Value})
			}
		case "user-agent":
			agent = value
		default:
			if !isHeader && strings.Contains(line, "=") {
				plain = append(plain, pairsOf(line)...)
			} else if strings.TrimSpace(line) != "" && !strings.Contains(line, ":") && !isHeader && !requestLine.MatchString(line) {
				plain = append(plain, cookie{name: ""}) // which is refused
			}
		}
	}
	switch {
	case isHeader:
		return cookies, agent, nil
	case plain == nil && len(lines) > 0 && !requestLine.MatchString(lines[0]):
		return nil, "", errUnknownForm
	}
	return plain, agent, nil
}

var requestLine = regexp.MustCompile(`^(GET|POST|HTTP/[\d.]+) `)

// attribute is what follows a cookie in Set-Cookie, and is not a cookie.
var attribute = regexp.MustCompile(`(?i)^(path|domain|expires|max-age|samesite|priority)=|^(secure|httponly|partitioned)$`)

func pairsOf(header string) (cookies []cookie) {
	for i, pair := range strings.Split(strings.Trim(header, " \t;"), ";") {
		pair = strings.TrimSpace(pair)
		if pair == "" || i > 0 && attribute.MatchString(pair) {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			name = ""
		}
		cookies = append(cookies, cookie{name: name, value: value})
	}
	return cookies
}

// cookiesOfCurl reads a command that a browser copied, for a POSIX shell or for cmd.exe.
func cookiesOfCurl(command string) ([]cookie, string, error) {
	if strings.Contains(command, `^"`) {
		command = strings.NewReplacer("^\n", "", `^\^"`, `\"`, "^", "").Replace(command)
	}
	words, err := posix.Fields(command, func(string) string { return "" })
	if err != nil {
		return nil, "", errUnknownForm
	}
	var lines []string
	for i := 1; i < len(words); i++ {
		switch word := words[i-1]; word {
		case "-H", "--header":
			lines = append(lines, words[i])
		case "-b", "--cookie":
			lines = append(lines, "Cookie: "+words[i])
		case "-A", "--user-agent":
			lines = append(lines, "User-Agent: "+words[i])
		}
	}
	return copied(lines, "cURL")
}

// copied reads the lines of a header that a browser copied. It may have left out the cookie.
func copied(lines []string, form string) ([]cookie, string, error) {
	cookies, agent, err := cookiesOfHeader(lines, time.Time{})
	if cookies == nil {
		err = errors.New("was copied as " + form + " without the cookie: copy the request as cURL")
	}
	return cookies, agent, err
}

// cookiesOfFetch reads the second argument of a call, which browsers write as JSON.
func cookiesOfFetch(call string) ([]cookie, string, error) {
	_, rest, ok := strings.Cut(call, "{")
	if !ok {
		return nil, "", errUnknownForm
	}
	var options struct{ Headers map[string]string }
	if err := json.NewDecoder(strings.NewReader("{" + rest)).Decode(&options); err != nil {
		return nil, "", errUnknownForm
	}
	var lines []string
	for name, value := range options.Headers {
		if strings.EqualFold(name, "cookie") || strings.EqualFold(name, "user-agent") {
			lines = append(lines, name+": "+value)
		}
	}
	return copied(lines, "fetch")
}

var (
	quoted           = `"((?:[^"` + "`" + `]|` + "`" + `.)*)"`
	powerShellCookie = regexp.MustCompile(`System\.Net\.Cookie\(` + quoted + `,\s*` + quoted)
	powerShellAgent  = regexp.MustCompile(`(?i)UserAgent\s*=\s*` + quoted)
	backtick         = regexp.MustCompile("`(.)")
)

func cookiesOfPowerShell(script string) (cookies []cookie, agent string, err error) {
	unquoted := func(s string) string { return backtick.ReplaceAllString(s, "$1") }
	for _, found := range powerShellCookie.FindAllStringSubmatch(script, -1) {
		cookies = append(cookies, cookie{name: unquoted(found[1]), value: unquoted(found[2])})
	}
	if found := powerShellAgent.FindStringSubmatch(script); found != nil {
		agent = unquoted(found[1])
	}
	if cookies == nil {
		err = errors.New("was copied as PowerShell without the cookie: copy the request as cURL")
	}
	return cookies, agent, err
}

// cookiesOfJSON reads an export of an extension such as Cookie-Editor, or the state of Playwright.
func cookiesOfJSON(data []byte) ([]cookie, error) {
	var entries []struct {
		Name, Value    *string
		Domain, Path   string
		HostOnly       *bool
		Secure         bool
		ExpirationDate float64 // Cookie-Editor
		Expires        any     // Playwright: -1 for a session
	}
	state := struct{ Cookies any }{&entries}
	var err error
	if bytes.HasPrefix(data, []byte("[")) {
		err = json.Unmarshal(data, &entries)
	} else {
		err = json.Unmarshal(data, &state)
	}
	if err != nil || len(entries) == 0 {
		return nil, errUnknownForm
	}
	var cookies []cookie
	for _, e := range entries {
		if e.Name == nil || e.Value == nil {
			return nil, errUnknownForm
		}
		one := cookie{name: *e.Name, value: *e.Value, host: e.Domain, path: cmp.Or(e.Path, "/"), secure: e.Secure}
		one.below = strings.HasPrefix(e.Domain, ".") || e.HostOnly != nil && !*e.HostOnly
		seconds, _ := e.Expires.(float64)
		if seconds = max(seconds, e.ExpirationDate); seconds > 0 {
			one.expires = time.Unix(int64(seconds), 0)
		}
		cookies = append(cookies, one)
	}
	return cookies, nil
}

// cookiesOfJar reads the format of Netscape, which curl writes.
func cookiesOfJar(jar string) (cookies []cookie) {
	for line := range strings.SplitSeq(jar, "\n") {
		line = strings.TrimPrefix(line, "#HttpOnly_")
		fields := strings.Split(line, "\t")
		if strings.HasPrefix(line, "#") || len(fields) != 7 {
			continue
		}
		one := cookie{name: fields[5], value: fields[6], host: fields[0], path: fields[2], below: fields[1] == "TRUE",
			secure: fields[3] == "TRUE"}
		if seconds, _ := strconv.ParseInt(fields[4], 10, 64); seconds > 0 {
			one.expires = time.Unix(seconds, 0)
		}
		cookies = append(cookies, one)
	}
	return cookies
}
