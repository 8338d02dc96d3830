package smoke

import (
	"slices"

	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/contract"
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
)

// Rules lists the rules of these codes.
func Rules() []contract.Rule { return slices.Clone(rules) }

var rules = []contract.Rule{
	rule(LoginRefused, contract.Fail, contract.VendorPage, "The community verifies the token, and logs the member in.",
		"Compare the key with the one that the community's page shows now (its fingerprint: ssotoken doctor), and both "+
			"clocks; check that JWT SSO is enabled."),
	rule(LoginServerError, contract.Fail, contract.VendorOther, "A real community answers a token without sub, name or email with HTTP 500.",
		"Nothing is missing in this token. Look at the community's JWT SSO settings, and ask the vendor."),
	rule(LoginPage, contract.Warn, contract.PublicCode,
		"A login ends on the page that it asked for: public code reports failures that lead to an HTML page.",
		"Open the page that it ended on in a browser: it may say why."),
	rule(LoginElsewhere, contract.Fail, contract.OurDecision, "A login stays on the community's own host.",
		"Give the host that members see. A redirect to your Authorization URL means that the login was refused."),
	rule(LoginWithoutRedirect, contract.Info, contract.PublicCode,
		"A login is answered with a redirect: public code reports successes without one.",
		"Nothing for browsers. Let no program depend on the redirect."),
	rule(NoSessionCookie, contract.Warn, contract.OurDecision, "A login sets a cookie that a guest has not.",
		"Look in a browser whether the member is logged in."),
	rule(NoAnswer, contract.Fail, contract.OurDecision, "The community answers in time.",
		"Check the host, the network and the proxy, and try again."),
	rule(CertificateRefused, contract.Fail, contract.OurDecision, "The community's certificate is one that browsers take.",
		"Check the host, and the certificate of a domain of your own; on a network that inspects TLS, trust its authority on this machine."),
	rule(DefaultSpacesMissed, contract.Warn, contract.PublicCode,
		"A new member joins the community's default spaces: public code says that one with spaceIds may not.",
		"Send the default spaces in spaceIds too."),
}

func rule(code contract.Code, verdict contract.Verdict, source contract.Source, sentence, fix string) contract.Rule {
	return contract.Rule{Code: code, Area: contract.Answer, Verdict: verdict, Source: source, Sentence: sentence, Fix: fix}
}

// ruleOf returns the rule of a code that this package finds.
func ruleOf(code contract.Code) contract.Rule {
	if i := slices.IndexFunc(rules, func(r contract.Rule) bool { return r.Code == code }); i >= 0 {
		return rules[i]
	}
	return doctor.RuleOf(code)
}
