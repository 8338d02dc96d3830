package ssotoken_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// valuesOf are what a setter of the builder is given: any text, but where a claim has
// a form of its own.
func valuesOf(setter string) []any {
	switch setter {
	case "VerifiedEmail":
		return []any{"ada@example.com"}
	case "Picture":
		return []any{"https://www.example.com/ada.png"}
	case "Spaces":
		return []any{spaces.Add("a"), spaces.Apply(spaces.Join("a"))} // each sends other claims
	case "Custom":
		return []any{customfields.Of(customfields.Text("department", "Research"))}
	}
	return []any{"First programmer"}
}

// setters are the methods that return the builder, but Tenant, which sets no
// claim, and AllowSubject, which says how another one's value is meant.
func setters() []string {
	var names []string
	builder := reflect.TypeFor[*ssotoken.ClaimsBuilder]()
	for i := range builder.NumMethod() {
		if m := builder.Method(i); m.Type.NumOut() == 1 && m.Type.Out(0) == builder && m.Name != "Tenant" && m.Name != "AllowSubject" {
			names = append(names, m.Name)
		}
	}
	return names
}

// setterOf is the setter of a claim: its name, but for sub, email and spaces. The
// signer sets the times.
func setterOf(claim string) string {
	switch claim {
	case contract.Sub:
		return "Subject"
	case contract.Email:
		return "VerifiedEmail"
	case contract.SpaceIDs, contract.Spaces, contract.SpacesOperation:
		return "Spaces"
	case contract.Iat, contract.Exp:
		return ""
	}
	return strings.ToUpper(claim[:1]) + claim[1:]
}

func TestTheBuilderHasASetterForEachClaimOfTheContract(t *testing.T) {
	want := map[string]bool{"Custom": true}
	for _, c := range contract.Claims() {
		if setter := setterOf(c.Name); c.Status.Sent() && setter != "" {
			want[setter] = true
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(slices.Values(setters()))); diff != "" {
		t.Errorf("setters (-contract +builder):\n%s", diff)
	}
}

func TestATokenHasTheClaimsOfTheContractInItsOrder(t *testing.T) {
	reached := map[string]bool{}
	for _, plan := range valuesOf("Spaces") {
		builder := reflect.ValueOf(ssotoken.NewClaims())
		for _, setter := range setters() {
			value := valuesOf(setter)[0]
			if setter == "Spaces" {
				value = plan
			}
			builder.MethodByName(setter).Call([]reflect.Value{reflect.ValueOf(value)})
		}
		token, err := newSigner(t).Sign(t.Context(), build(t, builder.Interface().(*ssotoken.ClaimsBuilder)))
		if err != nil {
			t.Fatal(err)
		}
		report := inspect.Token(token.JWT(), inspect.Options{Key: newKey(t), Now: noon})
		if err := report.Err(); err != nil {
			t.Error(err)
		}
		last := -1
		for _, e := range report.Claims {
			if e.Status == contract.Custom {
				continue
			}
			at := slices.IndexFunc(contract.Claims(), func(c contract.Claim) bool { return c.Name == e.Name && c.Status.Sent() })
			if at < last || at < 0 {
				t.Errorf("%s is no claim of the contract, or not in its order", e.Name)
			}
			last, reached[e.Name] = at, true
		}
	}
	for _, c := range contract.Claims() {
		if reached[c.Name] != c.Status.Sent() {
			t.Errorf("%s reaches a token: %v", c.Name, reached[c.Name])
		}
	}
}

// A claim that is in the encoder's table, but has no setter, could still be set
// by a tag.
func TestTheClaimsThatAreOneTextAreThoseOfTheContract(t *testing.T) {
	var want []string
	for _, c := range contract.Claims() {
		if c.IsText {
			want = append(want, c.Name)
		}
	}
	if diff := cmp.Diff(want, ssotoken.TextClaims()); diff != "" {
		t.Errorf("(-contract +encoder):\n%s", diff)
	}
}

// A tag sso names the claims that are one text, and spaceIds.
func TestATagNamesTheClaimsOfTheContract(t *testing.T) {
	options := map[string]string{contract.Email: ",verified", contract.SpaceIDs: ",add"}
	for _, claim := range append(contract.Claims(), contract.ClaimOf("")) {
		want, typ := claim.IsText, reflect.TypeFor[string]()
		if claim.Name == contract.SpaceIDs {
			want, typ = true, reflect.TypeFor[[]string]()
		}
		member := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "F", Type: typ,
			Tag: reflect.StructTag(`sso:"` + claim.Name + options[claim.Name] + `"`)}}))
		if _, err := ssotoken.FromStruct(member.Interface()); err == nil != want || !want && !errors.Is(err, contract.StructTag) {
			t.Errorf("the tag %q: got %v, want it taken: %v", claim.Name, err, want)
		}
	}
}

// A required claim of the contract is required by the builder, and no other.
func TestTheBuilderRequiresWhatTheContractDoes(t *testing.T) {
	_, err := ssotoken.NewClaims().Build()
	var refused *ssotoken.ClaimsError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v", err)
	}
	var got, want []string
	for _, f := range refused.Fields {
		got = append(got, f.Field)
	}
	for _, c := range contract.Claims() {
		if c.Status == contract.Required && c.IsText {
			want = append(want, c.Name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-contract +builder):\n%s", diff)
	}
}

// Each type of custom field is written in the JSON that the contract says, and
// filled into a community's field of the vendor's type.
func TestEachFieldTypeHasTheJSONOfTheContract(t *testing.T) {
	fields := map[string]customfields.Field{
		"text": customfields.Text("k", "x"), "richtext": customfields.RichText("k", "x"), "relation": customfields.Relation("k", "x"),
		"integer": customfields.Integer("k", 5), "number": customfields.Number("k", 2.5), "boolean": customfields.Boolean("k", true),
		"date": customfields.Date("k", noon), "datetime": customfields.DateTime("k", noon),
		"array": customfields.Array("k", []int{1}), "object": customfields.Object("k", customfields.Text("a", "b")),
	}
	forms := map[byte]string{'"': "string", '5': "number", '2': "number", 't': "boolean", '[': "array", '{': "object"}
	for _, f := range contract.FieldTypes() {
		field, ok := fields[f.Name]
		if !ok {
			t.Errorf("there is no value for %s", f.Name)
			continue
		}
		token, err := newSigner(t).Sign(t.Context(), build(t, ada().Custom(customfields.Of(field))))
		if err != nil {
			t.Fatal(err)
		}
		var claims map[string]json.RawMessage
		if err := json.Unmarshal([]byte(payload(t, token)), &claims); err != nil {
			t.Fatal(err)
		}
		value := claims["k"]
		if forms[value[0]] != f.JSON {
			t.Errorf("%s is %s, want the form %s", f.Name, value, f.JSON)
		}
		community := ssotest.NewCommunity(t, ssotest.Config{Now: clock, Settings: ssotest.Settings{
			Key: newKey(t), CustomFields: []ssotest.CustomField{{Name: "Field", Type: f.Vendor, ExternalKeys: []string{"k"}}},
		}})
		res, err := http.Get(community.URL + contract.SSOPath + "?" + contract.JWT + "=" + token.JWT())
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if member, _ := community.Member("user-1"); member.Fields["Field"] != string(value) {
			t.Errorf("%s: a field of the vendor's type %s got %v", f.Name, f.Vendor, member.Fields)
		}
	}
}

// What the SDK keeps as a return path, a community keeps: the two match by code
// of their own, and the endpoints by one list.
func TestNoEndpointIsAReturnPathForEither(t *testing.T) {
	for _, endpoint := range contract.Endpoints() {
		for _, path := range []string{"/" + endpoint, "/" + endpoint + "/", "/" + endpoint + "/x?y#z",
			"/" + strings.ToUpper(endpoint), "/" + endpoint + ";x/y", "/%" + hexOf(endpoint[0]) + endpoint[1:]} {
			if _, err := ssotoken.ParseReturnPath(path); !errors.Is(err, ssotoken.ErrReturnPath) {
				t.Errorf("the SDK keeps %s", path)
			}
			if _, err := inspect.RedirectURI(path); !errors.Is(err, contract.RedirectLoop) {
				t.Errorf("the judge keeps %s: %v", path, err)
			}
		}
		for _, path := range []string{"/" + endpoint + "s", "/x/" + endpoint, "/my" + endpoint} {
			if _, err := ssotoken.ParseReturnPath(path); err != nil {
				t.Errorf("the SDK drops %s: %v", path, err)
			}
			if _, err := inspect.RedirectURI(path); err != nil {
				t.Errorf("the judge drops %s: %v", path, err)
			}
		}
	}
}

// An endpoint that only one of them knew would be a page to the other.
func TestAPageIsAReturnPathForBoth(t *testing.T) {
	const pages = "spaces posts post p s u members member people user users profile settings account " +
		"search explore discover topics tags tag " +
		"notifications messages chat inbox feed home leaderboard events event courses collections bookmarks drafts polls ideas jobs news " +
		"about help support terms privacy contact pages page admin manage moderation invite join welcome embed embedded static index.html"
	for page := range strings.FieldsSeq(pages) {
		for _, path := range []string{"/" + page, "/" + page + "/x"} {
			if got, err := ssotoken.ParseReturnPath(path); err != nil || got.String() != path {
				t.Errorf("the SDK drops %s: %v", path, err)
			}
			if got, err := inspect.RedirectURI(path); err != nil || got != path {
				t.Errorf("the judge drops %s: %v", path, err)
			}
		}
	}
}

func hexOf(c byte) string {
	return strings.ToUpper(string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]))
}
