package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

var inspectVerb = verb{
	name:    "inspect",
	summary: "take a token or a login URL apart, rule by rule",
	about: `Takes a token or a whole login URL apart and judges it as a strict community would:
each claim with its rule, the time left, the size, what the community would do.
It reads standard input, or a file. Text around the token, such as the rest of a line
of a log, does no harm. The signature is checked if there is a key.

It shows the claims' values, which are personal data. The exit status is 1 if a rule
fails or warns. A signature that was not checked for lack of a key does not count.`,
	example: `  pbpaste | ssotoken inspect
  tail -1 access.log | BETTERMODE_SSO_KEY=… ssotoken inspect -json`,
	flags: func(flags *flag.FlagSet) func(context.Context, *shell) error {
		key := addKeyFlags(flags)
		in := flags.String("in", "-", "`path` of the file to read; - is standard input")
		asJSON := flags.Bool("json", false, "print JSON")
		return func(_ context.Context, sh *shell) error { return inspectLogin(sh, key, *in, *asJSON) }
	},
}

// judged is the output of -json.
type judged struct {
	Accepted bool `json:"accepted"` // by a strict community, if an unchecked signature is right
	*inspect.Report
}

func inspectLogin(sh *shell, keys *keyFlags, in string, asJSON bool) error {
	options := inspect.Options{Now: sh.now()}
	if keys.isGiven() {
		key, err := keys.load()
		if err != nil {
			return err
		}
		options.Key = key
	}
	data, err := sh.readInput("-in", in)
	if err != nil {
		return err
	}
	login, isURL, others, err := findLogin(string(data))
	if err != nil {
		return err
	}
	if others > 0 {
		fmt.Fprintf(sh.stderr, "ssotoken inspect: the first is judged; the input holds %d more\n", others)
	}
	var report *inspect.Report
	if isURL {
		report = inspect.LoginURL(login, options)
	} else {
		report = inspect.Token(login, options)
	}
	if asJSON {
		err = writeJSON(sh.stdout, judged{report.Accepted(), report})
	} else {
		printReport(sh.stdout, sh.paint, report, options.Key)
	}
	if err == nil && hasMistake(report) {
		err = errFound
	}
	return err
}

// hasMistake ignores that no key was given, which is not the token's fault.
func hasMistake(r *inspect.Report) bool {
	for _, f := range r.Findings {
		if f.Verdict == contract.Fail || f.Verdict == contract.Warn && f.Code != contract.SignatureUnchecked {
			return true
		}
	}
	return false
}

func printReport(w io.Writer, p paint, r *inspect.Report, key ssotoken.Key) {
	row := func(name, text string) { fmt.Fprintf(w, "%s %s\n", p.bold(pad(name, 10)), text) }
	if r.URL != nil {
		row("Login URL", fmt.Sprintf("%s%s, %s", visible(r.URL.Community, 200), visible(r.URL.Path, 80), count(r.URL.Length, "byte")))
		row("Lands at", visible(r.URL.Location, 200))
	}
	row("Signature", signatureText(r.Signature, key))
	row("Time", timeText(r))
	size := count(r.Size, "byte")
	if e, ok := r.Claim(r.Largest); ok {
		size += fmt.Sprintf("; the largest claim is %s, with %s", visible(e.Name, 60), count(e.Size, "byte"))
	}
	row("Size", size)
	entries(w, p, "Header", r.Header)
	entries(w, p, "Claims", r.Claims)
	if custom := r.CustomFields(); len(custom) > 0 {
		var names []string
		for _, e := range custom {
			names = append(names, visible(e.Name, 60))
		}
		fmt.Fprintln(w, "\n"+p.bold("Candidates for custom fields"))
		wrapped(w, "  ", "  ", strings.Join(names, ", "), plain)
	}
	if len(r.Findings) > 0 {
		fmt.Fprintln(w, "\n"+p.bold("Findings"))
	}
	for _, f := range r.Findings {
		where := string(f.Part)
		if f.Path != "" {
			where += " " + f.Path
		}
		fmt.Fprintf(w, "  %s  %s\n", p.verdict(f.Verdict), p.bold(string(f.Code)))
		wrapped(w, "        ", "        ", where+" "+sentence(f.Message), plain)
		wrapped(w, "        ", "        ", ruleText(f.Rule), p.faint)
	}
	if r.Accepted() {
		fmt.Fprintln(w, "\n"+p.bold("A strict community accepts this login, and"))
		if r.Signature.State == inspect.NotChecked {
			fmt.Fprintln(w, "  (if the signature is right, which was not checked)")
		}
		for _, effect := range r.Effects {
			wrapped(w, "  - ", "    ", effect, plain)
		}
		return
	}
	fmt.Fprintln(w, "\n"+p.bold("A strict community refuses this login."))
}

func entries(w io.Writer, p paint, title string, list []inspect.Entry) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintln(w, "\n"+p.bold(title))
	longest := 0
	for _, e := range list {
		longest = min(max(longest, len([]rune(visible(e.Name, 30)))), 30)
	}
	for _, e := range list {
		fmt.Fprintf(w, "  %s  %s  %s\n", p.verdict(e.Verdict), pad(visible(e.Name, 30), longest), visible(string(e.Value), 60))
		rule := ruleText(e.Rule)
		if e.Message != "" {
			rule = sentence(e.Message) + " " + rule
		}
		wrapped(w, "        ", "        ", rule, p.faint)
	}
}

func sentence(message string) string {
	if strings.HasSuffix(message, "?") {
		return message
	}
	return message + "."
}

func ruleText(r contract.Rule) string {
	return fmt.Sprintf("%s (%s)", r.Sentence, r.Source)
}

func signatureText(s inspect.Signature, key ssotoken.Key) string {
	switch {
	case s.State == inspect.Verified:
		return "verified with the key " + key.Fingerprint()
	case s.State == inspect.Wrong:
		return "WRONG: not made with the key " + key.Fingerprint()
	case key.IsZero():
		return "NOT VERIFIED, since there is no key: anybody may have made this token"
	}
	return "NOT VERIFIED: the token is not a whole HS256 token"
}

func timeText(r *inspect.Report) string {
	switch {
	case r.Expires.IsZero():
		return "no usable exp"
	case r.Left > 0:
		return fmt.Sprintf("expires in %v, at %s", r.Left.Round(time.Second), r.Expires.Format(time.RFC3339))
	}
	return fmt.Sprintf("expired %v ago, at %s", (-r.Left).Round(time.Second), r.Expires.Format(time.RFC3339))
}
