package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

var doctorVerb = verb{
	name:    "doctor",
	summary: "check an Authorization URL or a JSON door from outside",
	about: `Checks a partner's Authorization URL from outside, whatever language it is written in.
Without a session it must not give a token. With one (-cookie) it must lead to the
community with one good token and the page that the visitor came from, whatever
hostile values it gets. A JSON door (-json-url) gives a frontend or an app the login
URL. It must do so by POST, for the session of -cookie or -bearer-file, and never for
a page of another origin. A Logout URL must answer with and without a session; this
ends the session of the cookie. Without -url and -json-url, only the key and the
addresses are checked.

It requests -url and -logout-url about 380 times and -json-url about 50 times. It follows
redirects on their own host only, and no login URL: the community sees nothing. Use the
session of a test member. It prints no token.

With -form or -form-file it signs in itself, as a test member: it fills in the form of the
sign-in page and follows redirects on the site's own host, and on those of -allow-host.
It sends the form once without a name and password too, to see whether POST is taken.

A cookie file holds NAME=VALUE, a line Cookie: of a request, what a browser copies "as
cURL", or a cookie jar of curl. A server that answers 429 or 503 is asked more slowly,
for -patience. What has no normal answer is unknown, and never passed.

Exit status: 0 nothing to fix, 1 findings (-fail-on), 3 no findings, but something is
unknown: the network or a firewall, 2 a wrong command line.`,
	example: `  ssotoken doctor -url https://www.example.com/community/login -community community.example.com \
      -cookie-file session.txt -logout-url https://www.example.com/community/logout
  ssotoken doctor -json-url https://www.example.com/community/login-url -community community.example.com \
      -bearer-file token.txt
  ssotoken doctor -key-file /run/secrets/sso-key`,
	flags: func(flags *flag.FlagSet) func(context.Context, *shell) error {
		key, c := addKeyFlags(flags), consultation{}
		flags.StringVar(&c.AuthorizationURL, "url", "", "the partner's Authorization `URL`")
		flags.StringVar(&c.Community, "community", "", "`host` or origin of the community, needed with -url and -json-url")
		flags.StringVar(&c.Cookie, "cookie", "", "`NAME=VALUE` of a session that is signed in; other users of the machine can read it")
		cookieFile := flags.String("cookie-file", "", "`path` of a file with the cookie; - is standard input")
		otherFile := flags.String("other-cookie-file", "", "`path` of a file with the cookie of another member")
		c.Form = url.Values{}
		flags.Func("form", "`FIELD=VALUE` of the sign-in form, as a test member fills it in; may be repeated; other users of the machine can read it", func(text string) error { return addField(c.Form, text) })
		formFile := flags.String("form-file", "", "`path` of a file with FIELD=VALUE on each line; - is standard input")
		flags.Func("allow-host", "`host` that the sign-in may lead over, such as an identity provider's; may be repeated", func(text string) error {
			c.AllowHosts = append(c.AllowHosts, text)
			return nil
		})
		flags.StringVar(&c.JSONURL, "json-url", "", "the `URL` that gives a frontend or an app the login URL in JSON")
		bearerFile := flags.String("bearer-file", "", "`path` of a file with a bearer token for -json-url; - is standard input")
		flags.StringVar(&c.LogoutURL, "logout-url", "", "the Logout `URL`; it is visited, and ends the session")
		flags.StringVar(&c.SignUpURL, "sign-up-url", "", "the Sign Up `URL`")
		flags.StringVar(&c.AccountSettingsURL, "settings-url", "", "the Account Settings `URL`, not requested")
		flags.BoolVar(&c.Thorough, "thorough", false, "try all hostile values, more than 20,000")
		flags.DurationVar(&c.Timeout, "timeout", doctor.DefaultTimeout, "`time` that one request may take")
		flags.DurationVar(&c.Patience, "patience", doctor.DefaultPatience, "`time` to wait, all in all, where a server answers 429 or 503")
		flags.DurationVar(&c.MaxTime, "max-time", doctor.DefaultMaxTime, "`time` that everything may take")
		flags.Float64Var(&c.Rate, "rate", 0, "`requests` a second at most; 0 is as many as four at a time make")
		c.Header = map[string]string{}
		flags.Func("header", "`NAME: VALUE` of a header to send with every request; may be repeated", func(text string) error {
			name, value, ok := strings.Cut(text, ":")
			if !ok {
				return errors.New("it has no colon")
			}
			c.Header[strings.TrimSpace(name)] = strings.TrimSpace(value)
			return nil
		})
		flags.Func("user-agent", "`text` of the header User-Agent, for sessions that are bound to it (default a browser's)", func(text string) error {
			c.Header["User-Agent"] = text
			return nil
		})
		caFile := flags.String("ca-file", "", "`path` of certificates of an authority to trust, in PEM")
		flags.Func("ignore", "`code` of findings to leave out; may be repeated", addCode(&c.Ignore))
		flags.Func("only", "`code` of findings to look for, and no others; may be repeated", addCode(&c.Only))
		failOn := contract.Warn
		flags.Func("fail-on", "`verdict` from which on a finding makes the exit status 1: fail, warn or info (default warn)", func(text string) error {
			failOn = contract.Verdict(text)
			if !failOn.WorseThan(contract.Pass) {
				return errors.New("it is none of fail, warn and info")
			}
			return nil
		})
		asJSON := flags.Bool("json", false, "print JSON")
		verbose := flags.Bool("v", false, "list the checks that passed, too")
		var forCI ciReports
		flags.StringVar(&forCI.sarif, "sarif", "", "`path` of a file to write the report to in SARIF 2.1.0")
		flags.StringVar(&forCI.junit, "junit", "", "`path` of a file to write the report to in JUnit's XML")
		annotations := flags.Bool("annotate", false, "print GitHub Actions annotations after the report")
		return func(ctx context.Context, sh *shell) error {
			switch {
			case c.AuthorizationURL != "" && c.Community == "":
				return usageError("-url needs -community")
			case c.JSONURL != "" && c.Community == "":
				return usageError("-json-url needs -community")
			case *bearerFile != "" && c.JSONURL == "":
				return usageError("-bearer-file goes with -json-url")
			case countOf("-", *cookieFile, *otherFile, *bearerFile, *formFile, *caFile) > 1:
				return usageError("-cookie-file, -bearer-file and others: only one of the files is standard input")
			case c.Cookie != "" && *cookieFile != "":
				return usageError("-cookie and -cookie-file: give one of the two")
			case key.env != "" && key.file != "":
				return errTwoKeys
			case *asJSON && *annotations:
				return usageError("-json and -annotate: give one of the two")
			case flags.NFlag() == 0 && !key.isGiven():
				return usageError("nothing to check: give -url, -json-url or a key")
			}
			if err := c.takeFiles(sh, files{*cookieFile, *otherFile, *bearerFile, *formFile, *caFile}); err != nil {
				return usageError(err.Error())
			}
			c.key, c.failOn = key, failOn
			report, err := c.consult(ctx, sh)
			if err != nil {
				return err
			}
			if *asJSON {
				err = writeJSON(sh.stdout, report)
			} else {
				printDiagnosis(sh.stdout, sh.paint, report, *verbose)
			}
			if *annotations {
				annotate(sh.stdout, report)
			}
			if err := errors.Join(err, forCI.write(sh.build, report)); err != nil {
				return err
			}
			return c.verdict(report)
		}
	},
}

// show tells how far doctor is: on one line of a terminal, else by a line for
// each check.
func (sh *shell) show(p doctor.Progress) {
	switch {
	case sh.progress && p.Total > 0:
		fmt.Fprintf(sh.stderr, "\r\x1b[K%s %d/%d", p.Check, p.Done, p.Total)
	case sh.progress:
		fmt.Fprintf(sh.stderr, "\r\x1b[K%s", p.Check)
	case p.Total == 0:
		fmt.Fprintln(sh.stderr, "ssotoken doctor:", p.Check)
	}
}

func printDiagnosis(w io.Writer, p paint, r *doctor.Diagnosis, verbose bool) {
	total := map[contract.Verdict]int{}
	for _, f := range r.Findings {
		total[f.Verdict]++
	}
	say := func(sgr, word, sentence string) {
		wrapped(w, p.in(sgr, word)+"  ", strings.Repeat(" ", len(word)+2), sentence+", after "+count(r.Requests, "request")+".", plain)
	}
	unknown := ""
	if !r.Complete {
		unknown = "; not complete: what is unknown is not known to be right"
	}
	switch {
	case total[contract.Fail]+total[contract.Warn] > 0:
		say("1;31", "TO FIX", count(total[contract.Fail], "failure")+" and "+count(total[contract.Warn], "warning")+unknown)
	case !r.Complete:
		say("1;33", "NOT SURE", "Nothing was found that is to fix"+unknown)
	default:
		say("1;32", "PASSED", "Nothing to fix")
	}
	fmt.Fprintln(w)
	row := func(name, text, without string) {
		wrapped(w, p.bold(pad(name, 18))+" ", strings.Repeat(" ", 19), visible(cmp.Or(text, without), 200), plain)
	}
	row("Authorization URL", r.AuthorizationURL, "none: nothing was requested of it")
	if r.JSONURL != "" {
		row("JSON URL", r.JSONURL, "")
	}
	row("Community", r.Community, "none")
	row("Key", r.KeyFingerprint, "none: no signature was checked")
	for _, f := range r.Findings {
		printFinding(w, p, p.verdict(f.Verdict), string(f.Code), visible(f.Message, 1000), f.Rule, f.Fix)
		if f.Curl != "" { // in one line, to copy
			fmt.Fprintf(w, "  Try   %s\n", f.Curl)
		}
	}
	passed := 0
	fmt.Fprintln(w)
	for _, c := range r.Checks {
		result := p.in("32", string(c.State))
		switch {
		case c.State == doctor.Failed:
			result = p.in("1;31", count(c.Findings, "finding"))
		case c.State == doctor.Unknown:
			result = p.in("1;33", "UNKNOWN")
		case c.State == doctor.Skipped:
			result = p.faint(string(c.State))
		case c.Findings > 0:
			result += ", " + count(c.Findings, "note")
		case c.Note == "" && !verbose:
			passed++
			continue
		}
		if c.Note != "" {
			result += ": " + visible(c.Note, 300)
		}
		wrapped(w, pad(c.Check, 18)+"  ", strings.Repeat(" ", 20), result, plain)
	}
	if passed > 0 {
		fmt.Fprintf(w, "%s passed; -v lists them\n", count(passed, "check"))
	}
}
