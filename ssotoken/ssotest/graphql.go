package ssotest

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// operations are what /graphql has of the vendor's API, with the types of their arguments: from the vendor's published client
// (npm: @tribeplatform/gql-client 2.4.0), as the codes of errors; limitedToken and the limit from its guide. None of it was
// tried with a real community. We decided: a refused login is error 102, with our codes; the value of a custom field is its
// JSON; any client ID with any secret is an app's. This is no GraphQL server: it reads an operation of one field, whose
// arguments are variables, or texts without quotes and parentheses, and answers what is selected, with aliases and inline
// fragments. Of what it doesn't have, it answers null.
var operations = map[string]map[string]string{
	"query tokens": {"networkDomain": "String", "networkId": "ID", "otp": "String", "refreshToken": "String", "ssoToken": "String"},
	"query member": {"id": "ID", "externalId": "String", "username": "String"},

	"query limitedToken": {"context": "PermissionContext!", "networkId": "String!", "entityId": "String!", "impersonateMemberId": "String"},

	"mutation suspendMember":        {"memberId": "String!"},
	"mutation unsuspendMember":      {"memberId": "String!"},
	"mutation logoutMemberSessions": {"memberId": "String!"},
	"mutation deleteMember":         {"id": "ID!"},
}

var (
	operation = regexp.MustCompile(`^\s*(\w*)[^{]*\{\s*(?:(\w+)\s*:\s*)?(\w+)\s*(?:\(([^)]*)\))?`)
	variable  = regexp.MustCompile(`(\$\w+)\s*:\s*([\w!]+)`)
	argument  = regexp.MustCompile(`(\w+)\s*:\s*(?:(\$?\w+)|"([^"]*)")`)
	selected  = regexp.MustCompile(`(?:(\.\.\.)\s*on\s+)?(?:(\w+)\s*:\s*)?(\w+)\s*(?:\([^)]*\))?\s*(\{?)|[},]`)
)

type object = map[string]any

func apiError(code, message string) object { return object{"code": code, "message": message} }

func (h *Handler) graphql(r *http.Request, body []byte) reply {
	c, err := readAPICall(body)
	status, answer := http.StatusOK, object(nil)
	h.mu.Lock()
	if now := h.now(); len(h.apiCalls) == 100 && now.Sub(h.apiCalls[0]) < 10*time.Second {
		status, err = http.StatusTooManyRequests, apiError("104", "more than 100 requests in 10 s")
	} else {
		h.apiCalls = remember(h.apiCalls, 100, now)
	}
	h.mu.Unlock()
	if err == nil {
		answer, err = h.operate(r, c)
	}
	if err != nil {
		return reply{status, object{"data": nil, "errors": []object{err}}}
	}
	return reply{status, object{"data": object{c.alias: pick(c.selection, answer)}}}
}

type apiCall struct {
	kind, name, alias string
	args              map[string]string
	selection         object // by "alias:name" or "...Type"
}

func readAPICall(body []byte) (c apiCall, err object) {
	var request struct {
		Query     string         `json:"query"`
		Variables map[string]any `json:"variables"`
	}
	json.Unmarshal(body, &request)
	m := append(operation.FindStringSubmatch(request.Query), "", "", "", "", "")
	c = apiCall{cmp.Or(m[1], "query"), m[3], cmp.Or(m[2], m[3]), map[string]string{}, nil}
	types, want := map[string]string{}, operations[c.kind+" "+c.name]
	for _, v := range variable.FindAllStringSubmatch(request.Query, -1) {
		types[v[1]] = v[2]
	}
	for _, a := range argument.FindAllStringSubmatch(m[4], -1) {
		name, from, kind := a[1], a[2], want[a[1]]
		if c.args[name] = from + a[3]; strings.HasPrefix(from, "$") {
			c.args[name], _ = request.Variables[from[1:]].(string)
			kind = types[from]
		}
		if kind == "" || kind != want[name] && kind != want[name]+"!" {
			want = nil
		}
	}
	text := selected.ReplaceAllStringFunc(request.Query[len(m[0]):], func(s string) string { // into JSON
		part := selected.FindStringSubmatch(s)
		if part[3] == "" {
			return map[string]string{"}": `"":0},`}[s]
		}
		return `"` + part[1] + part[2] + ":" + part[3] + `":` + cmp.Or(part[4], "0,")
	})
	if want == nil || json.NewDecoder(strings.NewReader(text)).Decode(&c.selection) != nil {
		err = apiError("118", "the fake community has no such field or argument, or it has another type")
	}
	return c, err
}

// pick returns what a selection has of an answer, whose lists it changes.
func pick(selection, answer any) any {
	of, _ := selection.(object)
	switch v := answer.(type) {
	case []any:
		for i := range v {
			v[i] = pick(of, v[i])
		}
	case object:
		picked := object{}
		for key, inside := range of {
			alias, name, _ := strings.Cut(key, ":")
			if alias != "..." && key != "" {
				picked[cmp.Or(alias, name)] = pick(inside, v[name])
			} else if name == v["__typename"] {
				maps.Copy(picked, pick(inside, v).(object))
			}
		}
		return picked
	}
	return answer
}

func (h *Handler) operate(r *http.Request, c apiCall) (answer, err object) {
	token := c.args["ssoToken"]
	switch _, secret, _ := r.BasicAuth(); {
	case c.name == "tokens" && token != "":
		l := h.take("http://"+r.Host+h.folder+contract.SSOPath+"?"+contract.JWT+"="+queryEscape(token), token, "", true)
		if l.Err != nil {
			return nil, object{"code": "102", "message": l.Error, "extensions": object{"codes": l.Refused, "login": l.Number}}
		}
		m := h.Settings().apiMember(l.After)
		return object{"__typename": "AuthToken", "accessToken": h.accessToken(l.After.ID), "member": m, "role": m["role"]}, nil
	case c.name == "limitedToken" && secret != "":
		return object{"__typename": "AppToken", "accessToken": h.accessToken(c.args["impersonateMemberId"])}, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	m := cmp.Or(h.members.byID[cmp.Or(c.args["id"], c.args["memberId"])], h.members.byExternal[c.args["externalId"]])
	switch session := find(h.sessions, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")); {
	case session.Hash == "" || strings.Contains(c.name, "oken"):
		return nil, apiError("108", "the ssoToken, the app's secret, or the access token is missing or unknown")
	case session.Member != "" && c.kind == "mutation":
		return nil, apiError("102", "an app may do this, and a member may not")
	case c.args["id"]+c.args["memberId"]+c.args["externalId"] == "":
		return nil, apiError("112", "the argument is missing")
	case m == nil:
		return nil, apiError("110", "there is no such member")
	case c.kind == "query":
		return h.settings.apiMember(*m), nil
	}
	h.change(m.clone(), c.name)
	return object{"__typename": "Action", "status": "succeeded"}, nil
}

// accessToken returns a new one of a member or, without an ID, of an app.
func (h *Handler) accessToken(memberID string) string {
	token := rand.Text()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sessions = remember(h.sessions, maxSessions, saved{Hash: hashOf(token), Member: memberID})
	h.touch()
	return token
}

func (s Settings) apiMember(m Member) object {
	fields, spaces := []any{}, []any{}
	for _, name := range slices.Sorted(maps.Keys(m.Fields)) {
		fields = append(fields, object{"__typename": "CustomField", "key": name, "value": m.Fields[name]})
	}
	for _, id := range m.Spaces {
		space, _ := s.space(id)
		spaces = append(spaces, object{"__typename": "Space", "id": id, "name": space.Name, "slug": space.Slug})
	}
	return object{
		"__typename": "Member", "id": m.ID, "externalId": m.ExternalID, "name": m.Name, "email": m.Email, "tagline": m.Tagline,
		"status": map[bool]string{true: "Suspended", false: "VERIFIED"}[m.Suspended], "fields": fields,
		"role":           object{"__typename": "Role", "name": "Member", "type": "member"},
		"spaces":         object{"__typename": "PaginatedSpace", "totalCount": len(spaces), "nodes": spaces},
		"profilePicture": map[bool]any{true: object{"__typename": "Image", "url": m.Picture}}[m.Picture != ""],
	}
}
