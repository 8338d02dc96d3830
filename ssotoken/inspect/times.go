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
	const skew, longest, advised = int64(contract.Skew / time.Second), int64(contract.MaxLifetime / time.Second),
		int64(contract.DefaultLifetime / time.Second)

	iat, hasIat := j.second(contract.Iat, iatNotInteger, iatMilliseconds)
	if _, ok := j.Claim(contract.Iat); !ok {
		j.find(IatMissing, PartPayload, contract.Iat, "is missing: nobody can see how long the token was meant to live")
	}
	if hasIat {
		j.IssuedAt = instant(iat)
		if iat > now+skew {
			j.find(IatFuture, PartPayload, contract.Iat, "is in the future: compare the clocks")
		}
	}

	exp, hasExp := j.second(contract.Exp, expNotInteger, ExpMilliseconds)
	if _, ok := j.Claim(contract.Exp); !ok {
		j.find(ExpMissing, PartPayload, contract.Exp, "is missing")
	}
	if hasExp {
		find := func(code contract.Code, message string) { j.find(code, PartPayload, contract.Exp, message) }
		if j.Expires = instant(exp); !j.Expires.IsZero() {
			j.Left = j.Expires.Sub(j.Now)
		}
		away := exp - now - skew
		life := away
		if hasIat {
			life = exp - iat
			if exp <= iat {
				find(expNotAfterIat, "is not after iat")
			}
		}
		switch {
		case exp <= now:
			find(ExpExpired, "has passed")
		case away > longest:
			find(ExpTooFar, fmt.Sprintf("is more than %v away", contract.MaxLifetime))
		case life > longest:
			find(ExpTooFar, fmt.Sprintf("is more than %v after iat", contract.MaxLifetime))
		case life > advised:
			find(ExpOverAdvice, fmt.Sprintf("is more than %v after the token was made", contract.DefaultLifetime))
		}
	}

	if e, ok := j.Claim("nbf"); ok {
		j.find(nbfSent, PartPayload, "nbf", "is there")
		if nbf, whole := wholeNumber(e.Value); !whole {
			j.find(nbfNotInteger, PartPayload, "nbf", notWhole(e.Value))
		} else if nbf > now {
			j.find(NbfFuture, PartPayload, "nbf", "is in the future")
		}
	}
}

// second reads a claim in seconds since 1970. It reports false if the claim is absent
// or no such number.
func (j *judge) second(name string, notInteger, milliseconds contract.Code) (int64, bool) {
	e, ok := j.Claim(name)
	if !ok {
		return 0, false
	}
	n, ok := wholeNumber(e.Value)
	switch {
	case !ok:
		j.find(notInteger, PartPayload, name, notWhole(e.Value))
	case n > contract.LastSecond:
		j.find(milliseconds, PartPayload, name, "is in milliseconds")
		ok = false
	}
	return n, ok
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
