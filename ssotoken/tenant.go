package ssotoken

import (
	"errors"
	"net/http"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A signer and the claims that it signs name one tenant, or neither names any:
// each got it from another place, the request and the member's record, so that a
// member of one tenant is not logged in to the community of another.

// wrongTenant says what to correct, without the tenants: they may be private.
func wrongTenant(ofClaims, ofSigner string) error {
	switch {
	case ofClaims == "":
		return because(contract.WrongTenant, "the claims name no tenant, and the signer signs for one: give ClaimsBuilder.Tenant that of the member's record")
	case ofSigner == "":
		return because(contract.WrongTenant, "the claims name a tenant, and the signer has none: set Config.Tenant")
	}
	return because(contract.WrongTenant, "the claims are of another tenant than the signer: find the member among those of the request's tenant")
}

// ofTenants checks what a site's own SignerFor gives.
func ofTenants(choose func(*http.Request) (*Signer, error)) func(*http.Request) (*Signer, error) {
	return func(r *http.Request) (*Signer, error) {
		signer, err := choose(r)
		switch {
		case err != nil:
			return nil, err
		case signer == nil:
			return nil, errNoSigner
		case signer.tenant == "":
			return nil, because(contract.MissingValue, "SignerFor gave a signer without a tenant: set Config.Tenant")
		}
		return signer, nil
	}
}

var errNoSigner = errors.New("SignerFor gave neither a signer nor an error")
