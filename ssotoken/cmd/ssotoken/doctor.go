package main

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// A consultation is what the command line asks of doctor.
type consultation struct {
	doctor.Config
	key    *keyFlags
	failOn inspect.Verdict
	files  struct{ cookie, other, bearer, form, ca, junit string }

	json, verbose, annotate bool
}

func newDoctor(sh *shell) *cobra.Command {
	c := &consultation{failOn: inspect.Warn}
	c.Form, c.Header = url.Values{}, map[string]string{}
	var cmd *cobra.Command
	cmd = newVerb(sh, "doctor", "check an Authorization URL or a JSON door from outside",
		`Checks a partner's Authorization URL from outside, whatever language it is written in. Without a session it must send no token.
With that of a test member (--cookie-file, or --form to sign in) it must lead to the community with one good token and the page
that the visitor came from, whatever hostile values it gets. A JSON door (--json-url) must return the login URL to a POST, and never
to a page of another origin. A Logout URL must answer with and without a session, which it ends.

It requests --url and --logout-url about 150 times and --json-url about 50 times. It follows redirects on their own host and no
login URL: the community sees nothing. It prints no token. A check without a normal answer is unknown, and never passes.

--form fills in the form of the sign-in page, which is also sent once without a name and password, to see whether POST is taken.
If the site sends a link or a code instead of asking for a password, give a cookie.

A cookie file may hold NAME=VALUE, the lines of a request or of Set-Cookie, what a browser copies as cURL, as
fetch or as PowerShell, a cookie jar of curl, or the JSON of Cookie-Editor or Playwright.`,
		`  ssotoken doctor --url https://www.example.com/community/login --community community.example.com \
      --cookie-file session.txt --logout-url https://www.example.com/community/logout
  ssotoken doctor --json-url https://www.example.com/community/login-url --community community.example.com \
      --bearer-file token.txt
  ssotoken doctor --key-file /run/secrets/sso-key`,
		func(ctx context.Context, sh *shell) error { return c.run(ctx, sh, cmd.Flags()) })
	group(cmd, "The site", func(flags *pflag.FlagSet) {
		flags.StringVar(&c.AuthorizationURL, "url", "", "the partner's Authorization `URL`")
		flags.StringVar(&c.Community, "community", "", "`address` of the community, such as example.com/hub, needed with --url and --json-url")
		flags.StringVar(&c.JSONURL, "json-url", "", "the `URL` that returns the login URL in JSON to a frontend or an app")
		flags.StringVar(&c.LogoutURL, "logout-url", "", "the Logout `URL`; it is visited, and ends the session")
		flags.StringVar(&c.SignUpURL, "sign-up-url", "", "the Sign Up `URL`")
		flags.StringVar(&c.AccountSettingsURL, "settings-url", "", "the Account Settings `URL`, not requested")
	})
	group(cmd, "The test member", func(flags *pflag.FlagSet) {
		flags.StringVar(&c.files.cookie, "cookie-file", "",
			"`path` of a file with the cookie of a session that is signed in; - is standard input")
		flags.StringVar(&c.Cookie, "cookie", "", "`NAME=VALUE` of that cookie; other users of the machine can read it")
		flags.StringVar(&c.files.form, "form-file", "", "`path` of a file with FIELD=VALUE of the sign-in form on each line; - is standard input")
		flags.Func("form", "`FIELD=VALUE` of that form; may be repeated; other users of the machine can read it",
			func(text string) error { return addField(c.Form, text) })
		flags.StringArrayVar(&c.AllowHosts, "allow-host", nil,
			"`host` that may get the session and that the sign-in may lead over, such as an identity provider's; may be repeated")
		flags.StringVar(&c.files.bearer, "bearer-file", "", "`path` of a file with a bearer token for --json-url; - is standard input")
		flags.StringVar(&c.files.other, "other-cookie-file", "", "`path` of a file with the cookie of another member")
	})
	c.key = addKeyFlags(cmd)
	group(cmd, "Findings", func(flags *pflag.FlagSet) {
		flags.Func("ignore", "`code` of findings to leave out; may be repeated", addCode(&c.Ignore))
		flags.Func("only", "`code` of findings to look for, and no others; may be repeated", addCode(&c.Only))
		flags.Func("fail-on", "`verdict` from which on a finding makes the exit status 1: fail, warn or info (default warn)",
			func(text string) error {
				c.failOn = inspect.Verdict(text)
				if !c.failOn.WorseThan(inspect.Pass) {
					return flagReason("it is none of fail, warn and info")
				}
				return nil
			})
		flags.BoolVar(&c.Thorough, "thorough", false, "try all hostile values, more than 20,000")
	})
	group(cmd, "Requests", func(flags *pflag.FlagSet) {
		flags.Func("header", "`NAME: VALUE` of a header to send with every request; may be repeated", func(text string) error {
			name, value, ok := strings.Cut(text, ":")
			if !ok {
				return flagReason("it has no colon")
			}
			c.Header[strings.TrimSpace(name)] = strings.TrimSpace(value)
			return nil
		})
		flags.Func("user-agent", "`text` of the header User-Agent, for sessions that are bound to it (default a browser's)",
			func(text string) error {
				c.Header["User-Agent"] = text
				return nil
			})
		flags.Float64Var(&c.Rate, "rate", 0, "`requests` a second at most; 0 is as many as eight at a time make")
		flags.DurationVar(&c.Timeout, "timeout", doctor.DefaultTimeout, "`time` that one request may take")
		flags.DurationVar(&c.Patience, "patience", doctor.DefaultPatience, "`time` to wait, all in all, where a server answers 429 or 503")
		flags.DurationVar(&c.MaxTime, "max-time", doctor.DefaultMaxTime, "`time` that everything may take")
		flags.StringVar(&c.files.ca, "ca-file", "", "`path` of certificates of an authority to trust, in PEM")
	})
	output(cmd, &c.json, &c.verbose, "list the checks that passed, and where each rule comes from")
	group(cmd, "Output", func(flags *pflag.FlagSet) {
		flags.StringVar(&c.files.junit, "junit", "", "`path` of a file to write the report to in JUnit's XML")
		flags.BoolVar(&c.annotate, "annotate", false, "print GitHub Actions annotations after the report")
	})
	return cmd
}

func (c *consultation) run(ctx context.Context, sh *shell, flags *pflag.FlagSet) error {
	switch {
	case c.AuthorizationURL != "" && c.Community == "":
		return usageError("--url needs --community")
	case c.JSONURL != "" && c.Community == "":
		return usageError("--json-url needs --community")
	case c.files.bearer != "" && c.JSONURL == "":
		return usageError("--bearer-file goes with --json-url")
	case readsStdinTwice(c.files.cookie, c.files.other, c.files.bearer, c.files.form, c.files.ca):
		return usageError("--cookie-file, --bearer-file and others: only one of the files is standard input")
	case c.Cookie != "" && c.files.cookie != "":
		return usageError("--cookie and --cookie-file: give one of the two")
	case c.key.env != "" && c.key.file != "":
		return errTwoKeys
	case c.json && c.annotate:
		return usageError("--json and --annotate: give one of the two")
	case flags.NFlag() == 0 && !c.key.isGiven():
		return usageError("nothing to check: give --url, --json-url or a key")
	}
	if err := c.takeFiles(ctx, sh); errors.Is(err, errStopped) {
		return err
	} else if err != nil {
		return usageError(err.Error())
	}
	report, err := c.consult(ctx, sh)
	if err != nil {
		return err
	}
	err = sh.report(c.json, false, report, func(w *screen, p paint) { printDiagnosis(w, p, report, c.verbose) })
	if c.annotate {
		annotate(sh.raw, report)
	}
	if err := errors.Join(err, writeFile("--junit", c.files.junit, func(w io.Writer) error { return writeJUnit(w, report) })); err != nil {
		return err
	}
	return c.verdict(report)
}

func (c *consultation) takeFiles(ctx context.Context, sh *shell) error {
	session := func(to *string) func(string) error {
		return func(text string) (err error) {
			*to, err = c.takeSession(text, sh.now())
			return err
		}
	}
	if c.Cookie != "" {
		if err := session(&c.Cookie)(c.Cookie); err != nil {
			return fmt.Errorf("--cookie %w", err)
		}
	}
	for _, f := range []struct {
		flagName, what, path string
		take                 func(string) error
	}{
		{"--cookie-file", "the cookie", c.files.cookie, session(&c.Cookie)},
		{"--other-cookie-file", "the cookie of another member", c.files.other, session(&c.OtherCookie)},
		{"--bearer-file", "a bearer token for --json-url", c.files.bearer, func(text string) error {
			if c.Bearer = strings.TrimSpace(text); c.Bearer == "" {
				return errors.New("is empty")
			}
			return nil
		}},
		{"--form-file", "FIELD=VALUE of the sign-in form on each line", c.files.form, func(text string) error {
			for line := range strings.Lines(text) {
				if line = strings.TrimRight(line, "\r\n"); line != "" {
					if err := addField(c.Form, line); err != nil {
						return fmt.Errorf("has a line that is wrong: %w", err)
					}
				}
			}
			return nil
		}},
		{"--ca-file", "certificates in PEM", c.files.ca, func(text string) (err error) {
			if c.RootCAs, err = x509.SystemCertPool(); err != nil {
				c.RootCAs = x509.NewCertPool()
			}
			if !c.RootCAs.AppendCertsFromPEM([]byte(text)) {
				return errors.New("holds no certificate in PEM")
			}
			return nil
		}},
	} {
		if f.path == "" {
			continue
		}
		data, err := sh.readInput(ctx, f.flagName, f.what, f.path)
		if err != nil {
			return err
		}
		if err := f.take(string(data)); err != nil {
			return fmt.Errorf("the file that %s names %w", f.flagName, err)
		}
	}
	return nil
}

func addField(form url.Values, text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return flagReason("a field is FIELD=VALUE")
	}
	form.Add(name, value)
	return nil
}

func addCode(codes *[]contract.Code) func(string) error {
	return func(text string) error {
		for name := range strings.SplitSeq(text, ",") {
			code := contract.Code(strings.TrimSpace(name))
			if _, known := ruleOf(code); !known {
				return flagReason("there is no such code")
			}
			*codes = append(*codes, code)
		}
		return nil
	}
}

// errUnknown ends a command with statusUnknown. The report was printed before.
var errUnknown = errors.New("unknown")

// consult returns the report, complete or not. An error is a wrong command line.
func (c *consultation) consult(ctx context.Context, sh *shell) (*doctor.Diagnosis, error) {
	if c.key.isGiven() {
		c.KeySource = func(ctx context.Context) (ssotoken.Key, error) { return within(ctx, c.key.load) }
	}
	c.Now, c.Progress = sh.now, sh.show
	report, err := doctor.Check(ctx, c.Config)
	sh.overwrite("")
	var config *ssotoken.ConfigError
	if errors.As(err, &config) {
		return nil, usageError((&ssotoken.ConfigError{Fields: asFlags(config.Fields)}).Error())
	}
	if err != nil {
		complain(sh.stderr, "ssotoken doctor: the report is not complete: "+visible(err.Error(), 1000))
	}
	return report, nil
}

// show tells how far doctor is: on one line of a terminal, else by a line for each check.
func (sh *shell) show(p doctor.Progress) {
	switch {
	case p.Total > 0:
		sh.overwrite(fmt.Sprintf("%s %d/%d", p.Check, p.Done, p.Total))
	case sh.progress:
		sh.overwrite(p.Check)
	default:
		fmt.Fprintln(sh.stderr, "ssotoken doctor:", p.Check)
	}
}

// verdict is errFound, errUnknown or nil.
func (c *consultation) verdict(report *doctor.Diagnosis) error {
	switch {
	case slices.ContainsFunc(report.Findings, func(f doctor.Finding) bool { return !c.failOn.WorseThan(f.Verdict) }):
		return errFound
	case !report.Complete:
		return errUnknown
	}
	return nil
}

// printDiagnosis writes the verdict, the findings, the worst first, and the verdict again: a long report ends with it too.
func printDiagnosis(w *screen, p paint, r *doctor.Diagnosis, verbose bool) {
	total := map[inspect.Verdict]int{}
	for _, f := range r.Findings {
		total[f.Verdict]++
	}
	summary := func() {
		say := func(sgr, word, sentence string) {
			verdictLine(w, p, sgr, word, sentence+", after "+count(r.Requests, "request")+".")
		}
		const incomplete = "some checks are not complete"
		unknown := ""
		if !r.Complete {
			unknown = "; " + incomplete
		}
		switch {
		case total[inspect.Fail]+total[inspect.Warn] > 0:
			say("1;31", "TO FIX", count(total[inspect.Fail], "failure")+" and "+count(total[inspect.Warn], "warning")+unknown)
		case !r.Complete:
			say("1;33", "NOT SURE", "Nothing to fix was found, but "+incomplete)
		default:
			say("1;32", "PASSED", "Nothing to fix")
		}
	}
	summary()
	fmt.Fprintln(w)
	line := func(name, text, without string) { row(w, p, 18, name, visible(cmp.Or(text, without), 200)) }
	line("Authorization URL", r.AuthorizationURL, "none: nothing was requested of it")
	if r.JSONURL != "" {
		line("JSON URL", r.JSONURL, "")
	}
	line("Community", r.Community, "none")
	key := r.KeyFingerprint
	if key != "" {
		key += ", which must be the one that the community's page shows now"
	}
	line("Key", key, "none: no signature was checked")
	for _, f := range r.Findings {
		printFinding(w, p, p.verdict(f.Verdict), string(f.Code), visible(f.Message, 1000), f.Rule, f.Fix, verbose)
		if f.Curl != "" { // in one line, to copy
			fmt.Fprintf(w, "  Try   %s\n", visible(f.Curl, 4000))
		}
	}
	printChecks(w, p, r.Checks, verbose)
	if len(r.Findings) > 0 {
		fmt.Fprintln(w)
		summary()
		fmt.Fprintln(w, "ssotoken explain CODE says more of each.")
		if total[inspect.Fail]+total[inspect.Warn] > 0 {
			fmt.Fprintln(w, "Handlers with nothing to fix, to copy from:\n"+
				"https://github.com/bettermode-go/sso/tree/main/ssotoken/docs/recipes#what-doctor-found-in-your-own-handler")
		}
	}
}

func printChecks(w *screen, p paint, checks []doctor.Result, verbose bool) {
	passed := 0
	fmt.Fprintln(w)
	for _, c := range checks {
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
