package check

import (
	"cmp"
	"slices"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// An Outcome says how a member's login would end.
type Outcome uint8

const (
	AsTheyAre  Outcome = iota // logs in, every field sent as it is
	PutInOrder                // logs in, with white space or the like tidied
	LeftOut                   // logs in by BuildLenient, without a field; Build refuses
	Collides                  // can't log in beside another member, or with the sub of now
	Refused                   // can't log in
)

// An Effect says what a finding does to the login.
type Effect string

const (
	EffectRefused    Effect = "refused"      // the member can't log in
	EffectCollides   Effect = "collides"     // can't log in beside another member
	EffectLeftOut    Effect = "left out"     // the field is not sent
	EffectPutInOrder Effect = "put in order" // the field is sent in another spelling
	EffectLook       Effect = "worth a look" // the login works
	EffectHarmless   Effect = "harmless"     // it is only reported
)

var effects = []Effect{EffectRefused, EffectCollides, EffectLeftOut, EffectLook, EffectPutInOrder, EffectHarmless}

// A Report says what was found. Rows is the sum of the five numbers after it.
type Report struct {
	Partial    bool `json:"partial"` // the input was not read to its end
	Rows       int  `json:"rows"`
	AsTheyAre  int  `json:"asTheyAre"`
	PutInOrder int  `json:"putInOrder"`
	LeftOut    int  `json:"leftOut"`
	Collide    int  `json:"collide"`
	Refused    int  `json:"refused"`

	PreviousRows    int `json:"previousRows,omitempty"`    // of [Checker.ReadPrevious]
	PreviousRefused int `json:"previousRefused,omitempty"` // of those, not compared: they could not log in

	Unused   []string  `json:"unusedColumns,omitempty"` // columns and members of JSON objects that no claim was read from
	Findings []Finding `json:"findings"`                // the worst effect first, then the most rows
}

// A Finding is one thing that is wrong with some rows.
type Finding struct {
	Code     contract.Code `json:"code"`
	Field    string        `json:"field,omitempty"`
	Effect   Effect        `json:"effect"`
	Rows     int           `json:"rows"`
	Message  string        `json:"message"` // of the first row
	Rule     string        `json:"rule"`
	Fix      string        `json:"fix"`
	Examples []Place       `json:"examples"` // the first rows
}

// A Place is a row of the input.
type Place struct {
	Source string `json:"source,omitempty"` // its name
	Row    int    `json:"row"`              // from 1, without the header, over all sources
	Line   int    `json:"line,omitempty"`   // of its source, where the row starts
	Other  int    `json:"other,omitempty"`  // row, of the earlier export for [SubChanged] and [SubReassigned]
	Value  string `json:"value,omitempty"`  // of the field, where [Config.ShowValues] is set
}

// Found reports whether there is anything to do before the launch.
func (r *Report) Found() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool {
		return f.Effect != EffectPutInOrder && f.Effect != EffectHarmless
	})
}

// A kind is what findings are counted by.
type kind struct {
	code   contract.Code
	field  string
	effect Effect
}

// A note is something about one row.
type note struct {
	kind
	message string
	at      Place
}

// findings counts by kind, and keeps the first rows of each.
type findings struct {
	byKind map[kind]*Finding
	most   int // examples of a kind
}

func (f *findings) add(n note) {
	found := f.byKind[n.kind]
	if found == nil {
		rule := ruleOf(n.code)
		found = &Finding{
			Code: n.code, Field: n.field, Effect: n.effect, Message: n.message,
			Rule: rule.Sentence, Fix: rule.Fix, Examples: []Place{},
		}
		f.byKind[n.kind] = found
	}
	found.Rows++
	if len(found.Examples) < f.most {
		found.Examples = append(found.Examples, n.at)
	}
}

func (f *findings) list() []Finding {
	list := make([]Finding, 0, len(f.byKind))
	for _, found := range f.byKind {
		list = append(list, *found)
	}
	slices.SortFunc(list, func(a, b Finding) int {
		return cmp.Or(slices.Index(effects, a.Effect)-slices.Index(effects, b.Effect), b.Rows-a.Rows,
			cmp.Compare(a.Code, b.Code), cmp.Compare(a.Field, b.Field))
	})
	return list
}
