package doctor_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

func TestEveryAddressOfTheSettingsIsHTTPS(t *testing.T) {
	report := examine(t, doctor.Config{SignUpURL: "http://www.example.com/sign-up", AccountSettingsURL: "http://www.example.com/account"})
	if diff := cmp.Diff([]contract.Code{doctor.AddressNotHTTPS, doctor.AddressNotHTTPS}, codes(report)); diff != "" || report.Requests != 0 {
		t.Errorf("%d requests, codes (-want +got):\n%s", report.Requests, diff)
	}
}

func TestTheKeyIsCheckedWithoutAnAddress(t *testing.T) {
	tests := []struct {
		name  string
		key   string
		codes []contract.Code
	}{
		{"a good one", keyText, []contract.Code{}},
		{"a weak one", keyText[:30], []contract.Code{doctor.KeyWeak}},
		{"a sample", "{Your Private Key}", []contract.Code{contract.KeyPlaceholder}},
		{"a reference", "op://vault/item/field", []contract.Code{contract.KeyReference}},
		{"one in an assignment", "SSO_KEY=" + keyText, []contract.Code{contract.KeyWrapped}},
		{"a long one", strings.Repeat("k", contract.MaxKey+1), []contract.Code{contract.KeyTooLong}},
		{"a short one", "short", []contract.Code{contract.KeyTooShort}},
		{"one in quotes", `"` + keyText + `"`, []contract.Code{contract.KeyQuoted}},
		{"one with a line ending", keyText + "\n", []contract.Code{contract.KeySpace}},
		{"one that is no text", keyText + "\xff", []contract.Code{doctor.KeyRefused}},
		{"none", "", []contract.Code{contract.KeyMissing}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			report := examine(t, doctor.Config{KeySource: func(context.Context) (ssotoken.Key, error) { return ssotoken.NewKey(tt.key) }})
			if diff := cmp.Diff(tt.codes, codes(report)); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
			if key, err := ssotoken.NewKey(tt.key); err == nil && report.KeyFingerprint != key.Fingerprint() {
				t.Errorf("got fingerprint %q", report.KeyFingerprint)
			}
		})
	}
}

// The Date header has whole seconds, so a clock that is late by 6 seconds may
// be late by 5 and a fraction. A negative lateness is a clock that is ahead.
func TestClocksMayDifferByASkew(t *testing.T) {
	for late, want := range map[time.Duration][]contract.Code{
		-5 * time.Second: {}, -6 * time.Second: {doctor.ClockDiffers}, 6 * time.Second: {}, 7 * time.Second: {doctor.ClockDiffers},
	} {
		p := newPartner()
		p.clock = noon.Add(-late)
		p.claims["iat"], p.claims["exp"] = p.clock.Unix(), p.clock.Unix()+60
		if diff := cmp.Diff(want, codes(examine(t, configFor(t, serve(t, p))))); diff != "" {
			t.Errorf("late by %v: codes (-want +got):\n%s", late, diff)
		}
	}
}

func TestEveryBadSettingIsReported(t *testing.T) {
	_, err := doctor.Check(t.Context(), doctor.Config{
		AuthorizationURL: "www.example.com/login", LogoutURL: "ftp://www.example.com", SignUpURL: "https://ada:secret@www.example.com",
		AccountSettingsURL: "https://www.example.com/#a",
		JSONURL:            "https:json", Community: "http://community.example.com", Cookie: "no-value", Bearer: "Bearer secret", Key: newKey(t,
			keyText), KeySource: func(context.Context) (ssotoken.Key, error) { return ssotoken.Key{}, nil }, Timeout: -1,
	})
	var config *ssotoken.ConfigError
	if !errors.As(err, &config) {
		t.Fatalf("got %v", err)
	}
	var fields []string
	for _, f := range config.Fields {
		fields = append(fields, f.Field)
	}
	want := []string{"AuthorizationURL", "JSONURL", "SignUpURL", "LogoutURL", "AccountSettingsURL", "Community", "Cookie", "Bearer",
		"KeySource", "Timeout"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
	for _, c := range []doctor.Config{{AuthorizationURL: "https://www.example.com/"}, {JSONURL: "https://www.example.com/"}} {
		if _, err := doctor.Check(t.Context(), c); !errors.As(err, &config) || config.Fields[0].Field != "Community" {
			t.Errorf("without a community: got %v", err)
		}
	}
}
