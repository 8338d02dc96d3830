package main

// trip are the protections of the way to the community and back: the return path,
// the headers, the cookies, the loop, who may ask.
func trip() []mutant {
	const (
		path     = "ssotoken/internal/localpath/localpath.go"
		away     = "TestAPathThatCouldLeadAwayIsDropped"
		login    = "ssotoken/login.go"
		issue    = "ssotoken/issue.go"
		event    = "ssotoken/event.go"
		json     = "ssotoken/json.go"
		logout   = "ssotoken/logout.go"
		signedIn = "TestASignedInVisitorGoesOnToTheCommunity"
		person   = "TestATokenIsMintedOnlyForAPersonWhoNavigates"
		blind    = "TestWhatDoesNotNavigateLearnsNothingOfWhoIsSignedIn"
		library  = "TestALibrarysRequestIsAnsweredByWhatLoadsThePageForReal"
		foreign  = "TestTheJSONDoorMintsForNoForeignPage"
		image    = "TestAForeignPageCanNotSignOutByAnImageAScriptOrAFrame"

		navigation = "ssotoken/navigation.go"
	)
	return []mutant{
		{"ssotoken/returnpath.go", "localpath.Check(s, endpoints); code != \"\"",
			"localpath.Check(s, endpoints); code == \"x\"", "TestNoHostileReferrerLeavesTheCommunity", ""},
		{path, "decoded := Decode(reading)", "decoded, _ := reading, Decode", "TestAMillionPathsLeadNowhereElse", "ssotoken"},
		{path, "case strings.ContainsFunc(value, unicode.IsControl):", "case false:", away, "ssotoken"},
		{path, "page := upTo(value, \"?#\")", "page := value", "TestAGoodPathComesBackExactly", "ssotoken"},
		{path, "range []bool{false, true}", "range []bool{false}", away, "ssotoken"},
		{path, "decoded := Decode(reading)", "decoded := reading", away, "ssotoken"},
		{path, "case !strings.HasPrefix(reading, \"/\"):", "case false:", away, "ssotoken"},
		{path, "case strings.Contains(reading, `\\`):", "case false:", away, "ssotoken"},
		{path, "case hasUnicodeEscape(reading):", "case false:", away, "ssotoken"},
		{path, "case !utf8.ValidString(reading):", "case false:", away, "ssotoken"},
		{path, "upTo(segment, \";?#\")", "upTo(segment, \";\")", away, "ssotoken"},
		{path, "upTo(segment, \";?#\")", "upTo(segment, \"?#\")", away, "ssotoken"},
		{path, "name == \".\" || name == \"..\"", "name == \"..\"", away, "ssotoken"},
		{path, "hasMore && nameOf(first) == \"\"", "hasMore && false", away, "ssotoken"},
		{path, "unicode.Is(mapped, r)", "false", away, "ssotoken"},
		{path, "upTo(name, \".\")", "name", away, "ssotoken"},
		{path, "r >= 0xff01 && r <= 0xff5e", "r >= 0xff11 && r <= 0xff5e", away, "ssotoken"},
		{path, "unicode.In(r, unicode.Cf, unicode.Mn", "unicode.In(r, unicode.Mn", away, "ssotoken"},
		{"ssotoken/returnpath.go", "*p, err = ParseReturnPath(string(text))", "p.path = string(text)",
			"TestAReturnPathThatComesBackIsCheckedAgain", ""},
		{"ssotoken/contract/names.go", "\"api\", \"auth\", \"ssos\",", "\"api\", \"auth\",", away, "ssotoken"},
		{"ssotoken/community.go", "case u.User != nil:", "case false:", "TestTheCommunityIsAHostOrAnHTTPSOrigin", ""},
		{"ssotoken/community.go", "case u.Scheme == \"http\" && !mayBeHTTP(u.Hostname()):", "case false:",
			"TestTheCommunityIsAHostOrAnHTTPSOrigin", ""},
		{"ssotoken/internal/loopback/loopback.go", "strings.HasSuffix(host, \".localhost\")",
			"strings.HasSuffix(host, \"localhost\")", "TestTheCommunityIsAHostOrAnHTTPSOrigin", "ssotoken"},
		{"ssotoken/encode.go", "c == '-' || c == '.' || c == '_' || c == '~'",
			"c == '-' || c == '.' || c == '_' || c == '~' || c == '&'", "TestTheLoginURLHasOneJWTAndOneRedirectURI", ""},
		{"ssotoken/encode.go", "urlStart = contract.SSOPath +", "urlStart = \"/api/sso\" +",
			"TestTheLoginURLHasOneJWTAndOneRedirectURI", ""},
		{"ssotoken/embed.go", " referrerpolicy=\"no-referrer\"", "", "TestAFrameStartsAtThePartnersOwnHandler", ""},

		{issue, "w.Header().Set(\"Cache-Control\", \"no-store\")", "", "TestTheJSONDoorGivesTheLoginURLAndItsExpiry", ""},
		{issue, "w.Header().Set(\"Referrer-Policy\", \"no-referrer\")", "", signedIn, ""},
		{issue, "m, err := a.signer.mint(a.r.Context(), c, path)", "other := *a.signer\n\tother.community.origin = \"https://\" + a.r.Host\n\t" +
			"m, err := other.mint(a.r.Context(), c, path)", "TestHostAndForwardedHeadersDoNotChangeTheLocation", ""},
		{issue, "e.Subject = a.hashSubject()", "e.Subject = a.sub", "TestASubjectAppearsOnlyAsAKeyedHash", ""},
		{issue, "e.Notes = m.notes", "e.Subject = c.Name()", "TestNoEventHoldsAClaimAKeyOrAToken", ""},
		{login, "w.WriteHeader(http.StatusSeeOther)", "w.WriteHeader(http.StatusMovedPermanently)", signedIn, ""},
		{login, "w.WriteHeader(http.StatusSeeOther)", "w.WriteHeader(http.StatusSeeOther)\n\tw.Write([]byte(location))", signedIn, ""},
		{login, "case r.Method != http.MethodGet:", "case r.Method == http.MethodPost:", "TestTheMiddlewareMintsOnGETAlone", ""},
		{login, "if err := CheckNavigation(a.r); err != nil {",
			"if _, err := a.member(); err == nil && CheckNavigation(a.r) != nil {", blind, ""},
		{login, "err = CheckNavigation(r)\n", "err = nil\n", person, ""},
		{login, "url.QueryEscape(ownAddress(r))", "url.QueryEscape(r.RequestURI)", "TestSignInAtHandsOverAPathOfThisSite", ""},
		{login, "case err != nil:\n\t\t\ta.fail(w, err)\n\t\tcase r.Method",
			"case err != nil && r.Method == http.MethodGet:\n\t\t\ta.fail(w, err)\n\t\t" +
				"case r.Method", "TestAnUnknownTenantSeesNoSignInPage", ""},

		{navigation, "if r.Method == http.MethodHead {", "if false {", "TestRedirectNeverMintsOnHEAD", ""},
		{navigation, "{\"Sec-Purpose\", \"Purpose\",", "{\"Purpose\",", person, ""},
		{navigation, "case mode != \"\" && mode != \"navigate\", dest == \"empty\":", "case dest == \"empty\":", person, ""},
		{navigation, "\"document\", \"iframe\", \"frame\"}", "\"document\", \"iframe\", \"frame\", \"object\"}", person, ""},
		{navigation, "strings.TrimLeft(path, `/\\`)", "strings.TrimPrefix(path, `/`)", "TestALibraryIsSentToNoOtherHost", ""},
		{navigation, "site != \"\" && site != \"same-origin\"", "site == \"none\"", "TestAnotherOriginsLibraryGetsNoTokenAndNothingNew", ""},
		{navigation, "{\"Inertia\", \"X-Inertia\",", "{\"Inertia\", \"X-Other\",", library, ""},
		{navigation, "maxUnasked = 4", "maxUnasked = 3", "TestALoopIsBroken", ""},
		{navigation, "maxUnasked = 4", "maxUnasked = 5", "TestALoopIsBroken", ""},
		{navigation, "clicked || site != \"cross-site\"", "true", "TestALoopIsBroken", ""},
		{navigation, "aMoment = 2 * time.Second", "aMoment = 3 * time.Second", "TestAPersonsVisitsAreNoLoop", ""},
		{navigation, "&& unasked <= maxUnasked", "", "TestAForgedOrOldTripCookieHarmsNobody", ""},
		{navigation, "HttpOnly: true, ", "", "TestTheTripCookieIsShortLivedAndForHTTPOnly", ""},
		{navigation, "&& !loopback.Is(host)", "&& host == \"\"", "TestTheTripCookieIsShortLivedAndForHTTPOnly", ""},

		{event, "Text: e.text, Reference", "Text: err.Error(), Reference",
			"TestAFailedLoginShowsNothingOfItsReason", ""},
		{event, "if recover() != nil {", "if e.Kind == \"never\" && recover() != nil {", "TestAPanicInObserveCostsNobodyALogin", ""},
		{event, "default-src 'none'; ", "", "TestTheBuiltInAnswersArePagesForVisitors", ""},
		{event, "|| e.Reference != \"\"", "", "TestWithoutAnObserverWhatWentWrongIsLogged", ""},

		{json, "if !hasBearer(a.r) {", "if false {", foreign, ""},
		{json, "strings.EqualFold(scheme, \"Bearer\") &&", "scheme != \"\" &&", foreign, ""},
		{json, "keepPrivate(w)", "", "TestTheJSONDoorGivesTheLoginURLAndItsExpiry", ""},

		{navigation, "&& site != \"same-origin\" && site != \"same-site\"", "&& site == \"none\"", image, ""},
		{logout, "err := CheckNavigation(r)", "err := error(nil)", image, ""},
		{logout, "seeOther(w, to)", "seeOther(w, to[:0]+r.URL.Query().Get(\"to\"))", "TestLogoutEndsTheSessionAndGoesToAFixedPlace", ""},
		{logout, "|| u.User != nil {", "{", "TestNewLogoutChecksWhereItLeads", ""},
		{logout, "if u.Scheme != \"https\" &&", "if false &&", "TestNewLogoutChecksWhereItLeads", ""},
	}
}
