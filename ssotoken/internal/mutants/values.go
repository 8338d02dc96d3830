package main

// values are the protections of what a member's data may be, in the builder and in
// the judge, and those of the fake community.
func values() []mutant {
	const (
		subject  = "ssotoken/subject.go"
		noID     = "TestASubjectThatStandsForNoIDIsRefused"
		host     = "ssotoken/host.go"
		address  = "TestTheBuilderAndTheJudgeSayTheSameOfAnEmail"
		photo    = "TestTheBuilderAndTheJudgeSayTheSameOfAPicture"
		picture  = "ssotoken/picture.go"
		tidy     = "TestBuildPutsRealDataInOrder"
		claims   = "ssotoken/textclaims.go"
		subjects = "TestSubIsRequiredAndAtMost50UTF16CodeUnits"
		identity = "ssotoken/inspect/identity.go"
		domain   = "ssotoken/inspect/domain.go"
		token    = "ssotoken/inspect/token.go"
		wire     = "ssotoken/inspect/wire.go"
		base64   = "TestTokenHasThreePartsOfCanonicalBase64URLWithinItsSize"
		payload  = "TestPayloadIsOneUnambiguousJSONObject"
		header   = "TestHeaderHasOnlyAlgHS256AndTypJWT"
		guard    = "ssotoken/ssotest/guard.go"
		own      = "TestTheFakeAnswersItsOwnMachineOnly"
		program  = "TestTheJSONIsForProgramsAndNotForPagesOfOtherOrigins"
		remote   = "TestAllowRemoteAnswersOtherMachinesByNamesThatNoSiteHas"
		spaces   = "spaces/validate.go"
		judge    = "ssotoken"
	)
	return []mutant{
		{subject, "if !fits(no.Pattern, s) {", "if !fits(no.Pattern, s) || no.MayBeReal {", noID, ""},
		{subject, "pattern[i] != lower(s[0])", "pattern[i] != s[0]", noID, ""},
		{subject, "s[0] == '-' || ", "", noID, ""},
		{subject, "|| len(s) > 1 && s[1]|0x20 == 'x'", "", noID, ""},
		{subject, "'1' <= s[i] && s[i] <= '9'", "'0' <= s[i] && s[i] <= '9'", noID, ""},
		{"ssotoken/builder.go", " && len(text) <= contract.MaxSub {", " && len(text) <= contract.MaxSub+1 {", subjects, ""},
		{"ssotoken/builder.go", "&& sent != realSubject {", "{", "TestASiteWithAUser0SaysSoAndNothingElseIsLetIn", ""},
		{"ssotoken/builder.go", "&& sent != realSubject {", "&& realSubject == \"\" {", "TestASiteWithAUser0SaysSoAndNothingElseIsLetIn", ""},
		{subject, "strings.HasPrefix(id, subjectPrefix) && len(id) == contract.MaxSub", "strings.HasPrefix(id, subjectPrefix) && len(id) == 0", "TestASubjectFromALongIDIsStableAndNobodyElses", ""},
		{claims, "if strings.TrimSpace(id) != id {", "if false {", subjects, ""},
		{"ssotoken/text.go", "if !utf8.ValidString(s) {", "if !utf8.ValidString(s[:0]) {", subjects, ""},
		{"ssotoken/text.go", "if unicode.IsControl(r) &&", "if false &&", subjects, ""},
		{"ssotoken/oidc.go", "if !c.EmailVerified {", "if false {", "TestOIDCClaimsNeedAVerifiedEmail", ""},
		{claims, "if isPrintable(s) || !strings.ContainsFunc(s, turnsText)", "if isPrintable(s) || s[0] != 0", tidy, ""},

		{"ssotoken/email.go", "err != nil || addr.Address != s || addr.Name != \"\" ||", "err != nil || addr == nil ||", address, ""},
		{"ssotoken/email.go", "if hasInvisible(s) {", "if false {", address, ""},
		{"ssotoken/email.go", "if fault := hostFault(domain, false); fault != \"\" {", "if fault := hostFault(domain, true); fault != \"\" {", address, ""},
		{host, "i == start || i-start > contract.MaxLabel", "i == start", address, ""},
		{host, "&& s[len(s)-1] != '-'", "", address, ""},
		{host, "s[i] == '.' && s[i-1] != '-'", "s[i] == '.'", address, ""},
		{host, "case i == start ||", "case", photo, ""},
		{host, "isLetter(s[start]) &&", "", photo, ""},
		{host, "label[0] == '-' ||", "", address, ""},
		{host, "|| label[len(label)-1] == '-'", "", address, ""},
		{host, "case unicode.Is(unicode.M, first):", "case first < 0:", address, ""},
		{host, "|| punycode.Length(label) > contract.MaxLabel:", ":", address, ""},
		{host, "if !inURL && strings.Trim(", "if false && strings.Trim(", address, ""},
		{host, "if length > contract.MaxDomain {", "if false {", address, ""},
		{host, "r == utf8.RuneError || ", "", photo, ""},
		{host, "&& !unicode.Is(contract.MappedLetters, r)", "", address, ""},
		{host, "case contract.EmojiSelector:\n\t\treturn isSymbol(before)", "case contract.EmojiSelector:\n\t\treturn true", address, ""},
		{host, "&& unicode.IsOneOf(contract.JoiningScripts, after)", "", address, ""},
		{host, "unicode.IsOneOf(contract.JoiningScripts, before) &&", "", address, ""},
		{picture, "strings.IndexFunc(s, unicode.IsSpace) >= 0 ||", "strings.IndexFunc(s, unicode.IsSpace) >= len(s) ||", "TestPictureIsAFullHTTPOrHTTPSURL", ""},
		{picture, "|| strings.ContainsAny(s, contract.NotInURL)", "", photo, ""},
		{picture, "if hasInvisible(s) {", "if false {", photo, ""},
		{picture, "if u.User != nil {", "if false {", photo, ""},
		{picture, "|| ip.Zone() != \"\"", "", photo, ""},
		{picture, "isNumber(last) {", "isNumber(last[:0]) {", photo, ""},
		{picture, "if hasInvisible(host) {", "if false {", photo, ""},
		{picture, "host = strings.TrimSuffix(host, \".\")", "", photo, ""},

		{identity, "if no.text.MatchString(sub) {", "if false {", noID, judge},
		{identity, "if hasInvisible(email) {", "if false {", address, judge},
		{identity, "!isDomain(domain, mailLabel)", "!isDomain(domain, webLabel)", address, judge},
		{identity, "address.Name != \"\" || address.Address != email", "address == nil", "TestEmailIsAnAddressOfAtMost200Characters", ""},
		{identity, "j.bidi(contract.Name, name)", "", "TestNameIsTextThatIsNotBlank", ""},
		{domain, "case r == utf8.RuneError:", "case false:", photo, judge},
		{domain, "return size-len(\".\") <= contract.MaxDomain", "return true", address, judge},
		{"ssotoken/inspect/profile.go", "|| strings.ContainsAny(text, contract.NotInURL)", "", photo, judge},
		{"ssotoken/inspect/profile.go", "case u.User != nil:", "case false:", photo, judge},
		{"ssotoken/inspect/profile.go", "case !isWebHost(u):", "case false:", photo, judge},
		{token, "if !isText || text != contract.Alg {", "if !isText || !strings.EqualFold(text, contract.Alg) {", header, ""},
		{token, "case \"crit\":", "case \"never\":", header, ""},
		{token, "jwt.SigningMethodHS256.Verify(signingInput, signature, []byte(j.options.Key.Reveal()))", "jwt.SigningMethodHS256.Verify(signingInput, signature[:min(16, len(signature))], []byte(j.options.Key.Reveal()))", "TestATokenInOrderHasNoFinding", ""},
		{token, "if len(signature) != sha256.Size {", "if len(signature) > sha256.Size {", base64, ""},
		{wire, "base64.RawURLEncoding.Strict()", "base64.RawURLEncoding", base64, ""},
		{wire, "if seen[name] {", "if false {", payload, ""},
		{wire, "case !utf8.Valid(data):", "case !utf8.Valid(data[:0]):", payload, ""},
		{wire, "if jsontext.UnpairedSurrogate(data) >= 0 {", "if jsontext.UnpairedSurrogate(data) >= len(data) {", payload, ""},
		{wire, "if depth > maxDepth {", "if false {", payload, ""},
		{"ssotoken/inspect/url.go", "case len(tokens) > 1:", "case false:", "TestLoginURLHasOneJWTAndAtMostOneRedirectURI", ""},

		{spaces, "!p.leaveAll && wrong == nil", "false", "TestValidateReportsEveryBadEntry", ""},
		{spaces, "return ErrContradiction", "return ErrDuplicateID", "TestValidateReportsEveryBadEntry", ""},

		{guard, "!isFromHere(r) || ", "", own, ""},
		{guard, "|| !loopback.Is(host))", "|| !loopback.Is(host) && host == \"\")", own, ""},
		{guard, "h.allowRemote && !isPrivate(host)", "false", remote, ""},
		{guard, "case \"\", \"none\", \"same-origin\":", "case \"\", \"none\", \"same-origin\", \"cross-site\":", program, ""},
		{guard, "err != nil || u.Host != r.Host", "err != nil || u.Host == \"\"", program, ""},
	}
}

// mutants are all of them.
func mutants() (all []mutant) {
	for _, rows := range [][]mutant{limits(), trip(), secrets(), values()} {
		all = append(all, rows...)
	}
	return all
}
