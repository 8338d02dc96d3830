// Package contract holds what a Bettermode community expects of JWT SSO, as
// data: the claims, the limits, the names of parameters and paths, and a [Code]
// for each thing that can be wrong. It checks nothing. It also writes what all packages
// must write in the same way: errors, and strings in JSON.
//
// Everything in this module that repeats one of these facts reads it here, is
// generated from here, or is compared with it by a test. Package ssotoken makes
// tokens by these facts, and package inspect judges them. Each has
// its own checks.
//
// The authority is the vendor's page on JWT SSO. Comments, and the rules of package
// inspect, say what is a decision of this project.
package contract
