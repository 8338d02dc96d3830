package contract

import "fmt"

// userBaseRules are about what package check looks at before a launch.
var userBaseRules = []Rule{
	{RowUnreadable, UserBase, Fail, OurDecision, "A row is CSV as in RFC 4180, or one JSON object on a line.",
		"Write it again with a CSV or JSON library: quotes within a quoted field are doubled.", ""},
	{RowRagged, UserBase, Fail, OurDecision, "A row has as many columns as the header.",
		"Quote the fields that hold the separator, or find out what cut the row.", ""},
	{RowTooLong, UserBase, Fail, OurDecision,
		fmt.Sprintf("A row keeps to 1 MiB: a token has at most %d KiB.", MaxToken>>10),
		"Find out what filled it, such as a picture in place of its address.", ""},
	{RowRepeated, UserBase, Info, OurDecision, "A member stands in one row: the same sub and email again does no harm.",
		"Nothing for the login. It is often a join of tables that gives a member several rows.", ""},
	{SubRepeated, UserBase, Fail, VendorPage,
		"A member has a sub of their own: two emails with one sub are one account, which each login changes.",
		"Give each member an id of their own before the first login.", ""},
	{EmailRepeated, UserBase, Fail, VendorOther,
		"A member has an email of their own: who comes second with it, and with another sub, is refused.",
		"Let the members choose, or merge the two accounts on your site.", ""},
	{EmailSpelling, UserBase, Warn, OurDecision,
		"Emails of two members differ in more than case or Unicode form: no page says whether the community tells " +
			"such apart.",
		"Find out whether both are one person, and merge the two accounts on your site.", ""},
	{SubChanged, UserBase, Fail, VendorOther,
		"A member's sub never changes: with another one, and the same email, the login is refused.",
		"Send the sub that the member had, or let an administrator change the external ID.", ""},
	{SubReassigned, UserBase, Warn, OurDecision,
		"A sub is never given to another person, who would get the account of the one before.",
		"Find out whether name and email of one person changed, or the id was given away.", ""},
}

// answerRules are about the one login that the command's verb smoke makes.
var answerRules = []Rule{
	{LoginRefused, Answer, Fail, VendorPage, "The community verifies the token, and logs the member in.",
		"Compare the key with the community's (its fingerprint: ssotoken doctor), and both clocks; look whether " +
			"JWT SSO is turned on.", ""},
	{LoginServerError, Answer, Fail, VendorOther,
		"A real community answers a token without sub, name or email with HTTP 500.",
		"Nothing is missing in this token. Look at the community's JWT SSO settings, and ask the vendor.", ""},
	{LoginPage, Answer, Warn, PublicCode,
		"A login ends on the page that it asked for: public code tells of failures that lead to an HTML page.",
		"Open the page that it ended on in a browser: it may say why.", ""},
	{LoginElsewhere, Answer, Fail, OurDecision, "A login stays on the community's own host.",
		"Give the host that members see. A redirect to your Authorization URL means that the login was refused.", ""},
	{LoginWithoutRedirect, Answer, Info, PublicCode,
		"A login is answered with a redirect: public code tells of successes without one.",
		"Nothing for browsers. Let no program depend on the redirect.", ""},
	{NoSessionCookie, Answer, Warn, OurDecision, "A login sets a cookie that a guest has not.",
		"Look in a browser whether the member is logged in.", ""},
	{NoAnswer, Answer, Fail, OurDecision, "The community answers in time.",
		"Check the host, the network and the proxy, and try again.", ""},
	{CertificateRefused, Answer, Fail, OurDecision, "The community's certificate is one that browsers take.",
		"Check the host, and the certificate of a domain of your own; on a network that inspects TLS, trust its " +
			"authority on this machine.", ""},
	{DefaultSpacesMissed, Answer, Warn, PublicCode,
		"A new member joins the community's default spaces: public code tells that one with spaceIds may not.",
		"Send the default spaces in spaceIds too.", ""},
}
