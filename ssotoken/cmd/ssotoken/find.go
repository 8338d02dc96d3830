package main

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

var (
	loginURLs = regexp.MustCompile("https?://[^\\s\"'<>`]*[?&](?:" + contract.JWT + "|" + contract.OldJWT + ")=[^\\s\"'<>`]*")
	tokens    = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)?`)
)

var errNothingFound = errors.New("there is no token and no login URL in the input")

// findLogin looks for a login URL, else a token, in text such as a line of a
// log. It also says how many others there are.
func findLogin(text string) (login string, isURL bool, others int, err error) {
	text = strings.TrimPrefix(text, "\ufeff")
	trimmed := strings.TrimSpace(text)
	if !strings.ContainsAny(trimmed, " \t\r\n\"'<>") && trimmed != "" {
		_, _, isURL := strings.Cut(trimmed, "://")
		if isURL || strings.Count(trimmed, ".") == 2 && !strings.ContainsAny(trimmed, "?&") {
			return trimmed, isURL, 0, nil
		}
	}
	text = strings.NewReplacer(`\u0026`, "&", `\/`, "/").Replace(text) // a log in JSON
	found := loginURLs.FindAllString(text, -1)
	for i := range found {
		found[i] = strings.TrimRight(found[i], ".,;:)]}")
	}
	isURL = found != nil
	if !isURL {
		found = tokens.FindAllString(text, -1)
	}
	if found == nil {
		return "", false, 0, errNothingFound
	}
	first := found[0]
	slices.Sort(found)
	return first, isURL, len(slices.Compact(found)) - 1, nil
}
