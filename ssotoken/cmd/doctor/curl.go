package doctor

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// curl gives a command that sends the request again. It holds no credential,
// but the variable in which one is.
func (p probe) curl(u *url.URL, header map[string]string) string {
	words := []string{"curl", "-i"}
	switch p.method {
	case http.MethodGet:
	case http.MethodHead:
		words = append(words, "-I")
	default:
		words = append(words, "-X", p.method)
	}
	switch {
	case p.as != nil && p.cookie != "":
		words = append(words, "-b", `"$COOKIE"`)
	case p.cookie != "":
		words = append(words, "-b", quoted(cookieValue.ReplaceAllString(p.cookie, "=made-up")))
	}
	if p.bearer != "" {
		words = append(words, "-H", `"Authorization: Bearer $BEARER"`)
	}
	if p.host != "" {
		words = append(words, "-H", quoted("Host: "+p.host))
	}
	for _, name := range slices.Sorted(maps.Keys(header)) {
		value := "…" // which may be a secret
		if strings.EqualFold(name, "User-Agent") {
			value = header[name]
		}
		words = append(words, "-H", quoted(name+": "+value))
	}
	for _, name := range slices.Sorted(maps.Keys(p.header)) {
		if value := p.header[name]; value != "" {
			words = append(words, "-H", quoted(name+": "+value))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.form)) {
		words = append(words, "--data-urlencode", quoted(name+"=…"))
	}
	return safe(strings.Join(append(words, quoted(u.String())), " "))
}

var cookieValue = regexp.MustCompile(`=[^;]*`)

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
