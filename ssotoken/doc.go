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

Identify is the one function that you write: who is signed in, as [Claims].

	func identify(r *http.Request) (ssotoken.Claims, error) {
		u, ok := session.User(r)
		if !ok {
			return ssotoken.Claims{}, ssotoken.ErrNoSession // signInPage is shown
		}
		return ssotoken.NewClaims().Subject(u.ID).Name(u.Name).VerifiedEmail(u.Email).BuildLenient()
	}

# The trip

A visitor presses the community's login button. The community sends the browser to
the Authorization URL and appends referrer_uri, where the visitor was.
[Login.Middleware] shows your sign-in page until somebody is signed in, then mints a
token and redirects to the community's /api/auth/sso, with the checked referrer_uri as
redirect_uri. Link to your own Authorization URL, never to a login URL made beforehand:
a token lives for a minute.

# What to connect

The same handler serves the Sign Up URL. If your sign-in page is at another address,
pass [SignInAt] to [Login.Middleware]. [NewLogout] makes the handler of the
Logout URL. After a member saves a profile, [Login.Redirect] updates it in
the community immediately. If visitors sign in at another site, keep the [ReturnPath] in
your session for [Login.RedirectTo]. [Embed] shows a page of the community in a frame.

A single-page frontend or an app asks [Login.JSON] for the login URL with a POST when
somebody clicks, and goes there immediately. Your own API, such as GraphQL, may return
[Signer.LoginURL] to a caller whose session is in a header that no browser adds by
itself. A handler that redirects to a login URL calls [CheckNavigation] first.

# Tenants

Where each tenant has its own community, [LoginConfig.SignerFor] chooses the signer
from the request, and [LoginConfig.IdentifyIn] gets its tenant. A signer with a
[Config.Tenant] signs only claims with the same [ClaimsBuilder.Tenant], which comes from
the member's record: no session logs a member of one tenant in to the community of
another.

# Pages with htmx, Inertia or Turbo

These libraries send links and forms by fetch, which can't go to the community. When
they ask [Login.Middleware] or [NewLogout]'s handler, nothing is minted or ended: the
answer makes them load the address as a page, and the event is [TurnedAway]. A sign-in
form ends in the community with [Login.Resume], as any other. A form at another address,
such as a profile's, redirects to your Authorization URL with [http.Redirect], or has
hx-boost="false" or data-turbo="false", as links to another origin's sign-in page do.

# Real data

Data is tidied where that can't change its meaning, and [Claims.Notes] reports it;
required fields that are empty, contradictions and invalid UTF-8 are errors.
[ClaimsBuilder.BuildLenient] also leaves out a bad tagline, picture or custom field, so
that an avatar never keeps a member out, and the mint leaves out one that makes the
login URL too long. A verified address has received mail, so
[ClaimsBuilder.VerifiedEmail] does not check its domain, which could keep a member out.
[SubjectFrom] returns a subject for an id of more than 50 characters. [FromStruct]
reads a struct's tags, and [OIDCClaims] the claims of an ID token.

# Choosing a subject

The community stores sub as the member's externalId and finds the member by it
at every later login. If it finds instead a member with the same email and
another externalId, it refuses the login. So a site that changes its scheme of
ids locks out all its members: use an id that will never change, not an
email address or a user name. Placeholders such as 0, null or undefined are refused
([contract.NoIDs]); [ClaimsBuilder.AllowSubject] is for a site that has a user 0.

# Errors

[ClaimsBuilder.Build] and [New] report everything that is wrong together, as a
[*ClaimsError] or [*ConfigError] over [*FieldError] values. Each has a code, such as
[contract.SubTooLong], for [errors.Is] and [CodeOf]; callers branch on a few sentinels,
such as [ErrNoSession]. No error holds the value of a claim, the key or a token.
[LoginConfig.Observe] and [LoginConfig.OnError] see the error; a visitor sees a page with
a way back and a reference for support ([AnswerError]), which is in the event too. Events
of [Event.Level] Error need attention.

# What is promised, and what not

Every token has iat and exp, from one reading of the clock, and lives for an
hour at most. [Key], [Token] and [Claims] print redacted. A [ReturnPath] stays on the
community. The protocol itself leaves three things open: the token is a
credential in a URL, it can be used again until it expires, and there is no
state parameter, so an attacker can log a victim in to the attacker's own
account. SECURITY.md says what to do about each.
*/
package ssotoken
