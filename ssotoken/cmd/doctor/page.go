package doctor

import (
	"html"
	"regexp"
	"slices"
	"strings"
)

// A page is what a browser would find in HTML, as far as a login needs it. The
// parser keeps to the tokens of HTML, and knows nothing of its tree: a form is
// what stands between its tags, or names it.
type page struct {
	base    string
	refresh string   // of meta http-equiv=refresh
	policy  []string // of meta http-equiv=Content-Security-Policy
	forms   []form
	links   []string
	scripts []string
	text    string // what a visitor reads
	shows   bool   // something other than text: a picture, a field, a script
}

type form struct {
	id, action, method string
	fields             []field
}

type field struct{ name, value, kind string }

// A tag is a start tag, or the end tag if end is set.
type tag struct {
	name  string
	end   bool
	attrs map[string]string
}

// rawText are elements whose content is no HTML to a browser with scripts.
var rawText = []string{"script", "style", "textarea", "title", "noscript", "iframe", "xmp", "noembed", "noframes"}

func parsePage(body string) *page {
	p := &page{}
	open, selected := -1, false // the form and the select that we are in
	var text strings.Builder
	for body != "" {
		start := strings.IndexByte(body, '<')
		if start < 0 {
			start = len(body)
		}
		text.WriteString(body[:start] + " ")
		t, rest, ok := cutTag(body[start:])
		body = rest
		if !ok {
			continue
		}
		inner := ""
		if !t.end && slices.Contains(rawText, t.name) {
			inner, body = cutRaw(body, t.name)
		}
		switch {
		case t.end && t.name == "form":
			open = -1
		case t.end:
		case t.name == "form":
			p.forms = append(p.forms, form{id: t.attrs["id"], action: t.attrs["action"], method: strings.ToUpper(t.attrs["method"])})
			open = len(p.forms) - 1
		case t.name == "select":
			selected = false
			p.field(open, t, field{t.attrs["name"], "", "select"})
		case t.name == "option":
			if _, chosen := t.attrs["selected"]; open >= 0 && len(p.forms[open].fields) > 0 && (chosen || !selected) {
				last := &p.forms[open].fields[len(p.forms[open].fields)-1]
				if last.kind == "select" {
					last.value, selected = t.attrs["value"], true
				}
			}
		case t.name == "textarea":
			p.field(open, t, field{t.attrs["name"], html.UnescapeString(inner), "textarea"})
		case t.name == "input" || t.name == "button":
			kind := strings.ToLower(t.attrs["type"])
			if kind == "" && t.name == "button" {
				kind = "submit"
			}
			p.field(open, t, field{t.attrs["name"], t.attrs["value"], kind})
		default:
			p.see(t, inner)
		}
	}
	p.text = strings.Join(strings.Fields(html.UnescapeString(text.String())), " ")
	return p
}

func (p *page) see(t tag, inner string) {
	switch t.name {
	case "base":
		p.base = t.attrs["href"]
	case "a":
		p.links = append(p.links, t.attrs["href"])
	case "script":
		p.scripts = append(p.scripts, inner)
		p.shows = true
	case "img", "svg", "iframe", "object", "embed", "canvas", "video", "picture":
		p.shows = true
	case "meta":
		switch strings.ToLower(t.attrs["http-equiv"]) {
		case "refresh":
			p.refresh = t.attrs["content"]
		case "content-security-policy":
			p.policy = append(p.policy, t.attrs["content"])
		}
	}
}

// field adds a field to the form that it names, or that it stands in. A
// submitting button may name another address.
func (p *page) field(open int, t tag, f field) {
	if id := t.attrs["form"]; id != "" {
		open = slices.IndexFunc(p.forms, func(f form) bool { return f.id == id })
	}
	p.shows = p.shows || f.kind != "hidden"
	if open < 0 {
		return
	}
	if action := t.attrs["formaction"]; action != "" && (f.kind == "submit" || f.kind == "image") {
		p.forms[open].action = action
	}
	p.forms[open].fields = append(p.forms[open].fields, f)
}

// cutTag reads one tag, comment or declaration at the start of s. ok is false
// if it is no tag.
func cutTag(s string) (t tag, rest string, ok bool) {
	switch {
	case s == "":
		return tag{}, "", false
	case strings.HasPrefix(s, "<!--"):
		_, rest, _ = strings.Cut(s[4:], "-->")
		return tag{}, rest, false
	case strings.HasPrefix(s, "<!") || strings.HasPrefix(s, "<?"):
		_, rest, _ = strings.Cut(s, ">")
		return tag{}, rest, false
	}
	s = s[1:]
	if t.end = strings.HasPrefix(s, "/"); t.end {
		s = s[1:]
	}
	end := strings.IndexAny(s, " \t\n\r\f/>")
	if end <= 0 || !('a' <= s[0]|0x20 && s[0]|0x20 <= 'z') {
		return tag{}, s, false
	}
	t.name, s, t.attrs = strings.ToLower(s[:end]), s[end:], map[string]string{}
	for {
		s = strings.TrimLeft(s, " \t\n\r\f/")
		if s == "" || s[0] == '>' {
			return t, strings.TrimPrefix(s, ">"), true
		}
		var name, value string
		if name, value, s = cutAttribute(s); name != "" {
			if _, twice := t.attrs[name]; !twice { // the first counts
				t.attrs[name] = html.UnescapeString(value)
			}
		}
	}
}

func cutAttribute(s string) (name, value, rest string) {
	end := strings.IndexAny(s[1:], " \t\n\r\f/>=") + 1
	if end == 0 {
		return "", "", ""
	}
	name, s = strings.ToLower(s[:end]), strings.TrimLeft(s[end:], " \t\n\r\f")
	if !strings.HasPrefix(s, "=") {
		return name, "", s
	}
	s = strings.TrimLeft(s[1:], " \t\n\r\f")
	if s == "" {
		return name, "", ""
	}
	if quote := s[0]; quote == '"' || quote == '\'' {
		value, rest, _ = strings.Cut(s[1:], string(quote))
		return name, value, rest
	}
	if end = strings.IndexAny(s, " \t\n\r\f>"); end < 0 {
		end = len(s)
	}
	return name, s[:end], s[end:]
}

// cutRaw cuts the content of an element that holds no tags.
func cutRaw(s, name string) (inner, rest string) {
	loc := endTags[name].FindStringIndex(s)
	if loc == nil {
		return s, ""
	}
	return s[:loc[0]], s[loc[0]:]
}

var endTags = func() map[string]*regexp.Regexp {
	tags := map[string]*regexp.Regexp{}
	for _, name := range rawText {
		tags[name] = regexp.MustCompile(`(?i)</` + name + `[\s/>]`)
	}
	return tags
}()

// fieldOf gives the first field of a kind.
func (f form) fieldOf(kind string) (field, bool) {
	i := slices.IndexFunc(f.fields, func(f field) bool { return f.kind == kind })
	if i < 0 {
		return field{}, false
	}
	return f.fields[i], true
}

func (f form) names() (names []string) {
	for _, field := range f.fields {
		names = append(names, field.name)
	}
	return names
}
