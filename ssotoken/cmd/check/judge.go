package check

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"regexp"
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
	outcome            Outcome
	sub, email, name   string // as they are sent; empty where the member can't log in
	subHash, emailHash uint64
}

// A note is something about one field of one row.
type note struct {
	kind
	message string
	value   string // with ShowValues
	row     int    // of its batch
}

// judgeAll judges the rows of a job, or those of them that are wanted.
func (c *Checker) judgeAll(j *job, wanted func(i int) bool) {
	j.members = make([]member, len(j.rows))
	t := j.source.table
	judge := judge{c: c, job: j, table: t, builder: ssotoken.NewClaims().AllowSubject(c.config.AllowSubject)}
	if t.byName != nil {
		judge.object, judge.kinds, j.seen = make([]string, t.width), make([]jsontext.Kind, t.width), map[string]bool{}
	}
	for i := range j.rows {
		if wanted == nil || wanted(i) {
			judge.row = i
			j.members[i] = judge.judge(&j.rows[i])
		}
	}
}

// A judge judges one row after another.
type judge struct {
	c       *Checker
	job     *job
	table   *table
	builder *ssotoken.ClaimsBuilder
	object  []string // of JSON

	// Of the row:
	row   int
	cells []string               // by the table's columns
	kinds []jsontext.Kind        // of the cells, of JSON; 0 and null have no text
	size  int                    // at least as many bytes as the builder holds
	bad   []*ssotoken.FieldError // what could not be given to the builder
}

func (j *judge) note(k kind, message, value string) {
	j.job.notes = append(j.job.notes, note{k, message, value, j.row})
}

func (j *judge) refuse(field string, err error) {
	j.bad = append(j.bad, &ssotoken.FieldError{Field: field, Err: err})
}

// value returns what the row has for a claim or a custom field.
func (j *judge) value(field string) string {
	if i, ok := j.table.column[field]; ok && j.c.config.ShowValues {
		return j.cells[i]
	}
	return ""
}

func (j *judge) judge(r *row) member {
	fault := r.fault
	j.cells, j.bad = r.cells, nil
	switch {
	case fault != nil:
	case j.kinds != nil:
		if j.readObject(r.text) != nil {
			fault = because(RowUnreadable, "is not one JSON object in UTF-8")
		}
	case len(r.cells) != j.table.width:
		fault = because(RowRagged, fmt.Sprintf("has %d columns, the header %d", len(r.cells), j.table.width))
	}
	if fault != nil {
		j.note(kind{ssotoken.CodeOf(fault), "", EffectRefused}, fault.Error(), "")
		return member{outcome: Refused}
	}
	return j.outcome(j.build())
}

// readObject takes the cells of a JSON object: texts, and the JSON of other values.
func (j *judge) readObject(text []byte) error {
	clear(j.object)
	clear(j.kinds)
	j.cells = j.object
	return profile.Members(text, func(name string, value jsontext.Value) {
		if len(j.job.seen) < maxUnused {
			j.job.seen[name] = true
		}
		i, used := j.table.byName[name]
		switch {
		case !used:
			return
		case j.kinds[i] != 0:
			j.refuse(j.table.fieldAt(i), because(contract.DuplicateName, "is there more than once"))
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

// smallRow is the size of a row whose login URL can't be too long: beside its text,
// escaped at worst as \u0000, it takes some JSON around each field, and the URL some
// around the token.
func (c *Checker) smallRow() int {
	return ((c.config.MaxURL-400)*3/4 - 64*(len(c.columns.fields)+8)) / 6
}

// outcome judges what the builder holds.
func (j *judge) outcome(m member) member {
	if j.bad != nil || j.size > j.c.smallRow() || j.builder.Validate() != nil {
		name := m.name
		m = j.closer()
		m.name = name
	}
	if m.outcome == Refused {
		return m
	}
	if !j.job.source.previous {
		look := func(code contract.Code, claim, message string) {
			j.note(kind{code, claim, EffectLook}, message, j.value(claim))
		}
		if isEmailOf(m.sub, m.email) {
			look(contract.SubIsEmail, contract.Sub, "is an email address")
		}
		if isSpreadsheet(m.sub) {
			look(SubSpreadsheet, contract.Sub, "looks like a number that a spreadsheet rewrote: export the ids from the database")
		}
		if i := j.table.verified; i >= 0 && isFalse(j.cells[i]) {
			look(MemberUnverified, contract.Email, "is not verified, says the export: the community would take it as verified")
		}
	}
	m.subHash = maphash.String(j.c.seed, m.sub) & j.c.mask
	m.emailHash = maphash.String(j.c.seed, fold(m.email)) & j.c.mask
	return m
}

// closer judges a row that is not fine as it is, and notes what is wrong with it.
func (j *judge) closer() member {
	m := member{}
	_, strict := j.builder.Build()
	tell := func(f *ssotoken.FieldError, effect Effect) {
		switch effect {
		case EffectRefused:
			m.outcome = Refused
		case EffectLeftOut:
			m.outcome = max(m.outcome, LeftOut)
		case EffectPutInOrder:
			m.outcome = max(m.outcome, PutInOrder)
		}
		field := j.c.columns.fieldOf(f.Field)
		j.note(kind{ssotoken.CodeOf(f), field, effect}, j.message(f), j.value(field))
	}
	isTold := map[string]bool{} // what can't be read is not in the builder, which may miss it
	for _, f := range j.bad {
		isTold[f.Field] = true
		effect := EffectLeftOut
		if contract.ClaimOf(f.Field).Status == contract.Required || profile.IsAboutSpaces(f.Field) {
			effect = EffectRefused
		}
		tell(f, effect)
	}
	claims, err := j.builder.BuildLenient()
	var all, required *ssotoken.ClaimsError
	switch {
	case errors.As(err, &required) && errors.As(strict, &all):
		isRequired := map[string]bool{}
		for _, f := range required.Fields {
			isRequired[f.Field] = true
		}
		for _, f := range all.Fields {
			switch {
			case isTold[f.Field]:
			case isRequired[f.Field]:
				tell(f, EffectRefused)
			default:
				tell(f, EffectLeftOut)
			}
		}
	case err == nil:
		j.fit(claims, tell)
	}
	if m.outcome == Refused {
		return member{outcome: Refused}
	}
	m.sub, m.email = claims.Subject(), claims.Email()
	return m
}

// message says what to do on the command line where the field's error names a
// function.
func (j *judge) message(f *ssotoken.FieldError) string {
	if code := ssotoken.CodeOf(f); code == contract.SubPlaceholder || code == contract.SubZero {
		return "is what programs write for a missing id; if a member really has it, name it with --real-sub"
	}
	return f.Err.Error()
}

// fit tells the notes of claims, and what they lose where their login URL is too
// long.
func (j *judge) fit(claims ssotoken.Claims, tell func(*ssotoken.FieldError, Effect)) {
	for _, f := range claims.Notes() {
		switch {
		case ssotoken.CodeOf(f) == contract.NameIsEmail:
			tell(f, EffectLook)
		case errors.Is(f, ssotoken.ErrNormalized):
			tell(f, EffectPutInOrder)
		default:
			tell(f, EffectLeftOut)
		}
	}
	if j.size <= j.c.smallRow() {
		return
	}
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
	sent := map[string]bool{}
	for _, claim := range inspect.LoginURL(url, inspect.Options{}).Claims {
		sent[claim.Name] = true
	}
	for _, claim := range inspect.Token(token.JWT(), inspect.Options{}).Claims {
		if !sent[claim.Name] {
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

var spreadsheet = regexp.MustCompile(`^(-?\d+([.,]\d+)?[Ee]\+?\d+|'\d+|\d+[.,]0+)$`)

func isSpreadsheet(sub string) bool {
	return sub[0] <= '9' && strings.ContainsAny(sub, "eE'.,") && spreadsheet.MatchString(sub)
}

// fold returns the form by which emails are compared.
func fold(email string) string {
	for i := range len(email) {
		if email[i] >= utf8.RuneSelf {
			return norm.NFC.String(strings.ToLower(email))
		}
	}
	return strings.ToLower(email)
}

func isFalse(cell string) bool {
	yes, err := profile.ParseBool(cell)
	return err == nil && !yes
}

// build passes the row to the builder. The member that it returns has what was passed.
func (j *judge) build() member {
	t := j.table
	j.size = 0
	for _, cell := range j.cells {
		j.size += len(cell)
	}
	m := member{}
	for i := range t.texts {
		text := j.text(&t.texts[i])
		t.texts[i].set(j.builder, text)
		switch t.texts[i].claim {
		case contract.Sub:
			m.sub = text
		case contract.Email:
			m.email = text
		case contract.Name:
			m.name = text
		}
	}
	if j.job.source.previous {
		return m
	}
	if len(t.fields) > 0 {
		var fields []customfields.Field
		for _, f := range t.fields {
			cell, kind := j.withoutNull(f.column), j.kind(f.column)
			if cell == "" {
				continue
			}
			field, err := profile.TypedField(f.Key, f.Type, cell)
			isBool := kind == 't' || kind == 'f'
			if isBool && f.Type != "boolean" || kind == '[' && f.Type != "array" || kind == '{' && f.Type != "object" {
				err = because(contract.Malformed, "is not JSON of the type "+f.Type)
			}
			if err != nil {
				j.refuse(f.Key, err)
				continue
			}
			fields = append(fields, field)
		}
		j.builder.Custom(customfields.Of(fields...))
	}
	if len(t.spaces) > 0 {
		j.builder.Spaces(j.plan())
	}
	return m
}

// kind is that of a cell in JSON. All cells of CSV are texts.
func (j *judge) kind(column int) jsontext.Kind {
	if j.kinds == nil {
		return '"'
	}
	return j.kinds[column]
}

// withoutNull returns a cell, or nothing if its text means no value.
func (j *judge) withoutNull(column int) string {
	cell := j.cells[column]
	if cell != "" && j.c.null[cell] && j.kind(column) == '"' {
		return ""
	}
	return cell
}

// text returns the cell of a claim that is one text. A sub may be a whole number in JSON: many exports write ids so, and
// a site gives them to the builder as text.
func (j *judge) text(t *textColumn) string {
	switch kind := j.kind(t.column); {
	case kind == '"' && t.claim == contract.Sub, kind == '0' && t.claim == contract.Sub && isID(j.cells[t.column]):
		return j.cells[t.column]
	case kind == '"':
		return j.withoutNull(t.column)
	case kind != 0 && kind != 'n':
		j.refuse(t.claim, because(contract.Malformed, "is not a JSON string"))
	}
	return ""
}

func isID(number string) bool {
	_, err := strconv.ParseInt(number, 10, 64)
	return err == nil || isSpreadsheet(number)
}

// plan makes a plan of the columns about spaces.
func (j *judge) plan() spaces.Plan {
	var p profile.Profile
	for claim, column := range j.table.spaces {
		cell := strings.TrimSpace(j.withoutNull(column))
		switch isText := j.kind(column) == '"'; {
		case cell == "":
		case isText && claim == contract.SpacesOperation:
			p.SetOperation(cell)
		case isText && j.kinds != nil:
			p.SetSpaces(claim, jsontext.Value(`""`)) // which is none
		case isText && claim == contract.SpaceIDs && cell[0] != '[':
			for id := range strings.FieldsFuncSeq(cell, isBetweenIDs) {
				p.IDs = append(p.IDs, strings.TrimSpace(id))
			}
		default:
			p.SetSpaces(claim, jsontext.Value(cell))
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
