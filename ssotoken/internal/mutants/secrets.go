package main

// secrets are the protections of keys, tokens and personal data, and
// of the reloads.
func secrets() []mutant {
	const (
		key      = "ssotoken/key.go"
		keys     = "TestNewKeyRefusesWhatCanNotBeTheKey"
		printed  = "TestNoValueOfTheAPIPrintsAKeyOrAToken"
		people   = "TestNoValueOfTheAPIPrintsPersonalData"
		redacted = "TestASecretPrintsAsItsPlaceholder"
		source   = "ssotoken/keysource.go"
		mounted  = "TestAMountedKeyIsReadAgainAtMostEverySoOften"
		start    = "TestAKeySourceFailsAtTheStartWithoutAKey"
		personal = "TestBuildReportsEveryBadFieldByItsJSONPath"
		hashed   = "TestASubjectAppearsOnlyAsAKeyedHash"
		wire     = "TestTheWireFormIsFixed"
	)
	return []mutant{
		{key, "case s == \"\":", "case false:", keys, ""},
		{key, "case !utf8.ValidString(s):", "case false:", keys, ""},
		{key, "strings.TrimSpace(s) != s ||", "", keys, ""},
		{key, "|| strings.ContainsFunc(s, isInvisible):", ":", keys, ""},
		{key, "case isQuoted(s):", "case false:", keys, ""},
		{key, "case isPlaceholder(s):", "case false:", keys, ""},
		{key, "if strings.Count(s, s[:1]) == len(s) {", "if false {", keys, ""},
		{key, "first == '{' || last == '}' ||", "", keys, ""},
		{key, "|| unicode.Is(unicode.Cf, r)", "", keys, ""},
		{key, "func (k Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, redactedKey) }", "func (k Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, k.Reveal()) }", "TestAKeyPrintsRedactedUnderEveryVerb", ""},
		{key, "func (k Key) String() string { return redactedKey }", "func (k Key) String() string { return k.Reveal() }", redacted, ""},
		{key, "return slog.StringValue(redactedKey)", "return slog.StringValue(k.Reveal())", redacted, ""},
		{key, "return []byte(redactedKey), nil", "return []byte(k.Reveal()), nil", printed, ""},
		{key, "subtle.ConstantTimeCompare([]byte(k.Reveal()), []byte(other.Reveal())) == 1", "subtle.ConstantTimeCompare([]byte(k.Reveal()[:1]), []byte(other.Reveal()[:1])) == 1", "TestAFingerprintTellsKeysApart", ""},
		{"ssotoken/token.go", "func (t Token) Format(f fmt.State, _ rune) { fmt.Fprint(f, redactedToken) }", "func (t Token) Format(f fmt.State, _ rune) { fmt.Fprint(f, t.JWT()) }", "TestATokenPrintsRedactedUnderEveryVerb", ""},
		{"ssotoken/token.go", "func (t Token) String() string { return redactedToken }", "func (t Token) String() string { return t.JWT() }", redacted, ""},
		{"ssotoken/token.go", "return slog.StringValue(redactedToken)", "return slog.StringValue(t.JWT())", redacted, ""},
		{"ssotoken/token.go", "return []byte(redactedToken), nil", "return []byte(t.JWT()), nil", printed, ""},

		{"ssotoken/claims.go", "fmt.Fprint(f, redactedClaims)", "fmt.Fprint(f, c.Email())", people, ""},
		{"ssotoken/builder.go", "return []byte(redactedBuilder), nil", "return []byte(b.draft().texts[email]), nil", people, ""},
		{"ssotoken/builder.go", "err.subject = func() string { return id }", "_ = id", "TestARefusalKeepsTheSubjectToItself", ""},
		{"ssotoken/encode.go", "!c.lenient || urlLen", "urlLen", "TestWhatIsNotLenientIsNeverCut", ""},
		{"ssotoken/fromstruct.go", "case twice:", "case false:", "TestATagThatDoesNotFitIsAnErrorOfTheType", ""},
		{"ssotoken/hs256.go", "s.mac.Reset()", "", "TestHS256IsThatOfTheRFCs", ""},
		{source, "(last == nil || !key.Equal(last.key))", "true", "TestAReloadOfTheSameKeyKeepsItsStates", ""},
		{source, "|| age < 0)", ")", mounted, ""},
		{source, "&& s.loading.TryLock() {\n\t\tdefer s.loading.Unlock()", "{", "TestNoMintWaitsForAnothersLoad", ""},
		{source, "case err == nil && key.IsZero():", "case false:", start, ""},
		{source, "if last != nil {\n\t\ts.last.Store(&loadedKey{last.key, now})\n\t}", "", mounted, ""},
		{source, "s.c.OnError(fmt.Errorf", "_ = (fmt.Errorf", mounted, ""},
		{source, "if c.Every < 0 {", "if false {", start, ""},
		{source, "s.last.Store(&loadedKey{key, now})\n\t\treturn nil", "if last == nil {\n\t\t\ts.last.Store(&loadedKey{key, now})\n\t\t}\n\t\treturn nil", "TestAHundredRotationsUnderLoadFailNoLogin", ""},

		{"ssotoken/signer.go", "case c.KeySource != nil && !c.Key.IsZero():", "case false:", "TestNewReportsEveryBadSetting", ""},
		{"ssotoken/signer.go", "if err == nil && key.IsZero() {", "if false {", "TestWhatCanNotBeSignedIsRefused", ""},
		{"ssotoken/signer.go", "if c.IsZero() {", "if c.IsZero() && ctx == nil {", "TestWhatCanNotBeSignedIsRefused", ""},
		{"ssotoken/signer.go", "if err := ctx.Err(); err != nil {", "if err := ctx.Err(); err != nil && c.IsZero() {", "TestWhatCanNotBeSignedIsRefused", ""},
		{"ssotoken/signer.go", "exp := iat + s.lifetime", "exp := s.now().Unix() + s.lifetime", "TestIatAndExpAreIntegersFromOneReadingOfTheClock", ""},
		{"ssotoken/signer.go", "tenant := c.open().tenant; tenant != s.tenant {", "tenant := c.open().tenant; tenant != s.tenant && s.tenant == \"\" {", "TestASignerSignsOnlyClaimsOfItsOwnTenant", ""},
		{"ssotoken/signer.go", "tenant := c.open().tenant; tenant != s.tenant {", "tenant := c.open().tenant; tenant == \"\" && s.tenant != \"\" {", "TestAMemberOfOneTenantIsNotLoggedInAtAnother", ""},
		{"ssotoken/login.go", "case c.Signer != nil && c.SignerFor != nil:", "case false:", "TestWhatDoesNotGoTogetherIsRefusedInClearWords", ""},
		{"ssotoken/key.go", "func (k Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, redactedKey) }", "func (k Key) Format(f fmt.State, _ rune) { fmt.Fprintln(f, k.Reveal()) }", "TestAPanicInAHandlerLogsNoSecret", ""},
		{"ssotoken/ssotest/state.go", "if h.madeKey {", "if true {", "TestAStateHoldsNoCredential", ""},
		{"ssotoken/ssotest/state.go", "return redactJSON(data), err", "return data, err", "TestNoTokenInATextIsSaved", ""},
		{"ssotoken/rules.go", "return \"\", nil, errEmail", "return \"\", nil, newError(contract.EmailMalformed, sent)",
			"TestEmailIsOneAddressOfAtMost200UTF16CodeUnits", ""},
		{"ssotoken/builder.go", "&FieldError{Field: claim.name, Err: err})", "&FieldError{Field: texts[0].name, Err: err})", personal, ""},
		{"ssotoken/contract/json.go", "if c >= ' ' && c != '\"' && c != '\\\\' {", "if c >= ' ' && c != '\\\\' {", wire, "ssotoken"},
		{"ssotoken/contract/json.go", "if c >= ' ' && c != '\"' && c != '\\\\' {", "if c >= ' ' && c != '\"' {", wire, "ssotoken"},
		{"customfields/set.go", "case reserved[f.key]:", "case false:", "TestRegisteredAndProtocolNamesAreReserved", ""},
		{"customfields/set.go", "case i > 0 && f.key == last:", "case false:", "TestValidateReportsEveryBadField", ""},
	}
}
