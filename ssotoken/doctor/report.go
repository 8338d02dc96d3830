package doctor

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// A Report is what a check found. It holds no token, no key and no cookie.
type Report struct {
	AuthorizationURL string    `json:"authorizationUrl,omitempty"`
	Community        string    `json:"community,omitempty"` // its origin
	KeyFingerprint   string    `json:"keyFingerprint,omitempty"`
	Requests         int       `json:"requests"`
	Checks           []Result  `json:"checks"`   // in the order in which they were made
	Findings         []Finding `json:"findings"` // likewise
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
	Passed  State = "passed"  // there is nothing to mend; findings are Infos
	Failed  State = "failed"  // there is
	Skipped State = "skipped" // the check was not made
)

// A Finding says what is wrong. Its severity is [inspect.Fail] where the
// contract is broken or a token or an account is at risk, [inspect.Warn] for a
// mistake that a community lets through or a defence that is missing, and
// [inspect.Info] for what is worth knowing.
type Finding struct {
	Code     inspect.Code    `json:"code"`
	Severity inspect.Verdict `json:"severity"`
	Check    string          `json:"check"`
	Seen     string          `json:"seen"`   // without the value of a claim
	Why      string          `json:"why"`    // the sentence of the contract
	Source   inspect.Source  `json:"source"` // who says so
	Mend     string          `json:"mend"`
}

// Err gives an *[Error] when there is something to mend, else nil.
func (r *Report) Err() error {
	bad := slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return f.Severity == inspect.Info })
	if len(bad) == 0 {
		return nil
	}
	return &Error{bad}
}

// Has reports whether a finding has this code.
func (r *Report) Has(code inspect.Code) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Code == code })
}

// An Error lists the findings that are more than an Info. errors.Is finds
// their codes in it.
type Error struct{ Findings []Finding }

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "doctor: %d to mend", len(e.Findings))
	for _, f := range e.Findings {
		fmt.Fprintf(&b, "\n\t%s %s: %s %s", f.Severity, f.Code, f.Seen, f.Mend)
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
func (d *doctor) find(code inspect.Code, seen string) {
	rule := ruleOf(code)
	d.report.Findings = append(d.report.Findings, Finding{
		Code: code, Severity: rule.Severity, Check: d.row().Check, Seen: tokenLike.ReplaceAllString(seen, "(token)"),
		Why: rule.Sentence, Source: rule.Source, Mend: rule.Mend,
	})
	d.row().Findings++
	if rule.Severity != inspect.Info {
		d.row().State = Failed
	}
}

// tokenLike is what a report must not hold, wherever a handler put it.
var tokenLike = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)*`)
