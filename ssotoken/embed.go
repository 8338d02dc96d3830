package ssotoken

import (
	"html/template"
	"net/url"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A Toggle is an option of an [Embed] that the community may default either
// way.
type Toggle int8

const (
	Default Toggle = iota // not sent
	On                    // sent as true
	Off                   // sent as false
)

// An Embed is a page of the community in a frame of your own. Give either
// Space, the embed page that the vendor documents, or Page.
type Embed struct {
	Space string // slug of a space, as in its address

	// Options of a space's embed page.
	ReadOnly Toggle // readonly: only reading
	Header   Toggle // header: the space's header
	Composer Toggle // composer: the form for a new post
	About    Toggle // about: the space's description

	// Page is any other path of the community, such as /post/slug; it may
	// have a query. The vendor documents no embed address of a post or of
	// the whole community, so none is made up here.
	Page   string
	Layout string // layout of a Page: "basic", "default" or empty

	// Query are further parameters, for options that this package does not
	// know.
	Query url.Values
}

// ReturnPath is the page as a path for [Signer.LoginURL] or
// [Login.RedirectTo]. Parameters are sorted by name. An error is a
// [*FieldError].
func (e Embed) ReturnPath() (ReturnPath, error) {
	path, query, field := e.Page, url.Values{}, "Page"
	add := func(name string, t Toggle) {
		if t != Default {
			query.Set(name, map[Toggle]string{On: "true", Off: "false"}[t])
		}
	}
	add("readonly", e.ReadOnly)
	add("header", e.Header)
	add("composer", e.Composer)
	add("about", e.About)
	switch {
	case (e.Space == "") == (e.Page == ""):
		return ReturnPath{}, &FieldError{Field: "Space", Err: because(contract.MissingValue, "give either Space or Page")}
	case e.Page != "" && len(query) > 0:
		return ReturnPath{}, &FieldError{Field: "Page", Err: because(contract.Malformed, "ReadOnly, Header, Composer and About are options of a Space: use Query for a Page's own")}
	case e.Space != "" && e.Layout != "":
		return ReturnPath{}, &FieldError{Field: "Layout", Err: because(contract.Malformed, "is an option of a Page: a Space's embed page has none")}
	case e.Layout != "" && !slices.Contains(contract.Layouts(), e.Layout):
		return ReturnPath{}, &FieldError{Field: "Layout", Err: because(contract.Malformed, "must be "+strings.Join(contract.Layouts(), ", ")+" or empty")}
	case e.Space != "":
		if strings.ContainsAny(e.Space, "/\\?#%") || e.Space == "." || e.Space == ".." {
			return ReturnPath{}, &FieldError{Field: "Space", Err: because(contract.Malformed, "is no slug: give only what follows "+contract.EmbedSpacePath+"")}
		}
		path, field = contract.EmbedSpacePath+e.Space, "Space"
	case e.Layout != "":
		query.Set("layout", e.Layout)
	}
	for name, values := range e.Query {
		query[name] = append(slices.Clone(query[name]), values...)
	}
	path, fragment, hasFragment := strings.Cut(path, "#")
	if len(query) > 0 {
		separator := "?"
		if strings.Contains(path, "?") {
			separator = "&"
		}
		path += separator + strings.ReplaceAll(query.Encode(), "+", "%20")
	}
	if hasFragment {
		path += "#" + fragment
	}
	p, err := ParseReturnPath(path)
	if err != nil {
		return ReturnPath{}, &FieldError{Field: field, Err: err}
	}
	return p, nil
}

// Frame is the iframe for a page of your site. Its source is loginPath, the
// path of your own [Login.Middleware] on the same site, so the token is
// minted when the frame loads and not when the page is made; visitors without
// a session see your sign-in page in the frame. title names the frame for
// screen readers and is required. Size it with CSS.
//
// It belongs to the content of a body; html/template takes it as it is.
func (e Embed) Frame(loginPath, title string) (template.HTML, error) {
	to, err := e.ReturnPath()
	if err != nil {
		return "", err
	}
	if err := checkLocalPath(loginPath, nil); err != nil {
		return "", &FieldError{Field: "loginPath", Err: because(contract.Malformed, "must be the path of your own login handler, such as /community/login")}
	}
	if isBlank(title) {
		return "", &FieldError{Field: "title", Err: because(contract.MissingValue, "is required: it names the frame for screen readers")}
	}
	separator := "?"
	if strings.Contains(loginPath, "?") {
		separator = "&"
	}
	src := string(appendQueryValue([]byte(loginPath+separator+contract.ReferrerURI+"="), to.path))
	return template.HTML(`<iframe src="` + template.HTMLEscapeString(src) + `" title="` + template.HTMLEscapeString(title) +
		`" referrerpolicy="no-referrer" loading="lazy"></iframe>`), nil
}
