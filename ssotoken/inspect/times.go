package inspect

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

func (j *judge) times() {
	now := j.Now.Unix()
	longest := int64(contract.MaxLifetime / time.Second)
	skew := int64(contract.Skew / time.Second)

	iat, hasIat := int64(0), false
	if e, ok := j.Claim(contract.Iat); !ok {
		j.find(IatMissing, PartPayload, contract.Iat, "is missing: nobody can see how long the token was meant to live")
	} else if iat, hasIat = wholeNumber(e.Value); !hasIat {
		j.find(IatNotInteger, PartPayload, contract.Iat, notWhole(e.Value))
	} else if iat > contract.LastSecond {
		hasIat = false
		j.find(IatMilliseconds, PartPayload, contract.Iat, "is in milliseconds")
	} else {
		j.IssuedAt = instant(iat)
		if iat > now+skew {
			j.find(IatFuture, PartPayload, contract.Iat, "is in the future: compare the clocks")
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
	e, ok := j.Claim(contract.Exp)
	if !ok {
		j.find(ExpMissing, PartPayload, contract.Exp, "is missing")
		return
	}
	exp, whole := wholeNumber(e.Value)
	if !whole {
		j.find(ExpNotInteger, PartPayload, contract.Exp, notWhole(e.Value))
		return
	}
	if exp > contract.LastSecond {
		j.find(ExpMilliseconds, PartPayload, contract.Exp, "is in milliseconds")
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
			j.find(ExpNotAfterIat, PartPayload, contract.Exp, "is not after iat")
		}
	}
	switch {
	case exp <= now:
		j.find(ExpExpired, PartPayload, contract.Exp, "has passed")
	case away > longest:
		j.find(ExpTooFar, PartPayload, contract.Exp, fmt.Sprintf("is more than %v away", contract.MaxLifetime))
	case life > longest:
		j.find(ExpTooFar, PartPayload, contract.Exp, fmt.Sprintf("is more than %v after iat", contract.MaxLifetime))
	case life > int64(contract.DefaultLifetime/time.Second):
		j.find(ExpOverAdvice, PartPayload, contract.Exp, fmt.Sprintf("is more than %v after the token was made", contract.DefaultLifetime))
	}
}

// instant returns the zero time for a time before 1970, which no clock shows.
func instant(seconds int64) time.Time {
	if seconds < 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// wholeNumber reads a JSON number that is spelled as an integer. One beyond
// int64 reads as half of the nearest int64, so that sums don't overflow.
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
