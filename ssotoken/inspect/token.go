package inspect

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// Token judges a token. It takes the text as it is: a line ending after the
// token is a finding.
func Token(token string, o Options) *Report {
	j := newJudge(o)
	j.token(token)
	j.settle()
	return j.Report
}

func (j *judge) token(token string) {
	j.Size = len(token)
	if len(token) > contract.MaxToken {
		j.find(TokenTooLarge, PartToken, "", fmt.Sprintf("has %d bytes, over the limit of %d", len(token), contract.MaxToken))
		return
	}
	j.Kind = kindOf(token)
	if dots := strings.Count(token, "."); dots != 2 {
		j.find(tokenParts, PartToken, "", "has "+count(dots+1, "part")+j.because())
		return
	}
	parts := strings.Split(token, ".")
	header, okHeader := j.decode(PartHeader, parts[0])
	payload, okPayload := j.decode(PartPayload, parts[1])
	signature, okSignature := j.decode(PartSignature, parts[2])

	if okHeader {
		j.header(header)
	}
	if okSignature {
		j.signature(token[:strings.LastIndexByte(token, '.')], signature)
		j.Signature.Start = parts[2][:min(6, len(parts[2])/4)]
	}
	j.findIf(j.options.Key.IsZero(), SignatureUnchecked, PartSignature, "", "was not checked: no key was given")
	if okPayload {
		j.payload(payload)
	}
}

// because ends a message that the kind of the text explains.
func (j *judge) because() string {
	if j.Kind == "" {
		return ""
	}
	return ": this is " + j.Kind
}

func (j *judge) header(data []byte) {
	entries, ok := j.object(PartHeader, headerJSON, data)
	if !ok {
		return
	}
	j.Header = entries
	if _, ok := lookup(entries, "alg"); !ok {
		j.find(AlgNotHS256, PartHeader, "alg", "is missing")
	}
	for i := range entries {
		e := &entries[i]
		text, _ := e.Text()
		code, message := headerUnknown, "is a field that a community does not read"
		switch e.Name {
		case "alg":
			code, message = AlgNotHS256, differs(text, contract.Alg)
		case "typ":
			code, message = TypNotJWT, differs(text, contract.Typ)
		case "crit":
			code, message = critUnknown, "declares extensions"
		}
		j.findIf(message != "", code, PartHeader, jsonPath(e.Name), message)
		e.Verdict, e.Rule = Pass, RuleOf(code)
	}
}

func differs(text, want string) string {
	if text == want {
		return ""
	}
	return "is not " + want + ", in these letters"
}

// signature checks with HS256 or not at all: alg never chooses the algorithm.
func (j *judge) signature(signingInput string, signature []byte) {
	if len(signature) != sha256.Size {
		j.find(SignatureLength, PartSignature, "", "has "+count(len(signature), "byte")+j.because())
		return // it fits no key
	}
	if j.options.Key.IsZero() || j.Has(AlgNotHS256) || j.Has(headerJSON) || len(j.Header) == 0 {
		return
	}
	err := jwt.SigningMethodHS256.Verify(signingInput, signature, []byte(j.options.Key.Reveal()))
	if err != nil {
		j.Signature.State = Wrong
		j.find(SignatureWrong, PartSignature, "", "does not fit the key")
		return
	}
	j.Signature.State = Verified
}

func (j *judge) payload(data []byte) {
	entries, ok := j.object(PartPayload, payloadJSON, data)
	if !ok {
		return
	}
	j.Claims = entries
	largest := 0
	for i := range entries {
		e := &entries[i]
		e.describe()
		if e.Size > largest {
			largest, j.Largest = e.Size, e.Name
		}
	}
	j.times()
	j.texts()
	j.spaces()
	j.others()
	if j.Accepted() {
		j.effects()
	}
}
