package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

const smokeTimeout = 30 * time.Second

var smokeVerb = verb{
	name:    "smoke",
	summary: "make one real login of a test member, and say what came back",
	about: `Makes a token for one test member, follows the login URL as a browser would, and says
what came back: logged in or not, where it landed, how long it took, which cookie was
set, and how far the clocks are apart. It follows redirects on the community's own host
only, and prints no token and no cookie's value.

A community creates a member that it does not know, and changes one that it knows: use a
member made for tests. It asks before; in scripts, give -yes. The claims are given as to
mint. Before the login it requests the home page, as a guest.

-default-space names a page that the member should see without having asked for it:
public code tells that a new member with spaceIds may miss the default spaces.
Status 1: not logged in for sure, or another finding.`,
	example: `  ssotoken smoke -community community.example.com -sub test-1 \
      -name "Test Member" -email test-1@example.com -to /spaces/news
  ssotoken smoke -community http://localhost:8080 -claims test-member.json \
      -join SPACE_ID -default-space /spaces/welcome -yes`,
	flags: func(flags *flag.FlagSet) func(context.Context, *shell) error {
		s := &smoke{key: addKeyFlags(flags), member: addMemberFlags(flags)}
		flags.StringVar(&s.community, "community", "", "`host` or origin of the community")
		flags.StringVar(&s.to, "to", "", "`path` of the community to land on (default its home page)")
		flags.Var((*list)(&s.spaces), "default-space", "`path` of a page that only a member of a default space sees; may be repeated")
		timeVar(flags, &s.timeout, "timeout", smokeTimeout, "`time` that the login may take")
		flags.BoolVar(&s.yes, "yes", false, "don't ask")
		flags.BoolVar(&s.json, "json", false, "print JSON")
		return s.run
	},
}

type smoke struct {
	key           *keyFlags
	member        *memberFlags
	community, to string
	spaces        []string
	timeout       time.Duration
	yes, json     bool
}

func (s *smoke) run(ctx context.Context, sh *shell) error {
	switch {
	case s.community == "":
		return usageError("-community is missing")
	case s.timeout <= 0:
		return usageError("-timeout is more than 0")
	case s.member.claims == "-" && !s.yes:
		return usageError("-claims - reads standard input, where the answer would come from: give -yes, or the path of a file")
	}
	if err := s.member.check(); err != nil {
		return err
	}
	key, err := s.key.load()
	if err != nil {
		return err
	}
	signer, err := ssotoken.New(ssotoken.Config{Community: s.community, Key: key, Now: sh.now})
	var config *ssotoken.ConfigError
	if errors.As(err, &config) {
		return &ssotoken.ConfigError{Fields: asFlags(config.Fields)}
	}
	if err != nil {
		return err
	}
	path, err := signer.Community().ReturnPath(s.to)
	if err != nil {
		return fmt.Errorf("-to: %w", err)
	}
	for _, space := range s.spaces {
		if _, err := ssotoken.ParseReturnPath(space); err != nil {
			return fmt.Errorf("-default-space: %w", err)
		}
	}
	member, err := s.member.read(sh)
	if err != nil {
		return err
	}
	claims, refused := member.Build()
	if refused != nil {
		return &ssotoken.ClaimsError{Fields: refused}
	}
	if err := s.ask(sh, signer.Community()); err != nil {
		return err
	}
	t := newTrip(signer, sh.now, s.timeout)
	if err := t.make(ctx, claims, path); err != nil {
		return err
	}
	t.look(ctx, s.spaces, !member.Plan.IsZero())
	if s.json {
		err = writeJSON(sh.stdout, t.report)
	} else {
		err = printTrip(sh.stdout, sh.paint, t.report)
	}
	if err == nil && t.report.found() {
		err = errFound
	}
	return err
}

// ask asks whether to go on, since the login changes the community.
func (s *smoke) ask(sh *shell, community ssotoken.Community) error {
	if s.yes {
		return nil
	}
	wrapped(sh.stderr, "", "", fmt.Sprintf("This logs the member in at %s, and creates it there, or changes it to what was given.", community), plain)
	fmt.Fprint(sh.stderr, "Go on? [y/N] ")
	answer, err := bufio.NewReader(sh.stdin).ReadString('\n')
	if err != nil {
		fmt.Fprintln(sh.stderr)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errors.New("nothing was sent: answer y, or give -yes in scripts")
}

func printTrip(w io.Writer, p paint, r *tripReport) error {
	var whole strings.Builder
	out := &screen{&whole, columnsOf(w)}
	line := func(name, text string) { row(out, p, 10, name, text) }
	words := map[string]string{loggedIn: p.in("32", "YES"), notLoggedIn: p.in("1;31", "NO"), unclear: p.in("33", "NOT SURE")}
	line("Logged in", words[r.LoggedIn])
	line("Community", r.Community)
	if r.Landed != "" {
		line("Landed at", visible(r.Landed, 200))
	}
	line("Took", fmt.Sprintf("%d ms, %s", r.Milliseconds, count(len(r.Hops), "request")))
	if r.ClockSeconds != nil {
		line("Clock", clockText(*r.ClockSeconds))
	}
	for _, c := range r.Cookies {
		text := visible(c.Name, 60) + ": " + strings.Join(c.Attributes, ", ")
		if c.Guest {
			text += " (a guest has it too)"
		}
		line("Cookie", text)
	}
	for i, h := range r.Hops {
		text := fmt.Sprintf("%d  %s", h.Status, visible(h.Path, 120))
		if h.To != "" {
			text += " → " + visible(h.To, 120)
		}
		line(map[bool]string{true: "Requests"}[i == 0], text)
	}
	for _, f := range r.Findings {
		printFinding(out, p, p.verdict(f.Verdict), string(f.Code), visible(f.Message, 600), f.Rule, f.Fix)
	}
	for _, note := range r.Notes {
		fmt.Fprintln(out)
		wrapped(out, "", "", note, plain)
	}
	_, err := io.WriteString(w, whole.String())
	return err
}

func clockText(seconds float64) string {
	switch {
	case seconds >= 1:
		return fmt.Sprintf("the community's is %.0f s ahead", seconds)
	case seconds <= -1:
		return fmt.Sprintf("the community's is %.0f s behind", -seconds)
	}
	return fmt.Sprintf("the same, within a second; up to %v does no harm", contract.Skew)
}
