// Package inspect takes a Bettermode SSO token, or the login URL that carries
// it, apart and judges it as a strict community would.
//
//	report := inspect.Token(jwt, inspect.Options{Key: key})
//	if err := report.Err(); err != nil {
//		var broken *inspect.RuleError
//		errors.As(err, &broken)                       // the first broken rule
//		errors.Is(err, contract.ExpMissing)           // this one among them
//	}
//
// A [Report] has every header field and claim in the order of the wire, each
// with its rule, where the rule comes from, and whether it holds; the
// findings; and what the community would do with the token. A [Finding] that
// is a [contract.Fail] makes the community refuse the login; a [contract.Warn] is a mistake that
// it lets through; an [contract.Info] is worth knowing.
//
// The rules are those of package contract. What reads a token stands here once,
// for the fake community, for tools and for tests. It is stricter than the library that the vendor's
// page uses, which accepts a token without exp, and it shares no code with
// the encoder and the signer of package ssotoken: a token is judged by
// somebody who did not write it.
//
// A report holds claim values, which are personal data, but never the key and
// never enough of the signature to log in with. Messages and errors hold no
// values, so they can be logged.
package inspect
