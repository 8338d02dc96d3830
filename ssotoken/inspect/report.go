package inspect

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// Options say what to judge with. The zero value uses the system's clock and
// leaves the signature unchecked.
type Options struct {
	// Key is the community's SSO private key. Without it the report is only
	// about form and claims, and has the finding [SignatureUnchecked].
	Key ssotoken.Key

	// Now is the time of judgement. Default: time.Now().
	Now time.Time

	// DevelopmentHTTP accepts an http login URL whose host is not on loopback.
	DevelopmentHTTP bool
}

// A Report describes a token, part by part.
type Report struct {
	URL       *URL      `json:"url,omitempty"`  // nil unless a login URL was judged
	Kind      string    `json:"kind,omitempty"` // what a text is that is no HS256 token, such as an encrypted one
	Now       time.Time `json:"now"`            // the time of judgement
	Size      int       `json:"size"`           // of the token, in bytes
	Header    []Entry   `json:"header"`         // in the order of the wire
	Claims    []Entry   `json:"claims"`         // in the order of the wire
	Signature Signature `json:"signature"`

	// IssuedAt and Expires are iat and exp. They are zero when absent,
	// malformed, in milliseconds or before 1970. Left is the time from Now to
	// Expires: negative when the token has expired, zero when Expires is zero.
	IssuedAt time.Time     `json:"issuedAt,omitzero"`
	Expires  time.Time     `json:"expires,omitzero"`
	Left     time.Duration `json:"leftNanoseconds"`

	// Largest is the name of the claim that takes most bytes.
	Largest string `json:"largest,omitempty"`

	// Spaces is what the token asks for in spaces.
	Spaces Spaces `json:"spaces"`

	// Effects are sentences about what the community would do with this
	// token. There are none when it refuses the token.
	Effects []string `json:"effects,omitempty"`

	Findings []Finding `json:"findings"` // in the order of judgement
}

// An Entry is one field of the header, or one claim.
type Entry struct {
	Name    string          `json:"name"`
	Value   json.RawMessage `json:"value"`            // as on the wire
	Size    int             `json:"size"`             // of name and value, in bytes
	Status  contract.Status `json:"status,omitempty"` // of a claim
	Verdict Verdict         `json:"verdict"`

	// Rule is the worst rule that this name breaks, else its main rule.
	Rule
	Message string `json:"message,omitempty"` // why, when it does not pass
}

// Text returns the value of a JSON string.
func (e Entry) Text() (string, bool) {
	if len(e.Value) == 0 || e.Value[0] != '"' {
		return "", false
	}
	var s string
	err := json.Unmarshal(e.Value, &s)
	return s, err == nil
}

// Signature says what is known about the signature.
type Signature struct {
	State SignatureState `json:"state"`
	Start string         `json:"start,omitempty"` // the first characters, too few to log in with
}

// A SignatureState is the outcome of checking a signature.
type SignatureState string

const (
	NotChecked SignatureState = "not checked" // no key was given, or the token has another algorithm
	Verified   SignatureState = "verified"
	Wrong      SignatureState = "wrong"
)

// Part is the piece of a login that a finding is about.
type Part string

const (
	PartURL       Part = "url"
	PartToken     Part = "token"
	PartHeader    Part = "header"
	PartPayload   Part = "payload"
	PartSignature Part = "signature"
)

// A Finding says that a rule does not hold, and where.
type Finding struct {
	Rule
	Part    Part   `json:"part"`
	Path    string `json:"path,omitempty"` // in the part: a parameter, or a JSON path such as spaces[1].spaceId
	Message string `json:"message"`        // what is wrong, without the value
}

// A RuleError is a broken rule as an error. Its text names the rule and never
// holds a claim's value. It wraps its [contract.Code].
type RuleError struct{ Finding }

// Where is the part, and the path in it if there is one.
func (f Finding) Where() string {
	if f.Path == "" {
		return string(f.Part)
	}
	return string(f.Part) + " " + f.Path
}

func (e *RuleError) Error() string {
	return e.Where() + ": " + e.Message + " [" + string(e.Code) + ": " + e.Sentence + "]"
}

func (e *RuleError) Unwrap() error { return e.Code }

// A RefusedError lists every broken rule for which a strict community refuses
// a login, in the order of judgement. errors.Is and errors.As look into each.
type RefusedError struct{ Broken []*RuleError }

func (e *RefusedError) Error() string {
	texts := make([]string, len(e.Broken))
	for i, b := range e.Broken {
		texts[i] = b.Error()
	}
	return "login refused: " + strings.Join(texts, "; ")
}

func (e *RefusedError) Unwrap() []error {
	errs := make([]error, len(e.Broken))
	for i, b := range e.Broken {
		errs[i] = b
	}
	return errs
}

// Err returns a *[RefusedError] if a strict community refuses the login, else
// nil. Without [Options.Key] it says nothing about the signature.
func (r *Report) Err() error {
	var broken []*RuleError
	for _, f := range r.Findings {
		if f.Verdict == Fail {
			broken = append(broken, &RuleError{f})
		}
	}
	if broken == nil {
		return nil
	}
	return &RefusedError{broken}
}

// Accepted reports whether Err is nil.
func (r *Report) Accepted() bool { return r.Err() == nil }

// Has reports whether a finding has this code.
func (r *Report) Has(code contract.Code) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Code == code })
}

// Claim returns the claim of that name. If it is there more than once, it returns
// the last, as JavaScript does.
func (r *Report) Claim(name string) (Entry, bool) { return lookup(r.Claims, name) }

// CustomFields are the claims that a community would offer to its custom
// fields, in the order of the wire.
func (r *Report) CustomFields() []Entry {
	return slices.DeleteFunc(slices.Clone(r.Claims), func(c Entry) bool { return c.Status.Reserved() })
}

func lookup(entries []Entry, name string) (Entry, bool) {
	for _, e := range slices.Backward(entries) {
		if e.Name == name {
			return e, true
		}
	}
	return Entry{}, false
}

// judge fills a report.
type judge struct {
	*Report
	options Options
	wishes  map[string]string // of each space: JOIN or LEAVE
}

func newJudge(o Options) *judge {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	r := Report{Header: []Entry{}, Claims: []Entry{}, Findings: []Finding{}} // none is null in JSON
	r.Now, r.Signature.State = o.Now, NotChecked
	return &judge{&r, o, map[string]string{}}
}

func (j *judge) find(code contract.Code, part Part, path, message string) {
	j.Findings = append(j.Findings, Finding{RuleOf(code), part, path, message})
}

func (j *judge) findIf(broken bool, code contract.Code, part Part, path, message string) {
	if broken {
		j.find(code, part, path, message)
	}
}

// settle gives each entry the worst verdict of the findings about it, and the
// rule behind that.
func (j *judge) settle() {
	for part, entries := range map[Part][]Entry{PartHeader: j.Header, PartPayload: j.Claims} {
		for i := range entries {
			e, root := &entries[i], jsonPath(entries[i].Name)
			for _, f := range j.Findings {
				rest, ok := strings.CutPrefix(f.Path, root)
				if f.Part != part || !ok || rest != "" && rest[0] != '.' && rest[0] != '[' {
					continue
				}
				if f.Verdict.WorseThan(e.Verdict) {
					e.Verdict, e.Rule = f.Verdict, f.Rule
				}
				if !strings.Contains(e.Message, f.Message) {
					e.Message = strings.TrimPrefix(e.Message+"; "+f.Message, "; ")
				}
			}
		}
	}
}
