package inspect

import "slices"

// A Code names a broken rule. Codes are stable: programs may compare them.
// A Code is an error so that errors.Is finds it in what [Report.Err] returns.
type Code string

func (c Code) Error() string { return string(c) }

// Rule gives the rule that the code names, or the zero Rule.
func (c Code) Rule() Rule {
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Code == c })
	if i < 0 {
		return Rule{}
	}
	return rules[i]
}

// A Verdict says how bad it is.
type Verdict string

const (
	Pass Verdict = "pass" // the rule holds
	Info Verdict = "info" // worth knowing
	Warn Verdict = "warn" // accepted by a community, yet a mistake
	Fail Verdict = "fail" // refused by a strict community
)

func (v Verdict) worseThan(other Verdict) bool {
	order := []Verdict{Pass, Info, Warn, Fail}
	return slices.Index(order, v) > slices.Index(order, other)
}

// A Source says who made a rule.
type Source string

const (
	VendorPage  Source = "S" // the vendor's page on JWT SSO
	VendorOther Source = "V" // another page of the vendor
	PublicCode  Source = "P" // seen in public code
	OurDecision Source = "D" // decided here, where nobody says
)

// String gives the source in words.
func (s Source) String() string {
	switch s {
	case VendorPage:
		return "the vendor's page on JWT SSO"
	case VendorOther:
		return "another page of the vendor"
	case PublicCode:
		return "public code"
	case OurDecision:
		return "our decision, where the vendor is silent"
	}
	return string(s)
}

// A Rule is a sentence of the contract between a partner and a community.
type Rule struct {
	Code     Code    `json:"code"`
	Verdict  Verdict `json:"verdict"` // of a token that breaks it
	Source   Source  `json:"source"`
	Sentence string  `json:"sentence"`
}

// Rules lists every rule, in the order in which a login is judged.
func Rules() []Rule { return slices.Clone(rules) }

// The rules about the login URL.
const (
	URLMalformed     Code = "url-malformed"
	URLScheme        Code = "url-scheme"
	URLUserInfo      Code = "url-userinfo"
	URLPath          Code = "url-path"
	URLQuery         Code = "url-query"
	URLFragment      Code = "url-fragment"
	URLTooLong       Code = "url-too-long"
	ParameterLegacy  Code = "parameter-legacy"
	ParameterUnknown Code = "parameter-unknown"
	RedirectRepeated Code = "redirect-repeated"
	RedirectRefused  Code = "redirect-refused"
	RedirectLoop     Code = "redirect-loop"
	JWTMissing       Code = "jwt-missing"
	JWTRepeated      Code = "jwt-repeated"
)

// The rules about the token's form, its header and its signature.
const (
	TokenTooLarge      Code = "token-too-large"
	TokenParts         Code = "token-parts"
	Base64URL          Code = "base64url"
	HeaderJSON         Code = "header-json"
	PayloadJSON        Code = "payload-json"
	DuplicateName      Code = "duplicate-name"
	UnpairedSurrogate  Code = "unpaired-surrogate"
	NumberUnsafe       Code = "number-unsafe"
	AlgNotHS256        Code = "alg-not-hs256"
	TypNotJWT          Code = "typ-not-jwt"
	CritUnknown        Code = "crit-unknown"
	HeaderUnknown      Code = "header-unknown"
	SignatureLength    Code = "signature-length"
	SignatureWrong     Code = "signature-wrong"
	SignatureUnchecked Code = "signature-unchecked"
)

// The rules about times.
const (
	ExpMissing      Code = "exp-missing"
	ExpNotInteger   Code = "exp-not-integer"
	ExpMilliseconds Code = "exp-milliseconds"
	ExpExpired      Code = "exp-expired"
	ExpTooFar       Code = "exp-too-far"
	ExpOverAdvice   Code = "exp-over-advice"
	ExpNotAfterIat  Code = "exp-not-after-iat"
	IatMissing      Code = "iat-missing"
	IatNotInteger   Code = "iat-not-integer"
	IatMilliseconds Code = "iat-milliseconds"
	IatFuture       Code = "iat-future"
	NbfSent         Code = "nbf-sent"
	NbfNotInteger   Code = "nbf-not-integer"
	NbfFuture       Code = "nbf-future"
)

// The rules about who the member is, and the profile.
const (
	SubMissing       Code = "sub-missing"
	NameMissing      Code = "name-missing"
	EmailMissing     Code = "email-missing"
	SubNotString     Code = "sub-not-string"
	SubBlank         Code = "sub-blank"
	SubTooLong       Code = "sub-too-long"
	SubIsEmail       Code = "sub-is-email"
	NameNotString    Code = "name-not-string"
	NameBlank        Code = "name-blank"
	EmailNotString   Code = "email-not-string"
	EmailTooLong     Code = "email-too-long"
	EmailMalformed   Code = "email-malformed"
	TaglineNotString Code = "tagline-not-string"
	PictureNotString Code = "picture-not-string"
	PictureNotHTTP   Code = "picture-not-http"
	PictureUserInfo  Code = "picture-userinfo"
	ControlCharacter Code = "control-character"
	ClaimNull        Code = "claim-null"
	ClaimLegacy      Code = "claim-legacy"
	ClaimUnused      Code = "claim-unused"
	ClaimReserved    Code = "claim-reserved"
	ClaimMisspelled  Code = "claim-misspelled"
)

// The rules about spaces.
const (
	SpaceIDsMalformed    Code = "space-ids-malformed"
	SpacesMalformed      Code = "spaces-malformed"
	SpacesRole           Code = "spaces-role"
	SpacesAction         Code = "spaces-action"
	SpacesOperation      Code = "spaces-operation"
	SpacesOperationAlone Code = "spaces-operation-alone"
	SpacesReplaceNothing Code = "spaces-replace-nothing"
	SpacesReplaceActions Code = "spaces-replace-actions"
	SpacesRepeated       Code = "spaces-repeated"
	SpacesJoinAndLeave   Code = "spaces-join-and-leave"
	SpacesBoth           Code = "spaces-both"
)

var rules = []Rule{
	{URLMalformed, Fail, OurDecision, "A login URL is absolute: scheme, community, path, query."},
	{URLScheme, Fail, OurDecision, "A login URL is a credential: it goes over https, unless the community is on the loopback."},
	{URLUserInfo, Fail, OurDecision, "A login URL has no user info before the community's host."},
	{URLPath, Fail, VendorPage, "The login URL of a community is /api/auth/sso."},
	{URLQuery, Fail, OurDecision, "The query is percent-encoded, parameter by parameter."},
	{URLFragment, Warn, OurDecision, "A login URL has no fragment: an unencoded # cuts off the rest of redirect_uri."},
	{URLTooLong, Warn, OurDecision, "A login URL stays under 8,000 bytes: servers commonly stop reading a request line at 8 KiB."},
	{ParameterLegacy, Warn, VendorOther, "The parameters are jwt and redirect_uri; ssoToken and redirect are names of older pages."},
	{ParameterUnknown, Warn, OurDecision, "The query has jwt and redirect_uri alone: another parameter is often the tail of an unencoded redirect_uri."},
	{RedirectRepeated, Fail, OurDecision, "There is at most one redirect_uri."},
	{RedirectRefused, Warn, VendorPage, "redirect_uri can only be a relative path starting with /; another one is dropped."},
	{RedirectLoop, Warn, OurDecision, "redirect_uri leads to a page, not to where members log in or out; another one is dropped."},
	{JWTMissing, Fail, VendorPage, "The token is in the query parameter jwt."},
	{JWTRepeated, Fail, OurDecision, "There is exactly one jwt."},

	{TokenTooLarge, Fail, OurDecision, "A token has at most 16 KiB, counted before it is read."},
	{TokenParts, Fail, OurDecision, "A signed token has three parts joined by dots: header, payload, signature (RFC 7515, section 7.1)."},
	{Base64URL, Fail, OurDecision, "Each part is base64url without padding, white space or left-over bits (RFC 7515, section 2)."},
	{HeaderJSON, Fail, OurDecision, "The header is one JSON object in UTF-8."},
	{PayloadJSON, Fail, OurDecision, "The payload is one JSON object in UTF-8."},
	{DuplicateName, Fail, OurDecision, "A name stands once in its object: two readers would take different values."},
	{UnpairedSurrogate, Fail, OurDecision, "An escaped character above U+FFFF has both halves of its surrogate pair."},
	{NumberUnsafe, Warn, OurDecision, "Numbers stay within ±(2^53−1): the reader is JavaScript, which rounds larger ones."},
	{AlgNotHS256, Fail, VendorPage, "The token is signed with HS256: alg says exactly that."},
	{TypNotJWT, Fail, OurDecision, "typ, when it is there, is JWT."},
	{CritUnknown, Fail, OurDecision, "A header that declares critical extensions is refused, since none is understood (RFC 7515, section 4.1.11)."},
	{HeaderUnknown, Warn, OurDecision, "The header has alg and typ alone."},
	{SignatureLength, Fail, OurDecision, "An HS256 signature has 32 bytes."},
	{SignatureWrong, Fail, VendorPage, "The token is signed with the community's own SSO private key."},
	{SignatureUnchecked, Warn, OurDecision, "A token is worth nothing until its signature is checked with the key."},

	{ExpMissing, Fail, OurDecision, "exp is always set: without it, the vendor's page says, the token is valid forever."},
	{ExpNotInteger, Fail, OurDecision, "exp is a whole JSON number, without quotes, fraction or exponent."},
	{ExpMilliseconds, Fail, OurDecision, "exp counts seconds since 1970, not milliseconds."},
	{ExpExpired, Fail, VendorPage, "A token is valid until its exp, and no longer valid at that second."},
	{ExpTooFar, Fail, OurDecision, "A token lives one hour at most, with 5 seconds for the clocks."},
	{ExpOverAdvice, Warn, VendorPage, "exp is best set to 60 seconds after the token is made."},
	{ExpNotAfterIat, Fail, OurDecision, "exp is later than iat."},
	{IatMissing, Info, VendorPage, "iat is the issue time of the token."},
	{IatNotInteger, Fail, OurDecision, "iat, when it is there, is a whole JSON number, without quotes, fraction or exponent."},
	{IatMilliseconds, Fail, OurDecision, "iat counts seconds since 1970, not milliseconds."},
	{IatFuture, Fail, OurDecision, "iat is not in the future, with 5 seconds for the clocks."},
	{NbfSent, Warn, OurDecision, "nbf is not sent: clocks that differ a little would break logins."},
	{NbfNotInteger, Fail, PublicCode, "nbf, when it is there, is a whole JSON number, without quotes, fraction or exponent."},
	{NbfFuture, Fail, PublicCode, "A token is not valid before its nbf."},

	{SubMissing, Fail, VendorPage, "sub is required: the member's ID at the partner."},
	{NameMissing, Fail, VendorPage, "name is required."},
	{EmailMissing, Fail, VendorPage, "email is required."},
	{SubNotString, Fail, OurDecision, "sub is a JSON string."},
	{SubBlank, Fail, OurDecision, "sub has a character that can be seen."},
	{SubTooLong, Fail, VendorPage, "sub has at most 50 characters."},
	{SubIsEmail, Warn, OurDecision, "sub is a stable ID that means nothing else: an email address changes, and the member is then another one."},
	{NameNotString, Fail, OurDecision, "name is a JSON string."},
	{NameBlank, Fail, OurDecision, "name has a character that can be seen."},
	{EmailNotString, Fail, OurDecision, "email is a JSON string."},
	{EmailTooLong, Fail, VendorPage, "email has at most 200 characters."},
	{EmailMalformed, Fail, OurDecision, "email is an address alone, such as ada@example.com, without a name or brackets."},
	{TaglineNotString, Fail, VendorPage, "tagline is a short bio in plain text."},
	{PictureNotString, Fail, VendorPage, "picture is a URL in a JSON string."},
	{PictureNotHTTP, Warn, VendorPage, "picture is a full URL with http:// or https://; the community does not check it."},
	{PictureUserInfo, Warn, OurDecision, "picture has no user name or password in it: every visitor can read it."},
	{ControlCharacter, Warn, OurDecision, "sub and name have no control characters."},
	{ClaimNull, Warn, OurDecision, "A claim without a value is left out; null counts as absent."},
	{ClaimLegacy, Info, VendorOther, "role, source, title, bio, locale and groups are claims of older pages: today they only reach custom fields."},
	{ClaimUnused, Info, OurDecision, "iss, aud and jti are not sent: a community does not read them."},
	{ClaimReserved, Fail, OurDecision, "__proto__, constructor and prototype are no claims: they mean something else to JavaScript."},
	{ClaimMisspelled, Warn, OurDecision, "Claims are spelled as in the contract; any other name is a candidate for a custom field."},

	{SpaceIDsMalformed, Fail, VendorPage, "spaceIds is an array of space IDs."},
	{SpacesMalformed, Fail, VendorPage, "spaces is an array of objects with spaceId, role and action."},
	{SpacesRole, Fail, VendorPage, "role can be MEMBER."},
	{SpacesAction, Fail, VendorPage, "action can be JOIN or LEAVE."},
	{SpacesOperation, Fail, VendorPage, "spacesOperation can be ADD or REPLACE."},
	{SpacesOperationAlone, Info, VendorPage, "spacesOperation goes with spaceIds or spaces."},
	{SpacesReplaceNothing, Fail, OurDecision, "REPLACE comes with a space to join: else it would remove the member from everything."},
	{SpacesReplaceActions, Warn, VendorPage, "With spaces, action decides; REPLACE still removes the member from all spaces first."},
	{SpacesRepeated, Fail, OurDecision, "A space stands once in a token."},
	{SpacesJoinAndLeave, Fail, OurDecision, "A token does not both join and leave one space."},
	{SpacesBoth, Warn, VendorPage, "Spaces are given by spaceIds or by spaces."},
}
