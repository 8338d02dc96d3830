// Package profile reads what text and JSON say of a member: the claims by their
// names, spaces, and custom fields by their types.
package profile

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// A Profile is what is said of a member. The zero Profile says nothing.
type Profile struct {
	Texts map[string]string // the claims that are one text, by name

	IDs        []string // spaceIds; nil is none
	Operation  string   // spacesOperation
	changes    []spaces.Change
	badIDs     bool
	badChanges contract.Code // what is wrong with one

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

// Refuse says what is wrong with a field, by the code that the judge of a token has for it.
func (p *Profile) Refuse(field string, code contract.Code, why string) {
	p.Bad = append(p.Bad, &ssotoken.FieldError{Field: field, Err: Because(code, why)})
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

// Because returns a code with a text for people.
func Because(code contract.Code, text string) error { return &reason{code, text} }

type reason struct {
	code contract.Code
	text string
}

func (r *reason) Error() string { return r.text }

func (r *reason) Unwrap() error { return r.code }

// malformed says that a value does not have the type of its field.
func malformed(text string) error { return Because(contract.Malformed, text) }

// Read takes a JSON object with the claims' own names. It skips the claims of the given flags.
func (p *Profile) Read(data []byte, given map[string]bool) error {
	seen := map[string]bool{}
	err := Members(data, func(name string, value jsontext.Value) {
		isText, kind := contract.ClaimOf(name).IsText, value.Kind()
		isRepeated := seen[name] && (isText || IsAboutSpaces(name))
		seen[name] = true
		switch {
		case isRepeated:
			p.Refuse(name, contract.DuplicateName, "is there more than once")
		case kind == 'n' || isText && given[name]: // null is not a value
		case isText && kind != '"':
			p.Refuse(name, contract.ClaimNotString, "is not a JSON string")
		case isText:
			p.SetText(name, textOf(value))
		case IsAboutSpaces(name):
			p.SetSpaces(name, value)
		default:
			f, err := FieldOf(name, value)
			if err != nil {
				p.Bad = append(p.Bad, &ssotoken.FieldError{Field: name, Err: err})
				return
			}
			p.Fields = append(p.Fields, f)
		}
	})
	p.MakePlan()
	return err
}

// IsAboutSpaces reports whether a claim is one of the three about spaces.
func IsAboutSpaces(claim string) bool {
	return claim == contract.SpaceIDs || claim == contract.Spaces || claim == contract.SpacesOperation
}

// SetSpaces sets a claim about spaces. Call [Profile.MakePlan] after the last.
func (p *Profile) SetSpaces(claim string, value jsontext.Value) {
	values, kind := elements(value)
	switch claim {
	case contract.SpacesOperation:
		p.SetOperation(cmp.Or(textOf(value), string(value))) // a number is none
	case contract.SpaceIDs:
		p.badIDs = kind != '"' && kind != ']'
		p.IDs = make([]string, len(values))
		for i, id := range values {
			p.IDs[i] = textOf(id)
		}
	case contract.Spaces:
		p.changes = []spaces.Change{}
		var entries []struct {
			SpaceID *string `json:"spaceId"`
			Role    *string `json:"role"`
			Action  string  `json:"action"`
		}
		p.badChanges = ""
		if kind == 0 || json.Unmarshal(value, &entries, json.RejectUnknownMembers(true)) != nil {
			p.badChanges = contract.SpacesMalformed
		}
		for _, e := range entries {
			switch {
			case e.SpaceID == nil:
				p.badChanges = contract.SpacesMalformed
			case e.Role != nil && *e.Role != contract.RoleMember:
				p.badChanges = inspect.SpacesRole
			case e.Action == contract.ActionJoin:
				p.changes = append(p.changes, spaces.Join(*e.SpaceID))
			case e.Action == contract.ActionLeave:
				p.changes = append(p.changes, spaces.Leave(*e.SpaceID))
			default:
				p.badChanges = inspect.SpacesAction
			}
		}
	}
}

// SetOperation sets spacesOperation.
func (p *Profile) SetOperation(operation string) {
	if operation != contract.OperationAdd && operation != contract.OperationReplace {
		p.Refuse(contract.SpacesOperation, inspect.SpacesOperationWrong, "is neither ADD nor REPLACE")
	}
	p.Operation = operation
}

// MakePlan makes the plan of what was set about spaces.
func (p *Profile) MakePlan() {
	switch {
	case p.IDs != nil && p.changes != nil:
		p.Refuse(contract.Spaces, inspect.SpacesBoth, "is there together with spaceIds: give one of the two")
	case p.changes != nil && p.Operation != "":
		p.Refuse(contract.SpacesOperation, contract.Malformed, "goes with spaceIds: in spaces, action decides")
	case p.IDs == nil && p.Operation == contract.OperationReplace:
		p.Refuse(contract.SpacesOperation, contract.SpacesReplaceNothing, "is there without spaceIds")
	case p.IDs == nil && p.Operation != "":
		p.Refuse(contract.SpacesOperation, inspect.SpacesOperationAlone, "is there without spaceIds")
	case p.changes != nil:
		if p.badChanges != "" {
			p.Refuse(contract.Spaces, p.badChanges,
				`is not an array of objects like {"spaceId":"…","role":"MEMBER","action":"JOIN"}, with JOIN or LEAVE`)
		}
		p.Plan = spaces.Apply(p.changes...)
	case p.IDs != nil:
		if p.badIDs {
			p.Refuse(contract.SpaceIDs, contract.SpaceIDsMalformed, "is not an array of strings")
		}
		p.Plan = spaces.Add(p.IDs...)
		if p.Operation == contract.OperationReplace {
			p.Plan = spaces.Replace(p.IDs...)
		}
	}
}

// SpacesFromFlags takes ids of spaces in place of the claims.
func (p *Profile) SpacesFromFlags(join, leave []string, replace, leaveAll bool) {
	var changes []spaces.Change
	for _, id := range join {
		changes = append(changes, spaces.Join(id))
	}
	for _, id := range leave {
		changes = append(changes, spaces.Leave(id))
	}
	switch {
	case leaveAll:
		p.Plan = spaces.LeaveAll()
	case replace:
		p.Plan = spaces.Replace(join...)
	case len(leave) > 0:
		p.Plan = spaces.Apply(changes...)
	case len(join) > 0:
		p.Plan = spaces.Add(join...)
	}
}

// FieldsFromFlags adds fields of the form KEY[:TYPE]=VALUE. They replace those of the JSON object.
func (p *Profile) FieldsFromFlags(flags []string) {
	var fields []customfields.Field
	replaced := map[string]bool{}
	for _, text := range flags {
		key, value, _ := strings.Cut(text, "=")
		key, kind := CutType(key)
		replaced[key] = true
		f, err := TypedField(key, cmp.Or(kind, "text"), value)
		if err != nil {
			p.Bad = append(p.Bad, &ssotoken.FieldError{Field: key, Err: err})
			continue
		}
		fields = append(fields, f)
	}
	p.Fields = slices.DeleteFunc(p.Fields, func(f customfields.Field) bool { return replaced[f.Key()] })
	p.Fields = append(p.Fields, fields...)
}

// CutType splits KEY:TYPE at its last colon. TYPE is "" where there is none.
func CutType(text string) (key, kind string) {
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		return text[:i], text[i+1:]
	}
	return text, ""
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
