package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A consultation is what the command line asks of doctor.
type consultation struct {
	doctor.Config
	key    *keyFlags
	failOn contract.Verdict
}

// files are the paths that flags give.
type files struct{ cookie, other, bearer, form, ca string }

func (c *consultation) takeFiles(sh *shell, f files) error {
	session := c.Cookie
	if f.cookie != "" {
		data, err := sh.readInput("-cookie-file", f.cookie)
		if err != nil {
			return err
		}
		session = string(data)
	}
	if session != "" {
		var err error
		if c.Cookie, err = c.takeSession(session); err != nil {
			return err
		}
	}
	if f.bearer != "" {
		data, err := sh.readInput("-bearer-file", f.bearer)
		if err != nil {
			return err
		}
		if c.Bearer = strings.TrimSpace(string(data)); c.Bearer == "" {
			return errors.New("the file that -bearer-file names is empty")
		}
	}
	if f.other != "" {
		data, err := sh.readInput("-other-cookie-file", f.other)
		if err != nil {
			return err
		}
		if c.OtherCookie, err = c.takeSession(string(data)); err != nil {
			return err
		}
	}
	if f.form != "" {
		data, err := sh.readInput("-form-file", f.form)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(data)) {
			if line = strings.TrimRight(line, "\r\n"); line == "" {
				continue
			}
			if err := addField(c.Form, line); err != nil {
				return fmt.Errorf("the file that -form-file names: %w", err)
			}
		}
	}
	if f.ca == "" {
		return nil
	}
	pem, err := sh.readInput("-ca-file", f.ca)
	if err == nil {
		c.RootCAs, err = trusting(pem)
	}
	return err
}

// errUnknown ends a command with statusUnknown. The report was printed before.
var errUnknown = errors.New("unknown")

// consult gives the report, whole or as far as it goes. An error is a wrong
// command line.
func (c *consultation) consult(ctx context.Context, sh *shell) (*doctor.Diagnosis, error) {
	if c.key.isGiven() {
		c.KeySource = func(context.Context) (ssotoken.Key, error) { return c.key.load() }
	}
	c.Now, c.Progress = sh.now, sh.show
	report, err := doctor.Check(ctx, c.Config)
	if sh.progress {
		fmt.Fprint(sh.stderr, "\r\x1b[K")
	}
	var config *ssotoken.ConfigError
	if errors.As(err, &config) {
		return nil, usageError((&ssotoken.ConfigError{Fields: asFlags(config.Fields)}).Error())
	}
	if err != nil {
		fmt.Fprintln(sh.stderr, "ssotoken doctor: the report is not complete:", visible(err.Error(), 1000))
	}
	return report, nil
}

// verdict is errFound, errUnknown or nil.
func (c *consultation) verdict(report *doctor.Diagnosis) error {
	for _, f := range report.Findings {
		if !c.failOn.WorseThan(f.Verdict) {
			return errFound
		}
	}
	if !report.Complete {
		return errUnknown
	}
	return nil
}

func addField(form url.Values, text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return errors.New("a field is FIELD=VALUE")
	}
	form.Add(name, value)
	return nil
}

func countOf(text string, all ...string) int {
	n := 0
	for _, t := range all {
		if t == text {
			n++
		}
	}
	return n
}

func addCode(codes *[]contract.Code) func(string) error {
	return func(text string) error {
		for name := range strings.SplitSeq(text, ",") {
			code := contract.Code(strings.TrimSpace(name))
			if doctor.RuleOf(code).Code == "" {
				return errors.New("the contract has no such code")
			}
			*codes = append(*codes, code)
		}
		return nil
	}
}

// trusting gives the authorities of the system, and one more.
func trusting(pem []byte) (*x509.CertPool, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("the file that -ca-file names holds no certificate in PEM")
	}
	return roots, nil
}
