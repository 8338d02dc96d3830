package check

import (
	"encoding/json"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/internal/profile"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// parseJSON judges a chunk with one JSON object on each line.
func (w *worker) parseJSON(ch *chunk) {
	for _, rec := range ch.records {
		if message := rec.fault(); message != "" {
			w.unreadable(rec, rec.code(), message)
			continue
		}
		line := ch.text[rec.start:rec.end]
		object, err := profile.ParseObject([]byte(line))
		if err != nil {
			w.unreadable(rec, contract.RowUnreadable, "is not one JSON object in UTF-8")
			continue
		}
		w.object(rec, object, len(line))
	}
}

// object judges the member that a JSON object tells of.
func (w *worker) object(rec record, object profile.Object, size int) {
	columns := &w.c.columns
	values := map[string]any{}
	var p profile.Profile
	for _, m := range object {
		if !columns.used(m.Name) {
			w.unused(m.Name)
			continue
		}
		if _, twice := values[m.Name]; twice {
			p.Bad = append(p.Bad, &ssotoken.FieldError{Field: columns.claimOf(m.Name), Err: because(contract.DuplicateName, "stands more than once")})
			continue
		}
		values[m.Name] = m.Value
	}
	asked := map[string]any{}
	for claim, column := range columns.of {
		value := values[column]
		switch {
		case value == nil:
		case profile.Setter(claim) == nil:
			asked[claim] = value
		default:
			setText(&p, claim, value)
		}
	}
	if w.chunk.source.previous {
		asked = nil
	}
	p.PlanFromJSON(asked)
	for _, f := range columns.fields {
		value := values[f.Column]
		if value == nil || w.chunk.source.previous {
			continue
		}
		field, err := typedValue(f, value)
		if err != nil {
			p.Bad = append(p.Bad, &ssotoken.FieldError{Field: f.Key, Err: err})
			continue
		}
		p.Fields = append(p.Fields, field)
	}
	show := func(field string) string {
		column := columns.of[field]
		for _, f := range columns.fields {
			if f.Key == field {
				column = f.Column
			}
		}
		if text, ok := values[column].(string); ok {
			return text
		}
		shown, _ := json.Marshal(values[column])
		return string(shown)
	}
	who := texts{p.Texts[contract.Sub], p.Texts[contract.Email], p.Texts[contract.Name]}
	w.add(rec, show, p.Builder().AllowSubject(w.c.config.RealSubject), size, who, p.Bad)
}

// setText takes text, and a whole number for sub: many exports write ids so, and a
// site gives them to the builder as text.
func setText(p *profile.Profile, claim string, value any) {
	text, ok := value.(string)
	if number, isNumber := value.(json.Number); isNumber && claim == contract.Sub {
		_, err := number.Int64()
		text, ok = number.String(), err == nil
	}
	if !ok {
		p.Refuse(claim, "is not a JSON string")
		return
	}
	p.SetText(claim, text)
}

// typedValue makes a custom field of text, as in CSV, or of the JSON that its type
// has.
func typedValue(f Field, value any) (customfields.Field, error) {
	form := ""
	switch v := value.(type) {
	case string:
		return profile.TypedField(f.Key, f.Type, v)
	case json.Number:
		return profile.TypedField(f.Key, f.Type, v.String())
	case bool:
		form = "boolean"
	case []any:
		form = "array"
	case profile.Object:
		form = "object"
	}
	for _, t := range contract.FieldTypes() {
		if t.Name == f.Type && t.JSON == form {
			return profile.FieldOf(f.Key, value)
		}
	}
	return customfields.Field{}, because(contract.Malformed, "has not the JSON of the type "+f.Type)
}

// unused remembers a name that nothing is read from.
func (w *worker) unused(name string) {
	if w.chunk.source.previous || len(w.chunk.unused) >= maxUnused {
		return
	}
	if w.chunk.unused == nil {
		w.chunk.unused = map[string]bool{}
	}
	w.chunk.unused[name] = true
}
