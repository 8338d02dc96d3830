package ssotoken_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/doctor"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

var update = flag.Bool("update", false, "write CODES.md")

func TestEachRefusedFieldHasItsCode(t *testing.T) {
	tests := []struct {
		builder *ssotoken.ClaimsBuilder
		code    string
	}{
		{ada().Subject(""), "sub-missing"},
		{ada().Subject(times("x", 51)), "sub-too-long"},
		{ada().Subject("a "), "malformed"},
		{ada().Subject("a\x00"), "control-character"},
		{ada().Name(" "), "name-missing"},
		{ada().Name("\xff"), "encoding"},
		{ada().VerifiedEmail(""), "email-missing"},
		{ada().VerifiedEmail("x"), "email-malformed"},
		{ada().VerifiedEmail(times("x", 190) + "@example.com"), "email-too-long"},
		{ada().Picture("/x"), "picture-not-http"},
		{ada().Picture("https:///x"), "picture-not-http"},
		{ada().Picture("https://a@b/"), "picture-userinfo"},
		{ada().Spaces(spaces.Add("")), "space-ids-malformed"},
		{ada().Spaces(spaces.Apply(spaces.Join("a b"))), "spaces-malformed"},
		{ada().Spaces(spaces.Add("a", "a")), "spaces-repeated"},
		{ada().Spaces(spaces.Apply(spaces.Join("a"), spaces.Leave("a"))), "spaces-join-and-leave"},
		{ada().Spaces(spaces.Replace()), "spaces-replace-nothing"},
		{ada().Custom(customfields.Of(customfields.Text("sub", ""))), "claim-reserved"},
		{ada().Custom(customfields.Of(customfields.Text("a", ""), customfields.Text("a", ""))), "duplicate-name"},
		{ada().Custom(customfields.Of(customfields.Text("", ""))), "custom-key-malformed"},
		{ada().Custom(customfields.Of(customfields.Number("a", math.NaN()))), "custom-value"},
	}
	shared := []string{"malformed", "encoding", "custom-key-malformed", "custom-value"} // that no token can show
	for _, tt := range tests {
		_, err := tt.builder.Build()
		var refused *ssotoken.ClaimsError
		if !errors.As(err, &refused) || len(refused.Fields) != 1 {
			t.Fatalf("%s: got %v", tt.code, err)
		}
		if got := ssotoken.Code(refused.Fields[0]); got != tt.code {
			t.Errorf("%v: got code %s, want %s", err, got, tt.code)
		}
		if ssotoken.Code(err) != "claims-refused" {
			t.Errorf("the list of them has code %s", ssotoken.Code(err))
		}
		if inspect.Code(tt.code).Rule().Code == "" && !slices.Contains(shared, tt.code) {
			t.Errorf("package inspect has no rule %s", tt.code)
		}
	}
}

func TestEachOtherErrorHasItsCode(t *testing.T) {
	_, settings := ssotoken.New(ssotoken.Config{})
	for code, err := range map[string]error{
		"": nil, "other": errors.New("x"), "settings-refused": settings, "no-claims": ssotoken.ErrNoClaims, "no-session": ssotoken.ErrNoSession,
		"clock": ssotoken.ErrClock, "url-too-long": &ssotoken.URLTooLongError{}, "return-path": ssotoken.ErrReturnPath, "loop": ssotoken.ErrLoop,
		"not-navigation": ssotoken.ErrNotNavigation, "cancelled": context.Canceled, "key-missing": ssotoken.ErrKeyMissing, "key-placeholder": ssotoken.ErrKeyPlaceholder,
		"key-quoted": ssotoken.ErrKeyQuoted, "key-space": ssotoken.ErrKeySpace, "key-too-short": ssotoken.ErrKeyTooShort, "range": ssotoken.ErrRange, "user-info": ssotoken.ErrUserInfo,
	} {
		wrapped := err
		if err != nil {
			wrapped = fmt.Errorf("while logging in: %w", err)
		}
		if got := ssotoken.Code(wrapped); got != code {
			t.Errorf("%v: got %q, want %q", err, got, code)
		}
	}
}

// CODES.md is the one table of codes: of errors, events, package inspect and
// package doctor. Write it with -update.
func TestTheTableOfCodesIsComplete(t *testing.T) {
	type row struct{ rule, source, mend, says string }
	rows := map[string]row{}
	for _, r := range doctor.Rules() {
		rows[string(r.Code)] = row{r.Sentence, string(r.Source), r.Mend, ""}
	}
	for _, r := range inspect.Rules() {
		if _, ok := rows[string(r.Code)]; !ok {
			rows[string(r.Code)] = row{rule: r.Sentence, source: string(r.Source)}
		}
	}
	for _, code := range ssotoken.ErrorCodes() {
		r := rows[code[0]]
		if r.says == "" {
			r.says = strings.TrimPrefix(code[1], "ssotoken: ")
		}
		rows[code[0]] = r
	}
	var out strings.Builder
	out.WriteString(`# Codes

The stable codes of what can be wrong, the same in ` + "`ssotoken.Code`, events, `inspect` and `doctor`" + `. Source: S the vendor's page on JWT SSO,
V another page of the vendor, P public code, D a decision of this project where nobody says. A code without a rule belongs to an error alone.

| code | rule | source | what to do | error |
| --- | --- | --- | --- | --- |
`)
	for _, code := range slices.Sorted(maps.Keys(rows)) {
		r := rows[code]
		cells := []string{"`" + code + "`", r.rule, r.source, r.mend, r.says}
		for i, cell := range cells {
			cells[i] = strings.ReplaceAll(cell, "|", `\|`)
		}
		out.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	if *update {
		if err := os.WriteFile("CODES.md", []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile("CODES.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(out.String(), string(written)); diff != "" {
		t.Errorf("CODES.md is stale: run go test ./ssotoken -run TableOfCodes -update (-want +got):\n%s", diff)
	}
}
