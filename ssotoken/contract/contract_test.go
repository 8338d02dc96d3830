package contract_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

func TestTheLimitsAreThoseOfTheVendorAndOurs(t *testing.T) {
	limits := map[string]any{
		"sub": contract.MaxSub, "email": contract.MaxEmail, "number": contract.MaxInteger, "depth": contract.MaxDepth,
		"lifetime": contract.DefaultLifetime, "shortest": contract.MinLifetime, "longest": contract.MaxLifetime,
		"skew": contract.Skew, "last second": int(contract.LastSecond),
		"URL": contract.DefaultMaxURL, "return path": contract.MaxReturnPath, "token": contract.MaxToken, "key": contract.MinKey,
		"strong key":  contract.StrongKey,
		"longest key": contract.MaxKey, "reload": contract.DefaultReload, "confirm": contract.ConfirmReload, "picture": contract.MaxPicture,
	}
	want := map[string]any{
		"sub": 50, "email": 200, "number": 9007199254740991, "depth": 16,
		"lifetime": time.Minute, "shortest": time.Second, "longest": time.Hour, "skew": 5 * time.Second, "last second": 99_999_999_999,
		"URL": 8000, "return path": 2000, "token": 16384, "key": 16, "strong key": 32,
		"longest key": 4096, "reload": 30 * time.Second, "confirm": time.Second, "picture": 2048,
	}
	if diff := cmp.Diff(want, limits); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The vendor's page lists its keys in this order, except iat and exp, which the
// signer adds at the end. RFC 7519, section 4.1, registers seven names.
func TestTheClaimsAreThoseOfTheVendorAndTheRFC(t *testing.T) {
	byStatus := map[contract.Status][]string{}
	for _, c := range contract.Claims() {
		byStatus[c.Status] = append(byStatus[c.Status], c.Name)
	}
	want := map[contract.Status][]string{
		contract.Required:   {"sub", "name", "email", "exp"},
		contract.Optional:   {"tagline", "picture", "spaceIds", "spaces", "spacesOperation", "iat"},
		contract.Registered: {"nbf", "iss", "aud", "jti"},
		contract.Forbidden:  {"__proto__", "constructor", "prototype"},
		contract.Legacy:     {"role", "source", "title", "bio", "locale", "groups"},
	}
	if diff := cmp.Diff(want, byStatus); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOnlyLegacyAndUnknownNamesMayBeCustomFields(t *testing.T) {
	free := strings.Fields("role source title bio locale groups department Sub spaceids")
	for _, name := range free {
		if contract.ClaimOf(name).Status.Reserved() {
			t.Errorf("%s is reserved", name)
		}
	}
	for _, c := range contract.Claims() {
		if contract.ClaimOf(c.Name).Status.Reserved() == slices.Contains(free, c.Name) {
			t.Errorf("%s: reserved %v", c.Name, c.Status.Reserved())
		}
	}
}

func TestTheTripHasTheVendorsNames(t *testing.T) {
	want := []string{"referrer_uri", "jwt", "redirect_uri", "ssoToken", "redirect", "/api/auth/sso", "/auth/login/direct",
		"/embed/space/", "HS256", "JWT",
		"ADD", "REPLACE", "spaceId", "role", "action", "MEMBER", "JOIN", "LEAVE"}
	got := []string{contract.ReferrerURI, contract.JWT, contract.RedirectURI, inspect.OldJWT, inspect.OldRedirectURI,
		contract.SSOPath, contract.DirectLoginPath, contract.EmbedSpacePath, contract.Alg, contract.Typ,
		contract.OperationAdd, contract.OperationReplace, contract.SpaceID, contract.Role, contract.Action,
		contract.RoleMember, contract.ActionJoin, contract.ActionLeave}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNoEndpointThatLogsInOrOutIsAPage(t *testing.T) {
	for _, path := range []string{contract.SSOPath, contract.LoginPath, contract.SignUpPath, contract.LogoutPath,
		contract.DirectLoginPath, "/api/graphql",
		"/login", "/log-in", "/signin", "/sign-in", "/signup", "/sign-up", "/logout", "/log-out", "/signout", "/sign-out"} {
		first, _, _ := strings.Cut(path[1:], "/")
		if !slices.Contains(contract.Endpoints(), first) {
			t.Errorf("%s is a page", path)
		}
	}
}

// declaredCodes reads the names and values of the codes from the source, so
// that a code without a row is seen.
func declaredCodes(t *testing.T) map[string]contract.Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]contract.Code{}
	for _, d := range file.Decls {
		for _, s := range d.(*ast.GenDecl).Specs {
			spec := s.(*ast.ValueSpec)
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil || spec.Type.(*ast.Ident).Name != "Code" {
				t.Fatalf("%s is no code: %v", spec.Names[0], err)
			}
			codes[spec.Names[0].Name] = contract.Code(value)
		}
	}
	return codes
}

func TestEveryCodeHasOneRule(t *testing.T) {
	rows := map[contract.Code]int{}
	for _, r := range inspect.Rules() {
		rows[r.Code]++
	}
	for name, code := range declaredCodes(t) {
		if rows[code] != 1 || inspect.RuleOf(code).Code != code {
			t.Errorf("%s (%s) has %d rows", name, code, rows[code])
		}
	}
	if inspect.RuleOf("no-such") != (inspect.Rule{}) {
		t.Error("an unknown code has a rule")
	}
}

func TestEveryRuleIsWhole(t *testing.T) {
	verdicts := []inspect.Verdict{inspect.Pass, inspect.Info, inspect.Warn, inspect.Fail}
	for _, r := range inspect.Rules() {
		if !slices.Contains(verdicts, r.Verdict) || r.Area.About() == "" || r.Source.String() == string(r.Source) {
			t.Errorf("%s: verdict %q, area %q, source %q", r.Code, r.Verdict, r.Area, r.Source)
		}
		for what, text := range map[string]string{"sentence": r.Sentence, "fix": r.Fix} {
			if !strings.HasSuffix(text, ".") || strings.Contains(text, "%!") || strings.Contains(text, "  ") {
				t.Errorf("%s has the %s %q", r.Code, what, text)
			}
		}
	}
}

func TestAnErrorHasItsCodeAndWhatItWraps(t *testing.T) {
	cause := errors.New("disk full")
	err := contract.KeySource.Errorf("the key of %s: %w", "tenant 7", cause)
	if err.Error() != "the key of tenant 7: disk full" || !errors.Is(err, contract.KeySource) || !errors.Is(err, cause) ||
		errors.Is(err, contract.KeyMissing) {
		t.Errorf("got %v", err)
	}
}
