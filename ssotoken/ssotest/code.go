package ssotest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A codeGroup is the rules about one thing.
type codeGroup struct {
	contract.AreaInfo
	Rules []contract.Rule
}

// codesByArea lists the rules that this community judges by first.
func codesByArea() []codeGroup {
	var groups []codeGroup
	for _, a := range contract.Areas() {
		others := func(r contract.Rule) bool { return r.Area != a.Area }
		if rules := slices.DeleteFunc(contract.Rules(), others); len(rules) > 0 {
			groups = append(groups, codeGroup{a, rules})
		}
	}
	return groups
}

// A codePage is a rule, what to do in Go, and the logins that it was found in.
type codePage struct {
	contract.Rule
	InGo   string
	Logins []Attempt // the latest first
}

func (h *Handler) code(w http.ResponseWriter, r *http.Request, name string) {
	code := contract.Code(name)
	rule := code.Rule()
	if rule.Code == "" {
		h.missing(w, r, "The contract has no such code.")
		return
	}
	logins := h.loginsLatestFirst(func(l Attempt) bool { return slices.Contains(l.codes(), code) })
	h.show(w, r, view{Page: "code", Title: "Code " + name, Data: codePage{rule, inGo(rule), logins}})
}

// inGo says how the Go packages keep a rule.
func inGo(rule contract.Rule) string {
	for _, fix := range goFixes {
		if strings.HasPrefix(string(rule.Code), fix.prefix) {
			return fix.text
		}
	}
	switch rule.Area {
	case contract.LoginURL:
		return "Login and Signer.LoginURL build the address: they encode each parameter, check redirect_uri and keep to the limit."
	case contract.Token:
		return "Signer makes the token: its header, encoding and signature are right. Build reports every claim that is not."
	}
	return "Compare the error with errors.Is, or take its code by ssotoken.CodeOf."
}

// goFixes are by the start of a code, the longest first.
var goFixes = []struct{ prefix, text string }{
	{"redirect-", "ParseReturnPath and ReferrerPath take only what stays on the community; Login drops and reports the rest."},
	{"signature-unchecked", "Give inspect.Options the Key."},
	{"signature-", "KeyFromEnv and KeyFromFile refuse a key that was copied badly. Compare Key.Fingerprint with this community's."},
	{"exp-expired", "Let Login mint at the click: link to your own handler, and make no token when a page loads."},
	{"exp-", "Leave exp to Signer. Config.Lifetime is how long a token lives."},
	{"iat-future", "Leave Config.Now unset, so that the system's clock counts, and set that by NTP."},
	{"iat-", "Leave iat to Signer."},
	{"nbf-", "Signer sends no nbf. Leave it out of a token of your own."},
	{"sub-", "NewClaims().Subject(u.ID), with the ID of the row in your database. Build refuses a blank or long one; it never cuts."},
	{"name-", "NewClaims().Name(u.Name). Build tidies white space and control characters, and refuses a name that shows nothing."},
	{"control-", "NewClaims().Name(u.Name). Build takes control characters out."},
	{"email-taken", "Keep email addresses unique among your members before VerifiedEmail gets them."},
	{"email-", "NewClaims().VerifiedEmail(u.Email), with an address that you have verified, and nothing else."},
	{"picture-", "NewClaims().Picture(u.AvatarURL), with a full URL. BuildLenient leaves out a bad one: it keeps nobody out."},
	{"claim-not-string", "Use the setters: they take text. Write a number with strconv."},
	{"claim-null", "A setter that is given an empty optional value leaves the claim out."},
	{"claim-unused", "Signer sends none of these."},
	{"claim-reserved", "customfields.Reserved reports the keys that a custom field can't have; Build refuses them."},
	{"claim-", "Use the setters: a claim without one is a custom field, customfields.Text(\"company\", u.Company) for example."},
	{"custom-", "Custom(customfields.Of(customfields.Text(\"company\", u.Company))), with the key that the community's field has."},
	{"spaces-replace-nothing", "Call Spaces(spaces.Replace(ids...)) only if there is an ID: Build refuses an empty one."},
	{"spaces-leave-all", "Spaces(spaces.LeaveAll()) says it in so many words. Build refuses an empty spaces.Replace."},
	{"space", "Spaces(spaces.Add(…)), spaces.Replace(…) or spaces.Apply(spaces.Join(…), spaces.Leave(…)) send what belongs together."},
	{"external-id-conflict", "Subject takes the ID that the member has had from the first login on: never an email address."},
	{"community-full", "Start it anew: NewHandler or NewCommunity with fewer members."},
	{"refuses-all", "Handler.Configure(func(s *ssotest.Settings) { s.RefuseEverything = false })."},
}
