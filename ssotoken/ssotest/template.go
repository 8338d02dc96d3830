package ssotest

import (
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

var templates = parseTemplates()

func parseTemplates() map[string]*template.Template {
	base := template.Must(template.New("").Funcs(template.FuncMap{
		"initial":    initial,
		"visible":    visible,
		"link":       newNavLink,
		"moment":     newMoment,
		"fold":       newFold,
		"plural":     plural,
		"long":       func(s string) bool { return utf8.RuneCountInString(s) > longText },
		"start":      start,
		"memberPath": func(id string) string { return membersPath + "/" + url.PathEscape(id) },
		"verified":   isVerified,
		"judged":     judgedEntries,
		"broken":     func(r *inspect.Report) []inspect.Finding { return findings(r, true) },
		"noticed":    func(r *inspect.Report) []inspect.Finding { return findings(r, false) },
		"codes":      Attempt.codes,
		"mistakes":   Attempt.mistakes,
		"spaceList":  Settings.spaceList,
		"source":     contract.Source.String,
		"report":     func(r *inspect.Report, v view) reportView { return reportView{r, v.Settings, v.Now} },
		"troubles":   Settings.troubles,
		"input":      adminForm.input,
		"types":      func() []FieldType { return slices.Sorted(maps.Keys(jsonForms)) },
		"claimed":    func(l Attempt) string { return cmp.Or(text(l.Report, contract.Name), l.sub()) },
		"claim":      func(l Attempt, name string) string { return text(l.Report, name) },
		"errorcode":  func(l Attempt, c contract.Code) bool { return errors.Is(l.Err, c) },
		"dict":       dict,
	}).ParseFS(files, "pages/layout.html", "pages/parts.html", "pages/taken-apart.html", "pages/outcome.html"))
	pages := map[string]*template.Template{}
	for _, name := range []string{
		"home", "other", "missing", "members", "member", "spaces", "space", "settings", "logins", "login", "refused",
		"signin", "signup", "direct", "admin", "paste", "mistakes", "codes", "code",
	} {
		pages[name] = template.Must(template.Must(base.Clone()).ParseFS(files, "pages/"+name+".html"))
	}
	return pages
}

// dict is what a part of a page is given, by name.
func dict(pairs ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	return m
}

// navLink is a link of the header; Here marks the page that is shown.
type navLink struct {
	Href, Text string
	Here       bool
}

func newNavLink(where, href, text string) navLink {
	path, _, _ := strings.Cut(where, "?")
	return navLink{href, text, path == href}
}

// initial stands in an avatar until its picture, which may be a bad one,
// covers it.
func initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return strings.ToUpper(string(r))
		}
	}
	return "?"
}

// visible reports whether a text shows anything.
func visible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) })
}

// longText is how many characters of a text are shown before the rest folds.
const longText = 160

func start(s string) string {
	runes := []rune(s)
	if len(runes) <= longText/2 {
		return s
	}
	return string(runes[:longText/2])
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// A fold is a list of which the first are shown and the others can be.
type fold struct {
	Head, Rest any
	More       int
}

// newFold folds a list of any type.
func newFold(n int, list any) fold {
	v := reflect.ValueOf(list)
	if v.Len() <= n+n/2 { // nobody unfolds two more
		n = v.Len()
	}
	return fold{v.Slice(0, n).Interface(), v.Slice(n, v.Len()).Interface(), v.Len() - n}
}

// A moment is a time as people read it.
type moment struct {
	ISO, UTC string
	Distance string // from now, or from what the sentence names
}

func newMoment(t, now time.Time) moment {
	return moment{t.UTC().Format(time.RFC3339), t.UTC().Format("2006-01-02 15:04:05 UTC"), distance(t.Sub(now))}
}

// distance says how far away a time is.
func distance(d time.Duration) string {
	if d.Abs() < 500*time.Millisecond {
		return "now"
	}
	if d < 0 {
		return inWords(-d) + " ago"
	}
	return "in " + inWords(d)
}

// inWords gives a duration in its largest unit, and seconds up to two minutes.
func inWords(d time.Duration) string {
	units := []struct {
		least, length time.Duration
		name          string
	}{{48 * time.Hour, 24 * time.Hour, "day"}, {2 * time.Hour, time.Hour, "hour"}, {2 * time.Minute, time.Minute, "minute"}, {0, time.Second, "second"}}
	for _, u := range units {
		if d >= u.least {
			return plural(int(d.Round(u.length)/u.length), u.name)
		}
	}
	return d.String()
}
