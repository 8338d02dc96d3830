package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/doctor"
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

It requests -url and -logout-url about 370 times and -json-url about 50 times, and never
follows a redirect or a login URL: the community sees nothing. Use the session of a
test member. It prints no token.`,
	example: `  ssotoken doctor -url https://www.example.com/community/login -community community.example.com \
      -cookie-file session.txt -logout-url https://www.example.com/community/logout
  ssotoken doctor -json-url https://www.example.com/community/login-url -community community.example.com \
      -bearer-file token.txt
  ssotoken doctor -key-file /run/secrets/sso-key`,
	flags: func(flags *flag.FlagSet) func(context.Context, *shell) error {
		key, c := addKeyFlags(flags), doctor.Config{}
		flags.StringVar(&c.AuthorizationURL, "url", "", "the partner's Authorization `URL`")
		flags.StringVar(&c.Community, "community", "", "`host` or origin of the community, needed with -url and -json-url")
		flags.StringVar(&c.Cookie, "cookie", "", "`NAME=VALUE` of a session that is signed in; other users of the machine can read it")
		cookieFile := flags.String("cookie-file", "", "`path` of a file with the cookie; - is standard input")
		flags.StringVar(&c.JSONURL, "json-url", "", "the `URL` that gives a frontend or an app the login URL in JSON")
		bearerFile := flags.String("bearer-file", "", "`path` of a file with a bearer token for -json-url; - is standard input")
		flags.StringVar(&c.LogoutURL, "logout-url", "", "the Logout `URL`; it is visited, and ends the session")
		flags.StringVar(&c.SignUpURL, "sign-up-url", "", "the Sign Up `URL`, not requested")
		flags.StringVar(&c.AccountSettingsURL, "settings-url", "", "the Account Settings `URL`, not requested")
		flags.BoolVar(&c.Thorough, "thorough", false, "try all hostile values, more than 20,000")
		flags.DurationVar(&c.Timeout, "timeout", doctor.DefaultTimeout, "`time` that one request may take")
		asJSON := flags.Bool("json", false, "print JSON")
		return func(ctx context.Context, sh *shell) error {
			switch {
			case c.AuthorizationURL != "" && c.Community == "":
				return usageError("-url needs -community")
			case c.JSONURL != "" && c.Community == "":
				return usageError("-json-url needs -community")
			case *bearerFile != "" && c.JSONURL == "":
				return usageError("-bearer-file goes with -json-url")
			case *bearerFile == "-" && *cookieFile == "-":
				return usageError("-cookie-file and -bearer-file: only one of the two is standard input")
			case c.Cookie != "" && *cookieFile != "":
				return usageError("-cookie and -cookie-file: give one of the two")
			case key.env != "" && key.file != "":
				return errTwoKeys
			case flags.NFlag() == 0 && !key.isGiven():
				return usageError("nothing to check: give -url, -json-url or a key")
			}
			if *cookieFile != "" {
				data, err := sh.readInput("-cookie-file", *cookieFile)
				if err != nil {
					return err
				}
				c.Cookie = strings.TrimSpace(string(data))
			}
			if *bearerFile != "" {
				data, err := sh.readInput("-bearer-file", *bearerFile)
				if err != nil {
					return err
				}
				if c.Bearer = strings.TrimSpace(string(data)); c.Bearer == "" {
					return errors.New("the file that -bearer-file names is empty")
				}
			}
			return consult(ctx, sh, c, key, *asJSON)
		}
	},
}

func consult(ctx context.Context, sh *shell, c doctor.Config, key *keyFlags, asJSON bool) error {
	if key.isGiven() {
		c.KeySource = func(context.Context) (ssotoken.Key, error) { return key.load() }
	}
	c.Now, c.Progress = sh.now, sh.show
	report, err := doctor.Check(ctx, c)
	if sh.progress {
		fmt.Fprint(sh.stderr, "\r\x1b[K")
	}
	var config *ssotoken.ConfigError
	if errors.As(err, &config) {
		return &ssotoken.ConfigError{Fields: asFlags(config.Fields)}
	}
	if err != nil {
		return err
	}
	if asJSON {
		err = writeJSON(sh.stdout, report)
	} else {
		printDiagnosis(sh.stdout, sh.paint, report)
	}
	if err == nil && report.Err() != nil {
		err = errFound
	}
	return err
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

func printDiagnosis(w io.Writer, p paint, r *doctor.Diagnosis) {
	row := func(name, text, without string) {
		if text == "" {
			text = without
		}
		fmt.Fprintf(w, "%s %s\n", p.bold(pad(name, 18)), visible(text, 200))
	}
	row("Authorization URL", r.AuthorizationURL, "none: nothing was requested of it")
	if r.JSONURL != "" {
		row("JSON URL", r.JSONURL, "")
	}
	row("Community", r.Community, "none")
	row("Key", r.KeyFingerprint, "none: no signature was checked")
	for _, f := range r.Findings {
		fmt.Fprintf(w, "\n%s  %s\n", p.verdict(f.Verdict), p.bold(string(f.Code)))
		wrapped(w, "  Seen  ", "        ", visible(f.Message, 1000), plain)
		wrapped(w, "  Why   ", "        ", ruleText(f.Rule), plain)
		wrapped(w, "  Fix   ", "        ", f.Fix, plain)
	}
	fmt.Fprintf(w, "\n%s  %s\n", p.bold(pad("Check", 18)), p.bold("Result"))
	for _, c := range r.Checks {
		result := p.in("32", string(c.State))
		switch {
		case c.State == doctor.Failed:
			result = p.in("1;31", count(c.Findings, "finding"))
		case c.State == doctor.Skipped:
			result = p.faint(string(c.State))
		case c.Findings > 0:
			result += ", " + count(c.Findings, "note")
		}
		if c.Note != "" {
			result += ": " + c.Note
		}
		fmt.Fprintf(w, "%s  %s\n", pad(c.Check, 18), result)
	}
	total := map[contract.Verdict]int{}
	for _, f := range r.Findings {
		total[f.Verdict]++
	}
	fmt.Fprintf(w, "\n%d fail, %d warn, %d info, after %s\n", total[contract.Fail], total[contract.Warn], total[contract.Info], count(r.Requests, "request"))
}
