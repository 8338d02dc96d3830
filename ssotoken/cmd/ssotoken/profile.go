package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A profile is what mint is told about a member, by JSON and by flags.
type profile struct {
	texts map[string]string // the claims that are one text, by name

	plan   spaces.Plan
	fields []customfields.Field
	bad    []*ssotoken.FieldError // what has the wrong type
}

func (p *profile) refuse(field, why string) {
	p.bad = append(p.bad, &ssotoken.FieldError{Field: field, Err: malformed(why)})
}

// setText are the setters of the claims that are one text.
var setText = map[string]func(*ssotoken.ClaimsBuilder, string) *ssotoken.ClaimsBuilder{
	"Subject":       (*ssotoken.ClaimsBuilder).Subject,
	"Name":          (*ssotoken.ClaimsBuilder).Name,
	"VerifiedEmail": (*ssotoken.ClaimsBuilder).VerifiedEmail,
	"Tagline":       (*ssotoken.ClaimsBuilder).Tagline,
	"Picture":       (*ssotoken.ClaimsBuilder).Picture,
}

// textClaims are the claims that are one text, in the order of the token.
func textClaims() []contract.Claim {
	return slices.DeleteFunc(contract.Claims(), func(c contract.Claim) bool { return setText[c.Setter] == nil })
}

// A malformed value does not have the type of its field.
type malformed string

func (m malformed) Error() string { return string(m) }

func (m malformed) Unwrap() error { return ssotoken.ErrMalformed }

// read takes a JSON object with the claims' own names. It skips the claims of
// the given flags.
func (p *profile) read(data []byte, given map[string]bool) error {
	members, err := parseObject(data)
	if err != nil {
		return err
	}
	asked := map[string]any{}
	seen := map[string]bool{}
	for _, m := range members {
		setter := contract.ClaimOf(m.name).Setter
		_, isText := setText[setter]
		isPlan := setter == "Spaces"
		if (isText || isPlan) && seen[m.name] {
			p.refuse(m.name, "is there more than once")
			continue
		}
		seen[m.name] = true
		switch text, ok := m.value.(string); {
		case m.value == nil || isText && given[m.name]: // null is not a value
		case isText && !ok:
			p.refuse(m.name, "is not a JSON string")
		case isText:
			p.texts[m.name] = text
		case isPlan:
			asked[m.name] = m.value
		default:
			f, err := toField(m.name, m.value)
			if err != nil {
				p.bad = append(p.bad, &ssotoken.FieldError{Field: m.name, Err: err})
				continue
			}
			p.fields = append(p.fields, f)
		}
	}
	p.planFromJSON(asked)
	return nil
}

func (p *profile) planFromJSON(asked map[string]any) {
	operation, hasOperation := asked[contract.SpacesOperation]
	ids, hasIDs := asked[contract.SpaceIDs]
	changes, hasChanges := asked[contract.Spaces]
	if hasOperation && operation != contract.OperationAdd && operation != contract.OperationReplace {
		p.refuse(contract.SpacesOperation, "is neither ADD nor REPLACE")
	}
	switch {
	case hasIDs && hasChanges:
		p.refuse(contract.Spaces, "is there together with spaceIds: give one of the two")
	case hasChanges && hasOperation:
		p.refuse(contract.SpacesOperation, "goes with spaceIds: in spaces, action decides")
	case hasOperation && !hasIDs:
		p.refuse(contract.SpacesOperation, "is there without spaceIds")
	case hasChanges:
		p.plan = spaces.Apply(p.changes(changes)...)
	case operation == contract.OperationReplace:
		p.plan = spaces.Replace(p.ids(ids)...)
	case hasIDs:
		p.plan = spaces.Add(p.ids(ids)...)
	}
}

func (p *profile) ids(value any) []string {
	values, ok := value.([]any)
	ids := make([]string, len(values))
	for i := range values {
		id, isText := values[i].(string)
		ids[i], ok = id, ok && isText
	}
	if !ok {
		p.refuse(contract.SpaceIDs, "is not an array of strings")
	}
	return ids
}

func (p *profile) changes(value any) []spaces.Change {
	const shape = `is not an array of objects like {"spaceId":"…","role":"MEMBER","action":"JOIN"}, with JOIN or LEAVE`
	values, ok := value.([]any)
	if !ok {
		p.refuse(contract.Spaces, shape)
		return nil
	}
	var changes []spaces.Change
	for _, v := range values {
		entry := map[string]any{}
		o, _ := v.(object)
		for _, m := range o {
			entry[m.name] = m.value
		}
		id, isText := entry[contract.SpaceID].(string)
		role, hasRole := entry[contract.Role]
		delete(entry, contract.SpaceID)
		delete(entry, contract.Role)
		action := entry[contract.Action]
		switch {
		case !isText || hasRole && role != contract.RoleMember || len(entry) != 1 || action != contract.ActionJoin && action != contract.ActionLeave:
			p.refuse(contract.Spaces, shape)
			return nil
		case action == contract.ActionJoin:
			changes = append(changes, spaces.Join(id))
		default:
			changes = append(changes, spaces.Leave(id))
		}
	}
	return changes
}

func (p *profile) spacesFromFlags(join, leave []string, replace, leaveAll bool) {
	switch {
	case leaveAll:
		p.plan = spaces.LeaveAll()
	case replace:
		p.plan = spaces.Replace(join...)
	case len(leave) > 0:
		var changes []spaces.Change
		for _, id := range join {
			changes = append(changes, spaces.Join(id))
		}
		for _, id := range leave {
			changes = append(changes, spaces.Leave(id))
		}
		p.plan = spaces.Apply(changes...)
	case len(join) > 0:
		p.plan = spaces.Add(join...)
	}
}

// fieldsFromFlags adds fields of the form KEY[:TYPE]=VALUE. They replace those
// of the JSON object.
func (p *profile) fieldsFromFlags(flags []string) {
	var fields []customfields.Field
	replaced := map[string]bool{}
	for _, text := range flags {
		key, f, err := parseField(text)
		replaced[key] = true
		if err != nil {
			p.bad = append(p.bad, &ssotoken.FieldError{Field: key, Err: err})
			continue
		}
		fields = append(fields, f)
	}
	p.fields = slices.DeleteFunc(p.fields, func(f customfields.Field) bool { return replaced[f.Key()] })
	p.fields = append(p.fields, fields...)
}

// build gives the claims, or the errors of all bad fields, one for each.
func (p *profile) build() (ssotoken.Claims, []*ssotoken.FieldError) {
	b := ssotoken.NewClaims().Spaces(p.plan).Custom(customfields.Of(p.fields...))
	for _, c := range textClaims() {
		setText[c.Setter](b, p.texts[c.Name])
	}
	claims, err := b.Build()
	refused := p.bad
	var claimsError *ssotoken.ClaimsError
	if errors.As(err, &claimsError) {
		for _, f := range claimsError.Fields {
			isKnown := func(known *ssotoken.FieldError) bool {
				return f.Field == known.Field || strings.HasPrefix(f.Field, known.Field+"[")
			}
			if !slices.ContainsFunc(p.bad, isKnown) {
				refused = append(refused, f)
			}
		}
	}
	return claims, refused
}
