package inspect

import (
	"fmt"
	"strconv"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// nbf is not sent, but read by libraries.
const nbf = "nbf"

func (j *judge) times() {
	const skew, longest, advised = int64(contract.Skew / time.Second), int64(contract.MaxLifetime / time.Second),
		int64(contract.DefaultLifetime / time.Second)
	now := j.Now.Unix()
	find := func(code contract.Code, name, message string) { j.find(code, PartPayload, name, message) }

	iat, hasIat := j.second(contract.Iat, iatNotInteger, iatMilliseconds)
	if _, ok := j.Claim(contract.Iat); !ok {
		find(IatMissing, contract.Iat, "is missing: nobody can see how long the token was meant to live")
	}
	if hasIat {
		j.IssuedAt = time.Unix(iat, 0).UTC()
		if iat > now+skew {
			find(IatFuture, contract.Iat, "is in the future: compare the clocks")
		}
	}

	exp, hasExp := j.second(contract.Exp, expNotInteger, ExpMilliseconds)
	if _, ok := j.Claim(contract.Exp); !ok {
		find(ExpMissing, contract.Exp, "is missing")
	}
	if hasExp {
		j.Expires = time.Unix(exp, 0).UTC()
		j.Left = j.Expires.Sub(j.Now)
		away := exp - now - skew
		life := away
		if hasIat {
			life = exp - iat
			if exp <= iat {
				find(expNotAfterIat, contract.Exp, "is not after iat")
			}
		}
		switch {
		case exp <= now:
			find(ExpExpired, contract.Exp, "has passed")
		case max(life, away) > longest:
			find(ExpTooFar, contract.Exp, fmt.Sprintf("is more than %v away, or after iat", contract.MaxLifetime))
		case life > advised:
			find(ExpOverAdvice, contract.Exp, fmt.Sprintf("is more than %v after the token was made", contract.DefaultLifetime))
		}
	}

	if _, ok := j.Claim(nbf); ok {
		find(nbfSent, nbf, "is there")
		if from, ok := j.second(nbf, nbfNotInteger, NbfFuture); ok && from > now {
			find(NbfFuture, nbf, "is in the future")
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
	n, err := strconv.ParseInt(string(e.Value), 10, 64)
	switch {
	case err != nil || n < 0:
		j.find(notInteger, PartPayload, name, "is not a number of seconds since 1970, whole and without quotes")
	case n > contract.LastSecond:
		j.find(milliseconds, PartPayload, name, "is in milliseconds")
	default:
		return n, true
	}
	return 0, false
}
