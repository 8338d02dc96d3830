package ssotoken_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// uuid is a text that marshals itself.
type uuid [2]byte

func (u uuid) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%x-uuid", u[:]), nil }

// serial marshals by its pointer, and prints as something else.
type serial int

func (s *serial) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "serial-%d", int(*s)), nil }

type number int

func (number) String() string { return secret }

func TestOneStructHoldsAllOfAMember(t *testing.T) {
	type Base struct {
		ID int64 `sso:"sub"`
	}
	type boss struct {
		ID   int64  `sso:"sub"` // nobody's sub here
		Name string `customfield:"name"`
	}
	bio := "First programmer"
	type full struct {
		Base
		Name     string    `sso:"name"`
		Email    string    `sso:"email,verified"`
		Bio      *string   `sso:"tagline"`
		Avatar   string    `sso:"picture"`
		Spaces   []string  `sso:"spaceIds,replace"`
		Company  string    `customfield:"company"`
		Since    time.Time `customfield:"since,date"`
		Boss     boss      `customfield:"boss"`
		Password string
		Skipped  string `sso:"-"`
	}
	b, err := ssotoken.FromStruct(&full{
		Base{7}, "Ada", "ada@example.com", &bio, "https://example.com/a.png", []string{"news"}, "Analytical", noon, boss{8, "Charles"},
		secret, secret,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := ssotoken.NewClaims().Subject("7").Name("Ada").VerifiedEmail("ada@example.com").Tagline(bio).
		Picture("https://example.com/a.png").Spaces(spaces.Replace("news")).
		Custom(customfields.Of(customfields.Text("company", "Analytical"), customfields.Date("since", noon),
			customfields.Object("boss", customfields.Text("name", "Charles"))))
	if diff := cmp.Diff(payload(t, sign(t, build(t, want))), payload(t, sign(t, build(t, b)))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestASubjectOfAStructMayBeAnIntegerOrMarshalItself(t *testing.T) {
	s := serial(7)
	for want, v := range map[string]any{
		"abcd-uuid": struct {
			ID uuid `sso:"sub"`
		}{uuid{0xab, 0xcd}},
		"serial-7": struct {
			ID serial `sso:"sub"`
		}{s},
		"serial-7 ": struct {
			ID *serial `sso:"sub"`
		}{&s},
		"7": struct {
			ID number `sso:"sub"`
		}{7},
		"8": struct {
			ID uint8 `sso:"sub"`
		}{8},
		"u-1": struct {
			ID **string `sso:"sub"`
		}{pointer(pointer("u-1"))},
	} {
		b, err := ssotoken.FromStruct(v)
		if err != nil {
			t.Fatal(err)
		}
		c := build(t, b.Name("Ada").VerifiedEmail("ada@example.com"))
		if want = strings.TrimSpace(want); c.Subject() != want {
			t.Errorf("got %q, want %q", c.Subject(), want)
		}
	}
}

// An id that was not read is no member: 0, and a nil pointer.
func TestAnUnreadStructLacksWhatIsRequired(t *testing.T) {
	type m struct {
		ID    int     `sso:"sub"`
		Name  *string `sso:"name"`
		Email *uuid   `sso:"email,verified"`
	}
	for _, v := range []any{m{}, &m{}, (*m)(nil)} {
		b, err := ssotoken.FromStruct(v)
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.Build()
		want := []fault{{"sub", contract.SubMissing}, {"name", contract.NameMissing}, {"email", contract.EmailMissing}}
		if diff := cmp.Diff(want, buildFaults(t, err), sameErr); diff != "" {
			t.Errorf("%T (-want +got):\n%s", v, diff)
		}
	}
}

// A tenant may be a number, of which 0 was not read.
func TestATenantOfAStructMayBeANumber(t *testing.T) {
	type row struct {
		Tenant int `sso:"tenant"`
	}
	for n, want := range map[int]string{0: "", 7: "7"} {
		b, err := ssotoken.FromStruct(row{n})
		if err != nil {
			t.Fatal(err)
		}
		signer := newSigner(t, func(c *ssotoken.Config) { c.Tenant = want })
		claims := build(t, b.Subject("1").Name("Ada").VerifiedEmail("ada@example.com"))
		if _, err := signer.Sign(t.Context(), claims); err != nil {
			t.Errorf("%d: %v", n, err)
		}
	}
}

type address struct {
	City string `customfield:"city"`
	Note string
}

type Base struct {
	Team string `customfield:"team"`
}

type hidden struct {
	Desk int `customfield:"desk"`
}

// Types that hold themselves.
type (
	parent struct {
		Nick   string  `customfield:"nick"`
		Parent *parent `customfield:"parent"`
	}
	ring struct {
		Next *ring `customfield:"next"`
	}
	crowd struct {
		All []*crowd `customfield:"all"`
	}
	list []list
	knot *knot

	Self struct {
		*Self
		ID string `sso:"sub"`
	}
	Mutual struct{ *Other }
	Other  struct{ *Mutual }
	Three  struct{ *Four }
	Four   struct{ Five }
	Five   struct{ *Three }
)

func pointer[T any](v T) *T { return &v }

func TestFromStructReadsTaggedFields(t *testing.T) {
	tests := []struct {
		name string
		in   any
		want string
	}{
		{"untagged and skipped", struct {
			Password string
			Skipped  string `customfield:"-"`
		}{"x", "y"}, `{}`},
		{"strings", struct {
			A string `customfield:"a"`
			B string `customfield:"b,richtext"`
			C string `customfield:"c,relation"`
			D string `customfield:"d,text"`
		}{"1", "2", "3", ""}, `{"a":"1","b":"2","c":"3"}`},
		{"numbers", struct {
			A int8    `customfield:"a"`
			B uint16  `customfield:"b,integer"`
			C float32 `customfield:"c,number"`
			D int     `customfield:"d,number"`
			E bool    `customfield:"e,boolean"`
		}{-1, 2, 0.5, 4, false}, `{"a":-1,"b":2,"c":0.5,"d":4,"e":false}`},
		{"times", struct {
			A time.Time  `customfield:"a"`
			B time.Time  `customfield:"b,date"`
			C *time.Time `customfield:"c,datetime"`
			D time.Time  `customfield:"d"`
		}{noon, noon, &noon, time.Time{}}, `{"a":"2026-11-23T12:00:00.999999999Z","b":"2026-11-23","c":"2026-11-23T12:00:00.999999999Z"}`},
		{"pointers", struct {
			A *string   `customfield:"a"`
			B *string   `customfield:"b"`
			C **int     `customfield:"c"`
			D *address  `customfield:"d"`
			E *[]string `customfield:"e"`
		}{pointer("x"), nil, pointer(pointer(0)), nil, nil}, `{"a":"x","c":0}`},
		{"slices and arrays", struct {
			A []string  `customfield:"a,array"`
			B []*int    `customfield:"b"`
			C []address `customfield:"c"`
			D [2]bool   `customfield:"d"`
			E []string  `customfield:"e"`
			F [][]int   `customfield:"f"`
		}{[]string{"x", ""}, []*int{pointer(1), nil}, []address{{City: "Oslo"}}, [2]bool{true, false}, nil, [][]int{{1}}},
			`{"a":["x",""],"b":[1],"c":[{"city":"Oslo"}],"d":[true,false],"f":[[1]]}`},
		{"structs", struct {
			A address  `customfield:"a"`
			B *address `customfield:"b,object"`
		}{address{"Oslo", "not sent"}, &address{}}, `{"a":{"city":"Oslo"}}`},
		{"embedded", struct {
			Base
			*hidden
		}{Base{"red"}, &hidden{7}}, `{"desk":7,"team":"red"}`},
		{"embedded nil", struct{ *Base }{}, `{}`},
		{"embedded nil and unexported", struct{ *hidden }{}, `{}`},
		{"embedded with a tag", struct {
			Base `customfield:"base"`
		}{Base{"red"}}, `{"base":{"team":"red"}}`},
		{"embedded and skipped", struct {
			Base `customfield:"-"`
		}{Base{"red"}}, `{}`},
		{"an embedded interface", struct{ error }{}, `{}`},
		{"one key at two depths", struct {
			A address `customfield:"a"`
			C string  `customfield:"city"`
		}{address{City: "Oslo"}, "Rome"}, `{"a":{"city":"Oslo"},"city":"Rome"}`},
		{"a field of both kinds", struct {
			T string `sso:"tagline" customfield:"motto"`
		}{"x"}, `{"motto":"x","tagline":"x"}`},
		{"pointer to a struct", &address{City: "Oslo"}, `{"city":"Oslo"}`},
		{"pointer to a pointer to a struct", pointer(&address{City: "Oslo"}), `{"city":"Oslo"}`},
		{"nil pointer to a struct", (*address)(nil), `{}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := ssotoken.FromStruct(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			c := build(t, b.Subject("user-1").Name("Ada").VerifiedEmail("ada@example.com"))
			got := map[string]any{}
			if err := json.Unmarshal([]byte(payload(t, sign(t, c))), &got); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"sub", "name", "email", "iat", "exp"} {
				delete(got, name)
			}
			var want map[string]any
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestATagThatDoesNotFitIsAnErrorOfTheType(t *testing.T) {
	loop := &ring{}
	loop.Next = loop
	nested := list{nil}
	nested[0] = nested
	var tied knot
	tied = &tied
	self := &Self{}
	self.Self = self
	type member struct {
		A map[string]string `customfield:"a"`
	}
	tests := []struct {
		name  string
		in    any
		field string
	}{
		{"nil", nil, "<nil>"},
		{"no struct", 5, "int"},
		{"nil pointer to no struct", (*int)(nil), "*int"},
		{"a pointer to itself", tied, "ssotoken_test.knot"},
		{"an email that nobody says is verified", struct {
			E string `sso:"email"`
		}{secret}, ".E"},
		{"an unknown claim", struct {
			E string `sso:"locale"`
		}{secret}, ".E"},
		{"a time that the signer sets", struct {
			E string `sso:"exp"`
		}{secret}, ".E"},
		{"spaces without an operation", struct {
			S []string `sso:"spaceIds"`
		}{[]string{secret}}, ".S"},
		{"spaces that are no texts", struct {
			S []int `sso:"spaceIds,add"`
		}{[]int{1}}, ".S"},
		{"an option that no claim has", struct {
			N string `sso:"name,verified"`
		}{secret}, ".N"},
		{"a number as a name", struct {
			N int `sso:"name"`
		}{7}, ".N"},
		{"a float as a sub", struct {
			S float64 `sso:"sub"`
		}{7}, ".S"},
		{"a pointer to itself as a sub", struct {
			S knot `sso:"sub"`
		}{tied}, ".S"},
		{"an unexported claim", struct {
			s string `sso:"sub"`
		}{secret}, ".s"},
		{"an empty tag", struct {
			S string `sso:""`
		}{secret}, ".S"},
		{"map", member{}, "member.A"},
		{"type of a nil pointer's struct", (*member)(nil), "member.A"},
		{"type of a nil pointer in a struct", struct {
			M *member `customfield:"m"`
		}{}, ".M.A"},
		{"type in a nil embedded struct", struct{ *Unfit }{}, ".Unfit.C"},
		{"channel behind a nil pointer", struct {
			A *chan int `customfield:"a"`
		}{}, ".A"},
		{"interface", struct {
			A any `customfield:"a"`
		}{5}, ".A"},
		{"bytes", struct {
			A []byte `customfield:"a"`
		}{}, ".A"},
		{"elements of an empty slice", struct {
			A []complex64 `customfield:"a"`
		}{}, ".A[]"},
		{"elements of an empty slice of structs", struct {
			A []member `customfield:"a"`
		}{}, ".A[].A"},
		{"in a struct", struct {
			In struct {
				A func() `customfield:"a"`
			} `customfield:"in"`
		}{}, ".In.A"},
		{"a type that holds itself", &parent{}, "parent.Parent"},
		{"a type that is in its list", struct {
			A crowd `customfield:"a"`
		}{}, ".A.All[]"},
		{"ring of pointers", loop, "ring.Next"},
		{"list of itself", struct {
			A list `customfield:"a"`
		}{nested}, ".A[0]"},
		{"empty list of itself", struct {
			A list `customfield:"a"`
		}{}, ".A[]"},
		{"a pointer to itself as a field", struct {
			A knot `customfield:"a"`
		}{tied}, ".A"},
		{"a nil pointer to itself", struct {
			A knot `customfield:"a"`
		}{}, ".A"},
		{"embedded in itself", Self{}, "Self.Self"},
		{"embedded in itself, in a ring", self, "Self.Self"},
		{"embedded in each other", Mutual{}, "Mutual.Other.Mutual"},
		{"embedded in each other, by three", &Three{&Four{Five{&Three{}}}}, "Three.Four.Five.Three"},
		{"embedded in itself, in a field", struct {
			M Mutual `customfield:"m"`
		}{}, ".M.Other.Mutual"},
		{"unexported", struct {
			a string `customfield:"a"`
		}{}, ".a"},
		{"unexported embedded with a tag", struct {
			hidden `customfield:"h"`
		}{}, ".hidden"},
		{"tag without a key", struct {
			A string `customfield:",text"`
		}{}, ".A"},
		{"unknown tag type", struct {
			A string `customfield:"a,varchar"`
		}{}, ".A"},
		{"tag type that does not fit", struct {
			A string `customfield:"a,date"`
		}{}, ".A"},
		{"date for a number", struct {
			A int `customfield:"a,date"`
		}{}, ".A"},
		{"tag type behind a nil pointer", struct {
			A *string `customfield:"a,integer"`
		}{}, ".A"},
		{"two fields with one claim", struct {
			A string `sso:"sub"`
			B int    `sso:"sub"`
		}{}, ".B"},
		{"two fields with one claim, verified or not", struct {
			A string `sso:"email,verified"`
			B string `sso:"email,verified"`
		}{}, ".B"},
		{"two fields with spaces", struct {
			A []string `sso:"spaceIds,add"`
			B []string `sso:"spaceIds,replace"`
		}{}, ".B"},
		{"two fields with a tenant", struct {
			A string `sso:"tenant"`
			B string `sso:"tenant"`
		}{}, ".B"},
		{"two fields with one key", struct {
			A string `customfield:"team"`
			B int    `customfield:"team,number"`
		}{}, ".B"},
		{"one key here and in an embedded struct", struct {
			A string `customfield:"team"`
			Base
		}{}, ".Base.Team"},
		{"one key here and in a nil embedded struct", struct {
			A string `customfield:"team"`
			*Base
		}{}, ".Base.Team"},
		{"one key in two embedded structs", struct {
			Base
			Twin
		}{}, ".Twin.Team"},
		{"one key in a struct embedded at two places", struct {
			Base
			Holder
		}{}, ".Holder.Base.Team"},
		{"one key twice in an object", struct {
			O struct {
				A string `customfield:"a"`
				B string `customfield:"a"`
			} `customfield:"o"`
		}{}, ".O.B"},
		{"one key twice in the type of an empty list", struct {
			L []struct {
				A string `customfield:"a"`
				B string `customfield:"a"`
			} `customfield:"l"`
		}{}, ".L[].B"},
		{"two fields declared together", struct {
			Left, Right *string `customfield:"x"`
		}{}, ".Right"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := ssotoken.FromStruct(tt.in)
			var where *ssotoken.FieldError
			if b != nil || !errors.Is(err, contract.StructTag) || !errors.As(err, &where) || strings.Contains(err.Error(), secret) {
				t.Fatalf("got %v", err)
			}
			if tt.field != "" && where.Field != tt.field {
				t.Errorf("got %v, want the field %q", err, tt.field)
			}
		})
	}
}

type Unfit struct {
	C chan int `customfield:"c"`
}

type Twin struct {
	Team string `customfield:"team"`
}

type Holder struct{ Base }

// Nothing was read, so nothing is said of spaces: REPLACE of none would be an error.
func TestANilEmbeddedStructSetsNothing(t *testing.T) {
	type Joined struct {
		IDs []string `sso:"spaceIds,replace"`
	}
	b, err := ssotoken.FromStruct(struct{ *Joined }{})
	if err != nil {
		t.Fatal(err)
	}
	c := build(t, b.Subject("user-1").Name("Ada").VerifiedEmail("ada@example.com"))
	if text := payload(t, sign(t, c)); strings.Contains(text, "space") {
		t.Errorf("got %s", text)
	}
}

func TestEveryBadTagIsReportedAtOnce(t *testing.T) {
	_, err := ssotoken.FromStruct(struct {
		A string   `sso:"locale"`
		B chan int `customfield:"b"`
		C string   `customfield:"c,date"`
	}{})
	if text := fmt.Sprint(err); strings.Count(text, "\n") != 2 {
		t.Errorf("got %v", err)
	}
}

func TestBadKeysAndValuesOfAStructAreForBuildToReport(t *testing.T) {
	b, err := ssotoken.FromStruct(struct {
		A string `customfield:"email"`
		D uint64 `customfield:"big"`
	}{secret, 1 << 63})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Subject("1").Name("Ada").VerifiedEmail("ada@example.com").Build()
	want := []fault{{"big", contract.CustomValue}, {"email", contract.ClaimReserved}}
	if diff := cmp.Diff(want, buildFaults(t, err), sameErr); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEveryFieldTypeOfTheContractIsATag(t *testing.T) {
	types := map[string]reflect.Type{
		"string": reflect.TypeFor[string](), "number": reflect.TypeFor[int](), "boolean": reflect.TypeFor[bool](),
		"array": reflect.TypeFor[[]string](), "object": reflect.TypeFor[address](),
	}
	for _, f := range contract.FieldTypes() {
		typ := types[f.JSON]
		if f.Vendor == "date" {
			typ = reflect.TypeFor[time.Time]()
		}
		v := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "K", Type: typ,
			Tag: reflect.StructTag(`customfield:"k,` + f.Name + `"`)}}))
		if _, err := ssotoken.FromStruct(v.Interface()); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}
