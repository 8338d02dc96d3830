package doctor

import (
	"slices"

	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// A Rule is a sentence of the contract, and what to do about a handler that
// breaks it.
type Rule struct {
	Code     inspect.Code    `json:"code"`
	Severity inspect.Verdict `json:"severity"`
	Source   inspect.Source  `json:"source"`
	Sentence string          `json:"sentence"`
	Mend     string          `json:"mend"`
}

// Rules lists every rule that [Check] may find broken: those of this package,
// then those of package inspect about the login URL and the token.
func Rules() []Rule {
	all := slices.Clone(own)
	for _, r := range inspect.Rules() {
		if r.Code != inspect.SignatureUnchecked { // a note of the check, not a flaw of the handler
			all = append(all, ruleOf(r.Code))
		}
	}
	return all
}

func ruleOf(code inspect.Code) Rule {
	for _, r := range own {
		if r.Code == code {
			return r
		}
	}
	r := code.Rule()
	return Rule{r.Code, r.Verdict, r.Source, r.Sentence, mends[code]}
}

// The codes of a handler's flaws, besides those of package inspect about what
// it sends. They are stable.
const (
	KeyMissing          inspect.Code = "key-missing"
	KeyPlaceholder      inspect.Code = "key-placeholder"
	KeyQuoted           inspect.Code = "key-quoted"
	KeySpace            inspect.Code = "key-space"
	KeyTooShort         inspect.Code = "key-too-short"
	KeyRefused          inspect.Code = "key-refused" // for another reason
	KeyWeak             inspect.Code = "key-weak"
	AddressNotHTTPS     inspect.Code = "address-not-https"
	MintsWithoutSession inspect.Code = "mints-without-session"
	SignInBroken        inspect.Code = "sign-in-broken"
	ClockDiffers        inspect.Code = "clock-differs"
	NoLogin             inspect.Code = "no-login"
	WrongCommunity      inspect.Code = "wrong-community"
	RedirectPermanent   inspect.Code = "redirect-permanent"
	Cacheable           inspect.Code = "cacheable"
	ReferrerSent        inspect.Code = "referrer-sent"
	TokenInBody         inspect.Code = "token-in-body"
	TokenInHeader       inspect.Code = "token-in-header"
	RedirectLost        inspect.Code = "redirect-lost"
	RedirectChanged     inspect.Code = "redirect-changed"
	OpenRedirect        inspect.Code = "open-redirect"
	ReferrerBreaksLogin inspect.Code = "referrer-breaks-login"
	HEADMints           inspect.Code = "head-mints"
	PrefetchMints       inspect.Code = "prefetch-mints"
	HostBelieved        inspect.Code = "host-believed"
	LogoutNotIdempotent inspect.Code = "logout-not-idempotent"
	LogoutKeepsSession  inspect.Code = "logout-keeps-session"
)

const (
	theKey     = "The key is the one that the community shows under Administration > Authentication > JWT SSO, as it stands."
	copyTheKey = "Copy it once more, without quotes and white space, into the environment variable or the file."
)

var own = []Rule{
	{KeyMissing, inspect.Fail, inspect.VendorPage, theKey, copyTheKey},
	{KeyPlaceholder, inspect.Fail, inspect.VendorPage, theKey, copyTheKey},
	{KeyQuoted, inspect.Fail, inspect.VendorPage, theKey, copyTheKey},
	{KeySpace, inspect.Fail, inspect.VendorPage, theKey, copyTheKey},
	{KeyTooShort, inspect.Fail, inspect.VendorPage, theKey, copyTheKey},
	{KeyRefused, inspect.Fail, inspect.VendorPage, theKey, copyTheKey},
	{KeyWeak, inspect.Info, inspect.OurDecision, "A key of HS256 has at least 32 bytes (RFC 7518, section 3.2).",
		"Ask the community for a longer key, if its admin page gives the choice. This one works."},
	{AddressNotHTTPS, inspect.Fail, inspect.OurDecision, "Every address in the community's settings is https: browsers visit it with a session.",
		"Serve the page over https, and enter its https address."},
	{MintsWithoutSession, inspect.Fail, inspect.VendorPage, "The partner signs the visitor in, or finds the session, before it makes a token.",
		"Look the cookie up in your own session store, and show the sign-in page when it is not there."},
	{SignInBroken, inspect.Fail, inspect.VendorPage, "The Authorization URL is where visitors are sent who press the community's login button.",
		"Show your sign-in page there to a visitor without a session."},
	{ClockDiffers, inspect.Warn, inspect.OurDecision, "The clocks of partner and community agree within 5 seconds: a token lives for 60.",
		"Set the server's clock by NTP; if it is right, this machine's."},
	{NoLogin, inspect.Fail, inspect.VendorPage, "A signed-in visitor is redirected to the community's /api/auth/sso, with the token.",
		"Give the cookie of a session that is signed in now, and the address that itself answers with the redirect: no other is requested."},
	{WrongCommunity, inspect.Fail, inspect.VendorPage, "The login goes to https://YOUR_COMMUNITY_DOMAIN/api/auth/sso.",
		"Configure the community's own address. The other site got a token that logs in here."},
	{RedirectPermanent, inspect.Warn, inspect.OurDecision, "A login is a temporary redirect: a browser keeps a permanent one, with its token, and comes back with it.",
		"Answer 303 or 302."},
	{Cacheable, inspect.Warn, inspect.OurDecision, "An answer with a token is kept by nobody: Cache-Control: no-store.",
		"Set Cache-Control: no-store on every answer of the Authorization URL."},
	{ReferrerSent, inspect.Warn, inspect.OurDecision, "The address with the token is told to no other site: Referrer-Policy: no-referrer.",
		"Set Referrer-Policy: no-referrer on the redirect."},
	{TokenInBody, inspect.Warn, inspect.OurDecision, "The token stands in the Location header alone: bodies are logged, cached and read by scripts.",
		"Write the status and the headers yourself: redirect functions of many frameworks repeat the address in a body."},
	{TokenInHeader, inspect.Warn, inspect.OurDecision, "The token stands in the Location header alone.",
		"Put it into no cookie and no other header."},
	{RedirectLost, inspect.Fail, inspect.VendorPage, "referrer_uri is given back as redirect_uri, so that members land where they were.",
		"Keep referrer_uri through your sign-in page, check it, and send it as redirect_uri."},
	{RedirectChanged, inspect.Fail, inspect.VendorPage, "referrer_uri is given back as redirect_uri, so that members land where they were.",
		"Percent-encode it whole, once (encodeURIComponent), when you put it into the login URL, and change nothing else."},
	{OpenRedirect, inspect.Fail, inspect.VendorPage, "To prevent open redirects, redirect_uri can only be a relative path starting with /.",
		"Take a path that starts with one slash, has no backslash, control character or dot segment, also once it is decoded; drop any other, and never redirect to referrer_uri itself."},
	{ReferrerBreaksLogin, inspect.Info, inspect.OurDecision, "A bad referrer_uri is dropped, and the member lands on the home page: it is no reason for an error page.",
		"Leave redirect_uri out and go on with the login."},
	{HEADMints, inspect.Warn, inspect.OurDecision, "A token is made for a person who navigates: not for HEAD, which link checkers and previews send.",
		"Answer HEAD without a token: many routers send it to the handler of GET."},
	{PrefetchMints, inspect.Warn, inspect.OurDecision, "A token is made for a person who navigates: not for a prefetch, after which it is stale.",
		"Answer 403 without a token when Sec-Purpose or Purpose says prefetch."},
	{HostBelieved, inspect.Fail, inspect.OurDecision, "Where a login goes comes from configuration: neither Host nor X-Forwarded-Host changes it.",
		"Build no address from the request's headers; let the proxy refuse a Host that is not yours."},
	{LogoutNotIdempotent, inspect.Warn, inspect.VendorOther, "The Logout URL may be visited with and without a session, and again: it answers the same.",
		"Take GET, end the session if there is one, and redirect in every case."},
	{LogoutKeepsSession, inspect.Warn, inspect.VendorPage, "The Logout URL ends the partner's session: else the next press of the login button logs the member in again, without a password.",
		"End the session in your store, or expire its cookie."},
}
