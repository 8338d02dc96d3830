package vectors_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
)

func memberOf(t *testing.T, raw json.RawMessage) *ssotoken.ClaimsBuilder {
	t.Helper()
	m := decodeAs[struct {
		Subject, Name, Email, Tagline, Picture string
		Spaces                                 struct {
			Operation string
			IDs       []string
			Changes   []struct{ Join, Leave string }
		}
		Custom []typedField
	}](t, raw)
	plan := spaces.Plan{}
	switch m.Spaces.Operation {
	case "ADD":
		plan = spaces.Add(m.Spaces.IDs...)
	case "REPLACE":
		plan = spaces.Replace(m.Spaces.IDs...)
	case "":
		var changes []spaces.Change
		for _, c := range m.Spaces.Changes {
			change := spaces.Join(c.Join)
			if c.Leave != "" {
				change = spaces.Leave(c.Leave)
			}
			changes = append(changes, change)
		}
		plan = spaces.Apply(changes...)
	default:
		t.Fatalf("no operation %q", m.Spaces.Operation)
	}
	return ssotoken.NewClaims().Subject(m.Subject).Name(m.Name).VerifiedEmail(m.Email).Tagline(m.Tagline).Picture(m.Picture).
		Spaces(plan).Custom(customfields.Of(fieldsOf(t, m.Custom)...))
}

type typedField struct {
	Key, Type, Of string
	Value         json.RawMessage
}

func fieldsOf(t *testing.T, typed []typedField) []customfields.Field {
	t.Helper()
	var fields []customfields.Field
	for _, f := range typed {
		switch kind := strings.TrimSpace(f.Type + " " + f.Of); kind {
		case "object":
			fields = append(fields, customfields.Object(f.Key, fieldsOf(t, decodeAs[[]typedField](t, f.Value))...))
		case "array object":
			var elements [][]customfields.Field
			for _, element := range decodeAs[[][]typedField](t, f.Value) {
				elements = append(elements, fieldsOf(t, element))
			}
			fields = append(fields, customfields.Array(f.Key, elements))
		default:
			field, known := plainFields[kind]
			if !known {
				t.Fatalf("no field type %q", kind)
			}
			fields = append(fields, field(t, f))
		}
	}
	return fields
}

var plainFields = map[string]func(*testing.T, typedField) customfields.Field{
	"text":           made(customfields.Text),
	"richText":       made(customfields.RichText),
	"relation":       made(customfields.Relation),
	"integer":        made(customfields.Integer),
	"number":         made(customfields.Number),
	"boolean":        made(customfields.Boolean),
	"date":           made(customfields.Date),
	"datetime":       made(customfields.DateTime),
	"array text":     made(customfields.Array[string]),
	"array integer":  made(customfields.Array[int64]),
	"array number":   made(customfields.Array[float64]),
	"array boolean":  made(customfields.Array[bool]),
	"array datetime": made(customfields.Array[time.Time]),
}

func made[T any](field func(string, T) customfields.Field) func(*testing.T, typedField) customfields.Field {
	return func(t *testing.T, f typedField) customfields.Field { return field(f.Key, decodeAs[T](t, f.Value)) }
}
