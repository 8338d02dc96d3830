package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// printReport writes the verdict first, then what breaks a rule, then the rest.
func printReport(w *screen, p paint, r *inspect.Report, undone []string, key ssotoken.Key, verbose bool) {
	printVerdict(w, p, r)
	fmt.Fprintln(w)
	if undone != nil {
		row(w, p, 10, "Undone", visible(strings.Join(undone, ", "), 200))
	}
	if r.URL != nil {
		row(w, p, 10, "Login URL", visible(r.URL.Community, 200)+visible(r.URL.Path, 80))
		row(w, p, 10, "Lands at", visible(r.URL.Location, 200))
	}
	if r.Size > 0 {
		size := count(r.Size, "byte")
		if r.URL != nil {
			size += fmt.Sprintf(", and the login URL %d", r.URL.Length)
		}
		if e, ok := r.Claim(r.Largest); ok {
			size += fmt.Sprintf("; the largest claim is %s, with %s", visible(e.Name, 60), count(e.Size, "byte"))
		}
		row(w, p, 10, "Size", size)
		row(w, p, 10, "Signature", signatureText(r.Signature, key))
		if len(r.Claims) > 0 {
			row(w, p, 10, "Time", timeText(r))
		}
	}
	for _, verdict := range worstFirst {
		for _, f := range r.Findings {
			if f.Verdict == verdict {
				printFinding(w, p, p.verdict(f.Verdict), string(f.Code), visible(f.Where()+" "+sentence(f.Message), 1000), f.Rule, f.Fix, verbose)
			}
		}
	}
	if verbose {
		entries(w, p, "Header", r.Header, true)
	}
	entries(w, p, "Claims", r.Claims, verbose)
	if custom := r.CustomFields(); len(custom) > 0 {
		var names []string
		for _, e := range custom {
			names = append(names, visible(e.Name, 60))
		}
		fmt.Fprintln(w, "\n"+p.bold("Candidates for custom fields"))
		wrapped(w, "  ", "  ", strings.Join(names, ", "), plain)
	}
	if len(r.Effects) > 0 {
		fmt.Fprintln(w, "\n"+p.bold("The community"))
		for _, effect := range r.Effects {
			wrapped(w, "  - ", "    ", visible(effect, 300), plain)
		}
	}
}

func printVerdict(w *screen, p paint, r *inspect.Report) {
	total := map[inspect.Verdict]int{}
	for _, f := range r.Findings {
		total[f.Verdict]++
	}
	say := func(sgr, word, sentence string) { verdictLine(w, p, sgr, word, sentence) }
	switch {
	case !r.Accepted() && r.Kind != "":
		say("1;31", "REFUSED", "This is "+r.Kind+".")
	case !r.Accepted():
		say("1;31", "REFUSED", "A strict community refuses this login.")
	case r.Signature.State == inspect.NotChecked:
		say("1;33", "NOT SURE", "A strict community accepts this login if the signature is right. It was not checked: give the key.")
	case total[inspect.Warn] > 0:
		say("1;33", "ACCEPTED", "A strict community accepts this login, in spite of "+count(total[inspect.Warn], "mistake")+".")
	default:
		say("1;32", "ACCEPTED", "A strict community accepts this login.")
	}
}

func entries(w *screen, p paint, title string, list []inspect.Entry, rules bool) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintln(w, "\n"+p.bold(title))
	longest := 0
	for _, e := range list {
		longest = min(max(longest, len([]rune(visible(e.Name, 24)))), 24)
	}
	for _, e := range list {
		fmt.Fprintf(w, "  %s  %s  %s\n", p.verdict(e.Verdict), pad(visible(e.Name, 24), longest), visible(value(e), w.width()-longest-11))
		if rules && e.Message == "" {
			wrapped(w, "        ", "        ", ruleText(e.Rule, true), p.faint)
		}
	}
}

// value shows a text as it is read, without what JSON need not escape.
func value(e inspect.Entry) string {
	if text, ok := e.Text(); ok {
		return strconv.Quote(text)
	}
	return string(e.Value)
}

// sentence makes one of a finding's message.
func sentence(message string) string {
	if strings.HasSuffix(message, "?") {
		return message
	}
	return message + "."
}

func signatureText(s inspect.Signature, key ssotoken.Key) string {
	switch {
	case s.State == inspect.Verified:
		return "verified with the key " + key.Fingerprint() + ", which must be the one that the community's page shows now"
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
