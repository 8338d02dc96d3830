package ssotoken

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// subjectPrefix and 43 characters of base64url are 50 characters, as many as a
// sub may have.
const subjectPrefix = "sha256-"

// SubjectFrom gives a subject of at most 50 characters for an id that may be
// longer, such as a SAML NameID or an id of an enterprise directory. It is stable:
// the same id always gives the same subject, on every machine.
//
// An id that fits is given back as it is. A longer one becomes "sha256-" and the
// SHA-256 of its UTF-8 bytes in base64url (RFC 4648, section 5) without padding,
// and so does an id that has that form itself: no id can pass for the subject of
// another. Never cut an id instead: two members could become one.
//
// 51 times "a" gives sha256-v8X-DjYBUsqYxQ-rTtfjB4wX3rwpF3QNUACRO2hsoSk.
func SubjectFrom(id string) string {
	if utf16Len(id) <= contract.MaxSub && !(strings.HasPrefix(id, subjectPrefix) && len(id) == contract.MaxSub) {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return subjectPrefix + base64.RawURLEncoding.EncodeToString(sum[:])
}
