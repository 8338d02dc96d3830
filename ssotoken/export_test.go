package ssotoken

// NewHS256 signs with keys that are no text, such as that of RFC 7515, A.1.
var NewHS256 = newHS256

// ErrorCodes lists the codes that Code gives, each with what its error says.
func ErrorCodes() [][2]string {
	rows := [][2]string{
		{"claims-refused", "several claims, each with a code of its own"},
		{"settings-refused", "several settings, each with a code of its own"},
		{"other", "an error from elsewhere, such as Identify's own"},
	}
	for _, row := range codeRows {
		rows = append(rows, [2]string{row.code, row.err.Error()})
	}
	return rows
}
