package contract

import (
	"fmt"
	"slices"
	"strings"
)

// rules are grouped by area.
var rules = slices.Concat(pageRules, keyRules, callRules)

// pageRules are about a login and a member.
var pageRules = []Rule{
	{RedirectRefused, LoginURL, Warn, VendorPage,
		"redirect_uri can only be a relative path starting with /; any other is dropped.",
		"Send a path that starts with one slash, or leave the parameter out.", ""},
	{RedirectFragile, LoginURL, Warn, OurDecision,
		"redirect_uri stays on the community also in a server that decodes or normalises it once more.",
		"Drop a path with an encoded slash or backslash, a look-alike of one, or a dot segment.", ""},
	{RedirectLoop, LoginURL, Warn, OurDecision,
		"redirect_uri leads to a page, not to where members log in or out; any other is dropped.",
		"Leave redirect_uri out where its first segment is one of " + strings.Join(endpoints, ", ") + ".", ""},
	{URLTooLong, LoginURL, Warn, OurDecision, fmt.Sprintf("A login URL has at most %d bytes: servers commonly stop reading a "+
		"request line at 8 KiB.", DefaultMaxURL),
		"Shorten the largest claim; send fewer spaces and custom fields.", "login URL too long"},
	{DuplicateName, Token, Fail, OurDecision, "A name is in its object only once: two readers would take different values.",
		"Write each name once.", "the same key twice"},
	{SubMissing, Token, Fail, VendorPage, "sub is required: the member's ID at the partner, in characters that can be seen.",
		"Send the member's id in your database.", ""},
	{NameMissing, Token, Fail, VendorPage, "name is required, and has something to see: not only white space, marks, fillers or " +
		"invisible characters.",
		"Send the name that other members see.", ""},
	{EmailMissing, Token, Fail, VendorPage, "email is required.",
		"Send the address that you have verified.", ""},
	{NameIsEmail, Token, Warn, OurDecision, "name is not an email address: names are public, and addresses need not be.",
		"Send another name, such as the one that the member chose.", ""},
	{ClaimNotString, Token, Fail, OurDecision, "A claim that is text is a JSON string.",
		"Send text; an id that is a number, too.", "no text"},
	{SubTooLong, Token, Fail, VendorPage, fmt.Sprintf("sub has at most %d characters.", MaxSub),
		"Use a shorter id; never cut one: two members could become one.", ""},
	{SubIsEmail, Token, Warn, OurDecision, "sub is a stable ID that means nothing else: an email address changes, and the member is " +
		"then another one.",
		"Send an id that never changes. Members who have logged in are known by this one: ask the community before you change it.", ""},
	{SubPlaceholder, Token, Fail, OurDecision,
		"sub is the member's id, not a text that a program writes where it has none: all members without an id would be one.",
		"Find out why the id is missing: a column that was not read, a variable that was not set, a format that does not fit.",
		"no id, but a text that stands for none"},
	{SubZero, Token, Warn, OurDecision, "sub is not 0, -1 or NA, which is also what programs write where they have no id: all " +
		"members without one would be one.",
		"Find out whether a member has this id. If so, say it: in Go by AllowSubject.", ""},
	{EmailTooLong, Token, Fail, VendorPage, fmt.Sprintf("email has at most %d characters.", MaxEmail),
		fmt.Sprintf("Send an address of at most %d characters.", MaxEmail), ""},
	{EmailMalformed, Token, Fail, OurDecision,
		"email is one address: something, one @, something; without white space, control or invisible characters, and " +
			`without ( ) < > [ ] : ; , " \.`,
		"Send only the address, as it was verified.", ""},
	{PictureNotHTTP, Token, Warn, VendorPage, "picture is a full URL with http:// or https://, a host, and no white space; the " +
		"community does not check it.",
		"Send a full URL, or leave the claim out.", ""},
	{PictureUserInfo, Token, Warn, OurDecision, "picture has no user name or password in it: every visitor can read it.",
		"Leave user name and password out.", ""},
	{TooLong, Token, Warn, OurDecision, fmt.Sprintf("A text for which the vendor has no limit keeps to ours: picture has at most %d "+
		"bytes, as an address and not the picture itself.", MaxPicture),
		"Shorten it, send a shorter address, or leave the claim out.", "too long"},
	{ControlCharacter, Token, Warn, OurDecision, "Texts have no control characters; a tagline may have tabs and line endings.",
		"Remove control characters.", "contains a control character"},
	{BidiControl, Token, Warn, OurDecision, "name and tagline have no characters that turn the direction of the text around them " +
		"(explicit directional formatting, UAX #9, section 2).",
		"Leave them out: each script has its direction without them.", ""},
	{ClaimReserved, Token, Fail, OurDecision, join(func(c Claim) bool { return c.Status == Forbidden }) +
		" are not claims: they mean something else to JavaScript.",
		"Rename the custom field's external key.", "reserved key: the community or JWT gives it a meaning of its own; choose " +
			"another external key"},
	{SpaceIDsMalformed, Token, Fail, VendorPage, "spaceIds is an array of space IDs.",
		"Send an array of texts.", ""},
	{SpacesMalformed, Token, Fail, VendorPage, "spaces is an array of objects with spaceId, role and action.",
		`Send objects like {"spaceId":"…","role":"MEMBER","action":"JOIN"}.`, ""},
	{SpacesReplaceNothing, Token, Fail, OurDecision,
		"REPLACE comes with a space to join: without one it would remove the member from every space.",
		"Leave REPLACE out where there is nothing to join.", "REPLACE with no space to join would remove the member from every " +
			"space: name one"},
	{SpacesRepeated, Token, Fail, OurDecision, "A token names a space only once.",
		"Name each space once.", "the same space twice"},
	{SpacesJoinAndLeave, Token, Fail, OurDecision, "A token does not both join and leave one space.",
		"Decide for one of the two.", "joins and leaves the same space"},

	{ExternalIDConflict, Member, Fail, VendorOther,
		"A member who is found by email has sub as external ID, or none: another one is a conflict.",
		"Send the sub that the member had at the first login, or let an administrator change the member's external ID or email.",
		"the member with this email has another external ID"},
	{EmailTaken, Member, Fail, OurDecision, "A member who is found by sub does not get an email that another member has.",
		"Give the two accounts different addresses, or let an administrator remove the other member.", "another member has this email"},
	{CommunityFull, Member, Fail, OurDecision, "The fake community has room for the member.",
		"Start it again: it keeps everything in memory.", "the fake community is full"},
	{RefusesAll, Member, Fail, OurDecision, "The fake community takes logins, unless its settings say that it refuses every one.",
		"Switch “refuse every login” off in its settings.", "the fake community is set to refuse every login"},
}

// callRules are about calls of this module.
var callRules = []Rule{
	{MissingValue, Call, Fail, OurDecision, "Every field without a default is given.",
		"Give it: the error names the field.", "required, but empty or blank"},
	{Malformed, Call, Fail, OurDecision, "A value has the form of its field.",
		"Correct it: the error says which form.", "malformed"},
	{Encoding, Call, Fail, OurDecision, "Text is valid UTF-8.",
		"Convert it, or find out what cut it.", "not valid UTF-8"},
	{Scheme, Call, Fail, OurDecision, "An address has a scheme that is allowed for it.",
		"Use https.", "scheme not allowed"},
	{UserInfo, Call, Fail, OurDecision, "An address has no user name or password in it.",
		"Remove what is before the host.", "contains user info"},
	{Range, Call, Fail, OurDecision, "A number or a duration is within its limits.",
		"Choose one within the limits that the error names.", "out of range"},
	{Normalized, Call, Info, OurDecision, "A value is put in order before it is sent if that can't change its meaning, and this is " +
		"reported.",
		"Nothing for the login. You may correct the data where you keep them.", "put in order"},
	{EmailUnverified, Call, Fail, VendorPage, "The community trusts that an email is verified, so the partner has verified it.",
		"Let the member verify the address first; with OpenID Connect, ask the provider for email_verified.",
		"the email address is not verified"},
	{CustomKeyEmpty, Call, Fail, OurDecision, "A custom field has a key.",
		"Give one of the external keys of the profile field.", "empty or blank key"},
	{CustomKeyMalformed, Call, Fail, OurDecision,
		"The key of a custom field has no white space at an end, control character or invalid UTF-8.",
		"Give the external key as the community's administration shows it.",
		"key with white space at an end, a control character or invalid UTF-8"},
	{CustomValue, Call, Fail, OurDecision, "The value of a custom field is one that the community can read.",
		"Correct it: the error says what can't be read.", "value that the community can't read"},
	{StructTag, Call, Fail, OurDecision, "A Go field has a type that its tag sso or customfield can send, and no other field has its tag.",
		`Write it like sso:"name" or customfield:"renewal,date".`, "field that does not fit its tag"},
	{KeySource, Call, Fail, OurDecision, "The key source gives a key at every login.",
		"Look at the source's own error, which follows.", "key source failed"},
	{NoClaims, Call, Fail, OurDecision, "Claims that are signed come from a Build without an error.",
		"Check the error of Build before the claims are used.", "no claims: use those that Build returned without an error"},
	{NoSession, Call, Fail, VendorPage, "The partner signs the visitor in before the login.",
		"Show the sign-in page.", "no session"},
	{MayNotEnter, Call, Info, OurDecision, "The partner says which of its members may enter the community.",
		"Nothing, where it is meant: the member sees a page that says so.", "the member may not enter the community"},
	{NoTenant, Call, Info, OurDecision, "A login is for a tenant that the partner has.",
		"Nothing, for an address from outside: the visitor sees that there is no community.", "no tenant has this address"},
	{WrongTenant, Call, Fail, OurDecision, "Where each tenant has a community of its own, a member logs in only to that of the " +
		"member's own tenant.",
		"Find the member among those of the request's tenant, and give the builder the tenant of the member's own record.",
		"the claims are not of the signer's tenant"},
	{Clock, Call, Fail, OurDecision, "The clock shows a time after 1970 and before 5138.",
		"Set the clock of the server, or correct the Now of the configuration.", "the clock shows a time before 1970 or after 5138"},
	{ReturnPath, Call, Fail, VendorPage, "A return path is a relative path of the community's pages, however it is read.",
		"Nothing, for a value from outside: the member lands on the home page. For one of your own, give a path such as " +
			"/spaces/news.", "not a path of the community's pages"},
	{CrossOrigin, Call, Fail, OurDecision, "A login URL is given only to a page of the site itself, or to a request with a bearer token.",
		"Ask from the site's own pages; for a frontend on another origin, name it in LoginConfig.TrustedOrigins, or send a bearer " +
			"token.", "the request comes from another origin"},
	{Method, Call, Fail, OurDecision, "A JSON door is asked by POST, and a Logout URL visited by GET or POST.",
		"Use that method.", "the method is not allowed"},
	{NotNavigation, Call, Fail, OurDecision, "A token is made for a person who navigates to a page: not for HEAD, a prefetch, an " +
		"image or a script.",
		"Open the address in a window or a frame.", "the request is not a navigation to a page"},
	{Loop, Call, Fail, OurDecision, "A community that refuses a login does not send the browser back for another login, again and again.",
		"Look at the community's answer to the login: ssotoken doctor checks the key, the address and the clock.",
		"the community keeps sending the browser back: it refuses the login"},
	{Cancelled, Call, Fail, OurDecision, "A login is made for a request that somebody still waits for.",
		"Nothing: the visitor left, or the time for the request was over.", "the request was cancelled"},
	{ClaimsRefused, Call, Fail, OurDecision, "Every field of the claims is in order.",
		"Look at the fields: each has a code of its own.", "claims refused"},
	{SettingsRefused, Call, Fail, OurDecision, "Every setting is in order.",
		"Look at the settings: each has a code of its own.", "settings refused"},
	{StateDamaged, Call, Fail, OurDecision, "A saved state of a fake community is as it was saved.",
		"Move the file away to start empty, or put a copy in its place.", "the saved state is damaged, or of another version"},
	{Other, Call, Fail, OurDecision, "An error from elsewhere, such as Identify's own.",
		"Look at the error.", "an error from elsewhere"},
}

// join lists the names of some claims.
func join(isMeant func(Claim) bool) string {
	var names []string
	for _, c := range claims {
		if isMeant(c) {
			names = append(names, c.Name)
		}
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

const (
	theKey     = "The key is the one that the community's page shows now, under Administration > Authentication > JWT SSO, unchanged."
	copyTheKey = "Copy it once more, without quotes and white space, into the environment variable or the file."
)

// keyRules are about the text of a key.
var keyRules = []Rule{
	{KeyMissing, Site, Fail, VendorPage, theKey,
		copyTheKey, "no key"},
	{KeyReference, Site, Fail, VendorPage, theKey,
		"Let the platform or the program fetch the secret that this names.", "address of a key instead of the key"},
	{KeyPlaceholder, Site, Fail, VendorPage, theKey,
		copyTheKey, "placeholder instead of a key"},
	{KeyWrapped, Site, Fail, VendorPage, theKey,
		"Remove what is around it, such as a variable's name, Bearer or a comment.", "text around the key"},
	{KeyQuoted, Site, Fail, VendorPage, theKey,
		copyTheKey, "key in quotes"},
	{KeySpace, Site, Fail, VendorPage, theKey,
		copyTheKey, "white space in the key"},
	{KeyTooShort, Site, Fail, VendorPage, theKey,
		copyTheKey, "key too short"},
	{KeyTooLong, Site, Fail, VendorPage, theKey,
		copyTheKey, "key too long"},
}
