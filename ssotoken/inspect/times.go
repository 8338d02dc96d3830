package inspect

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
)

// firstMilliseconds is the smallest time that is taken for one in
// milliseconds: as seconds it is in the year 5138, as milliseconds in 1973.
const firstMilliseconds = 1e11

func (j *judge) times() {
	now := j.Now.Unix()
	longest := int64(ssotoken.MaxLifetime / time.Second)
	skew := int64(Skew / time.Second)

	iat, hasIat := int64(0), false
	if e, ok := j.Claim("iat"); !ok {
		j.find(IatMissing, PartPayload, "iat", "is missing: nobody can see how long the token was meant to live")
	} else if iat, hasIat = wholeNumber(e.Value); !hasIat {
		j.find(IatNotInteger, PartPayload, "iat", notWhole(e.Value))
	} else if iat >= firstMilliseconds {
		hasIat = false
		j.find(IatMilliseconds, PartPayload, "iat", "is in milliseconds")
	} else {
		j.IssuedAt = instant(iat)
		if iat > now+skew {
			j.find(IatFuture, PartPayload, "iat", "is in the future: compare the clocks")
		}
	}

	j.expiry(now, longest, skew, iat, hasIat)

	if e, ok := j.Claim("nbf"); ok {
		nbf, whole := wholeNumber(e.Value)
		j.find(NbfSent, PartPayload, "nbf", "is there")
		switch {
		case !whole:
			j.find(NbfNotInteger, PartPayload, "nbf", notWhole(e.Value))
		case nbf > now:
			j.find(NbfFuture, PartPayload, "nbf", "is in the future")
		}
	}
}

func (j *judge) expiry(now, longest, skew, iat int64, hasIat bool) {
	e, ok := j.Claim("exp")
	if !ok {
		j.find(ExpMissing, PartPayload, "exp", "is missing")
		return
	}
	exp, whole := wholeNumber(e.Value)
	if !whole {
		j.find(ExpNotInteger, PartPayload, "exp", notWhole(e.Value))
		return
	}
	if exp >= firstMilliseconds {
		j.find(ExpMilliseconds, PartPayload, "exp", "is in milliseconds")
		return
	}
	if j.Expires = instant(exp); !j.Expires.IsZero() {
		j.Left = j.Expires.Sub(j.Now)
	}
	away := exp - now - skew
	life := away
	if hasIat {
		life = exp - iat
		if exp <= iat {
			j.find(ExpNotAfterIat, PartPayload, "exp", "is not after iat")
		}
	}
	switch {
	case exp <= now:
		j.find(ExpExpired, PartPayload, "exp", "has passed")
	case away > longest:
		j.find(ExpTooFar, PartPayload, "exp", "is more than an hour away")
	case life > longest:
		j.find(ExpTooFar, PartPayload, "exp", "is more than an hour after iat")
	case life > int64(ssotoken.DefaultLifetime/time.Second):
		j.find(ExpOverAdvice, PartPayload, "exp", "is more than 60 seconds after the token was made")
	}
}

// instant is the zero time for one before 1970, which no clock gave.
func instant(seconds int64) time.Time {
	if seconds < 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// wholeNumber reads a JSON number that is spelled as an integer. One beyond
// int64 reads as the nearest int64.
func wholeNumber(raw json.RawMessage) (int64, bool) {
	digits := strings.TrimPrefix(string(raw), "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil && raw[0] == '-' {
		return math.MinInt64 / 2, true
	}
	if err != nil {
		return math.MaxInt64 / 2, true
	}
	return n, true
}

func notWhole(raw json.RawMessage) string {
	switch c := raw[0]; {
	case c == '"':
		return "is a string"
	case c == '-' || '0' <= c && c <= '9':
		return "has a fraction or an exponent"
	}
	return "is not a number"
}
