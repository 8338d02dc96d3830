package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/bettermode-go/sso/customfields"
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

// A candidate is a row as claims that are still to be judged.
type candidate struct {
	builder          *ssotoken.ClaimsBuilder
	sub, email, name string                 // as the builder has them
	verified         string                 // what the export says of the email; empty where it says nothing
	size             int                    // at least as many bytes as the builder holds
	bad              []*ssotoken.FieldError // what could not be given to the builder

	cells  []string       // of CSV
	values map[string]any // of JSON, by column
}

// value returns what a row has for a claim or a custom field.
func (a *candidate) value(j *judge, field string) string {
	if !j.c.config.ShowValues {
		return ""
	}
	if a.cells != nil {
		if i, ok := j.job.source.table.shown[field]; ok {
			return a.cells[i]
		}
		return ""
	}
	value := a.values[j.c.columns.columnOf(field)]
	if text, ok := value.(string); ok {
		return text
	}
	shown, _ := json.Marshal(value)
	return string(shown)
}

// judgeAll judges the rows of a job, or those of them that are wanted.
func (c *Checker) judgeAll(j *job, wanted func(i int) bool) {
	j.members = make([]member, len(j.rows))
	judge := judge{c: c, job: j, builder: ssotoken.NewClaims().AllowSubject(c.config.AllowSubject)}
	for i := range j.rows {
		if wanted == nil || wanted(i) {
			judge.row = i
			j.members[i] = judge.judge(&j.rows[i])
		}
	}
}

type judge struct {
	c       *Checker
	job     *job
	row     int
	builder *ssotoken.ClaimsBuilder // for the rows of CSV, one after another
	a       candidate               // of the row
}

func (j *judge) note(k kind, message, value string) {
	j.job.notes = append(j.job.notes, note{k, message, value, j.row})
}

func (j *judge) judge(r *row) member {
	fault := r.fault
	switch t := j.job.source.table; {
	case fault != nil:
	case t == nil:
		if fault = j.object(r.text); fault != nil {
			fault = because(RowUnreadable, "is not one JSON object in UTF-8")
		}
	case len(r.cells) != t.width:
		fault = because(RowRagged, fmt.Sprintf("has %d columns, the header %d", len(r.cells), t.width))
	default:
		j.cells(t, r.cells)
	}
	if fault != nil {
		j.note(kind{ssotoken.CodeOf(fault), "", EffectRefused}, fault.Error(), "")
		return member{outcome: Refused}
	}
	return j.outcome(&j.a)
}

// smallRow is the size of a row whose login URL can't be too long: beside its text,
// escaped at worst as \u0000, it takes some JSON around each field, and the URL some
// around the token.
func (c *Checker) smallRow() int {
	return ((c.config.MaxURL-400)*3/4 - 64*(len(c.columns.fields)+8)) / 6
}

func (j *judge) outcome(a *candidate) member {
	m := member{sub: a.sub, email: a.email, name: a.name}
	if claims, err := a.builder.Build(); err != nil || claims.Notes() != nil || a.bad != nil || a.size > j.c.smallRow() {
		m = j.closer(a, err)
	}
	if m.outcome == Refused {
		return m
	}
	if !j.job.source.previous {
		look := func(code contract.Code, claim, message string) {
			j.note(kind{code, claim, EffectLook}, message, a.value(j, claim))
		}
		if isEmailOf(m.sub, m.email) {
			look(contract.SubIsEmail, contract.Sub, "is an email address")
		}
		if isSpreadsheet(m.sub) {
			look(SubSpreadsheet, contract.Sub, "looks like a number that a spreadsheet rewrote: export the ids from the database")
		}
		if no, ok := profile.ParseBool(a.verified); ok && !no {
			look(MemberUnverified, contract.Email, "is not verified, says the export: the community would take it as verified")
		}
	}
	m.subHash = maphash.String(j.c.seed, m.sub) & j.c.mask
	m.emailHash = maphash.String(j.c.seed, fold(m.email)) & j.c.mask
	return m
}

// closer judges a row that is not fine as it is, and notes what is wrong with it.
// strict is the error of Build.
func (j *judge) closer(a *candidate, strict error) member {
	m := member{}
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
		j.note(kind{ssotoken.CodeOf(f), field, effect}, j.message(f), a.value(j, field))
	}
	isTold := map[string]bool{} // what can't be read is not in the builder, which may miss it
	for _, f := range a.bad {
		isTold[f.Field] = true
		effect := EffectLeftOut
		if contract.ClaimOf(f.Field).Status == contract.Required || isAboutSpaces(f.Field) {
			effect = EffectRefused
		}
		tell(f, effect)
	}
	claims, err := a.builder.BuildLenient()
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
		j.fit(claims, a.size, tell)
	}
	if m.outcome == Refused {
		return member{outcome: Refused}
	}
	m.sub, m.email, m.name = claims.Subject(), claims.Email(), claims.Name()
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
func (j *judge) fit(claims ssotoken.Claims, size int, tell func(*ssotoken.FieldError, Effect)) {
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
	if size <= j.c.smallRow() {
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

// cells makes claims of a row of CSV.
func (j *judge) cells(t *table, cells []string) {
	j.a = candidate{
		builder: j.builder, cells: cells,
		sub: cells[t.sub], email: j.c.withoutNull(cells[t.email]), name: j.c.withoutNull(cells[t.name]),
	}
	a := &j.a
	for _, cell := range cells {
		a.size += len(cell)
	}
	for i := range t.texts {
		cell := cells[t.texts[i].column]
		if t.texts[i].column != t.sub {
			cell = j.c.withoutNull(cell)
		}
		t.texts[i].set(a.builder, cell)
	}
	if t.verified >= 0 {
		a.verified = cells[t.verified]
	}
	if j.job.source.previous {
		return
	}
	if len(t.fields) > 0 {
		var fields []customfields.Field
		for _, f := range t.fields {
			cell := j.c.withoutNull(cells[f.column])
			if cell == "" {
				continue
			}
			field, err := profile.TypedField(f.Key, f.Type, cell)
			if err != nil {
				a.bad = append(a.bad, &ssotoken.FieldError{Field: f.Key, Err: err})
				continue
			}
			fields = append(fields, field)
		}
		a.builder.Custom(customfields.Of(fields...))
	}
	if len(t.spaces) > 0 {
		a.bad = append(a.bad, j.plan(t, cells, a.builder)...)
	}
}

func (c *Checker) withoutNull(cell string) string {
	if cell != "" && c.null[cell] {
		return ""
	}
	return cell
}

// plan sets the spaces from the columns about them.
func (j *judge) plan(t *table, cells []string, b *ssotoken.ClaimsBuilder) []*ssotoken.FieldError {
	var p profile.Profile
	asked := map[string]any{}
	for claim, column := range t.spaces {
		cell := strings.TrimSpace(j.c.withoutNull(cells[column]))
		switch {
		case cell == "":
		case claim == contract.SpacesOperation:
			asked[claim] = cell
		case cell[0] == '[' || claim == contract.Spaces:
			o, err := profile.ParseObject([]byte(`{"value":` + cell + `}`))
			if err != nil || len(o) != 1 {
				p.Refuse(claim, "is not a JSON array")
				continue
			}
			asked[claim] = o[0].Value
		default:
			ids := []any{}
			for id := range strings.FieldsFuncSeq(cell, isBetweenIDs) {
				ids = append(ids, strings.TrimSpace(id))
			}
			asked[claim] = ids
		}
	}
	if asked[contract.SpacesOperation] == contract.OperationAdd && asked[contract.SpaceIDs] == nil {
		delete(asked, contract.SpacesOperation) // ADD of nothing
	}
	p.PlanFromJSON(asked)
	b.Spaces(p.Plan)
	return p.Bad
}

func isBetweenIDs(r rune) bool { return r == ',' || r == ';' || r == '|' }

// object makes claims of a JSON object.
func (j *judge) object(text []byte) error {
	object, err := profile.ParseObject(text)
	if err != nil {
		return err
	}
	columns, previous := &j.c.columns, j.job.source.previous
	values := map[string]any{}
	var p profile.Profile
	if j.job.seen == nil {
		j.job.seen = map[string]bool{}
	}
	for _, m := range object {
		if len(j.job.seen) < maxUnused {
			j.job.seen[m.Name] = true
		}
		if !columns.used(m.Name) {
			continue
		}
		if _, twice := values[m.Name]; twice {
			p.Bad = append(
				p.Bad,
				&ssotoken.FieldError{Field: columns.claimOf(m.Name), Err: because(contract.DuplicateName, "is there more than once")},
			)
			continue
		}
		if text, ok := m.Value.(string); ok && j.c.null[text] && m.Name != columns.of[contract.Sub] {
			m.Value = nil
		}
		values[m.Name] = m.Value
	}
	asked := map[string]any{}
	for claim, column := range columns.of {
		switch value := values[column]; {
		case value == nil:
		case profile.Setter(claim) == nil:
			asked[claim] = value
		default:
			setText(&p, claim, value)
		}
	}
	if !previous {
		p.PlanFromJSON(asked)
	}
	for _, f := range columns.fields {
		if value := values[f.Column]; value != nil && !previous {
			field, err := typedValue(f, value)
			if err != nil {
				p.Bad = append(p.Bad, &ssotoken.FieldError{Field: f.Key, Err: err})
				continue
			}
			p.Fields = append(p.Fields, field)
		}
	}
	j.a = candidate{
		builder: p.Builder().AllowSubject(j.c.config.AllowSubject), size: len(text), bad: p.Bad, values: values,
		sub: p.Texts[contract.Sub], email: p.Texts[contract.Email], name: p.Texts[contract.Name],
	}
	if verified := values[columns.verified]; verified != nil {
		j.a.verified = fmt.Sprint(verified)
	}
	return nil
}

// setText takes text, and a whole number for sub: many exports write ids so, and a
// site passes them to the builder as text.
func setText(p *profile.Profile, claim string, value any) {
	text, ok := value.(string)
	if number, isNumber := value.(json.Number); isNumber && claim == contract.Sub {
		_, err := number.Int64()
		text, ok = number.String(), err == nil || isSpreadsheet(number.String())
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
	return customfields.Field{}, because(contract.Malformed, "is not JSON of the type "+f.Type)
}
