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
	SpacesAction         contract.Code = "spaces-action"
	SpacesOperationWrong contract.Code = "spaces-operation"
	SpacesOperationAlone contract.Code = "spaces-operation-alone"
	SpacesLeaveAll       contract.Code = "spaces-leave-all"
	spacesReplaceActions contract.Code = "spaces-replace-actions"
	SpacesBoth           contract.Code = "spaces-both"
	CustomField          contract.Code = "custom-field"
)

// The codes that a community finds in its members, and of the fake one's saved state.
const (
	ExternalIDConflict contract.Code = "external-id-conflict"
	EmailTaken         contract.Code = "email-taken"
	MemberSuspended    contract.Code = "member-suspended"
	CommunityFull      contract.Code = "community-full"
	RefusesAll         contract.Code = "refuses-all"
	StateDamaged       contract.Code = "state-damaged"
)

// Rules lists the rules of these codes and of those in package contract, grouped by
// [Area].
func Rules() []Rule { return slices.Clone(rules) }

// RuleOf returns the rule of a code, or the zero Rule.
func RuleOf(code contract.Code) Rule {
	if i := slices.IndexFunc(rules, func(r Rule) bool { return r.Code == code }); i >= 0 {
		return rules[i]
	}
	return Rule{}
}

var rules = slices.Concat(tell(AreaURL, urlRows), tell(AreaToken, tokenRows),
	tell(AreaMember, memberRows), tell(AreaSite, keyRows), tell(AreaCall, callRows))

// A ruleRow is a Rule whose area its table says.
type ruleRow struct {
	code          contract.Code
	verdict       Verdict
	source        Source
	sentence, fix string
}

func tell(area Area, rows []ruleRow) (rules []Rule) {
	for _, r := range rows {
		rules = append(rules, Rule{Code: r.code, Area: area, Verdict: r.verdict, Source: r.source, Sentence: r.sentence,
			Fix: r.fix})
	}
	return rules
}

const (
	fail, warn, info           = Fail, Warn, Info
	vendor, other, public, own = VendorPage, VendorOther, PublicCode, OurDecision
)

func inSeconds(d time.Duration) string { return fmt.Sprintf("%v seconds", d.Seconds()) }

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
	{contract.RedirectRefused, warn, vendor, "redirect_uri can only be a relative path starting with /; any other is dropped.",
		"Send a path that starts with one slash, or leave the parameter out."},
	{contract.RedirectFragile, warn, own, "redirect_uri stays on the community also in a server that decodes or normalises it once more.",
		"Drop a path with an encoded slash or backslash, a look-alike of one, or a dot segment."},
	{contract.RedirectLoop, warn, own, "redirect_uri leads to a page, not to where members log in or out; any other is dropped.",
		"Leave redirect_uri out where its first segment is one of " + strings.Join(endpoints, ", ") + "."},
	{contract.URLTooLong, warn, own,
		fmt.Sprintf("A login URL has at most %d bytes: servers commonly stop reading a request line at 8 KiB.", contract.DefaultMaxURL),
		"Shorten the largest claim; send fewer spaces and custom fields."},
	{urlMalformed, fail, own, "A login URL is absolute: scheme, community, path, query.",
		"Build it as https://COMMUNITY" + contract.SSOPath + "?jwt=TOKEN&redirect_uri=ENCODED."},
	{URLScheme, fail, own, "A login URL is a credential: it goes over https, unless the community is on loopback.", "Send members to https."},
	{urlUserInfo, fail, own, "A login URL has no user info before the community's host.", "Give only the host."},
	{urlPath, fail, vendor, "The login URL of a community is " + contract.SSOPath + ".", "Send members to " + contract.SSOPath + "."},
	{URLQuery, fail, own, "The query is percent-encoded, parameter by parameter.", "Percent-encode each parameter (encodeURIComponent)."},
	{urlFragment, warn, own, "A login URL has no fragment: an unencoded # cuts off the rest of redirect_uri.",
		"Percent-encode redirect_uri whole (encodeURIComponent)."},
	{ParameterLegacy, warn, other, "The parameters are jwt and redirect_uri; " + OldJWT + " and " + OldRedirectURI + " are older names.",
		"Rename " + OldJWT + " to jwt, and " + OldRedirectURI + " to redirect_uri."},
	{parameterUnknown, warn, own, "The query has only jwt and redirect_uri: another parameter is often the tail of an unencoded redirect_uri.",
		"Percent-encode redirect_uri whole, and send only jwt and redirect_uri."},
	{RedirectRepeated, fail, own, "There is at most one redirect_uri.", "Send it once, percent-encoded whole."},
	{JWTMissing, fail, vendor, "The token is in the query parameter jwt.", "Put the token into the parameter jwt."},
	{JWTRepeated, fail, own, "There is exactly one jwt.", "Send it once; let no value from outside add parameters."},
}

var tokenRows = []ruleRow{
	{contract.DuplicateName, fail, own, "A name is in its object once: two readers would take different values.", "Write each name once."},
	{contract.SubMissing, fail, vendor, "sub is required: the member's ID at the partner, in characters that can be seen.",
		"Send the member's id in your database."},
	{contract.NameMissing, fail, vendor, "name is required and has something to see: not only white space, marks or invisible characters.",
		"Send the name that other members see."},
	{contract.EmailMissing, fail, vendor, "email is required.", "Send the address that you have verified."},
	{contract.NameIsEmail, warn, own, "name is not an email address: names are public, and addresses need not be.",
		"Send another name, such as the one that the member chose."},
	{contract.ClaimNotString, fail, own, "A claim that is text is a JSON string.", "Send text; an id that is a number, too."},
	{contract.SubTooLong, fail, vendor, fmt.Sprintf("sub has at most %d characters.", contract.MaxSub),
		"Use a shorter id; never cut one: two members could become one."},
	{contract.SubIsEmail, warn, own, "sub is a stable ID that means nothing else: an email address changes, and the member is then another.",
		"Send an id that never changes. Members who have logged in are known by this one: ask the community before you change it."},
	{contract.SubPlaceholder, fail, own,
		"sub is the member's id, not a text that a program writes where it has none: all members without an id would be one.",
		"Find out why the id is missing: a column that was not read, a variable that was not set, a format that does not fit."},
	{contract.SubZero, warn, own,
		"sub is not 0, -1 or NA, which is also what programs write where they have no id: all members without one would be one.",
		"Find out whether a member has this id. If so, say it: in Go by AllowSubject."},
	{contract.EmailTooLong, fail, vendor, fmt.Sprintf("email has at most %d characters.", contract.MaxEmail),
		fmt.Sprintf("Send an address of at most %d characters.", contract.MaxEmail)},
	{contract.EmailMalformed, fail, own,
		"email is one address: something, one @, something; without white space, control or invisible characters, and " +
			`without ( ) < > [ ] : ; , " \.`,
		"Send only the address, as it was verified."},
	{contract.PictureNotHTTP, warn, vendor,
		"picture is a full URL with http:// or https://, a host, and no white space; the community does not check it.",
		"Send a full URL, or leave the claim out."},
	{contract.PictureUserInfo, warn, own, "picture has no user name or password in it: every visitor can read it.", "Leave them out."},
	{contract.TooLong, warn, own, fmt.Sprintf("A text for which the vendor has no limit keeps to ours: picture has at most %d "+
		"bytes, as an address and not the picture itself.", contract.MaxPicture),
		"Shorten it, send a shorter address, or leave the claim out."},
	{contract.ControlCharacter, warn, own, "Texts have no control characters; a tagline may have tabs and line endings.", "Remove them."},
	{contract.BidiControl, warn, own, "name and tagline have no characters that change the direction of the text around them " +
		"(explicit directional formatting, UAX #9, section 2).",
		"Leave them out: each script has its direction without them."},
	{contract.ClaimReserved, fail, own, namesOf(contract.Forbidden) + " are not claims: they mean something else to JavaScript.",
		"Rename the custom field's external key."},
	{contract.SpaceIDsMalformed, fail, vendor, "spaceIds is an array of space IDs.", "Send an array of texts."},
	{contract.SpacesMalformed, fail, vendor, "spaces is an array of objects with spaceId, role and action.",
		`Send objects like {"spaceId":"…","role":"MEMBER","action":"JOIN"}.`},
	{contract.SpacesReplaceNothing, fail, own, "REPLACE comes with a space to join: without one it would remove the member from every space.",
		"Leave REPLACE out where there is nothing to join."},
	{contract.SpacesRepeated, fail, own, "A token names a space only once.", "Name each space once."},
	{contract.SpacesJoinAndLeave, fail, own, "A token does not both join and leave one space.", "Decide for one of the two."},
	{TokenTooLarge, fail, own, fmt.Sprintf("A token has at most %d KiB, counted before it is read.", contract.MaxToken>>10),
		"Send fewer claims; a list of ids in place of objects."},
	{tokenParts, fail, own, "A signed token has three parts joined by dots: header, payload, signature (RFC 7515, section 7.1).",
		"Sign with a JWT library, and send its text as it is."},
	{Base64URL, fail, own, "Each part is base64url without padding, white space or left-over bits (RFC 7515, section 2).",
		"Encode with base64url without padding, as JWT libraries do."},
	{headerJSON, fail, own, "The header is one JSON object in UTF-8.", "Make the token with a JWT library."},
	{payloadJSON, fail, own, "The payload is one JSON object in UTF-8.", "Make the payload an object, in UTF-8."},
	{unpairedSurrogate, fail, own, "An escaped character above U+FFFF has both halves of its surrogate pair.",
		"Cut texts between characters, not inside one."},
	{numberUnsafe, warn, own, "Numbers stay within ±(2^53−1): the reader is JavaScript, which rounds larger ones.", "Send it as text."},
	{AlgNotHS256, fail, vendor, "The token is signed with HS256: alg says exactly that.", "Sign with HS256, by name."},
	{TypNotJWT, fail, own, "typ, when it is there, is JWT.", "Set typ to JWT, or leave it out."},
	{critUnknown, fail, own, "A header that declares critical extensions is refused, since none is understood (RFC 7515, section 4.1.11).",
		"Leave crit out."},
	{headerUnknown, warn, own, "The header has only alg and typ.", "Send only alg and typ."},
	{SignatureLength, fail, own, "An HS256 signature has 32 bytes.", "Use HS256 from a JWT library."},
	{SignatureWrong, fail, vendor, "The token is signed with the community's own SSO private key.",
		"Compare the key with the community's (its fingerprint: ssotoken doctor); use its text as it is, without base64 decoding."},
	{SignatureUnchecked, warn, own, "A token is worth nothing until its signature is checked with the key.", "Give the key."},
	{ExpMissing, fail, own, "exp is always set: without it, the token is valid forever.", setExp},
	{expNotInteger, fail, own, "exp is a whole JSON number from 0, without quotes, fraction or exponent.", "Send a whole number of seconds."},
	{ExpMilliseconds, fail, own, "exp counts seconds since 1970, not milliseconds.", "Divide by 1000."},
	{ExpExpired, fail, vendor, "A token is valid until its exp, and no longer valid at that second.",
		"Make the token at the click, not with the page; set the server's clock."},
	{ExpTooFar, fail, own,
		fmt.Sprintf("A token lives for %v minutes at most, with %s for the clocks.", contract.MaxLifetime.Minutes(), inSeconds(contract.Skew)),
		setExp},
	{ExpOverAdvice, warn, vendor, fmt.Sprintf("exp is best set to %s after the token is made.", inSeconds(contract.DefaultLifetime)), setExp},
	{expNotAfterIat, fail, own, "exp is later than iat.", "Take both from one reading of the clock, exp a minute later."},
	{IatMissing, info, vendor, "iat is the issue time of the token.", "Set iat to now, in seconds."},
	{iatNotInteger, fail, own, "iat is a whole JSON number from 0, without quotes, fraction or exponent.", "Send a whole number of seconds."},
	{iatMilliseconds, fail, own, "iat counts seconds since 1970, not milliseconds.", "Divide by 1000."},
	{IatFuture, fail, own, fmt.Sprintf("iat is not in the future, with %s for the clocks.", inSeconds(contract.Skew)),
		"Set the server's clock with NTP; send UTC."},
	{nbfSent, warn, own, "nbf is not sent: clocks that differ a little would break logins.", "Leave nbf out."},
	{nbfNotInteger, fail, public, "nbf is a whole JSON number from 0, without quotes, fraction or exponent.", "Leave nbf out."},
	{NbfFuture, fail, public, "A token is not valid before its nbf.", "Leave nbf out."},
	{claimNull, warn, own, "A claim without a value is left out; null counts as absent.", "Leave the claim out."},
	{claimLegacy, info, other, namesOf(contract.Legacy) + " are claims of older pages: today they only reach custom fields.",
		"Leave it out, unless a custom field has this external key."},
	{claimUnused, info, own, "iss, aud and jti are not sent: a community does not read them.", "Leave it out."},
	{ClaimMisspelled, warn, own, "Claims are spelled as in the contract; any other name is a candidate for a custom field.",
		"Spell it as the contract does; if it is a custom field, choose a key less like a claim."},
	{SpacesRole, fail, vendor, "role can be MEMBER.", "Send MEMBER."},
	{SpacesAction, fail, vendor, "action can be JOIN or LEAVE.", "Send JOIN or LEAVE."},
	{SpacesOperationWrong, fail, vendor, "spacesOperation can be ADD or REPLACE.", "Send ADD or REPLACE, or leave it out."},
	{SpacesOperationAlone, info, vendor, "spacesOperation goes with spaceIds or spaces.", "Send it with spaceIds."},
	{SpacesLeaveAll, warn, own,
		"REPLACE with an empty spaceIds removes the member from every space: it is sent only on purpose, not because a query gave no rows.",
		"Send the spaces to keep, or make sure that the member should leave all (spaces.LeaveAll)."},
	{spacesReplaceActions, warn, vendor, "With spaces, action decides; REPLACE still removes the member from all spaces first.",
		"Send spacesOperation only with spaceIds."},
	{SpacesBoth, warn, vendor, "Spaces are given by spaceIds or by spaces.", "Send spaceIds, or spaces, not both."},
	{CustomField, Pass, vendor, "Any other claim is offered to the custom fields: a field takes the first of its external keys with a value.",
		"Nothing: enter the claim's name under External Keys of the profile field."},
}

// memberRows are about what a community finds in its members.
var memberRows = []ruleRow{
	{ExternalIDConflict, fail, other, "A member who is found by email has sub as external ID, or none: another one is a conflict.",
		"Send the sub that the member had at the first login, or let an administrator change the member's external ID or email."},
	{EmailTaken, fail, own, "A member who is found by sub does not get an email that another member has.",
		"Give the two accounts different addresses, or let an administrator remove the other member."},
	{MemberSuspended, fail, own, "A member who is suspended in the community can't log in.",
		"Let an administrator of the community, or its API, end the suspension."},
	{CommunityFull, fail, own, "The fake community has room for the member.", "Start it again: it keeps everything in memory."},
	{RefusesAll, fail, own, "The fake community takes logins, unless its settings say that it refuses every one.",
		"Switch “refuse every login” off in its settings."},
}

const (
	theKey     = "The key is the one that the community's page shows now, under Administration > Authentication > JWT SSO, unchanged."
	copyTheKey = "Copy it again, without quotes and white space, into the environment variable or the file."
)

// keyRows are about the text of a key.
var keyRows = []ruleRow{
	{contract.KeyMissing, fail, vendor, theKey, copyTheKey},
	{contract.KeyReference, fail, vendor, theKey, "Let the platform or the program fetch the secret that this names."},
	{contract.KeyPlaceholder, fail, vendor, theKey, copyTheKey},
	{contract.KeyWrapped, fail, vendor, theKey, "Remove what is around it, such as a variable's name, Bearer or a comment."},
	{contract.KeyQuoted, fail, vendor, theKey, copyTheKey},
	{contract.KeySpace, fail, vendor, theKey, copyTheKey},
	{contract.KeyTooShort, fail, vendor, theKey, copyTheKey},
	{contract.KeyTooLong, fail, vendor, theKey, copyTheKey},
}

// callRows are about calls of this module's functions, whose errors have these codes.
var callRows = []ruleRow{
	{contract.MissingValue, fail, own, "Every field without a default is given.", "Give it: the error names the field."},
	{contract.Malformed, fail, own, "A value has the form of its field.", "Correct it: the error says which form."},
	{contract.Encoding, fail, own, "Text is valid UTF-8.", "Convert it, or find out what cut it."},
	{contract.Scheme, fail, own, "An address has a scheme that is allowed for it.", "Use https."},
	{contract.UserInfo, fail, own, "An address has no user name or password in it.", "Remove what is before the host."},
	{contract.Range, fail, own, "A number or a duration is within its limits.", "Choose one within the limits that the error names."},
	{contract.Normalized, info, own, "A value is tidied before it is sent if that can't change its meaning, and this is reported.",
		"Nothing for the login. You may correct the data where you keep them."},
	{contract.EmailUnverified, fail, vendor, "The community trusts that an email is verified, so the partner has verified it.",
		"Let the member verify the address first; with OpenID Connect, ask the provider for email_verified."},
	{contract.CustomKeyEmpty, fail, own, "A custom field has a key.", "Give one of the external keys of the profile field."},
	{contract.CustomKeyMalformed, fail, own, "The key of a custom field has no white space at an end, control character or invalid UTF-8.",
		"Give the external key as the community's administration shows it."},
	{contract.CustomValue, fail, own, "The value of a custom field is one that the community can read.",
		"Correct it: the error says what can't be read."},
	{contract.StructTag, fail, own, "A Go field has a type that its tag sso or customfield can send, and no other field has its tag.",
		`Write it like sso:"name" or customfield:"renewal,date".`},
	{contract.KeySource, fail, own, "The key source returns a key at every login.", "Look at the source's own error, which follows."},
	{contract.NoClaims, fail, own, "Claims that are signed come from a Build without an error.", "Check the error of Build first."},
	{contract.NoSession, fail, vendor, "The partner signs the visitor in before the login.", "Show the sign-in page."},
	{contract.MayNotEnter, info, own, "The partner says which of its members may enter the community.",
		"Nothing, if this is intended: the member sees a page that says so."},
	{contract.NoTenant, info, own, "A login is for a tenant that the partner has.",
		"Nothing, if somebody else made up the address: the visitor sees that there is no community."},
	{contract.WrongTenant, fail, own, "Where each tenant has its own community, a member logs in only to that of the member's own tenant.",
		"Find the member among those of the request's tenant, and give the builder the tenant of the member's own record."},
	{contract.Clock, fail, own, "The clock shows a time after 1970 and before 5138.",
		"Set the clock of the server, or correct the Now of the configuration."},
	{contract.ReturnPath, fail, vendor, "A return path is a relative path of the community's pages, however it is read.",
		"Nothing, for a value from outside: the member lands on the home page. For one of your own, give a path such as /spaces/news."},
	{contract.CrossOrigin, fail, own, "A login URL is given only to a page of the site itself, or to a request with a bearer token.",
		"Ask from the site's own pages; for a frontend on another origin, name it in LoginConfig.TrustedOrigins, or send a bearer token."},
	{contract.Method, fail, own, "A JSON door takes POST, and a Logout URL takes GET or POST.", "Use that method."},
	{contract.NotNavigation, fail, own, "A token is made for a person who navigates to a page: not for HEAD, prefetches, images or scripts.",
		"Open the address in a window or a frame."},
	{contract.Loop, fail, own, "A community that refuses a login does not send the browser back for another login, again and again.",
		"Look at the community's answer to the login: ssotoken doctor checks the key, the address and the clock."},
	{contract.Cancelled, fail, own, "A login is made only while somebody waits for the answer.",
		"Nothing: the visitor left, or the time for the request was over."},
	{contract.ClaimsRefused, fail, own, "Every field of the claims is valid.", "Look at the fields: each has its own code."},
	{contract.SettingsRefused, fail, own, "Every setting is in order.", "Look at the settings: each has its own code."},
	{StateDamaged, fail, own, "A saved state of a fake community is as it was saved.", "Move the file away, or restore a copy."},
	{contract.Other, fail, own, "An error from elsewhere, such as Identify's own.", "Look at the error."},
}
