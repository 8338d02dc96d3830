// Package inspect parses a Bettermode SSO token, or the login URL that carries it,
// and judges it as a strict community would.
//
//	report := inspect.Token(jwt, inspect.Options{Key: key})
//	if err := report.Err(); err != nil {
//		var broken *inspect.RuleError
//		errors.As(err, &broken)            // the first broken rule
//		errors.Is(err, inspect.ExpMissing) // whether exp is missing
//	}
//
// A [Report] has every header field and claim in the order of the wire, each
// with its rule, the source of the rule, and whether it holds. It also has the
// findings, and what the community would do with the token. A [Finding] that is
// a [Fail] makes the community refuse the login. A [Warn] is
// a mistake that it tolerates. An [Info] is worth knowing.
//
// [Find] looks for a login in what a person pastes, and undoes what mails,
// terminals, HTML and other programs did to it. [Report.Kind] tells whether a token
// is cut short, encrypted or signed with another algorithm.
//
// [Rules] lists the rules. The fake community, the tools and
// the tests all read tokens with this package. It is stricter than the library
// that the vendor's page uses, which accepts a token without exp. It shares no
// code with the encoder and the signer of package ssotoken, so it judges their
// tokens independently. Only the rule for return paths is shared.
//
// A report holds claim values, which are personal data. It never holds the key,
// or enough of the signature to log in with. Messages and errors hold no
// values, so they can be logged.
package inspect
