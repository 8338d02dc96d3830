package ssotest

import (
	"net/http"
	"slices"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A codeGroup is the rules about one thing.
type codeGroup struct {
	Area  contract.Area
	About string
	Rules []contract.Rule
}

// codesByArea lists the rules that this community judges by first.
func codesByArea() []codeGroup {
	var groups []codeGroup
	for _, a := range contract.Areas() {
		groups = append(groups, codeGroup{a.Area, a.About, nil})
	}
	for _, rule := range contract.Rules() {
		i := slices.IndexFunc(groups, func(g codeGroup) bool { return g.Area == rule.Area })
		groups[i].Rules = append(groups[i].Rules, rule)
	}
	return groups
}

// A codePage is a rule, what to do in Go, and the logins that it was found in.
type codePage struct {
	contract.Rule
	InGo   string
	Logins []Attempt // the latest first
}

func (h *Handler) code(w http.ResponseWriter, r *http.Request, code contract.Code) {
	rule := code.Rule()
	if rule.Code == "" {
		h.missing(w, r, "The contract has no such code.")
		return
	}
	page := codePage{Rule: rule, InGo: inGo(rule)}
	for _, l := range slices.Backward(h.Attempts()) {
		if slices.Contains(l.codes(), code) {
			page.Logins = append(page.Logins, l)
		}
	}
	h.show(w, r, view{Page: "code", Title: "Code " + string(code), Data: page})
}

// inGo says how the Go packages keep a rule.
func inGo(rule contract.Rule) string {
	if s := goFixes[rule.Code]; s != "" {
		return s
	}
	switch rule.Area {
	case contract.LoginURL:
		return "Let Login or Signer.LoginURL make the address: they percent-encode each parameter, check redirect_uri and keep to the limit."
	case contract.Token:
		return "Let Signer make the token: its header, encoding and signature are always in order. Build reports every claim that is not."
	case contract.Site:
		return "Login.Middleware and NewLogout answer like this already. Run ssotoken doctor against your address to see what changes it on the way."
	}
	return "Compare the error with errors.Is, or take its code by ssotoken.CodeOf."
}

// The fixes that codes share.
const (
	fixTimes   = "Leave iat and exp to Signer: it sets both, in seconds, from one reading of Config.Now. Config.Lifetime is how far apart they are."
	fixNbf     = "Signer sends no nbf. Leave it out of a token of your own."
	fixSubject = "NewClaims().Subject(u.ID), with the ID of the row in your database. Build refuses a blank, long or broken one; it never cuts."
	fixName    = "NewClaims().Name(u.Name). Build tidies white space and control characters, and refuses a name that shows nothing."
	fixEmail   = "NewClaims().VerifiedEmail(u.Email), with an address that you have verified, alone."
	fixPicture = "NewClaims().Picture(u.AvatarURL), with a full URL. BuildLenient leaves a bad one out and tells you, so that it keeps nobody out."
	fixCustom  = "Custom(customfields.Of(customfields.Text(\"company\", u.Company))), with the external key that the community's field has."
	fixSpaces  = "Spaces(spaces.Add(…)), Spaces(spaces.Replace(…)) or Spaces(spaces.Apply(spaces.Join(…), spaces.Leave(…))): each sends what belongs together."
	fixPath    = "ParseReturnPath and ReferrerPath take only what stays on the community; Login drops any other value and reports it to Observe."
	fixKey     = "KeyFromEnv and KeyFromFile refuse a key that was copied badly. Compare Key.Fingerprint with the one on this community's home page."
)

var goFixes = map[contract.Code]string{
	contract.RedirectRefused: fixPath, contract.RedirectFragile: fixPath, contract.RedirectLoop: fixPath, contract.RedirectRepeated: fixPath,
	contract.SignatureWrong: fixKey, contract.SignatureUnchecked: "Give inspect.Options the Key.",
	contract.ExpMissing: fixTimes, contract.ExpNotInteger: fixTimes, contract.ExpMilliseconds: fixTimes, contract.ExpTooFar: fixTimes,
	contract.ExpOverAdvice: fixTimes, contract.ExpNotAfterIat: fixTimes, contract.IatMissing: fixTimes, contract.IatNotInteger: fixTimes, contract.IatMilliseconds: fixTimes,
	contract.ExpExpired: "Let Login mint at the click: link to your own handler, and make no token when a page loads. " + fixTimes,
	contract.IatFuture:  "Leave Config.Now unset, so that the system's clock counts, and set that by NTP.",
	contract.NbfSent:    fixNbf, contract.NbfNotInteger: fixNbf, contract.NbfFuture: fixNbf,
	contract.SubMissing: fixSubject, contract.SubTooLong: fixSubject, contract.SubIsEmail: fixSubject,
	contract.NameMissing: fixName, contract.NameIsEmail: fixName, contract.ControlCharacter: fixName,
	contract.EmailMissing: fixEmail, contract.EmailTooLong: fixEmail, contract.EmailMalformed: fixEmail,
	contract.PictureNotHTTP: fixPicture, contract.PictureUserInfo: fixPicture,
	contract.ClaimNull:   "A setter of ClaimsBuilder that is given an empty optional value leaves the claim out.",
	contract.ClaimLegacy: fixCustom, contract.ClaimMisspelled: "Use the setters of ClaimsBuilder: a claim without one is a custom field. " + fixCustom, contract.ClaimUnused: "Signer sends none of these.",
	contract.ClaimReserved: "customfields.Reserved reports the keys that a custom field can't have; Build refuses them.", contract.CustomField: fixCustom,
	contract.SpaceIDsMalformed: fixSpaces, contract.SpacesMalformed: fixSpaces, contract.SpacesRole: fixSpaces, contract.SpacesAction: fixSpaces, contract.SpacesOperationWrong: fixSpaces,
	contract.SpacesOperationAlone: fixSpaces, contract.SpacesReplaceActions: fixSpaces, contract.SpacesRepeated: fixSpaces, contract.SpacesJoinAndLeave: fixSpaces, contract.SpacesBoth: fixSpaces,
	contract.SpacesReplaceNothing: "Call Spaces(spaces.Replace(ids...)) only where there is an ID: Build refuses an empty one.",
	contract.SpacesLeaveAll:       "Spaces(spaces.LeaveAll()) says it in so many words. Spaces(spaces.Replace(ids...)) can't come out empty: Build refuses it.",
	contract.ExternalIDConflict:   "Subject takes the ID that the member has had from the first login on. Keep it when you renumber your users: a column of its own, never an email address.",
	contract.EmailTaken:           "Keep email addresses unique among your members before VerifiedEmail gets them.",
	contract.CommunityFull:        "Start it anew: NewHandler or NewCommunity with fewer members.",
	contract.RefusesAll:           "Handler.Configure(func(s *ssotest.Settings) { s.RefuseEverything = false }).",
}
