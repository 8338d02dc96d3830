package main

import (
	"cmp"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// takeSession reads the cookies of a session from what people have: NAME=VALUE,
// the lines of a request's header, a command that a browser copied for curl, or
// a cookie jar of curl. A session may be bound to its User-Agent, which is
// taken too.
func (c *consultation) takeSession(text string) (cookies string, err error) {
	text = strings.TrimSpace(strings.TrimPrefix(strings.ReplaceAll(text, "\r\n", "\n"), "\ufeff"))
	header := strings.Split(text, "\n")
	switch {
	case strings.HasPrefix(text, "curl "), strings.HasPrefix(text, "curl.exe "):
		header = headerOfCurl(words(text))
	case isJar(text):
		return cookiesFor(cmp.Or(c.AuthorizationURL, c.JSONURL, c.LogoutURL), text, time.Now())
	}
	var named, plain []string
	for _, line := range header {
		name, value, isHeader := strings.Cut(line, ":")
		switch name, value = strings.ToLower(strings.TrimSpace(name)), strings.Trim(value, " \t;"); {
		case isHeader && name == "cookie":
			named = append(named, value)
		case isHeader && name == "user-agent" && c.Header["User-Agent"] == "":
			c.Header["User-Agent"] = value
		case line != "":
			plain = append(plain, strings.Trim(line, " \t;"))
		}
	}
	if named == nil {
		named = plain
	}
	if named == nil {
		return "", errors.New("the file that -cookie-file names has no cookie")
	}
	return strings.Join(named, "; "), nil
}

// headerOfCurl gives the lines of the header that a command of curl sends.
func headerOfCurl(words []string) (lines []string) {
	for i, word := range words {
		value := ""
		if i+1 < len(words) {
			value = words[i+1]
		}
		switch word {
		case "-H", "--header":
			lines = append(lines, value)
		case "-b", "--cookie":
			lines = append(lines, "Cookie: "+value)
		case "-A", "--user-agent":
			lines = append(lines, "User-Agent: "+value)
		}
	}
	return lines
}

// words splits a command as a POSIX shell does, or as cmd.exe if it is written
// for that.
func words(command string) (all []string) {
	if strings.Contains(command, `^"`) {
		command = strings.NewReplacer("^\n", "", `^\^"`, `\"`, "^", "").Replace(command)
	}
	command = strings.ReplaceAll(command, "\\\n", " ")
	var word strings.Builder
	started := false
	var quote byte
	for i := 0; i < len(command); i++ {
		c := command[i]
		switch {
		case quote == 0 && strings.IndexByte(" \t\n", c) >= 0:
			if started {
				all = append(all, word.String())
			}
			word.Reset()
			started = false
		case c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote, started = c, true
		case quote == 0 && c == '$' && i+1 < len(command) && command[i+1] == '\'': // $'…' has escapes
		case c == '\\' && quote != '\'' && i+1 < len(command):
			i++
			word.WriteByte(command[i])
			started = true
		default:
			word.WriteByte(c)
			started = true
		}
	}
	if started {
		all = append(all, word.String())
	}
	return all
}

// isJar reports whether a text is a cookie jar in the format of Netscape.
func isJar(text string) bool {
	return strings.HasPrefix(text, "# Netscape HTTP Cookie File") || strings.Count(text, "\t") >= 6
}

// cookiesFor gives the cookies of a jar that go to an address.
func cookiesFor(address, jar string, now time.Time) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", nil // reported with the settings
	}
	var pairs []string
	for line := range strings.SplitSeq(jar, "\n") {
		line = strings.TrimPrefix(line, "#HttpOnly_")
		fields := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if strings.HasPrefix(line, "#") || len(fields) != 7 {
			continue
		}
		host, path, secure, name, value := fields[0], fields[2], fields[3], fields[5], fields[6]
		below, _ := strings.CutPrefix(host, ".")
		expires, _ := strconv.ParseInt(fields[4], 10, 64)
		switch {
		case u.Hostname() != below && !(fields[1] == "TRUE" && strings.HasSuffix(u.Hostname(), "."+below)),
			!strings.HasPrefix(u.Path+"/", strings.TrimSuffix(path, "/")+"/"),
			secure == "TRUE" && u.Scheme != "https",
			expires > 0 && expires < now.Unix():
			continue
		}
		pairs = append(pairs, name+"="+value)
	}
	if pairs == nil {
		return "", errors.New("the cookie jar has no cookie for this address that is not over")
	}
	return strings.Join(pairs, "; "), nil
}
