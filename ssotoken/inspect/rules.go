package inspect

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// The codes that only a judge finds; those of the builder too are in package contract.
// Exported are those for which programs do something else; of any other, ask by its
// text: report.Has("url-path").
const (
	urlMalformed         contract.Code = "url-malformed"
	URLScheme            contract.Code = "url-scheme"
	urlUserInfo          contract.Code = "url-userinfo"
	urlPath              contract.Code = "url-path"
	URLQuery             contract.Code = "url-query"
	urlFragment          contract.Code = "url-fragment"
	ParameterLegacy      contract.Code = "parameter-legacy"
	parameterUnknown     contract.Code = "parameter-unknown"
	RedirectRepeated     contract.Code = "redirect-repeated"
	JWTMissing           contract.Code = "jwt-missing"
	JWTRepeated          contract.Code = "jwt-repeated"
	TokenTooLarge        contract.Code = "token-too-large"
	tokenParts           contract.Code = "token-parts"
	Base64URL            contract.Code = "base64url"
	headerJSON           contract.Code = "header-json"
	payloadJSON          contract.Code = "payload-json"
	unpairedSurrogate    contract.Code = "unpaired-surrogate"
	numberUnsafe         contract.Code = "number-unsafe"
	AlgNotHS256          contract.Code = "alg-not-hs256"
	TypNotJWT            contract.Code = "typ-not-jwt"
	critUnknown          contract.Code = "crit-unknown"
	headerUnknown        contract.Code = "header-unknown"
	SignatureLength      contract.Code = "signature-length"
	SignatureWrong       contract.Code = "signature-wrong"
	SignatureUnchecked   contract.Code = "signature-unchecked"
	ExpMissing           contract.Code = "exp-missing"
	expNotInteger        contract.Code = "exp-not-integer"
	ExpMilliseconds      contract.Code = "exp-milliseconds"
	ExpExpired           contract.Code = "exp-expired"
	ExpTooFar            contract.Code = "exp-too-far"
	ExpOverAdvice        contract.Code = "exp-over-advice"
	expNotAfterIat       contract.Code = "exp-not-after-iat"
	IatMissing           contract.Code = "iat-missing"
	iatNotInteger        contract.Code = "iat-not-integer"
	iatMilliseconds      contract.Code = "iat-milliseconds"
	IatFuture            contract.Code = "iat-future"
	nbfSent              contract.Code = "nbf-sent"
	nbfNotInteger        contract.Code = "nbf-not-integer"
	NbfFuture            contract.Code = "nbf-future"
	claimNull            contract.Code = "claim-null"
	claimLegacy          contract.Code = "claim-legacy"
	claimUnused          contract.Code = "claim-unused"
	ClaimMisspelled      contract.Code = "claim-misspelled"
	SpacesRole           contract.Code = "spaces-role"
	spacesAction         contract.Code = "spaces-action"
	spacesOperationWrong contract.Code = "spaces-operation"
	spacesOperationAlone contract.Code = "spaces-operation-alone"
	SpacesLeaveAll       contract.Code = "spaces-leave-all"
	spacesReplaceActions contract.Code = "spaces-replace-actions"
	spacesBoth           contract.Code = "spaces-both"
	CustomField          contract.Code = "custom-field"
)

// Rules lists the rules of these codes and of those in package contract, grouped by
// [contract.Area].
func Rules() []contract.Rule { return slices.Clone(rules) }

// RuleOf returns the rule of a code, or the zero Rule.
func RuleOf(code contract.Code) contract.Rule {
	if i := slices.IndexFunc(rules, func(r contract.Rule) bool { return r.Code == code }); i >= 0 {
		return rules[i]
	}
	return contract.Rule{}
}

var rules = slices.Concat(
	tell(contract.LoginURL, sharedURLRows), tell(contract.LoginURL, urlRows),
	tell(contract.Token, sharedTokenRows), tell(contract.Token, tokenRows),
	tell(contract.Member, memberRows), tell(contract.Site, keyRows), tell(contract.Call, callRows))

// A ruleRow is a contract.Rule whose area its table says.
type ruleRow struct {
	code          contract.Code
	verdict       contract.Verdict
	source        contract.Source
	sentence, fix string
}

func tell(area contract.Area, rows []ruleRow) (rules []contract.Rule) {
	for _, r := range rows {
		rules = append(rules, contract.Rule{Code: r.code, Area: area, Verdict: r.verdict, Source: r.source, Sentence: r.sentence,
			Fix: r.fix})
	}
	return rules
}

const (
	fail, warn, info           = contract.Fail, contract.Warn, contract.Info
	vendor, other, public, own = contract.VendorPage, contract.VendorOther, contract.PublicCode, contract.OurDecision
)

func inSeconds(d time.Duration) string { return fmt.Sprintf("%v seconds", d.Seconds()) }

func inMinutes(d time.Duration) string { return fmt.Sprintf("%v minutes", d.Minutes()) }

func namesOf(status contract.Status) string {
	var names []string
	for _, c := range contract.Claims() {
		if c.Status == status {
			names = append(names, c.Name)
		}
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

var setExp = "Set exp to now + " + inSeconds(contract.DefaultLifetime) + "."

var urlRows = []ruleRow{
	{urlMalformed, fail, own, "A login URL is absolute: scheme, community, path, query.",
		"Build it as https://COMMUNITY" + contract.SSOPath + "?jwt=TOKEN&redirect_uri=ENCODED."},
	{URLScheme, fail, own, "A login URL is a credential: it goes over https, unless the community is on the loopback.",
		"Send members to https."},
	{urlUserInfo, fail, own, "A login URL has no user info before the community's host.", "Give only the host."},
	{urlPath, fail, vendor, "The login URL of a community is " + contract.SSOPath + ".", "Send members to " + contract.SSOPath + "."},
	{URLQuery, fail, own, "The query is percent-encoded, parameter by parameter.", "Percent-encode each parameter (encodeURIComponent)."},
	{urlFragment, warn, own, "A login URL has no fragment: an unencoded # cuts off the rest of redirect_uri.",
		"Percent-encode redirect_uri whole (encodeURIComponent)."},
	{ParameterLegacy, warn, other,
		"The parameters are jwt and redirect_uri; " + contract.OldJWT + " and " + contract.OldRedirectURI + " are names of older pages.",
		"Rename " + contract.OldJWT + " to jwt, and " + contract.OldRedirectURI + " to redirect_uri."},
	{parameterUnknown, warn, own,
		"The query has only jwt and redirect_uri: another parameter is often the tail of an unencoded redirect_uri.",
		"Percent-encode redirect_uri whole, and send only jwt and redirect_uri."},
	{RedirectRepeated, fail, own, "There is at most one redirect_uri.", "Send it once, percent-encoded whole."},
	{JWTMissing, fail, vendor, "The token is in the query parameter jwt.", "Put the token into the parameter jwt."},
	{JWTRepeated, fail, own, "There is exactly one jwt.", "Send it once; let no value from outside add parameters."},
}

var tokenRows = []ruleRow{
	{TokenTooLarge, fail, own, fmt.Sprintf("A token has at most %d KiB, counted before it is read.", contract.MaxToken>>10),
		"Send fewer claims; a list of ids in place of objects."},
	{tokenParts, fail, own, "A signed token has three parts joined by dots: header, payload, signature (RFC 7515, section 7.1).",
		"Sign with a JWT library, and send its text as it is."},
	{Base64URL, fail, own, "Each part is base64url without padding, white space or left-over bits (RFC 7515, section 2).",
		"Encode by base64url without padding, as JWT libraries do."},
	{headerJSON, fail, own, "The header is one JSON object in UTF-8.", "Make the token with a JWT library."},
	{payloadJSON, fail, own, "The payload is one JSON object in UTF-8.", "Make the payload an object, in UTF-8."},
	{unpairedSurrogate, fail, own, "An escaped character above U+FFFF has both halves of its surrogate pair.",
		"Cut texts between characters, not inside one."},
	{numberUnsafe, warn, own, "Numbers stay within ±(2^53−1): the reader is JavaScript, which rounds larger ones.",
		"Send large numbers as text."},
	{AlgNotHS256, fail, vendor, "The token is signed with HS256: alg says exactly that.", "Sign with HS256, by name."},
	{TypNotJWT, fail, own, "typ, when it is there, is JWT.", "Set typ to JWT, or leave it out."},
	{critUnknown, fail, own, "A header that declares critical extensions is refused, since none is understood (RFC 7515, section 4.1.11).",
		"Leave crit out."},
	{headerUnknown, warn, own, "The header has only alg and typ.", "Send only alg and typ."},
	{SignatureLength, fail, own, "An HS256 signature has 32 bytes.", "Sign with HS256 of a JWT library."},
	{SignatureWrong, fail, vendor, "The token is signed with the community's own SSO private key.",
		"Compare the key with the community's (its fingerprint: ssotoken doctor); use its text as it is, without base64 decoding."},
	{SignatureUnchecked, warn, own, "A token is worth nothing until its signature is checked with the key.", "Give the key."},
	{ExpMissing, fail, own, "exp is always set: without it, the vendor's page says, the token is valid forever.", setExp},
	{expNotInteger, fail, own, "exp is a whole JSON number, without quotes, fraction or exponent.", "Send a whole number of seconds."},
	{ExpMilliseconds, fail, own, "exp counts seconds since 1970, not milliseconds.", "Divide by 1000."},
	{ExpExpired, fail, vendor, "A token is valid until its exp, and no longer valid at that second.",
		"Make the token at the click, not with the page; set the server's clock."},
	{ExpTooFar, fail, own,
		fmt.Sprintf("A token lives for %s at most, with %s for the clocks.", inMinutes(contract.MaxLifetime), inSeconds(contract.Skew)),
		setExp},
	{ExpOverAdvice, warn, vendor, fmt.Sprintf("exp is best set to %s after the token is made.", inSeconds(contract.DefaultLifetime)),
		setExp},
	{expNotAfterIat, fail, own, "exp is later than iat.", "Take both from one reading of the clock, exp a minute later."},
	{IatMissing, info, vendor, "iat is the issue time of the token.", "Set iat to now, in seconds."},
	{iatNotInteger, fail, own, "iat, when it is there, is a whole JSON number, without quotes, fraction or exponent.",
		"Send a whole number of seconds."},
	{iatMilliseconds, fail, own, "iat counts seconds since 1970, not milliseconds.", "Divide by 1000."},
	{IatFuture, fail, own, fmt.Sprintf("iat is not in the future, with %s for the clocks.", inSeconds(contract.Skew)),
		"Set the server's clock by NTP; send UTC."},
	{nbfSent, warn, own, "nbf is not sent: clocks that differ a little would break logins.", "Leave nbf out."},
	{nbfNotInteger, fail, public, "nbf, when it is there, is a whole JSON number, without quotes, fraction or exponent.", "Leave nbf out."},
	{NbfFuture, fail, public, "A token is not valid before its nbf.", "Leave nbf out."},
	{claimNull, warn, own, "A claim without a value is left out; null counts as absent.", "Leave the claim out."},
	{claimLegacy, info, other, namesOf(contract.Legacy) + " are claims of older pages: today they only reach custom fields.",
		"Leave it out, unless a custom field has this external key."},
	{claimUnused, info, own, "iss, aud and jti are not sent: a community does not read them.", "Leave it out."},
	{ClaimMisspelled, warn, own, "Claims are spelled as in the contract; any other name is a candidate for a custom field.",
		"Spell it as the contract does; if it is a custom field, choose a key less like a claim."},
	{SpacesRole, fail, vendor, "role can be MEMBER.", "Send MEMBER."},
	{spacesAction, fail, vendor, "action can be JOIN or LEAVE.", "Send JOIN or LEAVE."},
	{spacesOperationWrong, fail, vendor, "spacesOperation can be ADD or REPLACE.", "Send ADD or REPLACE, or leave it out."},
	{spacesOperationAlone, info, vendor, "spacesOperation goes with spaceIds or spaces.", "Send it with spaceIds."},
	{SpacesLeaveAll, warn, own,
		"REPLACE with an empty spaceIds removes the member from every space: it is sent only on purpose, not because a query gave no rows.",
		"Send the spaces to keep, or make sure that the member should leave all (spaces.LeaveAll)."},
	{spacesReplaceActions, warn, vendor, "With spaces, action decides; REPLACE still removes the member from all spaces first.",
		"Send spacesOperation only with spaceIds."},
	{spacesBoth, warn, vendor, "Spaces are given by spaceIds or by spaces.", "Send spaceIds, or spaces, not both."},
	{CustomField, contract.Pass, vendor,
		"Any other claim is offered to the custom fields: a field takes the first of its external keys that has a value.",
		"Nothing: enter the claim's name under External Keys of the profile field."},
}
