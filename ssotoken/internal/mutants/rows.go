package main

// Where the protections are.
const (
	localPath  = "ssotoken/internal/localpath/localpath.go"
	returnPath = "ssotoken/returnpath.go"
	signer     = "ssotoken/signer.go"
	login      = "ssotoken/login.go"
	issue      = "ssotoken/issue.go"
	navigation = "ssotoken/navigation.go"
	logout     = "ssotoken/logout.go"

	key     = "ssotoken/key.go"
	source  = "ssotoken/keysource.go"
	rules   = "ssotoken/rules.go"
	builder = "ssotoken/builder.go"
	fake    = "ssotoken/ssotest/handler.go"
	sdk     = "ssotoken"
)

// mutants has at least one for each test that SECURITY.md names, in its order: one for
// each part of the protection.
var mutants = []mutant{
	{returnPath, `code != ""`, `code == "x"`, "TestNoHostileReferrerLeavesTheCommunity", ""},
	{localPath, `case !strings.HasPrefix(reading, "/"):`, `case false:`, "TestAPathThatCouldLeadAwayIsDropped", sdk},
	{localPath, "case strings.Contains(reading, `\\`):", `case false:`, "TestAPathThatCouldLeadAwayIsDropped", sdk},
	{localPath, `decoded := Decode(reading)`, `decoded := reading`, "TestAPathThatCouldLeadAwayIsDropped", sdk},
	{localPath, `range []bool{false, true}`, `range []bool{false}`, "TestAPathThatCouldLeadAwayIsDropped", sdk},
	{localPath, `upTo(segment, ";?#")`, `segment`, "TestAPathThatCouldLeadAwayIsDropped", sdk},
	{localPath, `unicode.Is(mapped, r)`, `false`, "TestAPathThatCouldLeadAwayIsDropped", sdk},
	{localPath, `decoded := Decode(reading)`, `decoded, _ := reading, Decode`, "TestAMillionPathsLeadNowhereElse", sdk},
	{localPath, `case outer != "" &&`, `case outer == "" &&`, "TestTheEndpointsOfACommunityUnderAPathAreRefusedThereToo", sdk},
	{localPath, `folder = strings.ToLower(folder)`, ``, "TestTheEndpointsOfACommunityUnderAPathAreRefusedThereToo", sdk},
	{localPath, `case name == "":`, `case false:`, "TestTheEndpointsOfACommunityUnderAPathAreRefusedThereToo", sdk},
	{signer, `if s.community.folder != "" {`, `if false {`, "TestAPathToAnEndpointOfThisCommunityIsNotSent", ""},
	{navigation, ` && community.folder == ""`, ``, "TestALoopWithACommunityUnderAPathIsBroken", ""},
	{"ssotoken/contract/names.go", `"api", "auth", "ssos",`, `"api", "auth",`, "TestAPathThatCouldLeadAwayIsDropped", sdk},
	{issue, `m, err := a.signer.mint(a.r.Context(), c, path)`, `other := *a.signer
	if host := a.r.Header.Get("X-Forwarded-Host"); host != "" {
		other.community.origin = "https://" + host
	}
	m, err := other.mint(a.r.Context(), c, path)`, "TestHostAndForwardedHeadersDoNotChangeTheLocation", ""},
	{signer, `tenant != s.tenant {`, `tenant != s.tenant && s.tenant == "" {`, "TestASignerSignsOnlyClaimsOfItsOwnTenant", ""},
	{signer, `tenant != s.tenant {`, `tenant == "" && s.tenant != "" {`, "TestAMemberOfOneTenantIsNotLoggedInAtAnother", ""},
	{login, `a, err := l.attempt(r)
		switch`, `a, err := l.attempt(r)
		if r.Method != http.MethodGet {
			err = nil
		}
		switch`, "TestAnUnknownTenantSeesNoSignInPage", ""},
	{builder, `err = checkIsID(sent)`, `err = nil`, "TestASubjectThatStandsForNoIDIsRefused", ""},
	{rules, `found&(space|line|control|invisible|delimiter|broken) == 0`, `found&(space|line|control|delimiter) == 0`,
		"TestTheBuilderAndTheJudgeSayTheSameOfAnEmail", ""},
	{rules, `return bidi | invisible, size`, `return invisible, size`, "TestBuildPutsRealDataInOrder", ""},
	{rules, `case unicode.IsMark(r):`, `case false:`, "TestTheBuilderAndTheJudgeSayTheSameOfAName", ""},
	{"ssotoken/oidc.go", `if !c.EmailVerified {`, `if false {`, "TestOIDCClaimsNeedAVerifiedEmail", ""},
	{"ssotoken/oidc.go", `&& !isAddress(sent)`, ``, "TestANameIsNeverTheProvidersEmail", ""},
	{"ssotoken/internal/jsontext/jsontext.go", `ok := members[name.(string)]; ok {`, `ok := members[name.(string)]; ok && false {`,
		"TestAnIDTokenIsReadByExactNames", sdk},
	{navigation, `{"htmx", "Hx-Request", "Hx-Redirect", http.StatusOK}, // as net/http spells them`, ``,
		"TestALibrarysRequestIsAnsweredByWhatLoadsThePageForReal", ""},
	{navigation, `site != "" && site != "same-origin"`, `site == "none"`, "TestAnotherOriginsLibraryGetsNoTokenAndNothingNew", ""},
	{login, `	if err := CheckNavigation(a.r); err != nil {
		a.fail(w, err)
		return
	}
	switch c, err := a.member(); {`, `	switch c, err := a.member(); {`,
		"TestWhatDoesNotNavigateLearnsNothingOfWhoIsSignedIn", ""},
	{login, `url.QueryEscape(ownAddress(r))`, `url.QueryEscape(r.URL.Query().Get(parameter))`,
		"TestSignInAtHandsOverAPathOfThisSite", ""},
	{returnPath, `*p, err = ParseReturnPath(string(text))`, `p.path = string(text)`,
		"TestAReturnPathThatComesBackIsCheckedAgain", ""},
	{signer, `exp := iat + s.lifetime`, `exp := s.now().Unix() + s.lifetime`,
		"TestIatAndExpAreIntegersFromOneReadingOfTheClock", ""},
	{signer, `lifetime > contract.MaxLifetime ||`, `lifetime > 2*contract.MaxLifetime ||`, "TestNewReportsEveryBadSetting", ""},
	{signer, `lifetime < contract.MinLifetime ||`, ``, "TestNewReportsEveryBadSetting", ""},
	{navigation, `"X-Purpose", "X-Moz"}`, `"X-Purpose"}`, "TestATokenIsMintedOnlyForAPersonWhoNavigates", ""},
	{navigation, `"iframe", "frame"}, dest)`, `"iframe", "frame", "image"}, dest)`,
		"TestATokenIsMintedOnlyForAPersonWhoNavigates", ""},
	{login, `case r.Method != http.MethodGet:
			next`, `case r.Method == http.MethodHead:
			next`, "TestTheMiddlewareMintsOnGETAlone", ""},
	{issue, `w.Header().Set("Cache-Control", "no-store")`, ``, "TestLogoutEndsTheSessionAndGoesToAFixedPlace", ""},
	{issue, `w.Header().Set("Referrer-Policy", "no-referrer")`, ``, "TestASignedInVisitorGoesOnToTheCommunity", ""},
	{login, `w.WriteHeader(http.StatusSeeOther)`, `w.WriteHeader(http.StatusSeeOther)
	w.Write([]byte(location))`, "TestASignedInVisitorGoesOnToTheCommunity", ""},
	{key, `// IsZero reports`, "func (k Key) MarshalText() ([]byte, error) { return []byte(k.Reveal()), nil }\n\n// IsZero reports",
		"TestNoValueOfTheAPIPrintsAKeyOrAToken", ""},
	{signer, `// ExpiresAt returns`, "func (t Token) MarshalText() ([]byte, error) { return []byte(t.JWT()), nil }\n\n// ExpiresAt returns",
		"TestNoValueOfTheAPIPrintsAKeyOrAToken", ""},
	{key, `err = pathError.Err // without the path`, `_ = pathError`, "TestAKeyPassedAsANameOrAPathIsNotRepeated", ""},
	{key, `case variableName.MatchString(name):`, `case true:`, "TestAKeyPassedAsANameOrAPathIsNotRepeated", ""},
	{key, `// IsZero reports`, "func (k Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, k.Reveal()) }\n\n// IsZero reports",
		"TestAPanicInAHandlerLogsNoSecret", ""},
	{issue, `e.Subject = a.hashSubject()`, `e.Subject = a.sub`, "TestASubjectAppearsOnlyAsAKeyedHash", ""},
	{issue, `e := newEvent(kind, a.signer, err)`, `e := newEvent(kind, a.signer, err)
	e.Reference = a.r.URL.RawQuery`, "TestNoEventHoldsAClaimAKeyOrAToken", ""},
	{builder, `&FieldError{Field: i.name(), Err: err})`, `&FieldError{Field: texts[0].name, Err: err})`,
		"TestBuildReportsEveryBadFieldByItsJSONPath", ""},
	{builder, `err.subject = func() string { return id }`, `_ = id`, "TestARefusalKeepsTheSubjectToItself", ""},
	{"spaces/spaces.go", `fmt.Fprint(f, "spaces.Change(redacted)")`, `fmt.Fprint(f, c.spaceID())`,
		"TestNoValueOfTheAPIPrintsPersonalData", sdk},
	{key, `{contract.KeyQuoted,`, `{contract.KeyWrapped,`, "TestNewKeyRefusesWhatCanNotBeTheKey", ""},
	{key, `len(s) < contract.MinKey`, `len(s) <= contract.MinKey`, "TestNewKeyRefusesWhatCanNotBeTheKey", ""},
	{key, "`(vault|secret|ssm|kms)\\(.*\\)`,", ``, "TestNewKeyRefusesWhatStandsForTheKey", ""},
	{key, "`.*\\s(#|//|--|;|/\\*|<!--).*`,", ``, "TestNewKeyRefusesWhatStandsForTheKey", ""},
	{key, `len(k.Reveal()) < contract.StrongKey`, `len(k.Reveal()) <= contract.StrongKey`, "TestAKeyUnder32BytesIsWeak", ""},
	{"customfields/set.go", `checkKey(f.key, reserved[f.key],`, `checkKey(f.key, false,`, "TestRegisteredAndProtocolNamesAreReserved", ""},
	{logout, `case err == nil && isForeignFrame(r):`, `case false:`, "TestAForeignPageCanNotSignOutByAnImageAScriptOrAFrame", ""},
	{logout, `err := CheckNavigation(r)`, `err := error(nil)`,
		"TestAForeignPageCanNotSignOutByAnImageAScriptOrAFrame", ""},
	{logout, `seeOther(w, c.To)`, `seeOther(w, r.URL.Query().Get("to"))`, "TestLogoutEndsTheSessionAndGoesToAFixedPlace", ""},
	{logout, `if !isOwnPath(to) {`, `if false {`, "TestNewLogoutChecksWhereItLeads", ""},
	{logout, `|| u.User != nil {`, `{`, "TestNewLogoutChecksWhereItLeads", ""},
	{navigation, `maxInARow = 5`, `maxInARow = 6`, "TestALoopIsBroken", ""},
	{navigation, `maxInARow = 5`, `maxInARow = 4`, "TestALoopIsBroken", ""},
	{navigation, `last.inRow > 0 && !wasAsked(r, community, now.Sub(last.at))`, `last.inRow > 0 && now.After(last.at)`,
		"TestAPersonsVisitsAreNoLoop", ""},
	{fake, `(!isFromHere(r) || !loopback.Is(host))`, `!loopback.Is(host)`, "TestTheFakeAnswersItsOwnMachineOnly", ""},
	{fake, `(!isFromHere(r) || !loopback.Is(host))`, `(!isFromHere(r) || !loopback.Is(host) && host == "")`,
		"TestTheFakeAnswersItsOwnMachineOnly", ""},
	{fake, `h.allowRemote && !isPrivate(host)`, `false`, "TestAllowRemoteAnswersOtherMachinesByNamesThatNoSiteHas", ""},
	{"ssotoken/ssotest/api.go", `case h.isOfAnotherSite(r):`, `case false:`, "TestTheJSONIsForProgramsAndNotForPagesOfOtherOrigins", ""},
	{"ssotoken/ssotest/state.go", `	if h.madeKey {`, `	if true {`, "TestAStateHoldsNoCredential", ""},
	{"ssotoken/ssotest/state.go", `data, h.clean = redactJSON(data, h.clean)`, ``, "TestNoTokenInATextIsSaved", ""},
	{"ssotoken/ssotest/state.go", `if !known[literal] &&`, `if len(known) == 0 &&`, "TestATokenThatComesLaterIsNotSavedEither", ""},
	{"ssotoken/ssotest/login.go", `size > maxAddresses`, `false`, "TestMemoryIsBounded", ""},
	{"ssotoken/ssotest/loginpage.go", `v.Expires.Before(v.View.Now)`, `true`, "TestOnlyTheRevealOfALoginsPageHasTheToken", ""},
	{"ssotoken/ssotest/graphql.go", `session.Hash == "" ||`, ``, "TestTheAPIRefusesWhatItsSchemaDoesNotHave", ""},
	{"ssotoken/ssotest/graphql.go", `session.Member != "" &&`, `false &&`, "TestTheAPIRefusesWhatItsSchemaDoesNotHave", ""},
	{"ssotoken/ssotest/graphql.go", `kind == "" ||`, ``, "TestTheAPIRefusesWhatItsSchemaDoesNotHave", ""},
	{"ssotoken/ssotest/lists.go", `what != "unlink"`, `false`, "TestAnAppEndsAMembershipByTheAPI", ""},
	{"ssotoken/ssotest/login.go", `found != nil && found.Suspended`, `false`, "TestAnAppEndsAMembershipByTheAPI", ""},
	{"ssotoken/ssotest/api.go", `wait < 0 || wait > maxDelay`, `false`, "TestAWaitIsAMinuteAtMost", ""},
	{source, "s.mu.Lock()\n\ts.inUse, s.loaded = key, time.Now()", "s.mu.Lock()\n\ts.loaded = time.Now()",
		"TestAHundredRotationsUnderLoadFailNoLogin", ""},
	{source, `time.Now().Add(s.c.Every)`, `time.Now()`, "TestAMountedKeyIsReadAgainAtMostEverySoOften", ""},
	{source, `!s.loading && `, ``, "TestNoVisitorWaitsForAKeyThatIsKnown", ""},
	{source, `go s.reload(s.inUse, s.loaded)`, `func() { s.mu.Unlock(); defer s.mu.Lock(); s.reload(s.inUse, s.loaded) }()`,
		"TestNoVisitorWaitsForAKeyThatIsKnown", ""},
	{source, `err != nil || key.Equal(seen)`, `true`, "TestAKeyFileCaughtHalfWrittenIsNotTheKey", ""},
	{source, `recover() != nil { // a panic`, `false { //`, "TestALoadThatPanicsEndsNoProcess", ""},
	{source, `recover() != nil { // of OnChange`, `false { //`, "TestWhatAReloadCallsCanPanicOrEndItsGoroutine", ""},
}
