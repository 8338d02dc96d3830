package ssotest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// forge signs a token by the standard library alone, so that it can be as
// wrong as it is meant to be. The key is raw bytes.
func forge(header, claims map[string]any, key string) (string, error) {
	var parts []string
	for _, object := range []map[string]any{header, claims} {
		data, err := json.Marshal(object)
		if err != nil {
			return "", err
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString(data))
	}
	input := strings.Join(parts, ".")
	return input + "." + base64.RawURLEncoding.EncodeToString(sign(input, key)), nil
}

func sign(input, key string) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(input))
	return mac.Sum(nil)
}

// misread is misreadKey for a token that this community's key was found not to
// fit.
func (h *Handler) misread(token string, r *inspect.Report) string {
	if r.Signature.State != inspect.Wrong {
		return ""
	}
	h.mu.Lock()
	key, former := h.settings.Key, h.former
	h.mu.Unlock()
	if former.IsZero() {
		former = key
	}
	return misreadKey(token, key.Reveal(), former.Reveal())
}

// misreadKey says how a key was read by who signed a token that does not fit
// it, or nothing when none of the common ways explains it.
func misreadKey(token, key, former string) string {
	input, end := token, strings.LastIndexByte(token, '.')
	if end < 0 {
		return ""
	}
	input = token[:end]
	signature, err := base64.RawURLEncoding.DecodeString(token[end+1:])
	if err != nil {
		return ""
	}
	misreadings := []struct{ how, key string }{
		{"as it was before it was changed here", former},
		{"with a line feed after it, such as the last one of a file", key + "\n"},
		{"with a carriage return and a line feed after it, as files of Windows have", key + "\r\n"},
		{"with a space after it", key + " "},
		{"in double quotes", `"` + key + `"`},
		{"in single quotes", "'" + key + "'"},
		{"encoded by base64 once more", base64.StdEncoding.EncodeToString([]byte(key))},
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if decoded, err := encoding.DecodeString(key); err == nil {
			misreadings = append(misreadings, struct{ how, key string }{"decoded by base64", string(decoded)})
		}
	}
	if decoded, err := hex.DecodeString(key); err == nil {
		misreadings = append(misreadings, struct{ how, key string }{"decoded as hexadecimal digits", string(decoded)})
	}
	for _, m := range misreadings {
		if hmac.Equal(signature, sign(input, m.key)) {
			return m.how
		}
	}
	return ""
}
