/*
Package ssotoken logs the members of a website in to a Bettermode community by
JWT SSO: claims that are checked, a signed token that expires, and a redirect
that can't leave the community.

# The common path

Make a signer once, and put a login at the community's Authorization URL:

	key, err := ssotoken.KeyFromEnv("BETTERMODE_SSO_KEY")
	signer, err := ssotoken.New(ssotoken.Config{Community: "community.example.com", Key: key})
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: signer, Identify: identify})
	mux.Handle("/community/login", login.Middleware(signInPage))

Identify is the one function that you write: it returns who is signed in, as [Claims].

	func identify(r *http.Request) (ssotoken.Claims, error) {
		u, ok := session.User(r)
		if !ok {
			return ssotoken.Claims{}, ssotoken.ErrNoSession // signInPage is shown
		}
		return ssotoken.NewClaims().Subject(u.ID).Name(u.Name).VerifiedEmail(u.Email).BuildLenient()
	}

# The trip

A visitor presses the community's login button. The community sends the
browser to the Authorization URL and appends referrer_uri, where the visitor
was. [Login.Middleware] shows your sign-in page until somebody is signed in,
then mints a token and redirects to the community's /api/auth/sso, with the
checked referrer_uri as redirect_uri. Link to your own
Authorization URL, never to a login URL made beforehand: a token lives for a
minute.

# What to connect

The same handler serves the Sign Up URL. If your sign-in page is at another address,
pass [SignInAt] to [Login.Middleware]. [NewLogout] makes the handler of the
Logout URL. After a saved profile, [Login.Redirect] updates the member in the
community. If visitors sign in at another site, keep the [ReturnPath] in your
session ([Community.ReturnPathOf]), for [Login.RedirectTo]. [Embed] shows a page of
the community in a frame.

A JavaScript frontend or an app asks [Login.JSON] for the login URL, by POST, at
the click, and goes there immediately; Identify may read a bearer token. Your own API,
such as GraphQL, returns what [Signer.LoginURL] made, if the session came in a header
that no browser adds by itself. A handler that redirects to a login URL calls
[CheckNavigation] first.

# Tenants

Where each tenant has its own community, [LoginConfig.SignerFor] chooses the
signer first, from the request, and [LoginConfig.IdentifyIn] gets its tenant.
A signer with a [Config.Tenant] signs only claims whose [ClaimsBuilder.Tenant] is the
same, and that comes from the member's record: a member of one tenant is not logged
in to the community of another, whatever a session says.

# Pages with htmx, Inertia or Turbo

These libraries send links and forms by fetch, which can't go to the community. Where
one asks [Login.Middleware] or [NewLogout]'s handler, nothing is minted or ended: the
answer makes it load the address as a page, htmx by HX-Redirect, Inertia by 409 with
X-Inertia-Location, and Turbo 8 by a page with turbo-visit-control. A sign-in form that
they send ends in the community by [Login.Resume], as any other. The event is
[TurnedAway], and names the library. A form at another address, such as a
profile's, redirects to your Authorization URL by [http.Redirect]. Links to another
origin's sign-in page need hx-boost="false" or data-turbo="false".

# Real data

Data is tidied where that can't change its meaning: white space in a name and
around an email, characters that turn the direction of a name or a tagline, a
space that is listed twice, white space around a picture's URL. A verified address has
received mail, so [ClaimsBuilder.VerifiedEmail] has no grammar of domains that could keep
a member out.
[ClaimsBuilder.BuildLenient] also leaves out a bad tagline, picture or custom
field, so that a member is never kept out by an avatar, and the mint leaves out one
that makes the login URL too long. [Claims.Notes] reports the first, the event both.

Required fields that are empty, contradictions and invalid UTF-8 stay errors. A
REPLACE of no spaces is one too: use [spaces.LeaveAll] if you mean it.
[SubjectFrom] returns a subject for an id of more than 50 characters. [FromStruct]
reads a struct's tags, and [OIDCClaims] the claims of an ID token, by exact names. Names
are public: [Claims.Notes] reports one that is an email address, and [OIDCClaims.Builder]
takes the provider's next one.

# Choosing a subject

The community stores sub as the member's externalId and finds the member by it
at every later login. If it finds instead a member with the same email and
another externalId, it refuses the login. So a site that changes its scheme of
ids locks out all its members: use an id that will never change, not an
email address or a user name.

What programs write where they have no id, such as 0, <nil>, undefined or the nil
UUID ([contract.NoIDs]), is refused: two members whose ids were not read would be
one. The list has exact texts only, so that it refuses no id that could be real. A site
that has a user 0 calls [ClaimsBuilder.AllowSubject].

# Errors

[ClaimsBuilder.Build] and [New] report everything that is wrong, as a
[*ClaimsError] or [*ConfigError] over [*FieldError] values. Each has a code,
such as [contract.SubTooLong], for [errors.Is] and [CodeOf]; callers branch on a few
sentinels, such as [ErrNoSession]. No error holds the value of a claim, the key or a token. [LoginConfig.Observe] and
[LoginConfig.OnError] see the error. A visitor sees a page with a way back and a
reference for support ([AnswerError]), which the event has too. Identify returns
[ErrMayNotEnter] for a member who is signed in and must stay out.

Events of [Event.Level] Error need attention. What any client can cause, such as a
prefetch or an unknown tenant, is [TurnedAway], at Info. An event about a member has a
[Event.Subject], which [HashSubjects] computes from an id.

# What is promised, and what not

Every token has iat and exp, from one reading of the clock, and lives for an
hour at most. [Key], [Token] and [Claims] print redacted. A [ReturnPath] stays on the
community. The protocol itself leaves three things open: the token is a
credential in a URL, it can be used again until it expires, and there is no
state parameter, so an attacker can log a victim in to the attacker's own
account. SECURITY.md says what to do about each.
*/
package ssotoken
