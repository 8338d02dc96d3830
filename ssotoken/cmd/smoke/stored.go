package smoke

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/internal/loopback"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

// tokensQuery has the names of the vendor's published GraphQL client. It selects no access token, so that none comes.
//
//go:embed tokens.graphql
var tokensQuery string

type difference struct {
	code    contract.Code
	verdict inspect.Verdict
	what    string
	fold    func(string) string
}

// differences are what can become of a value; a text is known by what makes it equal, the first in this order.
var differences = []difference{
	{"stored-missing", inspect.Warn, "nothing", nil},
	{"stored-white-space", inspect.Info, "other white space", func(s string) string { return strings.Join(strings.Fields(s), "") }},
	{"stored-case", inspect.Info, "another letter case", strings.ToLower},
	{"stored-unicode", inspect.Info, "another Unicode form", norm.NFKC.String},
	{"stored-escaped", inspect.Warn, "an HTML-escaped text", html.UnescapeString},
	{"stored-tags", inspect.Warn, "a text without its HTML tags", func(s string) string { return tag.ReplaceAllString(s, "") }},
	{"stored-date", inspect.Info, "a date in another form", func(s string) string { return midnight.ReplaceAllString(s, "") }},
	{"stored-cut", inspect.Warn, "something shorter", nil},
	{"stored-address", inspect.Info, "another address", func(s string) string { return address.ReplaceAllString(s, "URL") }},
	{"stored-type", inspect.Warn, "another JSON type", nil},
	{"stored-rounded", inspect.Warn, "a rounded number", nil},
	{"stored-more", inspect.Warn, "more than was sent", nil},
	{"stored-other", inspect.Warn, "another value", nil},
}

var (
	tag      = regexp.MustCompile(`<[^>]*>`)
	midnight = regexp.MustCompile(`(T00:00:00)?(\.0+)?(Z|[+-]00:00)$`)
	address  = regexp.MustCompile(`^https?://\S+$`)
	aName    = regexp.MustCompile(`^[A-Za-z_]\w{0,30}$`)
	date     = regexp.MustCompile(`^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-][\d:]+))?$`)
)

// change says how what is stored differs from what was sent; "" if it doesn't.
func change(sent, stored any) contract.Code {
	a, b := fmt.Sprint(sent), fmt.Sprint(stored)
	x, isNumber := sent.(float64)
	y, _ := stored.(float64)
	switch longer := len(list(stored)) - len(list(sent)); {
	case reflect.DeepEqual(sent, stored):
		return ""
	case stored == nil || b == "" || b == "[]" || b == "map[]":
		return "stored-missing"
	case reflect.TypeOf(sent) != reflect.TypeOf(stored):
		return "stored-type"
	case isNumber && math.Abs(x-y) < 1:
		return "stored-rounded"
	case longer > 0:
		return "stored-more"
	case longer < 0 || !isNumber && strings.HasPrefix(a, strings.TrimRight(b, "….")) && strings.TrimSpace(a) != strings.TrimSpace(b):
		return "stored-cut"
	}
	for _, d := range differences {
		if d.fold != nil && d.fold(a) == d.fold(b) {
			return d.code
		}
	}
	return "stored-other"
}

// DefaultAPI returns the address of a community's API: on this machine the fake's, else the vendor's in the US, since no
// community's name shows its region. In the EU it is https://api.bettermode.de.
func DefaultAPI(c ssotoken.Community) string {
	if u, err := url.Parse(c.String()); err == nil && loopback.Is(u.Hostname()) {
		return c.String() + "/graphql"
	}
	return "https://api.bettermode.com"
}

const sameToken = "the API takes the same token"

// askAPI logs the member in by the API too, and compares what is stored with what was sent. It sends no cookie, and
// follows no redirect, which would send the token on.
func (t *trip) askAPI(ctx context.Context) error {
	if t.API == "" || t.report.LoggedIn == NotLoggedIn {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	token, err := t.Signer.Sign(ctx, t.Claims)
	if err != nil {
		return err
	}
	t.hide(token.JWT())
	variables := map[string]string{"networkDomain": t.home.Host, "ssoToken": token.JWT()}
	body, _ := json.Marshal(map[string]any{"query": tokensQuery, "variables": variables})
	header := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}
	for name := range strings.FieldsSeq("Origin Upgrade-Insecure-Requests Sec-Fetch-Site Sec-Fetch-Mode Sec-Fetch-Dest Sec-Fetch-User") {
		header[name] = nil
	}
	answer, err := t.client.Do(ctx, nil, &useragent.Request{URL: t.api, Method: http.MethodPost, Body: string(body), Header: header})
	if err != nil {
		t.unanswered("The API: ", err)
		return nil
	}
	var all any // nil if it is no JSON
	_ = json.Unmarshal([]byte(answer.Text), &all)
	claims := inspect.Token(token.JWT(), inspect.Options{}).Claims
	if tokens := dig(all, "data", "tokens"); nameOf(dig(tokens, "member")) == "object" {
		t.compare(claims, tokens, len(list(dig(all, "errors"))) == 0)
		return nil
	}
	t.stored[sameToken] = []contract.Code{APIAnswer}
	t.find(APIAnswer, fmt.Sprintf("The API answered HTTP %d without a member; its form, without values: %.500s",
		answer.StatusCode, shape(all, claims)))
	return nil
}

// compare compares what was sent with a member of the API. null tells nothing in an answer with errors.
func (t *trip) compare(claims []inspect.Entry, tokens any, isWhole bool) {
	t.stored[sameToken] = nil
	one := func(decision, field string, sent, stored any, isShown bool) {
		if sent == nil || sent == "" || stored == nil && !(isShown && isWhole) {
			return
		}
		codes := t.stored[decision]
		if code := change(sent, stored); code != "" {
			codes = append(codes, code)
			i := slices.IndexFunc(differences, func(d difference) bool { return d.code == code })
			t.find(code, fmt.Sprintf("In place of %s, the community has %s.", field, differences[i].what))
		}
		t.stored[decision] = codes
	}
	member, schema := dig(tokens, "member"), list(dig(tokens, "network", "memberFields", "fields"))
	at := map[string]any{contract.Sub: dig(member, "externalId"), contract.Picture: dig(member, "profilePicture", "url")}
	for _, e := range claims {
		var sent, stored any
		_ = json.Unmarshal(e.Value, &sent)
		switch {
		case e.Name == contract.SpaceIDs:
			nodes := list(dig(member, "spaces", "nodes")) // 100 at most, by the query
			for i, id := range list(sent) {
				isIn := slices.ContainsFunc(nodes, func(n any) bool { return dig(n, "id") == id })
				one("spaces are joined by id", fmt.Sprintf("spaceIds[%d]", i), id, map[bool]any{true: id}[isIn], len(nodes) < 100)
			}
		case e.Status == contract.Custom || e.Status == contract.Legacy:
			var key any = e.Name
			if i := slices.IndexFunc(schema, func(f any) bool { return slices.Contains(list(dig(f, "externalKeys")), key) }); i >= 0 {
				key = dig(schema[i], "key")
			}
			for _, f := range list(dig(member, "fields")) {
				if reflect.DeepEqual(dig(f, "key"), key) {
					stored = dig(f, "value")
				}
			}
			var value any // stored as JSON
			text, _ := stored.(string)
			if json.Unmarshal([]byte(text), &value) == nil && text != sent && (nameOf(sent) != "text" || nameOf(value) == "text") {
				stored = value
			}
			of := cmp.Or(map[bool]string{true: "date"}[date.MatchString(fmt.Sprint(sent))], nameOf(sent))
			one("a custom "+of+" is stored as sent", e.Name, sent, stored, schema != nil)
		case strings.Contains("sub name email tagline picture", e.Name):
			one(e.Name+" is stored as sent", e.Name, sent, cmp.Or(at[e.Name], dig(member, e.Name)), true)
		}
	}
	one("an email of JWT SSO is verified", "emailStatus", "verified", dig(member, "emailStatus"), false)
	one("a member of JWT SSO has the role member", "role", "member", dig(tokens, "role", "type"), false)
	login, active := dig(tokens, "networkPublicInfo", "jwtSsoAuthUrls"), dig(tokens, "network", "activeSso")
	for i, given := range []string{t.Settings.AuthorizationURL, t.Settings.SignUpURL, t.Settings.LogoutURL, t.Settings.AccountSettingsURL} {
		at := []any{dig(login, "authorizationUrl"), dig(login, "signUpUrl"), dig(active, "logoutUrl"), dig(active, "settingsUrl")}[i]
		one("its settings are as given", []string{"Authorization", "Sign Up", "Logout", "Account Settings"}[i]+" URL", given, at, false)
	}
}

// shape is an answer's names and JSON types: a name that is no GraphQL's, or that of a claim's value, is left out.
func shape(v any, claims []inspect.Entry) string {
	object, _ := v.(map[string]any)
	var members []string
	for name, value := range object {
		isValue := func(e inspect.Entry) bool { text, ok := e.Text(); return ok && text == name }
		if !aName.MatchString(name) || slices.ContainsFunc(claims, isValue) {
			name = "…"
		}
		members = append(members, name+": "+shape(value, claims))
	}
	slices.Sort(members)
	switch values := list(v); {
	case len(members) > 0:
		return "{" + strings.Join(members, ", ") + "}"
	case len(values) > 0:
		return "[" + shape(values[0], claims) + "]"
	}
	return nameOf(v)
}

func nameOf(v any) string {
	return map[string]string{"string": "text", "float64": "number", "bool": "boolean", "[]interface {}": "array",
		"map[string]interface {}": "object", "<nil>": "null"}[fmt.Sprintf("%T", v)]
}

func dig(v any, names ...string) any {
	for _, name := range names {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

func list(v any) []any {
	values, _ := v.([]any)
	return values
}
