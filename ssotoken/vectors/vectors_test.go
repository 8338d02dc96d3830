package vectors_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

func TestTokensAreThoseThatOtherLibrariesMake(t *testing.T) {
	for _, v := range vectorsOf(t, "mint") {
		t.Run(v.Name, func(t *testing.T) {
			o := v.options(t)
			signer, err := ssotoken.New(ssotoken.Config{
				Community: "community.example.com", Key: o.Key,
				Lifetime: time.Duration(v.Lifetime) * time.Second, Now: func() time.Time { return o.Now },
			})
			if err != nil {
				t.Fatal(err)
			}
			claims, err := memberOf(t, v.Member).Build()
			if err != nil {
				t.Fatal(err)
			}
			token, err := signer.Sign(t.Context(), claims)
			if err != nil {
				t.Fatal(err)
			}
			for whose, jwt := range map[string]string{"ours": token.JWT(), "theirs": v.Token} {
				if err := inspect.Token(jwt, o).Err(); err != nil {
					t.Errorf("%s is refused: %v", whose, err)
				}
			}
			for i, part := range []string{"header", "claims"} {
				if diff := cmp.Diff(decodeAs[any](t, decodedPart(t, v.Token, i)), decodeAs[any](t, decodedPart(t, token.JWT(), i))); diff != "" {
					t.Errorf("%s (-theirs +ours):\n%s", part, diff)
				}
			}
			theirs, ours := decodedPart(t, v.Token, 1), decodedPart(t, token.JWT(), 1)
			if diff := cmp.Diff(decodeAs[any](t, v.Claims), decodeAs[any](t, theirs)); diff != "" {
				t.Errorf("claims (-listed +theirs):\n%s", diff)
			}
			if same := token.JWT() == v.Token; same != (v.Expect == "same bytes") {
				t.Errorf("equal byte for byte: %t, which is not %s (-theirs +ours):\n%s", same, v.Expect, cmp.Diff(string(theirs), string(ours)))
			}
		})
	}
}

func decodedPart(t *testing.T, token string, i int) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[i])
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestTokensOfOtherLibrariesAreJudgedAsWritten(t *testing.T) {
	for _, v := range vectorsOf(t, "judge") {
		t.Run(v.Name, func(t *testing.T) {
			o := v.options(t)
			report := inspect.Token(v.Token, o)
			found := map[inspect.Verdict][]contract.Code{}
			for _, f := range report.Findings {
				if !slices.Contains(found[f.Verdict], f.Code) {
					found[f.Verdict] = append(found[f.Verdict], f.Code)
				}
			}
			if diff := cmp.Diff(v.RefusedFor, found[inspect.Fail], cmpopts.SortSlices(strings.Compare)); diff != "" {
				t.Errorf("refused for (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(v.WarnedOf, found[inspect.Warn], cmpopts.SortSlices(strings.Compare)); diff != "" {
				t.Errorf("warned of (-want +got):\n%s", diff)
			}
			v.logsIn(t, o, report)
		})
	}
}

// stored is what a community keeps of a member.
type stored struct {
	ExternalID, Name, Email, Tagline, Picture string
	Spaces                                    []string
	Fields                                    map[string]any
}

// logsIn takes the token to a fake community that has every space and custom
// field which the token may name.
func (v *vector) logsIn(t *testing.T, o inspect.Options, report *inspect.Report) {
	t.Helper()
	var want stored
	if v.Stored != nil {
		want = decodeAs[stored](t, v.Stored)
	}
	settings := ssotest.Settings{Key: o.Key}
	if report.Accepted() { // else it may name a space or a field twice
		for _, space := range slices.Concat(report.Spaces.Join, report.Spaces.Leave) {
			settings.Spaces = append(settings.Spaces, ssotest.Space{ID: space.ID})
		}
		for _, claim := range report.CustomFields() {
			settings.CustomFields = append(settings.CustomFields, ssotest.CustomField{Name: claim.Name, ExternalKeys: []string{claim.Name}})
		}
	}
	community, err := ssotest.NewHandler(ssotest.Config{Settings: settings, Now: func() time.Time { return o.Now }})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+contract.SSOPath+"?jwt="+url.QueryEscape(v.Token), nil)
	r.RemoteAddr = "127.0.0.1:1"
	community.ServeHTTP(httptest.NewRecorder(), r)
	login := community.Attempts()[0]
	for _, code := range v.RefusedFor {
		if !errors.Is(login.Err, code) {
			t.Errorf("the fake returns %v, want %s", login.Err, code)
		}
	}
	if v.Expect == "refused" {
		if login.Status < 400 || len(community.Members()) > 0 {
			t.Errorf("the fake answers %d and has %d members", login.Status, len(community.Members()))
		}
		return
	}
	if login.Err != nil {
		t.Fatalf("the fake refuses it: %v", login.Err)
	}
	m := login.After
	got := stored{m.ExternalID, m.Name, m.Email, m.Tagline, m.Picture, m.Spaces, map[string]any{}}
	for name, value := range m.Fields {
		got.Fields[name] = decodeAs[any](t, []byte(value))
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the member (-want +got):\n%s", diff)
	}
}

func TestEveryRuleThatRefusesATokenHasAVector(t *testing.T) {
	have := map[contract.Code]bool{}
	for _, v := range vectorsOf(t, "judge") {
		for _, code := range v.RefusedFor {
			have[code] = true
		}
	}
	rules := inspect.Rules()
	for _, rule := range rules {
		if rule.Area == inspect.AreaToken && rule.Verdict == inspect.Fail && !have[rule.Code] {
			t.Errorf("no vector for %s", rule.Code)
		}
	}
}

func TestNoVectorAsksWhatAnotherDoes(t *testing.T) {
	type question struct {
		kind, key, member, token, input string
		now, lifetime                   int64
	}
	names, asked := map[string]bool{}, map[question]string{}
	for _, kind := range []string{"mint", "judge", "signature"} {
		for _, v := range vectorsOf(t, kind) {
			if names[v.Name] {
				t.Errorf("two vectors are named %s", v.Name)
			}
			names[v.Name] = true
			q := question{kind, v.Key + v.KeyBase64URL, string(v.Member), v.Token, v.SigningInput, v.Now, v.Lifetime}
			if other, repeated := asked[q]; repeated {
				t.Errorf("%s asks what %s does", v.Name, other)
			}
			asked[q] = v.Name
		}
	}
}
