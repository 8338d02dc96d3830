package doctor

import (
	"fmt"
	"slices"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// The codes that only this package finds. A finding about a key's text, a login
// URL or a token has a code of package contract.
const (
	KeyRefused              contract.Code = "key-refused"
	KeyWeak                 contract.Code = "key-weak"
	AddressNotHTTPS         contract.Code = "address-not-https"
	MintsWithoutSession     contract.Code = "mints-without-session"
	SignInBroken            contract.Code = "sign-in-broken"
	SignInLoops             contract.Code = "sign-in-loops"
	SignInToCommunity       contract.Code = "sign-in-to-community"
	SignInBlank             contract.Code = "sign-in-blank"
	SignInFails             contract.Code = "sign-in-fails"
	SignInFramed            contract.Code = "sign-in-framed"
	ReferrerForgotten       contract.Code = "referrer-forgotten"
	FormElsewhere           contract.Code = "form-elsewhere"
	FormByGET               contract.Code = "form-by-get"
	FormNotTaken            contract.Code = "form-not-taken"
	FormActionBlocked       contract.Code = "form-action-blocked"
	CookieStrict            contract.Code = "cookie-strict"
	CookieInsecure          contract.Code = "cookie-insecure"
	CookieScriptable        contract.Code = "cookie-scriptable"
	CookieDomain            contract.Code = "cookie-domain"
	SignUpNoLogin           contract.Code = "sign-up-no-login"
	ClockDiffers            contract.Code = "clock-differs"
	NoLogin                 contract.Code = "no-login"
	SessionNotTaken         contract.Code = "session-not-taken"
	ConsentPage             contract.Code = "consent-page"
	LoginLoops              contract.Code = "login-loops"
	LoginHops               contract.Code = "login-hops"
	TokenInAddress          contract.Code = "token-in-address"
	SharedCache             contract.Code = "shared-cache"
	EmailNotVerified        contract.Code = "email-not-verified"
	LoginByRefresh          contract.Code = "login-by-refresh"
	LoginByMeta             contract.Code = "login-by-meta"
	LoginByScript           contract.Code = "login-by-script"
	LoginByForm             contract.Code = "login-by-form"
	LoginByLink             contract.Code = "login-by-link"
	LoginAsJSON             contract.Code = "login-as-json"
	Firewall                contract.Code = "firewall"
	RateLimited             contract.Code = "rate-limited"
	ConnectionDropped       contract.Code = "connection-dropped"
	ClaimSecret             contract.Code = "claim-secret"
	IatLate                 contract.Code = "iat-late"
	CachedToken             contract.Code = "cached-token"
	IdentityFromRequest     contract.Code = "identity-from-request"
	CommunityFromRequest    contract.Code = "community-from-request"
	SameMember              contract.Code = "same-member"
	LogoutOpenRedirect      contract.Code = "logout-open-redirect"
	WrongCommunity          contract.Code = "wrong-community"
	RedirectPermanent       contract.Code = "redirect-permanent"
	Cacheable               contract.Code = "cacheable"
	ReferrerSent            contract.Code = "referrer-sent"
	TokenInBody             contract.Code = "token-in-body"
	TokenInHeader           contract.Code = "token-in-header"
	RedirectLost            contract.Code = "redirect-lost"
	RedirectChanged         contract.Code = "redirect-changed"
	OpenRedirect            contract.Code = "open-redirect"
	ReferrerBreaksLogin     contract.Code = "referrer-breaks-login"
	HEADMints               contract.Code = "head-mints"
	PrefetchMints           contract.Code = "prefetch-mints"
	HostBelieved            contract.Code = "host-believed"
	LogoutNotIdempotent     contract.Code = "logout-not-idempotent"
	LogoutKeepsSession      contract.Code = "logout-keeps-session"
	JSONMintsWithoutSession contract.Code = "json-mints-without-session"
	JSONStatus              contract.Code = "json-status"
	JSONNoLogin             contract.Code = "json-no-login"
	JSONShape               contract.Code = "json-shape"
	JSONExpires             contract.Code = "json-expires"
	JSONGETMints            contract.Code = "json-get-mints"
	JSONCrossOrigin         contract.Code = "json-cross-origin"
	JSONCORS                contract.Code = "json-cors"
	JSONCORSAny             contract.Code = "json-cors-any"
)

// Rules lists the rules of these codes.
func Rules() []inspect.Rule { return slices.Clone(rules) }

// RuleOf returns the rule of a code of this package or of packages contract and inspect, or the zero Rule.
func RuleOf(code contract.Code) inspect.Rule {
	if i := slices.IndexFunc(rules, func(r inspect.Rule) bool { return r.Code == code }); i >= 0 {
		return rules[i]
	}
	return inspect.RuleOf(code)
}

const (
	byStatus        = "The login is a redirect by status and Location: "
	redirectInstead = "Answer 303 or 302 with the login URL in Location."
)

const (
	fail, warn, info   = inspect.Fail, inspect.Warn, inspect.Info
	vendor, other, own = inspect.VendorPage, inspect.VendorOther, inspect.OurDecision
)

var rules = []inspect.Rule{
	row(KeyRefused, fail, vendor, "The key is the one that the community's page shows now, unchanged.",
		"Copy it again from Administration > Authentication > JWT SSO, without quotes and white space."),
	row(KeyWeak, info, own, fmt.Sprintf("A key of HS256 has at least %d bytes (RFC 7518, section 3.2).", contract.StrongKey),
		"Ask the community for a longer key, if its admin page offers one. This one works."),
	row(AddressNotHTTPS, fail, own, "Every address in the community's settings, and that of a JSON door, is https.",
		"Serve it over https, and use its https address: browsers send a session there."),
	row(MintsWithoutSession, fail, vendor, "The partner signs the visitor in, or finds the session, before it makes a token.",
		"Look the cookie up in your own session store, and show the sign-in page when it is not there."),
	row(SignInBroken, fail, vendor, "A visitor who presses the community's login button is sent to the Authorization URL, in a browser.",
		"Show your sign-in page there to a visitor without a session, not a status for scripts."),
	row(SignInLoops, fail, vendor, "A visitor without a session gets to a sign-in page, not around on the partner's own site.",
		"Find out which condition of the redirect never becomes true, such as a cookie that is set for another path."),
	row(SignInToCommunity, fail, vendor, "A visitor without a session is not sent back to the community, which would send them here again.",
		"Show your sign-in page at the Authorization URL."),
	row(SignInBlank, fail, vendor, "A visitor without a session gets a page to sign in on.",
		"Show your sign-in page there: the answer has no text, no field and no script."),
	row(SignInFails, fail, vendor, "A member who signs in is sent on to the community.",
		"Sign in as the test member in a browser: it must end at the community. If it goes over another host, name that by --allow-host."),
	row(SignInFramed, info, own, "No other site shows the sign-in page in a frame, where it can mislead the visitor.",
		"Send Content-Security-Policy: frame-ancestors 'self', and the community's origin where the login is in a frame."),
	row(ReferrerForgotten, warn, vendor, "The sign-in keeps referrer_uri until the login: in its address, a hidden field, or the session.",
		"Let the form post to its own address, query included, or keep the checked path in the session."),
	row(FormElsewhere, warn, own, "The form of the sign-in page posts to the partner's own site.",
		"Post to the page's own address. If the form belongs to your identity provider, name its host by --allow-host."),
	row(FormByGET, fail, own, "A password is sent by POST: an address is kept in histories and logs.", "Give the form method=post."),
	row(FormNotTaken, fail, own, "The address that the form of the sign-in page posts to takes POST.",
		"Route POST to the sign-in too, as a pattern such as GET /login does not; look for a stripped prefix in the form's action."),
	row(FormActionBlocked, fail, own, "form-action of the sign-in page allows the community: browsers apply it to the redirects after a form.",
		"Add the community's origin to form-action in Content-Security-Policy."),
	row(CookieStrict, warn, own, "The session's cookie comes along when the community sends the visitor, as SameSite=Strict forbids.",
		"Set SameSite=Lax: with Strict, members sign in at each visit."),
	row(CookieInsecure, warn, own, "The session's cookie is Secure: it is never sent over http.", "Set Secure."),
	row(CookieScriptable, warn, own, "The session's cookie is HttpOnly: no script can read it.", "Set HttpOnly."),
	row(CookieDomain, info, own, "The session's cookie is for its own host: with Domain, every host below gets it, a community too.",
		"Leave Domain out, unless the hosts below are yours."),
	row(SignUpNoLogin, warn, vendor, "At the Sign Up URL too, a visitor who is signed in is sent on to the community.",
		"Serve the Sign Up URL by the handler of the Authorization URL, with the sign-up page in place of the sign-in page."),
	row(ClockDiffers, warn, own,
		fmt.Sprintf("The clocks of partner and community agree within %s: a token lives for %s.",
			seconds(contract.Skew), seconds(contract.DefaultLifetime)),
		"Set the server's clock with NTP; if it is right, this machine's."),
	row(NoLogin, fail, vendor, "A signed-in visitor is redirected to the community's "+contract.SSOPath+", with the token.",
		"Open the Authorization URL in a browser where you are signed in: it must end at the community."),
	row(SessionNotTaken, fail, vendor, "The partner finds the session of a visitor who is signed in.",
		"Give all cookies of a session that is signed in now, and its User-Agent. If they are right, the handler does not find it."),
	row(ConsentPage, info, own, "A signed-in visitor is not asked for anything before the login, or only once.",
		"Answer the page in a browser as the test member, and check again with that session."),
	row(LoginLoops, fail, vendor, "The Authorization URL leads on to the community, not around on the partner's own site.",
		"Find out which condition of the redirect never becomes true, such as a cookie that is not kept."),
	row(LoginHops, info, own, "The Authorization URL answers with the login itself: redirects before it cost time, and can lose referrer_uri.",
		"Enter the address that answers with the login, such as the one with a slash at its end."),
	row(TokenInAddress, warn, own, "The token is in no address but the community's: others are logged, and kept in histories.",
		"Redirect from the Authorization URL straight to the login URL, not over an address that counts clicks."),
	row(SharedCache, fail, own, "No cache keeps what the Authorization URL answers: its page for one visitor is not that for another.",
		"Set Cache-Control: no-store on the sign-in page too, and take the address out of the cache's rules."),
	row(EmailNotVerified, fail, own, "The partner has verified the email: a community lets whoever has an address into its account.",
		"Log members in only when they have confirmed their address."),
	row(LoginByRefresh, warn, own, byStatus+"the header Refresh is no standard, and is shown as a page first.", redirectInstead),
	row(LoginByMeta, warn, own, byStatus+"a page that refreshes itself holds the token, and stays in the history.", redirectInstead),
	row(LoginByScript, warn, own, byStatus+"a page with a script holds the token, for other scripts and caches to read.", redirectInstead),
	row(LoginByForm, warn, vendor, byStatus+"a form on a page holds the token, and the vendor's page knows of no POST.", redirectInstead),
	row(LoginByLink, warn, own, byStatus+"the token in a link is stale when the visitor follows it later.", redirectInstead),
	row(LoginAsJSON, fail, vendor, "The Authorization URL is visited by a browser, which shows JSON as text.",
		redirectInstead+" JSON is for another address, which a script asks (doctor's JSON URL)."),
	row(Firewall, info, own, "What a firewall answers itself, the handler is not asked: what it would do is unknown.",
		"Let this machine through the firewall, or check an address behind it, such as a staging server."),
	row(RateLimited, info, own, "A server that answers 429 or 503 is asked more slowly, for as long as it says.",
		"Nothing for logins. To check faster, let this machine send more requests, or check a staging server."),
	row(ConnectionDropped, info, own, "A request is answered: a member whose connection is dropped sees an error.",
		"Look for restarts, crashes and limits of connections in the logs of the server and its proxy."),
	row(WrongCommunity, fail, vendor, "The login goes to https://YOUR_COMMUNITY_DOMAIN"+contract.SSOPath+".",
		"Configure the community's own address. The other site got a token that logs in here."),
	row(ClaimSecret, fail, own, "No claim holds a password, its hash or another secret: browsers see tokens, and a community keeps claims.",
		"Choose the fields of the token one by one, instead of copying the user's row."),
	row(IatLate, warn, own,
		fmt.Sprintf("iat is the time at which the token is made: it is at most %s before the request.", seconds(contract.Skew)),
		"Make the token when it is asked for, and take iat from a clock that NTP sets."),
	row(CachedToken, fail, own, "Each login has its own token: a cached one expires in the cache, and can be another member's.",
		"Make the token for each request, and keep no answer with one in a cache."),
	row(IdentityFromRequest, fail, vendor, "The session says who the member is, and nothing else in the request does.",
		"Take id, name and email from your own store, by the session: who can name another member logs in as that member."),
	row(CommunityFromRequest, fail, own, "The configuration says which community a token is for: another site gets a token that logs in here.",
		"Take the community from the configuration, or look it up by a name that you have checked."),
	row(SameMember, fail, vendor, "Each session leads to its own member.",
		"Look the member up for each request: keep neither claims nor a token in a variable that requests share."),
	row(RedirectPermanent, warn, own, "A login is a temporary redirect: a browser keeps a permanent one, token included, and comes back.",
		"Answer 303 or 302."),
	row(Cacheable, warn, own, "No cache keeps an answer with a token: Cache-Control: no-store.",
		"Set Cache-Control: no-store on every answer of the Authorization URL and of a JSON door."),
	row(ReferrerSent, warn, own, "No other site learns the address with the token: Referrer-Policy: no-referrer.",
		"Set Referrer-Policy: no-referrer on the redirect."),
	row(TokenInBody, warn, own, "The token is only in the Location header: bodies are logged, cached and read by scripts.",
		"Write the status and the headers yourself: redirect functions of many frameworks repeat the address in a body."),
	row(TokenInHeader, warn, own, "The token is only in the Location header.", "Do not put it into a cookie or another header."),
	row(RedirectLost, fail, vendor, "referrer_uri is given back as redirect_uri, so that members land where they were.",
		"Keep referrer_uri through your sign-in page, check it, and send it as redirect_uri."),
	row(RedirectChanged, fail, vendor, "referrer_uri is given back as redirect_uri, so that members land where they were.",
		"Percent-encode it whole, once (encodeURIComponent), when you put it into the login URL, and change nothing else."),
	row(OpenRedirect, fail, vendor, "To prevent open redirects, redirect_uri can only be a relative path starting with /.",
		"Take a path that starts with one slash and has no backslash, control character or dot segment, also once decoded; drop any other."),
	row(ReferrerBreaksLogin, info, own, "A bad referrer_uri is dropped, and the member lands on the home page, not on an error page.",
		"Leave redirect_uri out and go on with the login."),
	row(HEADMints, warn, own, "A token is made for a person who navigates: not for HEAD, which link checkers and previews send.",
		"Answer HEAD without a token: many routers send it to the handler of GET."),
	row(PrefetchMints, warn, own, "A token is made for a person who navigates: not for a prefetch, whose token is stale when it is used.",
		"Answer 403 without a token when Sec-Purpose or Purpose says prefetch."),
	row(HostBelieved, fail, own, "The configuration says where a login goes: neither Host nor X-Forwarded-Host changes it.",
		"Build no address from the request's headers; let the proxy refuse a Host that is not yours."),
	row(LogoutNotIdempotent, warn, other, "The Logout URL may be visited with and without a session, and again: it answers the same.",
		"Take GET, end the session if there is one, and redirect in every case."),
	row(LogoutOpenRedirect, fail, own, "The Logout URL leads to a fixed place, whatever its parameters say.",
		"Redirect to one address of the configuration, or take a path of your own site only."),
	row(LogoutKeepsSession, warn, vendor, "The Logout URL ends the partner's session: the login button would log the member in again.",
		"End the session in your store, or expire its cookie."),
	row(JSONMintsWithoutSession, fail, vendor, "A JSON door finds the session before it makes a token.",
		"Look the cookie or the bearer token up in your own store, and answer 401 when it is not there."),
	row(JSONStatus, warn, own, "Without a session, a JSON door answers 401 or a similar status: a script can't show a sign-in page.",
		"Answer 401 with a code in JSON, and let the frontend show its sign-in."),
	row(JSONNoLogin, fail, own, "A JSON door returns the login URL for a POST from its own frontend with a session.",
		"Give the cookie or the bearer token of a session that is valid now, and the address that itself answers POST, without a redirect."),
	row(JSONShape, warn, own,
		`A JSON door answers 200 with {"url":…,"expiresAt":…} as application/json, the time in the form of RFC 3339.`,
		"Answer in this form, with the full login URL. The frontend needs no more."),
	row(JSONExpires, warn, own, "The expiresAt of a JSON door is the token's exp.", "Take both from one reading of the clock."),
	row(JSONGETMints, warn, own, "A JSON door makes a token only for POST: links, images and caches repeat a GET.",
		"Answer 405 to all other methods."),
	row(JSONCrossOrigin, warn, own, "A JSON door makes no token for another origin's page: a browser sends its forms along with cookies.",
		"Refuse a POST whose Sec-Fetch-Site is not same-origin or whose Origin is not yours (Go: http.CrossOriginProtection)."),
	row(JSONCORS, fail, own, "With the visitor's cookies, only the site's own frontends may read the answer of a JSON door.",
		"List the frontends' origins in the CORS settings, and compare whole origins. Never repeat the request's Origin unchecked."),
	row(JSONCORSAny, warn, own, "CORS names the origins of the site's own frontends, and lets in no others.",
		"List the frontends' origins instead of *. A frontend on the door's own origin needs no CORS."),
}

func seconds(d time.Duration) string { return fmt.Sprintf("%d seconds", d/time.Second) }

func row(code contract.Code, verdict inspect.Verdict, source inspect.Source, sentence, fix string) inspect.Rule {
	return inspect.Rule{Code: code, Area: inspect.AreaSite, Verdict: verdict, Source: source, Sentence: sentence, Fix: fix}
}
