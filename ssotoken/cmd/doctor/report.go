package doctor

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// A Diagnosis is what a check found. It holds no token, no key, no cookie and no login URL.
type Diagnosis struct {
	AuthorizationURL string `json:"authorizationUrl,omitempty"`
	JSONURL          string `json:"jsonUrl,omitempty"`
	Community        string `json:"community,omitempty"` // its address
	KeyFingerprint   string `json:"keyFingerprint,omitempty"`
	Requests         int    `json:"requests"`

	// Complete says that every check was made to its end. Else one of them is [Unknown], or ended early.
	Complete bool `json:"complete"`

	Checks   []Result  `json:"checks"`   // in the order in which they were made
	Findings []Finding `json:"findings"` // the worst first, then in the order in which they were found
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
	Skipped State = "skipped" // the check was not asked for, or has nothing to look at
	Unknown State = "unknown" // there was no normal answer, so nothing is known to be right
)

// A Finding says which rule is broken and what was seen. [inspect.Fail] breaks the
// contract, or puts a token or an account at risk; [inspect.Warn] is a mistake that
// a community lets through, or a missing defence; [inspect.Info] is worth knowing.
type Finding struct {
	inspect.Rule
	Check   string `json:"check"`
	Message string `json:"message"` // what was seen, without the value of a claim

	// Curl shows it again in a POSIX shell, with the session in the variable
	// COOKIE (BEARER, for a bearer token). It is empty if no request showed it.
	Curl string `json:"curl,omitempty"`
}

// Err returns an *[Error] if there is something to fix or a check is unknown, else nil.
func (r *Diagnosis) Err() error {
	e := &Error{}
	for _, f := range r.Findings {
		if f.Verdict != inspect.Info {
			e.Findings = append(e.Findings, f)
		}
	}
	for _, c := range r.Checks {
		if c.State == Unknown {
			e.Unknown = append(e.Unknown, c)
		}
	}
	if len(e.Findings)+len(e.Unknown) == 0 {
		return nil
	}
	return e
}

// Has reports whether a finding has this code.
func (r *Diagnosis) Has(code contract.Code) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Code == code })
}

// An Error lists the findings that are worse than an Info, and the checks that
// are [Unknown]. errors.Is finds the codes of the findings in it.
type Error struct {
	Findings []Finding
	Unknown  []Result
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d to fix", len(e.Findings))
	if len(e.Unknown) > 0 {
		fmt.Fprintf(&b, ", %d unknown", len(e.Unknown))
	}
	for _, f := range e.Findings {
		fmt.Fprintf(&b, "\n\t%s %s: %s %s", f.Verdict, f.Code, f.Message, f.Fix)
	}
	for _, c := range e.Unknown {
		fmt.Fprintf(&b, "\n\t%s %s: %s", c.State, c.Check, c.Note)
	}
	return b.String()
}

func (e *Error) Unwrap() []error {
	var errs []error
	for _, f := range e.Findings {
		errs = append(errs, f.Code)
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

func (d *doctor) note(why string) { d.row().Note = safe(why) }

func (d *doctor) skip(why string) error {
	d.row().State = Skipped
	d.note(why)
	return nil
}

// unknown says that the check is not over. What it found so far counts.
func (d *doctor) unknown(why string) {
	d.report.Complete = false
	d.row().State = Unknown
	d.note(why)
}

// find adds a finding to the current check. It was seen in a, unless that is nil.
func (d *doctor) find(code contract.Code, a *answer, format string, args ...any) *Finding {
	f := Finding{Rule: RuleOf(code), Check: d.row().Check, Message: safe(fmt.Sprintf(format, args...))}
	if a != nil {
		f.Curl = a.curl(d.c.Header)
	}
	d.report.Findings = append(d.report.Findings, f)
	return &d.report.Findings[len(d.report.Findings)-1]
}

// settle leaves out the findings that are not asked for, and sums up each check.
func (d *doctor) settle() {
	r := d.report
	r.Findings = slices.DeleteFunc(r.Findings, func(f Finding) bool {
		return slices.Contains(d.c.Ignore, f.Code) || len(d.c.Only) > 0 && !slices.Contains(d.c.Only, f.Code)
	})
	order := []inspect.Verdict{fail, warn, info}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return slices.Index(order, a.Verdict) - slices.Index(order, b.Verdict)
	})
	for i := range r.Checks {
		row := &r.Checks[i]
		for _, f := range r.Findings {
			if f.Check != row.Check {
				continue
			}
			row.Findings++
			if f.Verdict != inspect.Info {
				row.State = Failed
			}
		}
	}
	r.Requests = int(d.requests.Load())
}

// network reports dropped connections and a busy server.
func (d *doctor) network() {
	drops, refused, all := d.drops.Load(), d.pace.refused.Load(), d.requests.Load()
	if drops > 0 || refused > 0 {
		d.start("network")
	}
	if drops > 0 {
		d.find(ConnectionDropped, nil, "%d of %d requests got no answer at first, and were sent again.", drops, all)
	}
	if refused > 0 {
		d.find(RateLimited, nil, "%d of %d requests were answered 429 or 503.", refused, all)
	}
}

// maxText is how many bytes of a text from outside a report has.
const maxText = 4000

// safe makes text from outside fit for a report and a terminal: without a
// token, a control character or one that turns the direction of text.
func safe(text string) string {
	text = tokenLike.ReplaceAllString(text, "(token)")
	var b strings.Builder
	for _, r := range text {
		if b.Len() > maxText {
			return b.String() + "…"
		}
		if unicode.IsGraphic(r) && r != utf8.RuneError {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// tokenLike is what a report must never hold, wherever a handler put it.
var tokenLike = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)*`)
