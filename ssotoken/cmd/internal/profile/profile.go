// Package profile reads what text and JSON say of a member: the claims by their
// names, spaces, and custom fields by their types.
package profile

import (
	"errors"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A Profile is what is said of a member. The zero Profile says nothing.
type Profile struct {
	Texts map[string]string // the claims that are one text, by name

	Plan   spaces.Plan
	Fields []customfields.Field
	Bad    []*ssotoken.FieldError // what has the wrong type
}

// SetText sets a claim that is one text.
func (p *Profile) SetText(claim, text string) {
	if p.Texts == nil {
		p.Texts = map[string]string{}
	}
	p.Texts[claim] = text
}

// Refuse says that a field has the wrong type.
func (p *Profile) Refuse(field, why string) {
	p.Bad = append(p.Bad, &ssotoken.FieldError{Field: field, Err: malformed(why)})
}

// setters are those of the claims that are one text, by name.
var setters = map[string]func(*ssotoken.ClaimsBuilder, string) *ssotoken.ClaimsBuilder{
	contract.Sub:     (*ssotoken.ClaimsBuilder).Subject,
	contract.Name:    (*ssotoken.ClaimsBuilder).Name,
	contract.Email:   (*ssotoken.ClaimsBuilder).VerifiedEmail,
	contract.Tagline: (*ssotoken.ClaimsBuilder).Tagline,
	contract.Picture: (*ssotoken.ClaimsBuilder).Picture,
}

// Setter returns the setter of a claim that is one text, else nil.
func Setter(claim string) func(*ssotoken.ClaimsBuilder, string) *ssotoken.ClaimsBuilder {
	return setters[claim]
}

// TextClaims are the claims that are one text, in the order of the token.
func TextClaims() []contract.Claim {
	return slices.DeleteFunc(contract.Claims(), func(c contract.Claim) bool { return !c.IsText })
}

// A malformed value does not have the type of its field.
type malformed string

func (m malformed) Error() string { return string(m) }

func (m malformed) Unwrap() error { return contract.Malformed }

// Read takes a JSON object with the claims' own names. It skips the claims of
// the given flags.
func (p *Profile) Read(data []byte, given map[string]bool) error {
	members, err := ParseObject(data)
	if err != nil {
		return err
	}
	asked := map[string]any{}
	seen := map[string]bool{}
	for _, m := range members {
		isText := contract.ClaimOf(m.Name).IsText
		isPlan := m.Name == contract.SpaceIDs || m.Name == contract.Spaces || m.Name == contract.SpacesOperation
		if (isText || isPlan) && seen[m.Name] {
			p.Refuse(m.Name, "is there more than once")
			continue
		}
		seen[m.Name] = true
		switch text, ok := m.Value.(string); {
		case m.Value == nil || isText && given[m.Name]: // null is not a value
		case isText && !ok:
			p.Refuse(m.Name, "is not a JSON string")
		case isText:
			p.SetText(m.Name, text)
		case isPlan:
			asked[m.Name] = m.Value
		default:
			f, err := FieldOf(m.Name, m.Value)
			if err != nil {
				p.Bad = append(p.Bad, &ssotoken.FieldError{Field: m.Name, Err: err})
				continue
			}
			p.Fields = append(p.Fields, f)
		}
	}
	p.PlanFromJSON(asked)
	return nil
}

// PlanFromJSON takes the claims about spaces, by name.
func (p *Profile) PlanFromJSON(asked map[string]any) {
	operation, hasOperation := asked[contract.SpacesOperation]
	ids, hasIDs := asked[contract.SpaceIDs]
	changes, hasChanges := asked[contract.Spaces]
	if hasOperation && operation != contract.OperationAdd && operation != contract.OperationReplace {
		p.Refuse(contract.SpacesOperation, "is neither ADD nor REPLACE")
	}
	switch {
	case hasIDs && hasChanges:
		p.Refuse(contract.Spaces, "is there together with spaceIds: give one of the two")
	case hasChanges && hasOperation:
		p.Refuse(contract.SpacesOperation, "goes with spaceIds: in spaces, action decides")
	case hasOperation && !hasIDs:
		p.Refuse(contract.SpacesOperation, "is there without spaceIds")
	case hasChanges:
		p.Plan = spaces.Apply(p.changes(changes)...)
	case operation == contract.OperationReplace:
		p.Plan = spaces.Replace(p.ids(ids)...)
	case hasIDs:
		p.Plan = spaces.Add(p.ids(ids)...)
	}
}

func (p *Profile) ids(value any) []string {
	values, ok := value.([]any)
	ids := make([]string, len(values))
	for i := range values {
		id, isText := values[i].(string)
		ids[i], ok = id, ok && isText
	}
	if !ok {
		p.Refuse(contract.SpaceIDs, "is not an array of strings")
	}
	return ids
}

func (p *Profile) changes(value any) []spaces.Change {
	const shape = `is not an array of objects like {"spaceId":"…","role":"MEMBER","action":"JOIN"}, with JOIN or LEAVE`
	values, ok := value.([]any)
	if !ok {
		p.Refuse(contract.Spaces, shape)
		return nil
	}
	var changes []spaces.Change
	for _, v := range values {
		entry := map[string]any{}
		o, _ := v.(Object)
		for _, m := range o {
			entry[m.Name] = m.Value
		}
		id, isText := entry[contract.SpaceID].(string)
		role, hasRole := entry[contract.Role]
		delete(entry, contract.SpaceID)
		delete(entry, contract.Role)
		action := entry[contract.Action]
		switch {
		case !isText || hasRole && role != contract.RoleMember || len(entry) != 1 || action != contract.ActionJoin &&
			action != contract.ActionLeave:
			p.Refuse(contract.Spaces, shape)
			return nil
		case action == contract.ActionJoin:
			changes = append(changes, spaces.Join(id))
		default:
			changes = append(changes, spaces.Leave(id))
		}
	}
	return changes
}

// SpacesFromFlags takes ids of spaces in place of the claims.
func (p *Profile) SpacesFromFlags(join, leave []string, replace, leaveAll bool) {
	switch {
	case leaveAll:
		p.Plan = spaces.LeaveAll()
	case replace:
		p.Plan = spaces.Replace(join...)
	case len(leave) > 0:
		var changes []spaces.Change
		for _, id := range join {
			changes = append(changes, spaces.Join(id))
		}
		for _, id := range leave {
			changes = append(changes, spaces.Leave(id))
		}
		p.Plan = spaces.Apply(changes...)
	case len(join) > 0:
		p.Plan = spaces.Add(join...)
	}
}

// FieldsFromFlags adds fields of the form KEY[:TYPE]=VALUE. They replace those
// of the JSON object.
func (p *Profile) FieldsFromFlags(flags []string) {
	var fields []customfields.Field
	replaced := map[string]bool{}
	for _, text := range flags {
		key, f, err := parseField(text)
		replaced[key] = true
		if err != nil {
			p.Bad = append(p.Bad, &ssotoken.FieldError{Field: key, Err: err})
			continue
		}
		fields = append(fields, f)
	}
	p.Fields = slices.DeleteFunc(p.Fields, func(f customfields.Field) bool { return replaced[f.Key()] })
	p.Fields = append(p.Fields, fields...)
}

// Builder returns a builder with all but what is bad.
func (p *Profile) Builder() *ssotoken.ClaimsBuilder {
	b := ssotoken.NewClaims().Spaces(p.Plan).Custom(customfields.Of(p.Fields...))
	for _, c := range TextClaims() {
		setters[c.Name](b, p.Texts[c.Name])
	}
	return b
}

// Build returns the claims, or the errors of all bad fields, one for each.
func (p *Profile) Build() (ssotoken.Claims, []*ssotoken.FieldError) {
	claims, err := p.Builder().Build()
	refused := p.Bad
	var claimsError *ssotoken.ClaimsError
	if errors.As(err, &claimsError) {
		for _, f := range claimsError.Fields {
			isKnown := func(known *ssotoken.FieldError) bool {
				return f.Field == known.Field || strings.HasPrefix(f.Field, known.Field+"[")
			}
			if !slices.ContainsFunc(p.Bad, isKnown) {
				refused = append(refused, f)
			}
		}
	}
	return claims, refused
}
