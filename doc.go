/*
Package sso is the root of an SDK for websites that log their own members in
to a Bettermode community by JWT SSO. It holds no code; these packages do:

  - [github.com/bettermode-go/sso/ssotoken] turns a member's data into a
    signed token and a safe redirect, with a handler for the community's
    Authorization URL. Start here.

  - [github.com/bettermode-go/sso/spaces] names the spaces that a login joins and
    leaves.

  - [github.com/bettermode-go/sso/customfields] carries custom profile fields.

  - [github.com/bettermode-go/sso/ssotoken/ssotest] is a fake community, for
    tests and to try a login in a browser.

  - [github.com/bettermode-go/sso/ssotoken/inspect] judges a token or a login
    URL, claim by claim.

  - [github.com/bettermode-go/sso/ssotoken/contract] is what a community
    expects, as data: claims, limits, names, codes. The others read it.

They import each other in one direction:

	examples ──> ssotoken ──> spaces, customfields ──> contract
	    │
	    └──> ssotoken/ssotest ──> ssotoken/inspect ──> ssotoken: only its Key

Everything may import contract, which imports only the standard library. The
fake community and inspect use none of ssotoken's encoding and signing, so
that they judge its tokens independently.

The folder ssotoken/cmd is another module, which uses only what these packages
export: the command ssotoken, and the packages doctor, which checks a site's
login from outside, whatever its language, check, which looks at all members of a
site before launch, and smoke, which makes one real login. ssotoken/samesite is a
module too. ssotoken/vectors has test vectors for any language, and
ssotoken/docs/recipes has login handlers in other languages.

The SDK is not made by Bettermode.
*/
package sso
