package ssotest

import (
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"net/url"
	"reflect"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
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
		"broken":     broken,
		"codes":      func(l any) []contract.Code { return attempt(l).codes() },
		"noticed":    noticed,
		"mistakes":   mistakesOf,
		"spaceList":  Settings.spaceList,
		"source":     contract.Source.String,
		"report":     newReportView,
		"troubles":   Settings.troubles,
		"input":      adminForm.input,
		"types":      joinTypes,
		"entry":      func(e judgedEntry, now time.Time) entryRow { return entryRow{e, now} },
		"logins":     func(caption string, list []Attempt, now time.Time) loginTable { return loginTable{caption, list, now} },
		"claimed":    claimed,
		"claim":      func(l *Attempt, name string) string { return text(l.Report, name) },
		"errorcode":  func(l *Attempt, c contract.Code) bool { return errors.Is(l.Err, c) },
		"momentNote": momentNote,
		"spacesOf":   func(what string, s Settings, ids []string) spaceChanges { return spaceChanges{what, s.spaceList(ids)} },
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

// What parts of several pages are given.
type (
	entryRow struct {
		Entry judgedEntry
		Now   time.Time
	}
	loginTable struct {
		Caption string
		Logins  []Attempt
		Now     time.Time
	}
	spaceChanges struct {
		What   string // Joined or Left
		Spaces []Space
	}
)

// attempt takes a login as templates have it: the value, or a pointer to it.
func attempt(l any) Attempt {
	if p, ok := l.(*Attempt); ok {
		return *p
	}
	return l.(Attempt)
}

// claimed is who a refused login says it is.
func claimed(l Attempt) string { return cmp.Or(text(l.Report, contract.Name), l.sub()) }

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

// momentNote is a moment with a note of its own in place of the distance.
func momentNote(t time.Time, note string) moment {
	m := newMoment(t, t)
	m.Distance = note
	return m
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
