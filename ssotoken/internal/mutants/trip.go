package main

// trip are the protections of the way to the community and back: the return path,
// the headers, the cookies, the loop, who may ask.
func trip() []mutant {
	const (
		path     = "ssotoken/internal/localpath/localpath.go"
		away     = "TestAPathThatCouldLeadAwayIsDropped"
		login    = "ssotoken/login.go"
		loop     = "ssotoken/loop.go"
		json     = "ssotoken/jsondoor.go"
		logout   = "ssotoken/logout.go"
		answers  = "TestTheBuiltInAnswersArePagesForVisitors"
		signedIn = "TestASignedInVisitorGoesOnToTheCommunity"
		forged   = "TestAForgedTripCookieHarmsNobody"
		cookie   = "TestTheTripCookieIsShortLivedAndForHTTPOnly"
		probe    = "TestTheCookieThatShowsThatCookiesAreKeptIsShortLivedAndForHTTPOnly"
		person   = "TestATokenIsMintedOnlyForAPersonWhoNavigates"
		foreign  = "TestTheJSONDoorMintsForNoForeignPage"
		image    = "TestAForeignPageCanNotSignOutByAnImageAScriptOrAFrame"
		places   = "TestNewLogoutChecksWhereItLeads"
		resume   = "TestResumeLeavesTheSiteForNoAddress"
	)
	return []mutant{
		{"ssotoken/returnpath.go", "localpath.Check(s, endpoints); code != \"\"", "localpath.Check(s, endpoints); code == \"x\"", "TestNoHostileReferrerLeavesTheCommunity", ""},
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
		{"ssotoken/returnpath.go", "*p, err = ParseReturnPath(string(text))", "p.path = string(text)", "TestAReturnPathThatComesBackIsCheckedAgain", ""},
		{"ssotoken/contract/names.go", "\"api\", \"auth\", \"ssos\",", "\"api\", \"auth\",", away, "ssotoken"},
		{"ssotoken/community.go", "case u.User != nil:", "case false:", "TestTheCommunityIsAHostOrAnHTTPSOrigin", ""},
		{"ssotoken/community.go", "case u.Scheme == \"http\" && !mayBeHTTP(u.Hostname()):", "case false:", "TestTheCommunityIsAHostOrAnHTTPSOrigin", ""},
		{"ssotoken/internal/loopback/loopback.go", "strings.HasSuffix(host, \".localhost\")", "strings.HasSuffix(host, \"localhost\")", "TestTheCommunityIsAHostOrAnHTTPSOrigin", "ssotoken"},
		{"ssotoken/encode.go", "c == '-' || c == '.' || c == '_' || c == '~'", "c == '-' || c == '.' || c == '_' || c == '~' || c == '&'", "TestTheLoginURLHasOneJWTAndOneRedirectURI", ""},
		{"ssotoken/signer.go", "s.community.origin...), contract.SSOPath...)", "s.community.origin...), \"/api/sso\"...)", "TestTheLoginURLHasOneJWTAndOneRedirectURI", ""},
		{"ssotoken/issue.go", "if err := signer.appendReturnPath(b, m.claims, path); err != nil {", "if err := signer.appendReturnPath(b, m.claims, path); err != nil {\n\t\treturn \"\", 0, err", "TestALongReferrerIsDroppedBeforeALoginIs", ""},

		{login, "w.Header().Set(\"Cache-Control\", \"no-store\")", "", signedIn, ""},
		{login, "w.Header().Set(\"Referrer-Policy\", \"no-referrer\")", "", signedIn, ""},
		{login, "w.WriteHeader(http.StatusSeeOther)", "w.WriteHeader(http.StatusMovedPermanently)", signedIn, ""},
		{login, "w.WriteHeader(http.StatusSeeOther)", "w.WriteHeader(http.StatusSeeOther)\n\tw.Write([]byte(location))", signedIn, ""},
		{login, "r.Method != http.MethodGet", "r.Method == http.MethodHead", "TestTheMiddlewareMintsOnGETAlone", ""},
		{login, "err := l.Check(r.Method, r.Header.Get)", "err := error(nil)", person, ""},
		{login, "c.OnError = AnswerError", "c.OnError = func(w http.ResponseWriter, _ *http.Request, err error) { http.Error(w, err.Error(), 500) }", "TestAFailedLoginShowsNothingOfItsReason", ""},
		{"ssotoken/observe.go", "if recover() != nil {", "if e.Kind == \"never\" && recover() != nil {", "TestAPanicInObserveCostsNobodyALogin", ""},
		{"ssotoken/issue.go", "if method == http.MethodHead {", "if false {", "TestRedirectNeverMintsOnHEAD", ""},
		{"ssotoken/issue.go", "{\"Sec-Purpose\", \"Purpose\",", "{\"Purpose\",", person, ""},
		{"ssotoken/issue.go", "\"Purpose\", \"X-Purpose\",", "\"X-Purpose\",", person, ""},
		{"ssotoken/issue.go", "\"X-Purpose\", \"X-Moz\"}", "\"X-Moz\"}", person, ""},
		{"ssotoken/issue.go", ", \"X-Moz\"}", "}", person, ""},
		{"ssotoken/issue.go", "strings.ToLower(header(name))", "header(name)", person, ""},
		{"ssotoken/issue.go", "case \"\", \"document\", \"iframe\", \"frame\":", "case \"\", \"document\", \"iframe\", \"frame\", \"image\":", person, ""},
		{"ssotoken/issue.go", "case \"empty\":\n\t\treturn", "case \"empty\":\n\t\treturn nil\n\tcase \"never\":\n\t\treturn", person, ""},
		{"ssotoken/issue.go", "l.subjectIsEmail.CompareAndSwap(false, true)", "true", "TestAnEmailAsSubjectIsToldOnceALogin", ""},
		{"ssotoken/issue.go", "strings.EqualFold(c.Subject(), c.Email())", "c.Subject() == c.Email()", "TestAnEmailAsSubjectIsToldOnceALogin", ""},

		{"ssotoken/answer.go", "default-src 'none'; ", "", answers, ""},
		{"ssotoken/answer.go", "h.Set(\"X-Content-Type-Options\", \"nosniff\")", "", answers, ""},
		{"ssotoken/answer.go", "h.Set(\"Content-Type\", \"text/html; charset=utf-8\")", "", answers, ""},
		{"ssotoken/embed.go", " referrerpolicy=\"no-referrer\"", "", "TestAFrameStartsAtThePartnersOwnHandler", ""},

		{json, "r.Method != http.MethodPost", "r.Method == http.MethodHead", "TestTheJSONDoorSaysWhatIsWrongByACodeAndAStatus", ""},
		{json, "w.Header().Set(\"Allow\", http.MethodPost)", "", "TestTheJSONDoorSaysWhatIsWrongByACodeAndAStatus", ""},
		{json, "if !hasBearer(r) {", "if false {", foreign, ""},
		{json, "strings.EqualFold(scheme, \"Bearer\") &&", "scheme != \"\" &&", foreign, ""},
		{json, "&& strings.TrimSpace(token) != \"\"", "&& token != \"never\"", foreign, ""},
		{json, "keepPrivate(w)", "", "TestTheJSONDoorGivesTheLoginURLAndItsExpiry", ""},
		{json, "w.Header().Set(\"Content-Type\", \"application/json\")", "", "TestTheJSONDoorGivesTheLoginURLAndItsExpiry", ""},
		{json, "w.Header().Set(\"X-Content-Type-Options\", \"nosniff\")", "", "TestTheJSONDoorGivesTheLoginURLAndItsExpiry", ""},

		{"ssotoken/resume.go", "HttpOnly: true,", "", cookie, ""},
		{"ssotoken/resume.go", "SameSite: http.SameSiteLaxMode,", "", cookie, ""},
		{"ssotoken/resume.go", ", Secure: r.TLS != nil,", ",", cookie, ""},
		{"ssotoken/resume.go", "Path: \"/\",", "", cookie, ""},
		{loop, "if r.Header.Get(\"Sec-Fetch-Site\") == \"same-origin\" {", "if false {", cookie, ""},
		{loop, "if t.returns > limit ||", "if t.returns > limit+100 ||", "TestALoopIsBroken", ""},
		{loop, "|| t.byThemselves > maxTrips", "", "TestALoopIsBroken", ""},
		{loop, "age < 0 || age >= tripWindow ||", "age >= tripWindow ||", forged, ""},
		{loop, "|| t.last.After(now)", "", forged, ""},
		{loop, "|| min(t.visits, t.byThemselves, t.returns) < 0", "", forged, ""},
		{loop, "|| len(t.pages) == maxPages", "", forged, ""},
		{"ssotoken/resume.go", "MaxAge: seconds,", "", probe, ""},
		{"ssotoken/script.go", "strings.TrimLeft(u.EscapedPath(), `/\\`)", "strings.TrimPrefix(u.EscapedPath(), `/`)", "TestALibraryIsSentToNoOtherHost", ""},
		{"ssotoken/script.go", "w.Header().Set(\"Location\", \"?\"+query)", "w.Header().Set(\"Location\", \"/login?\"+query)", resume, ""},
		{"ssotoken/script.go", "u.EscapedPath()", "u.Path", "TestALibraryIsSentToNoOtherHost", ""},
		{"ssotoken/script.go", "site != \"\" && site != \"same-origin\"", "site == \"none\"", "TestAnotherOriginsLibraryGetsNoTokenAndNothingNew", ""},
		{"ssotoken/script.go", "if library == \"htmx\" {", "if false {", "TestALibrarysRequestIsAnsweredByWhatLoadsThePageForReal", ""},
		{"ssotoken/script.go", "Reload: true,", "", "TestALibrarysRequestIsAnsweredByWhatLoadsThePageForReal", ""},

		{logout, "if isForeignFrame(r) {", "if false {", image, ""},
		{logout, "to = cmp.Or(to, \"/\")\n\t\t\terr = checkLogoutTarget(to)", "to = cmp.Or(to, \"/\")", "TestALogoutIsThatOfItsTenant", ""},
		{logout, "&& site != \"same-origin\" && site != \"same-site\"", "&& site != \"same-origin\" && site != \"same-site\" && site != \"cross-site\"", image, ""},
		{logout, "err := checkNavigation(r.Method, r.Header.Get)", "err := checkNavigation(\"GET\", http.Header{}.Get)", image, ""},
		{logout, "r.Method != http.MethodGet && r.Method != http.MethodPost && r.Method != http.MethodHead", "false", "TestLogoutTakesGETAndPOSTAlone", ""},
		{logout, "w.Header().Set(\"Location\", to)", "w.Header().Set(\"Location\", to[:0]+r.URL.Query().Get(\"to\"))", "TestLogoutEndsTheSessionAndGoesToAFixedPlace", ""},
		{logout, "if !isOwnPath(to) {", "if false {", places, ""},
		{logout, "|| u.User != nil {", "{", places, ""},
		{logout, "if u.Scheme != \"https\" &&", "if false &&", places, ""},
		{logout, "keepPrivate(w)", "", "TestLogoutEndsTheSessionAndGoesToAFixedPlace", ""},
	}
}
