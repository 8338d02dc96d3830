package interop_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
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

const (
	minted   = 300 // members whose tokens each library makes
	everyNth = 10  // one of so many logs in to the fake
)

func TestTheFakeTakesWhatOtherLibrariesMake(t *testing.T) {
	key, err := ssotoken.NewKey(keyText)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	var input bytes.Buffer
	lines := json.NewEncoder(&input)
	lines.SetEscapeHTML(false)
	if err := lines.Encode(map[string]string{"key": keyText}); err != nil {
		t.Fatal(err)
	}
	var want []map[string]any
	for i := range minted {
		m := member{rand.New(rand.NewPCG(2, uint64(i))), map[string]any{"iat": now.Unix(), "exp": now.Add(time.Minute).Unix()}, map[string]bool{}}
		m.builder()
		claims, err := json.Marshal(m.want)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, decode[map[string]any](t, claims))
		if err := lines.Encode(m.want); err != nil {
			t.Fatal(err)
		}
	}
	for _, maker := range [][]string{{"node", "jsonwebtoken/mint.js"}, {"/usr/bin/python3", "pyjwt/mint.py"},
		{"/usr/bin/ruby", "ruby-jwt/mint.rb"}} {
		t.Run(maker[1], func(t *testing.T) {
			tokens := strings.Fields(run(t, input.Bytes(), maker...))
			if len(tokens) != minted {
				t.Fatalf("%d tokens, want %d", len(tokens), minted)
			}
			for i, token := range tokens {
				report := inspect.Token(token, inspect.Options{Key: key, Now: now})
				if err := report.Err(); err != nil {
					t.Errorf("member %d is refused: %v", i, err)
				}
				got := map[string]any{}
				for _, claim := range report.Claims {
					got[claim.Name] = decode[any](t, claim.Value)
				}
				if diff := cmp.Diff(want[i], got); diff != "" {
					t.Errorf("member %d (-want +got):\n%s", i, diff)
				}
				if i%everyNth == 0 {
					expectLogin(t, token, report, want[i])
				}
			}
		})
	}
}

// expectLogin logs in to a fake community that has every space and custom field
// of the token, and checks the member.
func expectLogin(t *testing.T, token string, report *inspect.Report, claims map[string]any) {
	t.Helper()
	key, err := ssotoken.NewKey(keyText)
	if err != nil {
		t.Fatal(err)
	}
	settings := ssotest.Settings{Key: key}
	want := ssotest.Member{Fields: map[string]string{}}
	for _, space := range report.Spaces.Join {
		settings.Spaces = append(settings.Spaces, ssotest.Space{ID: space.ID})
		want.Spaces = append(want.Spaces, space.ID)
	}
	slices.Sort(want.Spaces)
	for _, space := range report.Spaces.Leave {
		settings.Spaces = append(settings.Spaces, ssotest.Space{ID: space.ID})
	}
	for _, claim := range report.CustomFields() {
		settings.CustomFields = append(settings.CustomFields, ssotest.CustomField{Name: claim.Name, ExternalKeys: []string{claim.Name}})
		want.Fields[claim.Name] = string(claim.Value)
	}
	for name, field := range map[string]*string{"sub": &want.ExternalID, "name": &want.Name, "email": &want.Email,
		"tagline": &want.Tagline, "picture": &want.Picture} {
		*field, _ = claims[name].(string)
	}
	community := ssotest.NewCommunity(t, ssotest.Config{Settings: settings, Now: func() time.Time { return report.Now }})
	res, err := http.Get(community.URL + contract.SSOPath + "?jwt=" + token)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	got, _ := community.Member(want.ExternalID)
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(ssotest.Member{}, "ID"), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s: the member (-want +got):\n%s", res.Status, diff)
	}
}

func decode[T any](t *testing.T, raw []byte) T {
	t.Helper()
	var value T
	if err := json.Unmarshal(raw, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestMakingTheVectorsAgainChangesNothing(t *testing.T) {
	written, err := os.ReadFile("../../vectors/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	made := run(t, nil, "/usr/bin/python3", "../../vectors/makers/make.py")
	wantVersions, want := tokensByMaker(t, written)
	gotVersions, got := tokensByMaker(t, []byte(made))
	for maker := range wantVersions {
		t.Run(maker, func(t *testing.T) {
			// Another version may write other bytes for the same claims.
			if was, is := wantVersions[maker], gotVersions[maker]; was != is {
				t.Skipf("the vectors are by version %s, but %s is installed", was, is)
			}
			if diff := cmp.Diff(want[maker], got[maker]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if maps.Equal(wantVersions, gotVersions) && made != string(written) {
		t.Errorf("vectors.json is stale (-want +got):\n%s", cmp.Diff(made, string(written)))
	}
}

// tokensByMaker returns the versions of the makers, and what each made.
func tokensByMaker(t *testing.T, raw []byte) (versions map[string]string, tokens map[string][]string) {
	t.Helper()
	file := decode[struct {
		Makers  map[string]string
		Vectors []struct {
			Kind, Token string
			Makers      []string
		}
	}](t, raw)
	tokens = map[string][]string{}
	for _, v := range file.Vectors {
		for _, maker := range v.Makers {
			tokens[maker] = append(tokens[maker], v.Kind+" "+v.Token)
		}
	}
	for _, made := range tokens {
		slices.Sort(made) // another library's tokens may come between
	}
	return file.Makers, tokens
}
