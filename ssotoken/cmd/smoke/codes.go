package smoke

import (
	"slices"

	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// The codes that only this package finds. A finding has one of package contract or doctor otherwise.
const (
	LoginRefused         contract.Code = "login-refused"
	LoginServerError     contract.Code = "login-server-error"
	LoginPage            contract.Code = "login-page"
	LoginElsewhere       contract.Code = "login-elsewhere"
	LoginWithoutRedirect contract.Code = "login-without-redirect"
	NoSessionCookie      contract.Code = "no-session-cookie"
	NoAnswer             contract.Code = "no-answer"
	CertificateRefused   contract.Code = "certificate-refused"
	DefaultSpacesMissed  contract.Code = "default-spaces-missed"
	APIAnswer            contract.Code = "api-answer"
)

// Rules lists the rules of these codes, and of those of what the API has stored.
func Rules() (all []inspect.Rule) {
	for _, d := range differences {
		all = append(all, rule(d.code, d.verdict, inspect.OurDecision, "What is stored is what was sent, and not "+d.what+".",
			"If a login does it, send what the community keeps. If it was there before, ask the vendor: the API is not documented for this."))
	}
	return append(all, rules...)
}

var rules = []inspect.Rule{
	rule(LoginRefused, inspect.Fail, inspect.VendorPage, "The community verifies the token, and logs the member in.",
		"Compare the key with the one that the community's page shows now (its fingerprint: ssotoken doctor), and both "+
			"clocks; check that JWT SSO is enabled."),
	rule(LoginServerError, inspect.Fail, inspect.VendorOther, "A real community answers a token without sub, name or email with HTTP 500.",
		"Nothing is missing in this token. Look at the community's JWT SSO settings, and ask the vendor."),
	rule(LoginPage, inspect.Warn, inspect.PublicCode,
		"A login ends on the page that it asked for: public code reports failures that lead to an HTML page.",
		"Open the page that it ended on in a browser: it may say why."),
	rule(LoginElsewhere, inspect.Fail, inspect.OurDecision, "A login stays on the community's own host.",
		"Give the host that members see. A redirect to your Authorization URL means that the login was refused."),
	rule(LoginWithoutRedirect, inspect.Info, inspect.PublicCode,
		"A login is answered with a redirect: public code reports successes without one.",
		"Nothing for browsers. Let no program depend on the redirect."),
	rule(NoSessionCookie, inspect.Warn, inspect.OurDecision, "A login sets a cookie that a guest has not.",
		"Look in a browser whether the member is logged in."),
	rule(NoAnswer, inspect.Fail, inspect.OurDecision, "The community answers in time.",
		"Check the host, the network and the proxy, and try again."),
	rule(CertificateRefused, inspect.Fail, inspect.OurDecision, "The community's certificate is one that browsers take.",
		"Check the host, and the certificate of a domain of your own; on a network that inspects TLS, trust its authority on this machine."),
	rule(DefaultSpacesMissed, inspect.Warn, inspect.PublicCode,
		"A new member joins the community's default spaces: public code says that one with spaceIds may not.",
		"Send the default spaces in spaceIds too."),
	rule(APIAnswer, inspect.Warn, inspect.VendorOther, "The API's query tokens takes the same token, and answers the member as JSON.",
		"In the EU, give --api-url https://api.bettermode.de. If the form is another one, send it to us: it has no values."),
}

func rule(code contract.Code, verdict inspect.Verdict, source inspect.Source, sentence, fix string) inspect.Rule {
	return inspect.Rule{Code: code, Area: inspect.AreaAnswer, Verdict: verdict, Source: source, Sentence: sentence, Fix: fix}
}

// ruleOf returns the rule of a code that this package finds.
func ruleOf(code contract.Code) inspect.Rule {
	all := Rules()
	if i := slices.IndexFunc(all, func(r inspect.Rule) bool { return r.Code == code }); i >= 0 {
		return all[i]
	}
	return doctor.RuleOf(code)
}
