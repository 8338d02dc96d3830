// Package ssotest is a fake Bettermode community for tests and development.
//
// It does what the contract says a community does: it takes tokens at
// /api/auth/sso, finds, links or creates the member, updates the profile,
// joins and leaves spaces, fills custom fields, and goes where the visitor
// was. It has the settings of the admin page, and the login, sign-up and
// logout buttons that use them. Every token is judged by package inspect,
// which is stricter than the real community.
//
// In a test:
//
//	community := ssotest.NewCommunity(t, ssotest.Config{})
//	signer, err := ssotoken.New(ssotoken.Config{Community: community.URL, Key: community.Key()})
//	…
//	res, err := client.Get(community.LoginButton("/spaces/news")) // as a visitor of that page
//	…
//	member, ok := community.Member("user-7")
//
// [Community.Next] makes trouble for the next logins: a refusal, a slow answer, a
// dropped connection. [Community.Advance] lets a token expire without waiting.
//
// A [Browser] visits partner and community with cookies as browsers treat them:
// it shows what a session cookie with SameSite=Strict does.
//
// In a program, [NewHandler] returns the same community as an [http.Handler]. Its
// pages show what each token said, which rule holds, what changed, and where the
// visitor went and why. Its bar "Dev tools" has the logins, a box to inspect a token,
// sample mistakes, settings and codes. Under /_fake/ are settings, members and logins
// as JSON, described by /_fake/openapi.json: see the README of the command ssotoken,
// whose verb community runs it.
//
// At /graphql is the part of the vendor's API that a partner needs: a login by token, and
// the calls for members who leave. It was not tried beside a real community.
//
// The fake answers this machine only, unless [Config.AllowRemote] is set, and
// keeps everything in memory: at most 10,000 members, 10,000 sessions and the
// last 1,000 logins. It lets anybody in as anybody and shows personal data: it is
// no place for real members or for the key of a real community.
package ssotest
