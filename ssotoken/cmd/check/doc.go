// Package check looks at all members of a site before its community is
// launched: who would log in, who not, and why.
//
//	checker, err := check.New(check.Config{Community: "community.example.com"})
//	…
//	defer checker.Close()
//	for rows.Next() { // of your database
//		…
//		err = checker.Add(ssotoken.NewClaims().Subject(id).Name(name).VerifiedEmail(email))
//	}
//	report, err := checker.Report(ctx)
//
// [Checker.Read] takes an export instead: CSV with a header, or one JSON object
// on each line. Every member is built exactly as the login does it, by
// BuildLenient and Fit of package ssotoken, and falls into one [Outcome].
//
// Then the members are compared with each other. Two of them with one sub, or
// with one email, can't both log in. Given an earlier export by
// [Checker.ReadPrevious], a sub that changed is found too: it locks its member
// out.
//
// # How emails are compared
//
// The community finds a member by email where it does not find one by sub. No
// page of the vendor says whether "Ada@example.com" and "ada@example.com" are one
// to it; the fake community of package ssotest compares lower case. Two emails
// that are equal, byte by byte, are contract.EmailRepeated. Two that are equal
// only in lower case, or once a letter and its accents are one character, are
// contract.EmailSpelling: reported apart, and not counted as refused. Accents
// are put together by the pairs of Unicode 14 (NFC) where they stand in its
// order; Hangul syllables in parts and compatibility forms such as full-width
// letters are left as they are.
//
// # Memory
//
// A member takes 16 bytes of memory, a hash of sub and one of email with the
// member's number, and the texts themselves on disk. Members whose hashes are
// equal are looked at again, by their texts, so that no two are called equal
// that are not. What is over [Config.Memory] goes to disk as well. The temporary
// files hold personal data: only their owner can read them, and where the
// system allows it they have no name, so that nothing is left of them however
// the program ends.
//
// No report holds a value of a claim unless [Config.ShowValues] is set.
package check
