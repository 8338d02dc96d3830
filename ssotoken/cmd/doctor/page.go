package doctor

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// A page is what a browser would find in HTML that matters to a login. It is
// read token by token: in the tree, a form in a table is apart from its fields.
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

// maxForms is over as many forms as no site has.
const maxForms = 500

type form struct {
	action, method string
	fields         []field
}

type field struct{ name, value, kind string }

func parsePage(body string) *page {
	p := &page{}
	var text strings.Builder
	open, raw, chosen := -1, "", false // the form and the element that we are in
	ids := map[string]int{}            // of forms
	for z := html.NewTokenizer(strings.NewReader(body)); ; {
		switch z.Next() {
		case html.ErrorToken:
			p.text = strings.Join(strings.Fields(text.String()), " ")
			return p
		case html.TextToken:
			switch inner := string(z.Text()); raw {
			case "":
				text.WriteString(inner + " ")
			case "script":
				p.scripts[len(p.scripts)-1] = inner
			case "textarea":
				if open >= 0 {
					p.forms[open].fields[len(p.forms[open].fields)-1].value = inner
				}
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) == "form" {
				open = -1
			}
			raw = ""
		case html.StartTagToken, html.SelfClosingTagToken:
			token, attrs := z.Token(), map[string]string{}
			for _, attr := range slices.Backward(token.Attr) { // of two, the first counts
				attrs[attr.Key] = attr.Val
			}
			name := token.Data
			raw = ""
			owner := open
			if id := attrs["form"]; id != "" {
				var known bool
				if owner, known = ids[id]; !known {
					owner = -1
				}
			}
			switch name {
			case "form":
				if len(p.forms) == maxForms {
					return p
				}
				p.forms = append(p.forms, form{action: attrs["action"], method: strings.ToUpper(attrs["method"])})
				open = len(p.forms) - 1
				ids[attrs["id"]] = open
			case "select":
				chosen = false
				p.field(owner, attrs, field{attrs["name"], "", "select"})
			case "option":
				_, isSelected := attrs["selected"]
				if open < 0 || len(p.forms[open].fields) == 0 || chosen && !isSelected {
					continue
				}
				if last := &p.forms[open].fields[len(p.forms[open].fields)-1]; last.kind == "select" {
					last.value, chosen = attrs["value"], true
				}
			case "textarea":
				raw = name
				p.field(open, nil, field{attrs["name"], "", name})
			case "input":
				p.field(owner, attrs, field{attrs["name"], attrs["value"], strings.ToLower(attrs["type"])})
			case "button":
				p.field(owner, attrs, field{attrs["name"], attrs["value"], cmp.Or(strings.ToLower(attrs["type"]), "submit")})
			default:
				raw = p.see(name, attrs)
			}
		}
	}
}

// see takes what is in no form. It returns the name of an element whose content is no text to a visitor.
func (p *page) see(name string, attrs map[string]string) (raw string) {
	switch name {
	case "base":
		if p.base == "" { // the first counts
			p.base = attrs["href"]
		}
	case "a":
		p.links = append(p.links, attrs["href"])
	case "script", "iframe":
		p.shows = true
		if name == "script" {
			p.scripts = append(p.scripts, "")
		}
		return name
	case "style", "title", "noscript", "xmp", "noembed", "noframes":
		return name
	case "img", "svg", "object", "embed", "canvas", "video", "picture":
		p.shows = true
	case "meta":
		switch strings.ToLower(attrs["http-equiv"]) {
		case "refresh":
			p.refresh = attrs["content"]
		case "content-security-policy":
			p.policy = append(p.policy, attrs["content"])
		}
	}
	return ""
}

// field adds a field to a form. A submitting button may name another address.
func (p *page) field(owner int, attrs map[string]string, f field) {
	p.shows = p.shows || f.kind != "hidden"
	if owner < 0 {
		return
	}
	form := &p.forms[owner]
	if action := attrs["formaction"]; action != "" && (f.kind == "submit" || f.kind == "image") {
		form.action = action
	}
	form.fields = append(form.fields, f)
}

// has reports whether the form has a field of a kind.
func (f form) has(kind string) bool {
	return slices.ContainsFunc(f.fields, func(f field) bool { return f.kind == kind })
}

func (p *page) hasPassword() bool {
	return slices.ContainsFunc(p.forms, func(f form) bool { return f.has("password") })
}

func (f form) names() (names []string) {
	for _, field := range f.fields {
		names = append(names, field.name)
	}
	return names
}
