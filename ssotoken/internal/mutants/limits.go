package main

// both breaks a limit one off each way.
func both(file, old, lower, higher, test, in string) []mutant {
	return []mutant{{file, old, lower, test, in}, {file, old, higher, test, in}}
}

// limits are every number that something is compared with.
func limits() (rows []mutant) {
	const contract, sentence = "ssotoken/contract/limits.go", "TestTheLimitsAreThoseOfTheVendorAndOurs"
	for _, l := range [][3]string{
		{"MaxSub   = 50", "MaxSub   = 49", "MaxSub   = 51"},
		{"MaxEmail = 200", "MaxEmail = 199", "MaxEmail = 201"},
		{"MaxInteger = 1<<53 - 1", "MaxInteger = 1<<53 - 2", "MaxInteger = 1 << 53"},
		{"MaxDepth = 16", "MaxDepth = 15", "MaxDepth = 17"},
		{"DefaultLifetime = 60 *", "DefaultLifetime = 59 *", "DefaultLifetime = 61 *"},
		{"MinLifetime     = time.Second", "MinLifetime     = 0 * time.Second", "MinLifetime     = 2 * time.Second"},
		{"MaxLifetime     = time.Hour", "MaxLifetime     = time.Hour - time.Second", "MaxLifetime     = time.Hour + time.Second"},
		{"Skew = 5 *", "Skew = 4 *", "Skew = 6 *"},
		{"LastSecond = 1e11 - 1", "LastSecond = 1e11 - 2", "LastSecond = 1e11"},
		{"DefaultMaxURL = 8000", "DefaultMaxURL = 7999", "DefaultMaxURL = 8001"},
		{"MaxReturnPath = 2000", "MaxReturnPath = 1999", "MaxReturnPath = 2001"},
		{"MaxPicture = 2048", "MaxPicture = 2047", "MaxPicture = 2049"},
		{"MaxToken = 16 << 10", "MaxToken = 16<<10 - 1", "MaxToken = 16<<10 + 1"},
		{"MinKey    = 16", "MinKey    = 15", "MinKey    = 17"},
		{"StrongKey = 32", "StrongKey = 31", "StrongKey = 33"},
	} {
		rows = append(rows, both(contract, l[0], l[1], l[2], sentence, "")...)
	}
	for _, l := range [][6]string{
		{"ssotoken/keysource.go", "defaultReload = 30 *", "defaultReload = 29 *", "defaultReload = 31 *", "TestAReloadOfTheSameKeyKeepsItsStates", ""},
		{"ssotoken/community.go", "n > 65535", "n > 65534", "n > 65536", "TestTheCommunityIsAHostOrAnHTTPSOrigin", ""},
		{"ssotoken/inspect/wire.go", "maxDepth = 1000", "maxDepth = 899", "maxDepth = 1001", "TestPayloadIsOneUnambiguousJSONObject", ""},
	} {
		rows = append(rows, both(l[0], l[1], l[2], l[3], l[4], l[5])...)
	}
	return append(rows, []mutant{
		{"ssotoken/rules.go", "if units <= max {", "if units < max {", "TestSubIsRequiredAndAtMost50UTF16CodeUnits", ""},
		{"ssotoken/rules.go", "if size == utf8.UTFMax {", "if size > utf8.UTFMax {", "TestSubIsRequiredAndAtMost50UTF16CodeUnits", ""},
		{"ssotoken/returnpath.go", "len(s) > contract.MaxReturnPath {", "len(s) > contract.MaxReturnPath+1 {", "TestAPathThatCouldLeadAwayIsDropped", ""},
		{"ssotoken/returnpath.go", "len(s) > contract.MaxReturnPath {", "len(s) >= contract.MaxReturnPath {", "TestAGoodPathComesBackExactly", ""},
		{"ssotoken/signer.go", "if home > s.maxURL {", "if home >= s.maxURL {", "TestMaxURLIsExactAndHasRoomForTheDocumentedSpaces", ""},
		{"ssotoken/signer.go", "if home > s.maxURL {", "if home > s.maxURL+1 {", "TestMaxURLIsExactAndHasRoomForTheDocumentedSpaces", ""},
		{"ssotoken/signer.go", "lifetime > contract.MaxLifetime ||", "lifetime > 2*contract.MaxLifetime ||", "TestNewReportsEveryBadSetting", ""},
		{"ssotoken/signer.go", "lifetime < contract.MinLifetime ||", "", "TestNewReportsEveryBadSetting", ""},
		{"ssotoken/signer.go", "|| lifetime%time.Second != 0", "", "TestNewReportsEveryBadSetting", ""},
		{"ssotoken/signer.go", "iat <= 0 ||", "", "TestTheClockMustShowAUsableTime", ""},
		{"ssotoken/signer.go", "|| exp > contract.LastSecond", "", "TestTheClockMustShowAUsableTime", ""},
		{"ssotoken/key.go", "len(s) < contract.MinKey:", "len(s) <= contract.MinKey:", "TestNewKeyRefusesWhatCanNotBeTheKey", ""},
		{"ssotoken/key.go", "len(k.Reveal()) < contract.StrongKey", "len(k.Reveal()) <= contract.StrongKey", "TestAKeyUnder32BytesIsWeak", ""},
		{"ssotoken/rules.go", "case len(sent) > contract.MaxPicture:", "case len(sent) >= contract.MaxPicture:",
			"TestTheBuilderAndTheJudgeSayTheSameOfAPicture", ""},
		{"ssotoken/inspect/texts.go", "len(text) > contract.MaxPicture {", "len(text) >= contract.MaxPicture {", "TestTheBuilderAndTheJudgeSayTheSameOfAPicture", "ssotoken"},
		{"ssotoken/inspect/times.go", "iat > now+skew {", "iat >= now+skew {", "TestIatIsAWholeSecondNotInTheFuture", ""},
		{"ssotoken/inspect/times.go", "case exp <= now:", "case exp < now:", "TestExpIsAWholeSecondAfterNowAndWithinAnHour", ""},
		{"ssotoken/inspect/times.go", "case away > longest:", "case away >= longest:", "TestExpIsAWholeSecondAfterNowAndWithinAnHour", ""},
		{"ssotoken/inspect/times.go", "case life > longest:", "case life > longest+1:", "TestExpIsAWholeSecondAfterNowAndWithinAnHour", ""},
		{"ssotoken/inspect/texts.go", "n > c.Max {", "n >= c.Max {", "TestSubHasAtMost50Characters", ""},
		{"ssotoken/inspect/token.go", "len(token) > j.options.MaxToken {", "len(token) > j.options.MaxToken+1 {", "TestTokenHasThreePartsOfCanonicalBase64URLWithinItsSize", ""},
		{"ssotoken/keysource.go", "age >= s.c.Every", "age > s.c.Every", "TestAMountedKeyIsReadAgainAtMostEverySoOften", ""},
	}...)
}
