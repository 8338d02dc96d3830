package doctor_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/doctor"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

func TestEveryAddressOfTheSettingsIsHTTPS(t *testing.T) {
	report := examine(t, doctor.Config{SignUpURL: "http://www.example.com/sign-up", AccountSettingsURL: "http://www.example.com/account"})
	if diff := cmp.Diff([]inspect.Code{doctor.AddressNotHTTPS, doctor.AddressNotHTTPS}, codes(report)); diff != "" || report.Requests != 0 {
		t.Errorf("%d requests, codes (-want +got):\n%s", report.Requests, diff)
	}
}

func TestTheKeyAloneIsLookedAt(t *testing.T) {
	tests := []struct {
		name  string
		key   string
		codes []inspect.Code
	}{
		{"a good one", keyText, []inspect.Code{}},
		{"a weak one", keyText[:30], []inspect.Code{doctor.KeyWeak}},
		{"a sample", "{Your Private Key}", []inspect.Code{doctor.KeyPlaceholder}},
		{"a short one", "short", []inspect.Code{doctor.KeyTooShort}},
		{"one in quotes", `"` + keyText + `"`, []inspect.Code{doctor.KeyQuoted}},
		{"one with a line ending", keyText + "\n", []inspect.Code{doctor.KeySpace}},
		{"one that is no text", keyText + "\xff", []inspect.Code{doctor.KeyRefused}},
		{"none", "", []inspect.Code{doctor.KeyMissing}},
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

func TestEveryBadSettingIsReported(t *testing.T) {
	_, err := doctor.Check(t.Context(), doctor.Config{
		AuthorizationURL: "www.example.com/login", LogoutURL: "ftp://www.example.com", SignUpURL: "https://ada:secret@www.example.com", AccountSettingsURL: "https://www.example.com/#a",
		Community: "http://community.example.com", Cookie: "no-value", Key: newKey(t, keyText), KeySource: func(context.Context) (ssotoken.Key, error) { return ssotoken.Key{}, nil }, Timeout: -1,
	})
	var config *ssotoken.ConfigError
	if !errors.As(err, &config) {
		t.Fatalf("got %v", err)
	}
	var fields []string
	for _, f := range config.Fields {
		fields = append(fields, f.Field)
	}
	want := []string{"AuthorizationURL", "SignUpURL", "LogoutURL", "AccountSettingsURL", "Community", "Cookie", "KeySource", "Timeout"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
	if _, err := doctor.Check(t.Context(), doctor.Config{AuthorizationURL: "https://www.example.com/"}); !errors.As(err, &config) || config.Fields[0].Field != "Community" {
		t.Errorf("without a community: got %v", err)
	}
}

func TestEveryRuleHasASentenceAndAMend(t *testing.T) {
	seen := map[inspect.Code]bool{}
	for _, r := range doctor.Rules() {
		if r.Code == "" || r.Severity == "" || r.Source == "" || r.Sentence == "" || r.Mend == "" || seen[r.Code] {
			t.Errorf("incomplete or twice: %+v", r)
		}
		seen[r.Code] = true
	}
	if n := len(inspect.Rules()); len(seen) < n+20 {
		t.Errorf("%d rules, %d of them of package inspect", len(seen), n)
	}
}
