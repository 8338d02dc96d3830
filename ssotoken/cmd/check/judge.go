package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/unicode/norm"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/internal/profile"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// A member is what a row says of one.
type member struct {
	outcome            Effect // the worst for the login; empty if every field is sent as it is
	sub, email, name   string // empty where the member can't log in; the name as the row has it
	subHash, emailHash uint64
}

// judge judges the rows of a job, or those of them that are wanted.
func (c *Checker) judge(j *job, wanted []uint8) {
	j.members = append(j.members, make([]member, len(j.read))...)
	judge := judge{c: c, job: j, builder: ssotoken.NewClaims().AllowSubject(c.config.AllowSubject)}
	if j.source.json {
		j.seen = map[string]bool{}
		judge.object, judge.kinds = make([]string, len(j.source.names)), make([]jsontext.Kind, len(j.source.names))
	}
	for i := range j.read {
		if wanted == nil || wanted[int(j.ordinal)+i] != 0 {
			judge.row = i
			j.members[i] = judge.judge(&j.read[i])
		}
	}
}

// A judge judges one row after another.
type judge struct {
	c       *Checker
	job     *job
	builder *ssotoken.ClaimsBuilder
	object  []string // of JSON

	// Of the row:
	row   int
	cells []string               // by the source's names
	kinds []jsontext.Kind        // of the cells, of JSON; 0 and null have no text
	bad   []*ssotoken.FieldError // what could not be given to the builder
}

func (j *judge) note(k kind, message string) {
	at := j.job.at(j.row)
	for i, column := range j.job.source.where {
		if j.c.config.ShowValues && k.field != "" && j.c.columns[i].field == k.field && column >= 0 {
			at.Value = j.cells[column]
		}
	}
	j.job.notes = append(j.job.notes, note{k, message, at})
}

func (j *judge) refuse(field string, err error) {
	j.bad = append(j.bad, &ssotoken.FieldError{Field: field, Err: err})
}

func (j *judge) judge(r *row) member {
	fault := r.fault
	j.cells, j.bad = r.cells, nil
	switch width := len(j.job.source.names); {
	case fault != nil:
	case j.kinds != nil:
		if j.readObject(r.text) != nil {
			fault = because(RowUnreadable, "is not one JSON object in UTF-8")
		}
	case len(r.cells) != width:
		fault = because(RowRagged, fmt.Sprintf("has %d columns, the header %d", len(r.cells), width))
	}
	if fault != nil {
		j.note(kind{ssotoken.CodeOf(fault), "", EffectRefused}, fault.Error())
		return member{outcome: EffectRefused}
	}
	m := j.build()
	if j.bad != nil || j.mayBeTooLong() || j.builder.Validate() != nil {
		if m.outcome = j.closer(); m.outcome == EffectRefused {
			return member{outcome: EffectRefused}
		}
	}
	m.email = strings.TrimSpace(m.email) // as the builder does
	if !j.job.source.Previous {
		j.look(m)
	}
	m.subHash = maphash.String(j.c.seed, m.sub) & j.c.mask
	m.emailHash = maphash.String(j.c.seed, fold(m.email)) & j.c.mask
	return m
}

// readObject takes the cells of a JSON object: texts, and the JSON of other values.
func (j *judge) readObject(text []byte) error {
	clear(j.object)
	clear(j.kinds)
	j.cells = j.object
	source := j.job.source
	return profile.Members(text, func(name string, value jsontext.Value) {
		if len(j.job.seen) < maxUnused {
			j.job.seen[name] = true
		}
		i := slices.Index(source.names, name)
		switch {
		case i < 0:
			return
		case j.kinds[i] != 0:
			first := j.c.columns[slices.Index(source.where, i)]
			j.refuse(cmp.Or(first.field, name), because(contract.DuplicateName, "is there more than once"))
			return
		}
		j.kinds[i], j.cells[i] = value.Kind(), string(value)
		switch j.kinds[i] {
		case '"':
			unquoted, _ := jsontext.AppendUnquote(nil, value)
			j.cells[i] = string(unquoted)
		case 'n':
			j.cells[i] = ""
		}
	})
}

// mayBeTooLong is false where the login URL can't be too long: beside its text, escaped at worst as \u0000, a row
// takes some JSON around each field, and the URL some around the token.
func (j *judge) mayBeTooLong() bool {
	size := 0
	for _, cell := range j.cells {
		size += len(cell)
	}
	return size > ((j.c.config.MaxURL-400)*3/4-64*(len(j.c.columns)-1))/6
}

// look notes what is odd about a member who can log in.
func (j *judge) look(m member) {
	if isEmailOf(m.sub, m.email) {
		j.note(kind{contract.SubIsEmail, contract.Sub, EffectLook}, "is an email address")
	}
	if isSpreadsheet(m.sub) {
		j.note(kind{SubSpreadsheet, contract.Sub, EffectLook},
			"looks like a number that a spreadsheet rewrote: export the ids from the database")
	}
	verified, _ := j.cell(len(j.c.columns) - 1)
	if verified == "" {
		return
	}
	if yes, err := profile.ParseBool(verified); err == nil && !yes {
		j.note(kind{MemberUnverified, contract.Email, EffectLook},
			"is not verified, says the export: the community would take it as verified")
	}
}

// closer judges a row that is not fine as it is, and notes what is wrong with it.
func (j *judge) closer() (worst Effect) {
	tell := func(f *ssotoken.FieldError, effect Effect) {
		rank := slices.Index(effects, effect)
		if effect != EffectLook && (worst == "" || rank < slices.Index(effects, worst)) {
			worst = effect
		}
		j.note(kind{ssotoken.CodeOf(f), j.c.fieldOf(f.Field), effect}, message(f))
	}
	claims, err := j.builder.BuildLenient()
	faults := append(j.bad, claims.Notes()...)
	if err != nil {
		for _, f := range j.builder.Validate() { // what can't be read is not in the builder, which may miss it
			isTold := slices.ContainsFunc(j.bad, func(bad *ssotoken.FieldError) bool { return bad.Field == f.Field })
			if !isTold && !errors.Is(f, ssotoken.ErrNormalized) {
				faults = append(faults, f)
			}
		}
	}
	for _, f := range faults {
		field := j.c.fieldOf(f.Field)
		switch {
		case ssotoken.CodeOf(f) == contract.NameIsEmail:
			tell(f, EffectLook)
		case errors.Is(f, ssotoken.ErrNormalized):
			tell(f, EffectPutInOrder)
		case contract.ClaimOf(field).Status == contract.Required, profile.IsAboutSpaces(field):
			tell(f, EffectRefused)
		default:
			tell(f, EffectLeftOut)
		}
	}
	if err == nil && j.mayBeTooLong() {
		j.shorten(claims, tell)
	}
	return worst
}

// message says what to do on the command line where the field's error names a function.
func message(f *ssotoken.FieldError) string {
	if code := ssotoken.CodeOf(f); code == contract.SubPlaceholder || code == contract.SubZero {
		return "is what programs write for a missing id; if a member really has it, name it with --real-sub"
	}
	return f.Err.Error()
}

// shorten tells what claims lose where their login URL is too long.
func (j *judge) shorten(claims ssotoken.Claims, tell func(*ssotoken.FieldError, Effect)) {
	token, err := j.c.signer.Sign(context.Background(), claims)
	if err != nil {
		return
	}
	url, err := j.c.signer.LoginURL(context.Background(), claims, ssotoken.ReturnPath{})
	var tooLong *ssotoken.FieldError
	if errors.As(err, &tooLong) {
		tell(tooLong, EffectRefused)
		return
	}
	sent := inspect.LoginURL(url, inspect.Options{}).Claims
	for _, claim := range inspect.Token(token.JWT(), inspect.Options{}).Claims {
		if !slices.ContainsFunc(sent, func(e inspect.Entry) bool { return e.Name == claim.Name }) {
			why := because(contract.URLTooLong, "left out: with it the login URL would be too long")
			tell(&ssotoken.FieldError{Field: claim.Name, Err: why}, EffectLeftOut)
		}
	}
}

// isEmailOf reports whether a sub is the member's email, or another one of the same
// domain. An id of an identity provider may have the form of an email.
func isEmailOf(sub, email string) bool {
	at := strings.IndexByte(sub, '@')
	return at >= 0 && strings.EqualFold(sub[at:], email[max(strings.LastIndexByte(email, '@'), 0):])
}

var spreadsheet = regexp.MustCompile(`^(-?\d+([.,]\d+)?[Ee]\+?\d+|'\d+|\d+[.,]0+|\d{1,3}(,\d{3})+|="\w+"|#{3,})$`)

func isSpreadsheet(sub string) bool {
	return sub[0] <= '=' && strings.ContainsAny(sub, "eE'.,=#") && spreadsheet.MatchString(sub)
}

// fold returns the form by which emails are compared.
func fold(email string) string {
	folded := strings.ToLower(email)
	if utf8.RuneCountInString(folded) == len(folded) { // in ASCII
		return folded
	}
	return norm.NFC.String(folded)
}

// build passes the row to the builder. The member that it returns has what was passed.
func (j *judge) build() (m member) {
	var fields []customfields.Field
	var isSpaces, isCustom bool
	for i, k := range j.c.columns {
		switch {
		case j.job.source.where[i] < 0 || j.job.source.Previous && !k.required:
		case k.set != nil:
			text := j.text(i)
			k.set(j.builder, text)
			switch k.field {
			case contract.Sub:
				m.sub = text
			case contract.Email:
				m.email = text
			case contract.Name:
				m.name = text
			}
		case k.kind != "":
			isCustom = true
			if field, ok := j.custom(i); ok {
				fields = append(fields, field)
			}
		case k.field != "":
			isSpaces = true
		}
	}
	if isCustom {
		j.builder.Custom(customfields.Of(fields...))
	}
	if isSpaces {
		j.builder.Spaces(j.plan())
	}
	return m
}

// cell returns what a column has, and its kind in JSON: all cells of CSV are texts. One that means no value is empty.
func (j *judge) cell(i int) (text string, kind jsontext.Kind) {
	at := j.job.source.where[i]
	if at < 0 {
		return "", 0
	}
	text, kind = j.cells[at], '"'
	if j.kinds != nil {
		kind = j.kinds[at]
	}
	if kind == '"' && j.c.columns[i].field != contract.Sub && slices.Contains(j.c.config.Null, text) {
		text = ""
	}
	return text, kind
}

// text returns the cell of a claim that is one text. A sub may be a whole number in JSON: many exports write ids so,
// and a site gives them to the builder as text.
func (j *judge) text(i int) string {
	text, kind := j.cell(i)
	field := j.c.columns[i].field
	if kind == '"' || kind == 0 || kind == 'n' || kind == '0' && field == contract.Sub && isID(text) {
		return text
	}
	j.refuse(field, because(contract.ClaimNotString, "is not a JSON string"))
	return ""
}

func isID(number string) bool {
	_, err := strconv.ParseInt(number, 10, 64)
	return err == nil || isSpreadsheet(number)
}

// custom returns a custom field that has a value.
func (j *judge) custom(i int) (customfields.Field, bool) {
	k := j.c.columns[i]
	cell, kind := j.cell(i)
	if cell == "" {
		return customfields.Field{}, false
	}
	field, err := profile.TypedField(k.field, k.kind, cell)
	isBool := kind == 't' || kind == 'f'
	if isBool && k.kind != "boolean" || kind == '[' && k.kind != "array" || kind == '{' && k.kind != "object" {
		err = because(contract.Malformed, "is not JSON of the type "+k.kind)
	}
	if err != nil {
		j.refuse(k.field, err)
	}
	return field, err == nil
}

// plan makes a plan of the columns about spaces.
func (j *judge) plan() spaces.Plan {
	var p profile.Profile
	for i, k := range j.c.columns {
		if !profile.IsAboutSpaces(k.field) {
			continue
		}
		cell, kind := j.cell(i)
		cell = strings.TrimSpace(cell)
		switch isText := kind == '"'; {
		case cell == "":
		case isText && k.field == contract.SpacesOperation:
			p.SetOperation(cell)
		case isText && j.kinds != nil:
			p.SetSpaces(k.field, jsontext.Value(`""`)) // which is none
		case isText && k.field == contract.SpaceIDs && cell[0] != '[':
			for id := range strings.FieldsFuncSeq(cell, isBetweenIDs) {
				p.IDs = append(p.IDs, strings.TrimSpace(id))
			}
		default:
			p.SetSpaces(k.field, jsontext.Value(cell))
		}
	}
	if j.kinds == nil && p.Operation == contract.OperationAdd && p.IDs == nil {
		p.Operation = "" // ADD of nothing
	}
	p.MakePlan()
	j.bad = append(j.bad, p.Bad...)
	return p.Plan
}

func isBetweenIDs(r rune) bool { return r == ',' || r == ';' || r == '|' }
