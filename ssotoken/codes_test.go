package ssotoken_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

func TestEachRefusedFieldHasItsCode(t *testing.T) {
	tests := []struct {
		builder *ssotoken.ClaimsBuilder
		code    contract.Code
	}{
		{ada().Subject(""), "sub-missing"},
		{ada().Subject(times("x", 51)), "sub-too-long"},
		{ada().Subject("a "), "malformed"},
		{ada().Subject("a\x00"), "control-character"},
		{ada().Subject("0"), "sub-zero"},
		{ada().Subject("<nil>"), "sub-placeholder"},
		{ada().Name(" "), "name-missing"},
		{ada().Name("\xff"), "encoding"},
		{ada().VerifiedEmail(""), "email-missing"},
		{ada().VerifiedEmail("x"), "email-malformed"},
		{ada().VerifiedEmail(times("x", 190) + "@example.com"), "email-too-long"},
		{ada().VerifiedEmail("a\u200b@b"), "email-malformed"},
		{ada().Picture("/x"), "picture-not-http"},
		{ada().Picture("https://a/b c"), "picture-not-http"},
		{ada().Picture("https://a/" + times("b", 2048)), "too-long"},
		{ada().Picture("https:///x"), "picture-not-http"},
		{ada().Picture("https://a@b/"), "picture-userinfo"},
		{ada().Spaces(spaces.Add("a b")), "space-ids-malformed"},
		{ada().Spaces(spaces.Apply(spaces.Join("a b"))), "spaces-malformed"},
		{ada().Spaces(spaces.Apply(spaces.Join("a"), spaces.Leave("a"))), "spaces-join-and-leave"},
		{ada().Spaces(spaces.Replace()), "spaces-replace-nothing"},
		{ada().Custom(customfields.Of(customfields.Text("sub", ""))), "claim-reserved"},
		{ada().Custom(customfields.Of(customfields.Text("a", ""), customfields.Text("a", ""))), "duplicate-name"},
		{ada().Custom(customfields.Of(customfields.Text("", ""))), "custom-key-empty"},
		{ada().Custom(customfields.Of(customfields.Text("a ", ""))), "custom-key-malformed"},
		{ada().Custom(customfields.Of(customfields.Number("a", math.NaN()))), "custom-value"},
	}
	for _, tt := range tests {
		_, err := tt.builder.Build()
		var refused *ssotoken.ClaimsError
		if !errors.As(err, &refused) || len(refused.Fields) != 1 {
			t.Fatalf("%s: got %v", tt.code, err)
		}
		if got := ssotoken.CodeOf(refused.Fields[0]); got != tt.code {
			t.Errorf("%v: got code %s, want %s", err, got, tt.code)
		}
		if ssotoken.CodeOf(err) != "claims-refused" {
			t.Errorf("the list of them has code %s", ssotoken.CodeOf(err))
		}
	}
}

func TestEachOtherErrorHasItsCode(t *testing.T) {
	_, settings := ssotoken.New(ssotoken.Config{})
	for code, err := range map[contract.Code]error{
		"": nil, "other": errors.New("x"), "settings-refused": settings, "no-claims": contract.NoClaims,
		"no-session": ssotoken.ErrNoSession,
		"clock":      contract.Clock, "url-too-long": contract.URLTooLong.Errorf("x"), "return-path": ssotoken.ErrReturnPath,
		"loop":           ssotoken.ErrLoop,
		"not-navigation": ssotoken.ErrNotNavigation, "cancelled": context.Canceled,
		"key-missing": contract.KeyMissing, "key-placeholder": contract.KeyPlaceholder,
		"key-quoted": contract.KeyQuoted, "key-space": contract.KeySpace, "key-too-short": contract.KeyTooShort,
		"range": contract.Range, "user-info": contract.UserInfo,
	} {
		wrapped := err
		if err != nil {
			wrapped = fmt.Errorf("while logging in: %w", err)
		}
		if got := ssotoken.CodeOf(wrapped); got != code {
			t.Errorf("%v: got %q, want %q", err, got, code)
		}
	}
}
