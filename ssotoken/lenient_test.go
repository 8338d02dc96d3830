package ssotoken_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// tokenOf returns the payload of the token in a login URL.
func tokenOf(t *testing.T, login string) string {
	t.Helper()
	_, token, _ := strings.Cut(login, "?jwt=")
	token, _, _ = strings.Cut(token, "&")
	return payloadOf(t, token)
}

func lenient(t *testing.T, b *ssotoken.ClaimsBuilder) ssotoken.Claims {
	t.Helper()
	c, err := b.BuildLenient()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What a URL takes is counted to the byte.
func TestALenientLoginURLKeepsToItsLimit(t *testing.T) {
	signer := newSigner(t, func(c *ssotoken.Config) { c.MaxURL = 2000 })
	for n := 1280; n < 1350; n++ {
		c := lenient(t, ada().Tagline(times("x", n)).Picture("https://example.com/a.png"))
		login, err := signer.LoginURL(t.Context(), c, ssotoken.ReturnPath{})
		if err != nil || len(login) > 2000 {
			t.Fatalf("tagline of %d: %d bytes, %v", n, len(login), err)
		}
		text := tokenOf(t, login)
		if kept := strings.Contains(text, `"tagline"`); !strings.Contains(text, `"picture"`) ||
			!kept && len(login)+(n+len(`,"tagline":""`))*4/3 < 1995 {
			t.Fatalf("tagline of %d: kept %v, %s", n, kept, text)
		}
	}
}

func TestALenientLoginURLLosesTheLargestOptionalClaimsOnly(t *testing.T) {
	ids := strings.Fields(strings.Repeat("space ", 1))
	for i := range 40 {
		ids = append(ids, fmt.Sprintf("space-%03d", i))
	}
	big := customfields.Text("big", times("b", 900))
	tests := []struct {
		name    string
		builder *ssotoken.ClaimsBuilder
		max     int
		lost    []string // or the one that has to be shortened
		err     error
	}{
		{"it fits", ada().Tagline("t"), 2000, nil, nil},
		{"the tagline", ada().Tagline(times("x", 900)).Custom(customfields.Of(customfields.Text("small", "x"))), 1000, []string{"tagline"}, nil},
		{"the largest first", ada().Tagline(times("x", 800)).Custom(customfields.Of(big)), 1500, []string{"big"}, nil},
		{"as many as needed", ada().Tagline(times("x", 800)).Custom(customfields.Of(big)), 1000, []string{"big", "tagline"}, nil},
		{"a legacy name", ada().Custom(customfields.Of(customfields.Text("bio", times("b", 900)))), 1000, []string{"bio"}, nil},
		{"an object whole", ada().Custom(customfields.Of(customfields.Object("o", big))), 1000, []string{"o"}, nil},
		{"a key that needs escapes", ada().Custom(customfields.Of(customfields.Text(`a"\,:{`, times("b", 900)))), 1000, []string{`a"\,:{`}, nil},
		{"spaces never", ada().Tagline("t").Spaces(spaces.Add(ids...)), 500, []string{"spaceIds"}, contract.URLTooLong},
		{"a name never", ada().Name(times("n", 900)).Tagline(times("x", 901)), 500, []string{"name"}, contract.URLTooLong},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var event ssotoken.Event
			signer := newSigner(t, func(c *ssotoken.Config) { c.MaxURL = tt.max })
			c := lenient(t, tt.builder)
			login, err := signer.LoginURL(t.Context(), c, ssotoken.ReturnPath{})
			if !errors.Is(err, tt.err) || (err == nil) != (login != "") || len(login) > tt.max {
				t.Fatalf("got %d bytes, %v", len(login), err)
			}
			if err != nil {
				if at := new(ssotoken.FieldError); !errors.As(err, &at) || at.Field != tt.lost[0] {
					t.Errorf("to be shortened is %s, want %s", at.Field, tt.lost)
				}
				return
			}
			p := newPartner(t, func(*http.Request) (ssotoken.Claims, error) { return c, nil }, func(lc *ssotoken.LoginConfig) {
				lc.Signer, lc.Observe = signer, func(_ context.Context, e ssotoken.Event) { event = e }
			})
			p.answer(t, "GET", "/")
			var noted []string
			for _, n := range event.Notes {
				if errors.Is(n, contract.URLTooLong) && !errors.Is(n, ssotoken.ErrNormalized) {
					noted = append(noted, n.Field)
				}
			}
			if diff := cmp.Diff(tt.lost, noted); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsNotLenientIsNeverCut(t *testing.T) {
	signer := newSigner(t, func(c *ssotoken.Config) { c.MaxURL = 1000 })
	_, err := signer.LoginURL(t.Context(), build(t, ada().Tagline(times("x", 3000))), ssotoken.ReturnPath{})
	var at *ssotoken.FieldError
	if !errors.Is(err, contract.URLTooLong) || !errors.As(err, &at) || at.Field != "tagline" {
		t.Errorf("got %v", err)
	}
	token, err := signer.Sign(t.Context(), lenient(t, ada().Tagline(times("x", 3000))))
	if err != nil || !strings.Contains(payload(t, token), "tagline") {
		t.Errorf("a token alone has no limit: %v", err)
	}
}

// It takes about as long as to build the claims, or a hundred times as long if each field
// that is left out is looked for among all.
func TestLeavingOutManyFieldsIsLinear(t *testing.T) {
	signer := newSigner(t)
	fields := make([]customfields.Field, 50_000)
	for i := range fields {
		fields[i] = customfields.Text(fmt.Sprintf("field-%06d", i), times("x", 30+i%7))
	}
	const most = 25
	factor := 0.0
	for range 3 { // what else the machine does makes one slow, not all
		start := time.Now()
		c := lenient(t, ada().Custom(customfields.Of(fields...)))
		built := time.Now()
		login, err := signer.LoginURL(t.Context(), c, ssotoken.ReturnPath{})
		if factor = float64(time.Since(built)) / float64(built.Sub(start)); factor > most {
			continue
		}
		if err != nil || len(login) > contract.DefaultMaxURL || len(login) < contract.DefaultMaxURL*9/10 {
			t.Errorf("%d bytes, %v", len(login), err)
		}
		return
	}
	t.Errorf("%.0f times as long, want %d at most", factor, most)
}
