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
	iat, hasIat := j.second(contract.Iat, IatMissing, iatNotInteger, iatMilliseconds)
	if hasIat {
		j.IssuedAt = time.Unix(iat, 0).UTC()
		j.findIf(iat > now+skew, IatFuture, PartPayload, contract.Iat, "is in the future: compare the clocks")
	}
	exp, hasExp := j.second(contract.Exp, ExpMissing, expNotInteger, ExpMilliseconds)
	if hasExp {
		j.Expires = time.Unix(exp, 0).UTC()
		j.Left = j.Expires.Sub(j.Now)
		away := exp - now - skew
		life := away
		if hasIat {
			life = exp - iat
		}
		j.findIf(hasIat && exp <= iat, expNotAfterIat, PartPayload, contract.Exp, "is not after iat")
		switch {
		case exp <= now:
			j.find(ExpExpired, PartPayload, contract.Exp, "has passed")
		case max(life, away) > longest:
			j.find(ExpTooFar, PartPayload, contract.Exp, fmt.Sprintf("is more than %v away, or after iat", contract.MaxLifetime))
		case life > advised:
			j.find(ExpOverAdvice, PartPayload, contract.Exp,
				fmt.Sprintf("is more than %v after the token was made", contract.DefaultLifetime))
		}
	}
	if _, ok := j.Claim(nbf); ok {
		j.find(nbfSent, PartPayload, nbf, "is there")
		from, ok := j.second(nbf, "", nbfNotInteger, NbfFuture)
		j.findIf(ok && from > now, NbfFuture, PartPayload, nbf, "is in the future")
	}
}

// second reads a claim in seconds since 1970. It reports false if the claim is missing
// or no such number.
func (j *judge) second(name string, missing, notInteger, milliseconds contract.Code) (int64, bool) {
	e, ok := j.Claim(name)
	n, err := strconv.ParseInt(string(e.Value), 10, 64)
	switch {
	case !ok:
		j.find(missing, PartPayload, name, "is missing")
	case err != nil || n < 0:
		j.find(notInteger, PartPayload, name, "is not a number of seconds since 1970, whole and without quotes")
	case n > contract.LastSecond:
		j.find(milliseconds, PartPayload, name, "is in milliseconds")
	default:
		return n, true
	}
	return 0, false
}
