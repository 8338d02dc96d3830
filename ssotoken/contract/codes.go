package contract

// The rules about the login URL.
const (
	RedirectRefused Code = "redirect-refused"
	RedirectFragile Code = "redirect-fragile"
	RedirectLoop    Code = "redirect-loop"
	URLTooLong      Code = "url-too-long"
)

// The rules about the token: its form, header, signature, times and claims.
const (
	DuplicateName        Code = "duplicate-name"
	SubMissing           Code = "sub-missing"
	NameMissing          Code = "name-missing"
	EmailMissing         Code = "email-missing"
	NameIsEmail          Code = "name-is-email"
	TooLong              Code = "too-long"
	ClaimNotString       Code = "claim-not-string"
	SubTooLong           Code = "sub-too-long"
	SubIsEmail           Code = "sub-is-email"
	SubPlaceholder       Code = "sub-placeholder"
	SubZero              Code = "sub-zero"
	EmailTooLong         Code = "email-too-long"
	EmailMalformed       Code = "email-malformed"
	PictureNotHTTP       Code = "picture-not-http"
	PictureUserInfo      Code = "picture-userinfo"
	ControlCharacter     Code = "control-character"
	BidiControl          Code = "bidi-control"
	ClaimReserved        Code = "claim-reserved"
	SpaceIDsMalformed    Code = "space-ids-malformed"
	SpacesMalformed      Code = "spaces-malformed"
	SpacesReplaceNothing Code = "spaces-replace-nothing"
	SpacesRepeated       Code = "spaces-repeated"
	SpacesJoinAndLeave   Code = "spaces-join-and-leave"
)

// The rules about a key.
const (
	KeyMissing     Code = "key-missing"
	KeyReference   Code = "key-reference"
	KeyPlaceholder Code = "key-placeholder"
	KeyWrapped     Code = "key-wrapped"
	KeyQuoted      Code = "key-quoted"
	KeySpace       Code = "key-space"
	KeyTooShort    Code = "key-too-short"
	KeyTooLong     Code = "key-too-long"
)

// The rules about calls, which this module's errors name.
const (
	MissingValue       Code = "required"
	Malformed          Code = "malformed"
	Encoding           Code = "encoding"
	Scheme             Code = "scheme"
	UserInfo           Code = "user-info"
	Normalized         Code = "normalized"
	EmailUnverified    Code = "email-unverified"
	CrossOrigin        Code = "cross-origin"
	Method             Code = "method"
	Range              Code = "range"
	CustomKeyEmpty     Code = "custom-key-empty"
	CustomKeyMalformed Code = "custom-key-malformed"
	CustomValue        Code = "custom-value"
	StructTag          Code = "struct-tag"
	KeySource          Code = "key-source"
	NoClaims           Code = "no-claims"
	NoSession          Code = "no-session"
	MayNotEnter        Code = "may-not-enter"
	NoTenant           Code = "no-tenant"
	WrongTenant        Code = "wrong-tenant"
	Clock              Code = "clock"
	ReturnPath         Code = "return-path"
	NotNavigation      Code = "not-navigation"
	Loop               Code = "loop"
	Cancelled          Code = "cancelled"
	ClaimsRefused      Code = "claims-refused"
	SettingsRefused    Code = "settings-refused"
	Other              Code = "other"
)
