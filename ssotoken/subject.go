package ssotoken

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
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

// isOrdinarySubject knows the common ids without a look at the list: letters,
// digits and inner signs, with a digit that is not 0.
func isOrdinarySubject(s string) bool {
	if s == "" || s[0] == '-' || len(s) > 1 && s[1]|0x20 == 'x' {
		return false
	}
	counts := false
	for i := range len(s) {
		if classes[s[i]]&(alphanumeric|hyphen|underscore) == 0 {
			return false
		}
		counts = counts || '1' <= s[i] && s[i] <= '9'
	}
	return counts
}

var noIDs = contract.NoIDs()

// checkIsID refuses what stands in the contract's list of texts that are no id.
func checkIsID(s string) error {
	for i := range noIDs {
		no := &noIDs[i]
		if !fits(no.Pattern, s) {
			continue
		}
		code, what := contract.SubPlaceholder, fmt.Sprintf("is no id, but what stands for none (%s): find out why the member's id is missing", no.Writer)
		if no.MayBeReal {
			code = contract.SubZero
			what += "; if a member of your site really has this id, say so by SubjectCanReallyBe"
		}
		return because(code, what, ErrNoID)
	}
	return nil
}

// fits matches a pattern of [contract.NoID].
func fits(pattern, s string) bool {
	for i := range len(pattern) {
		if pattern[i] == '*' {
			for rest := pattern[i+1:]; ; s = s[1:] {
				if fits(rest, s) {
					return true
				}
				if s == "" {
					return false
				}
			}
		}
		if s == "" || pattern[i] != '?' && pattern[i] != lower(s[0]) {
			return false
		}
		s = s[1:]
	}
	return s == ""
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}
