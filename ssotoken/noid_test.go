package ssotoken_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// noIDTexts are what programs write; the contract has them, and no pattern.
var noIDTexts = strings.Split("0|-1|NA|null|NULL|nil|<nil>|undefined|None|NaN|nan|NaT|<NA>|"+
	"\\N|(null)|[NULL]|#N/A|#REF!|#NAME?|#VALUE!|#NULL!|#DIV/0!|#NUM!|N/A|"+
	"-1.#IND|<no value>|{0 false}|01/01/0001 00:00:00|0000-00-00|"+
	"Optional.empty|[object Object]|System.Object|%!s(<nil>)|%!d(MISSING)|{}|[]|true|False|AnonymousUser|"+
	"%!d(string=)|{id}|${user.id}|{{user.id}}|${userId}|%s|"+
	"00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff|000000000000000000000000|0001-01-01 00:00:00 +0000 UTC", "|")

func TestASubjectThatStandsForNoIDIsRefused(t *testing.T) {
	for _, id := range noIDTexts {
		if _, ok := contract.NoIDOf(id); !ok {
			t.Errorf("the contract does not have %q", id)
		}
	}
	for _, no := range contract.NoIDs() {
		want := contract.SubPlaceholder
		if no.MayBeReal {
			want = contract.SubZero
		}
		for name, build := range map[string]func(*ssotoken.ClaimsBuilder) (ssotoken.Claims, error){
			"Build": (*ssotoken.ClaimsBuilder).Build, "BuildLenient": (*ssotoken.ClaimsBuilder).BuildLenient,
		} {
			_, err := build(ada().Subject(no.Text))
			expectOnly(t, err, contract.Sub, want)
			if strings.Contains(err.Error(), "AllowSubject") != no.MayBeReal {
				t.Errorf("%s of %q: got %v, want %s", name, no.Text, err, want)
			}
		}
		if report := judged(t, map[string]string{contract.Sub: no.Text}); !report.Has(want) || report.Accepted() != no.MayBeReal {
			t.Errorf("the judge finds %v in %q", report.Findings, no.Text)
		}
	}
}

func TestAnIDThatOnlyLooksLikeNoneIsTaken(t *testing.T) {
	for _, id := range []string{
		"1", "10", "007", "100", "0x1", "0-1", "user0", "user-0", "a", "ada", "Nan Goldin", "nullable", "null-7", "nil1",
		"undefined-behaviour", "none.such", "falsehood", "true7", "-2", "1.0", "NaN-1",
		"00000000-0000-0000-0000-000000000001", "000000000000000000000001", "6f9619ff-8b86-d011-b42d-00c04fc964ff",
		"{6F9619FF-8B86-D011-B42D-00C04FC964FF}", "urn:uuid:6f9619ff-8b86-d011-b42d-00c04fc964ff",
		"507f1f77bcf86cd799439011", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "0x52908400098527886E0F7030069857D2E4169EE7", "0xc0001234567",
		"auth0|5f7c8ec7c33c6c004bbafe82", "waad|x_Y-z", "a%b", "100%", "%20", "50%!", "ada@example.com",
		"org/ada", "tenant:7", "S-1-5-21-1180699209-877415012-3182924384-1004", "uid=ada,ou=people", "😀", "李", "+1", "$1", "{7}",
		"#7", "<7", "7>", "java.util", "map", "&", "(7", "[7", "objectObject",
		"(42)", "[7]", "<7>", "{7}", "{7 8}", "{a:b}", "none", "Null", "Nil", "nAn", "Optional", "user_id", "#7!", "N", "R/A",
		"0x0f", "00", "-7", "[object]", "null@example",
	} {
		if c, err := ada().Subject(id).Build(); err != nil || c.Subject() != id {
			t.Errorf("%q: got %v", id, err)
		}
		if codes := mistakes(judged(t, map[string]string{contract.Sub: id})); codes != nil {
			t.Errorf("the judge finds %v in %q", codes, id)
		}
	}
}

func TestASiteWithAUser0SaysSoAndNothingElseIsLetIn(t *testing.T) {
	community := ssotest.NewCommunity(t, ssotest.Config{Now: clock, Settings: ssotest.Settings{Key: newKey(t)}})
	c, err := ada().Subject("0").AllowSubject("0").Build()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := http.Get(community.URL + contract.SSOPath + "?" + contract.JWT + "=" + sign(t, c).JWT()); err != nil {
		t.Fatal(err)
	}
	if _, ok := community.Member("0"); !ok {
		t.Error("the community has no member 0")
	}
	if c, err := ada().Subject("None").AllowSubject("None").Build(); err != nil || c.Subject() != "None" {
		t.Errorf("a user None: got %v", err)
	}
	for _, tt := range []struct{ id, real string }{{"-1", "0"}, {"<nil>", "0"}, {"0", ""}, {"00000000-0000-0000-0000-000000000000",
		"0"}, {"None", "none"}} {
		_, err := ada().Subject(tt.id).AllowSubject(tt.real).Build()
		if !errors.Is(err, contract.SubPlaceholder) && !errors.Is(err, contract.SubZero) {
			t.Errorf("%q where there is a %q: got %v", tt.id, tt.real, err)
		}
	}
	if _, err := ada().Subject("").AllowSubject("").Build(); !errors.Is(err, contract.SubMissing) {
		t.Errorf("no id at all: got %v", err)
	}
}
