package doctor

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A Diagnosis is what a check found. It holds no token, no key, no cookie and no
// login URL.
type Diagnosis struct {
	AuthorizationURL string    `json:"authorizationUrl,omitempty"`
	JSONURL          string    `json:"jsonUrl,omitempty"`
	Community        string    `json:"community,omitempty"` // its origin
	KeyFingerprint   string    `json:"keyFingerprint,omitempty"`
	Requests         int       `json:"requests"`
	Checks           []Result  `json:"checks"`   // in the order in which they were made
	Findings         []Finding `json:"findings"` // in the order in which they were found
}

// A Result sums up one check.
type Result struct {
	Check    string `json:"check"`
	State    State  `json:"state"`
	Findings int    `json:"findings"`
	Note     string `json:"note,omitempty"` // why it was skipped, or what was left out
}

// A State is how a check ended.
type State string

const (
	Passed  State = "passed"  // there is nothing to fix: all findings are Infos
	Failed  State = "failed"  // there is something to fix
	Skipped State = "skipped" // the check was not made, or was given up
)

// A Finding says which rule is broken and what was seen. The verdict is
// [contract.Fail] if the contract is broken, or if a token or an account is at
// risk. It is [contract.Warn] for a mistake that a community lets through and
// for a defence that is missing. It is [contract.Info] for what is worth
// knowing.
type Finding struct {
	contract.Rule
	Check   string `json:"check"`
	Message string `json:"message"` // what was seen, without the value of a claim
}

// Err gives an *[Error] if there is something to fix, else nil.
func (r *Diagnosis) Err() error {
	bad := slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return f.Verdict == contract.Info })
	if len(bad) == 0 {
		return nil
	}
	return &Error{bad}
}

// Has reports whether a finding has this code.
func (r *Diagnosis) Has(code contract.Code) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Code == code })
}

// An Error lists the findings that are worse than an Info. errors.Is finds
// their codes in it.
type Error struct{ Findings []Finding }

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d to fix", len(e.Findings))
	for _, f := range e.Findings {
		fmt.Fprintf(&b, "\n\t%s %s: %s %s", f.Verdict, f.Code, f.Message, f.Fix)
	}
	return b.String()
}

func (e *Error) Unwrap() []error {
	errs := make([]error, len(e.Findings))
	for i, f := range e.Findings {
		errs[i] = f.Code
	}
	return errs
}

// start opens the row of a check.
func (d *doctor) start(name string) {
	d.report.Checks = append(d.report.Checks, Result{Check: name, State: Passed})
	d.progress(0, 0)
}

func (d *doctor) row() *Result { return &d.report.Checks[len(d.report.Checks)-1] }

func (d *doctor) progress(done, total int) {
	if d.c.Progress != nil {
		d.c.Progress(Progress{d.row().Check, done, total})
	}
}

func (d *doctor) note(why string) { d.row().Note = why }

func (d *doctor) skip(why string) error {
	d.row().State, d.row().Note = Skipped, why
	return nil
}

// find adds a finding to the check that is being made.
func (d *doctor) find(code contract.Code, message string) {
	f := Finding{code.Rule(), d.row().Check, tokenLike.ReplaceAllString(message, "(token)")}
	d.report.Findings = append(d.report.Findings, f)
	d.row().Findings++
	if f.Verdict != contract.Info {
		d.row().State = Failed
	}
}

// tokenLike is what a report must never hold, wherever a handler put it.
var tokenLike = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)*`)
