package ssotoken

import (
	"html/template"
	"net/url"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// An Embed is a page of the community in a frame of your own. Give either Space,
// for the embed page that the vendor documents, or Page.
type Embed struct {
	Community Community // to be set if it is under a path, which we put in front of a Space; untried
	Space     string    // slug of a space, as in its address

	// Page is any other path of the community, such as /post/slug, and is sent as it
	// is, so it has the path that the community is under. It may have a query. The
	// vendor documents no embed address of a post or of the whole community.
	Page string

	// Query has the page's options. The vendor documents readonly, header, composer
	// and about for a space, each "true" or "false". Other pages take layout, "basic"
	// or "default" (seen in public code).
	Query url.Values
}

// returnPath is the page with the parameters of Query, sorted by name. An error is a
// [*FieldError].
func (e Embed) returnPath() (ReturnPath, error) {
	path, field := e.Page, "Page"
	if (e.Space == "") == (e.Page == "") {
		return ReturnPath{}, &FieldError{Field: "Space", Err: contract.MissingValue.Errorf("give either Space or Page")}
	}
	if e.Space != "" {
		if strings.ContainsAny(e.Space, "/\\?#%") || e.Space == "." || e.Space == ".." {
			err := contract.Malformed.Errorf("is no slug: give only what follows %s", contract.EmbedSpacePath)
			return ReturnPath{}, &FieldError{Field: "Space", Err: err}
		}
		path, field = e.Community.folder+contract.EmbedSpacePath+e.Space, "Space"
	}
	if query := strings.ReplaceAll(e.Query.Encode(), "+", "%20"); query != "" {
		path = withQuery(path, query)
	}
	p, err := e.Community.parsePath(path)
	if err != nil {
		return ReturnPath{}, &FieldError{Field: field, Err: err}
	}
	return p, nil
}

// Frame returns an iframe for the body of your page. Its source is loginPath, the
// path of your own [Login.Middleware], so the token is minted when the frame loads
// and not when the page is made; visitors without a session see your sign-in page
// in the frame. title names the frame for screen readers and is required. Set its
// size with CSS.
func (e Embed) Frame(loginPath, title string) (template.HTML, error) {
	to, err := e.returnPath()
	if err != nil {
		return "", err
	}
	if !isOwnPath(loginPath) {
		err := contract.Malformed.Errorf("must be the path of your own login handler, such as /community/login")
		return "", &FieldError{Field: "loginPath", Err: err}
	}
	if isBlank(title) {
		err := contract.MissingValue.Errorf("is required: it names the frame for screen readers")
		return "", &FieldError{Field: "title", Err: err}
	}
	src := withQuery(loginPath, contract.ReferrerURI+"="+string(appendQueryValue(nil, to.path)))
	return template.HTML(`<iframe src="` + template.HTMLEscapeString(src) +
		`" title="` + template.HTMLEscapeString(title) +
		`" referrerpolicy="no-referrer" loading="lazy"></iframe>`), nil
}
