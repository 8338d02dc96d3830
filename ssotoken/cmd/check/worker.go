package check

import (
	"context"
	"errors"
	"hash/maphash"
	"strings"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// because gives a code a text for people.
func because(code contract.Code, text string) error { return &reason{code, text} }

type reason struct {
	code contract.Code
	text string
}

func (r *reason) Error() string { return r.text }

func (r *reason) Unwrap() error { return r.code }

// A note is something about one field of one row.
type note struct {
	kind
	message string
	value   string // with ShowValues
	row     int    // within its chunk
	line    int    // likewise; -1 where there are no lines
}

func (n *note) lineOf(ch *chunk) int {
	if n.line < 0 {
		return 0
	}
	return ch.line + n.line
}

// A worker judges rows. Each has its own builder.
type worker struct {
	c     *Checker
	chunk *chunk
	small int // a row of as many bytes can't have too long a URL
	csv   csvRow
}

func (c *Checker) newWorker() *worker {
	// Beside its text, escaped at worst as \u0000, a row takes some JSON around
	// each field, and the URL some around the token.
	perField := 64 * (len(c.columns.fields) + 8)
	return &worker{c: c, small: ((c.config.MaxURL-400)*3/4 - perField) / 6}
}

func (w *worker) start(ch *chunk) { w.chunk = ch }

// unreadable notes a row that could not be read.
func (w *worker) unreadable(rec record, code contract.Code, message string) {
	w.note(rec, kind{code, "", EffectRefused}, message, "")
	w.chunk.rows++
	w.chunk.counts[Refused]++
}

func (w *worker) note(rec record, k kind, message, value string) {
	w.chunk.notes = append(w.chunk.notes, note{k, message, value, w.chunk.rows, rec.line})
}

// A look gives the values of a row, for a report that shows them.
type look func(field string) string

// add judges the member in a builder. The texts are those that the builder was
// given; size is at least as many bytes as it holds.
func (w *worker) add(rec record, values look, b *ssotoken.ClaimsBuilder, size int, t texts, bad []*ssotoken.FieldError) {
	if bad == nil && size <= w.small {
		if claims, err := b.Build(); err == nil && claims.Notes() == nil {
			w.login(rec, values, AsTheyAre, t)
			return
		}
	}
	w.judge(rec, values, b, size, bad)
}

// texts are who a member is.
type texts struct{ sub, email, name string }

// judge looks closer at a row, and notes all that is wrong with it.
func (w *worker) judge(rec record, values look, b *ssotoken.ClaimsBuilder, size int, bad []*ssotoken.FieldError) {
	outcome := AsTheyAre
	tell := func(f *ssotoken.FieldError, effect Effect) {
		switch effect {
		case EffectRefused:
			outcome = Refused
		case EffectLeftOut:
			outcome = max(outcome, LeftOut)
		case EffectPutInOrder:
			outcome = max(outcome, PutInOrder)
		}
		field := w.c.columns.fieldOf(f.Field)
		w.note(rec, kind{ssotoken.CodeOf(f), field, effect}, f.Err.Error(), w.value(values, field))
	}
	for _, f := range bad {
		effect := EffectLeftOut
		if contract.ClaimOf(f.Field).Status == contract.Required || isAboutSpaces(f.Field) {
			effect = EffectRefused
		}
		tell(f, effect)
	}
	claims, err := b.BuildLenient()
	var refused *ssotoken.ClaimsError
	if errors.As(err, &refused) {
		required := map[string]bool{}
		for _, f := range refused.Fields {
			required[f.Field] = true
		}
		_, err := b.Build()
		errors.As(err, &refused)
		for _, f := range refused.Fields {
			if isBad(bad, f) {
				continue
			}
			if required[f.Field] {
				tell(f, EffectRefused)
			} else {
				tell(f, EffectLeftOut)
			}
		}
	} else if err == nil {
		w.fit(claims, size, tell)
	}
	if outcome == Refused {
		w.chunk.rows++
		w.chunk.counts[Refused]++
		return
	}
	w.login(rec, values, outcome, texts{claims.Subject(), claims.Email(), claims.Name()})
}

// fit tells what a member loses of whom the login URL would be too long, and the
// other notes of the claims.
func (w *worker) fit(claims ssotoken.Claims, size int, tell func(*ssotoken.FieldError, Effect)) {
	for _, f := range claims.Notes() {
		if errors.Is(f, ssotoken.ErrNormalized) {
			tell(f, EffectPutInOrder)
		} else {
			tell(f, EffectLeftOut)
		}
	}
	if size <= w.small {
		return
	}
	token, err := w.c.signer.Sign(context.Background(), claims)
	if err != nil {
		return
	}
	url, err := w.c.signer.LoginURL(context.Background(), claims, ssotoken.ReturnPath{})
	var tooLong *ssotoken.FieldError
	if errors.As(err, &tooLong) {
		tell(tooLong, EffectRefused)
		return
	}
	sent := map[string]bool{}
	for _, c := range inspect.LoginURL(url, inspect.Options{}).Claims {
		sent[c.Name] = true
	}
	for _, c := range inspect.Token(token.JWT(), inspect.Options{}).Claims {
		if !sent[c.Name] {
			tell(&ssotoken.FieldError{Field: c.Name, Err: because(contract.URLTooLong, "left out: with it the login URL would be too long")}, EffectLeftOut)
		}
	}
}

// isBad reports whether a field was told of already: what can't be read is not
// in the builder, which may miss it.
func isBad(bad []*ssotoken.FieldError, f *ssotoken.FieldError) bool {
	for _, b := range bad {
		if b.Field == f.Field {
			return true
		}
	}
	return false
}

func (w *worker) value(values look, field string) string {
	if values == nil || !w.c.config.ShowValues {
		return ""
	}
	return values(field)
}

// login keeps a member who logs in, to be compared with the others.
func (w *worker) login(rec record, values look, outcome Outcome, t texts) {
	ch := w.chunk
	if isEmail(t.sub, t.email) && !ch.source.previous {
		w.note(rec, kind{contract.SubIsEmail, contract.Sub, EffectLook}, "is an email address", w.value(values, contract.Sub))
	}
	if !w.c.names {
		t.name = ""
	}
	ch.hashes = append(ch.hashes, maphash.String(w.c.seed, t.sub)&w.c.mask, maphash.String(w.c.seed, fold(t.email))&w.c.mask)
	ch.log = appendMember(ch.log, ch.rows, max(rec.line, 0), outcome, t.sub, t.email, t.name)
	ch.rows++
	ch.counts[outcome]++
}

// isEmail reports whether a sub is the member's email, or another one of the same
// domain. An id of an identity provider may have the form of an email.
func isEmail(sub, email string) bool {
	at := strings.IndexByte(sub, '@')
	return at >= 0 && strings.EqualFold(sub[at:], email[max(strings.LastIndexByte(email, '@'), 0):])
}
