package ssotoken

// NewHS256 signs with keys that are no text, such as that of RFC 7515, A.1.
var NewHS256 = newHS256
