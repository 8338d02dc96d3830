package main

// values are the protections of what a member's data may be, in the builder and in
// the judge, and those of the fake community.
func values() []mutant {
	const (
		rules    = "ssotoken/rules.go"
		texts    = "ssotoken/inspect/texts.go"
		noID     = "TestASubjectThatStandsForNoIDIsRefused"
		address  = "TestTheBuilderAndTheJudgeSayTheSameOfAnEmail"
		photo    = "TestTheBuilderAndTheJudgeSayTheSameOfAPicture"
		tidy     = "TestBuildPutsRealDataInOrder"
		subjects = "TestSubIsRequiredAndAtMost50UTF16CodeUnits"
		token    = "ssotoken/inspect/token.go"
		wire     = "ssotoken/inspect/wire.go"
		base64   = "TestTokenHasThreePartsOfCanonicalBase64URLWithinItsSize"
		payload  = "TestPayloadIsOneUnambiguousJSONObject"
		header   = "TestHeaderHasOnlyAlgHS256AndTypJWT"
		guard    = "ssotoken/ssotest/handler.go"
		own      = "TestTheFakeAnswersItsOwnMachineOnly"
		program  = "TestTheJSONIsForProgramsAndNotForPagesOfOtherOrigins"
		remote   = "TestAllowRemoteAnswersOtherMachinesByNamesThatNoSiteHas"
		spaces   = "spaces/spaces.go"
		judge    = "ssotoken"
	)
	return []mutant{
		{rules, "case no.MayBeReal:", "case true:", noID, ""},
		{"ssotoken/builder.go", "&& sent != d.allowed {", "{", "TestASiteWithAUser0SaysSoAndNothingElseIsLetIn", ""},
		{"ssotoken/builder.go", "&& sent != d.allowed {", "&& d.allowed == \"\" {", "TestASiteWithAUser0SaysSoAndNothingElseIsLetIn", ""},
		{rules, "strings.HasPrefix(id, subjectPrefix) && len(id) == contract.MaxSub", "strings.HasPrefix(id, subjectPrefix) && len(id) == 0",
			"TestASubjectFromALongIDIsStableAndNobodyElses", ""},
		{rules, "strings.TrimSpace(id) != id {", "strings.TrimSpace(id) == \"\" {", subjects, ""},
		{rules, "case found&broken != 0:", "case false:", subjects, ""},
		{rules, "case found&refused != 0:", "case false:", subjects, ""},
		{"ssotoken/oidc.go", "if !c.EmailVerified {", "if false {", "TestOIDCClaimsNeedAVerifiedEmail", ""},
		{"ssotoken/oidc.go", "&& !isAddress(name) {", "{", "TestANameIsNeverTheProvidersEmail", ""},
		{"ssotoken/internal/jsontext/jsontext.go", "ok := members[name.(string)]; ok {", "ok := members[name.(string)]; ok && false {", "TestAnIDTokenIsReadByExactNames", "ssotoken"},
		{rules, "return bidi | invisible, size", "return invisible, size", tidy, ""},
		{rules, "r == '\\u2800', ", "", "TestTheBuilderAndTheJudgeSayTheSameOfAName", ""},
		{rules, "case unicode.IsMark(r):", "case false:", "TestTheBuilderAndTheJudgeSayTheSameOfAName", ""},
		{rules, "found&(space|line|control|invisible|delimiter|broken) == 0", "found&(space|line|control|invisible) == 0", address, ""},
		{rules, "found&(space|line|control|invisible|delimiter|broken) == 0", "found&(space|line|control|delimiter) == 0", address, ""},
		{rules, "case strings.IndexByte(authority, '@') >= 0:", "case false:", photo, ""},
		{rules, "case authority == \"\" || authority[0] == ':':", "case false:", photo, ""},
		{texts, "if no, ok := contract.NoIDOf(sub); ok {", "if no, ok := contract.NoIDOf(sub); ok && no.MayBeReal {", noID, judge},
		{texts, "if turning.MatchString(text) {", "if false {", "TestNameIsTextThatIsNotBlank", ""},
		{texts, "case webUserInfo.MatchString(text):", "case false:", photo, judge},
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

		{spaces, "p.claims == nil && p.wrong == nil {", "false {", "TestEachPlanSendsItsClaims", ""},
		{spaces, "case repeated && left != leave:", "case false:", "TestEachPlanSendsItsClaims", ""},

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
