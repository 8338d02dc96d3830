package contract

import "slices"

// The words of the claims about spaces.
const (
	OperationAdd     = "ADD"
	OperationReplace = "REPLACE"

	SpaceID     = "spaceId"
	Role        = "role"
	Action      = "action"
	RoleMember  = "MEMBER"
	ActionJoin  = "JOIN"
	ActionLeave = "LEAVE"
)

// The values of a token's header.
const (
	Alg = "HS256"
	Typ = "JWT"
)

// The parameters of the trip. The community appends ReferrerURI to the
// Authorization URL and the Sign Up URL. A login URL has JWT and RedirectURI.
const (
	ReferrerURI = "referrer_uri"
	JWT         = "jwt"
	RedirectURI = "redirect_uri"
)

// Paths of a community.
const (
	SSOPath         = "/api/auth/sso"      // takes tokens (vendor's page)
	LoginPath       = "/auth/login"        // behind the login button
	SignUpPath      = "/auth/signup"       // behind the sign-up button
	LogoutPath      = "/auth/logout"       // behind the sign-out button
	DirectLoginPath = "/auth/login/direct" // the plain login form, for administrators (another page of the vendor)
	EmbedSpacePath  = "/embed/space/"      // a space for a frame, by its slug (another page of the vendor)
)

// Endpoints are the first segments of paths that are no pages: the API with SSOPath,
// the paths that log in or out, and OAuth2's callback. A member who is sent there would
// start the login again, lose the session, or log in by another token.
func Endpoints() []string { return slices.Clone(endpoints) }

var endpoints = []string{
	"api", "auth", "ssos",
	"login", "log-in", "signin", "sign-in", "signup", "sign-up",
	"logout", "log-out", "signout", "sign-out",
}
