package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/smoke"
)

func newSmoke(sh *shell) *cobra.Command {
	s := &smokeTest{}
	cmd := newVerb(sh, "smoke", "make one real login of a test member, and say what came back",
		`Makes a token for one test member, follows the login URL as a browser would, and says what came back: logged in or not,
where it landed, how long it took, which cookie was set, and how far the clocks are apart. It follows redirects on the
community's own host only, and prints no token and no cookie's value.

A community creates a member that it does not know, and changes one that it knows: use a member made for tests. It asks
before; in scripts, give --yes. The flags for claims are those of mint. Before the login it requests the home page, as a guest.

--default-space names a page that the member should see without having asked for it: public code says that a new member with
spaceIds may miss the default spaces.

--api sends a second token to the vendor's GraphQL API, as its published client does, and compares what is stored with what was sent,
and the community's URLs with those that you give. In the EU, give --api-url https://api.bettermode.de instead. The report says
in which way a value differs, and holds no value and no access token. It ends with what you could send us.

The exit status is 1 if the member is not logged in for sure, or for another finding.`,
		`  ssotoken smoke --community community.example.com --sub test-1 \
      --name "Test Member" --email test-1@example.com --to /spaces/news
  ssotoken smoke --community http://localhost:8080 --claims test-member.json \
      --join SPACE_ID --default-space /spaces/welcome --yes`,
		s.run)
	group(cmd, "The login", func(flags *pflag.FlagSet) {
		flags.StringVar(&s.community, "community", "", "`address` of the community, such as example.com/hub")
		flags.StringVar(&s.to, "to", "", "`path` of the community to land on (default its home page)")
		flags.BoolVar(&s.yes, "yes", false, "don't ask")
		flags.StringArrayVar(&s.spaces, "default-space", nil, "`path` of a page that only a member of a default space sees; may be repeated")
		flags.DurationVar(&s.timeout, "timeout", smoke.DefaultTimeout, "`time` that the login may take")
	})
	group(cmd, "The API", func(flags *pflag.FlagSet) {
		flags.BoolVar(&s.api, "api", false, "ask the vendor's API what it has stored, with a second token")
		flags.StringVar(&s.apiURL, "api-url", "", "the API's `URL`, in place of --api (which takes the vendor's in the US, or the fake's)")
		s.partner.addSettings(flags, true) // to compare
	})
	s.member = addMemberFlags(cmd)
	s.key = addKeyFlags(cmd)
	output(cmd, &s.json, &s.verbose, "say where each rule comes from")
	return cmd
}

type smokeTest struct {
	key                *keyFlags
	member             *memberFlags
	community, to      string
	spaces             []string
	timeout            time.Duration
	yes, json, verbose bool
	api                bool
	apiURL             string
	partner            community
}

func (s *smokeTest) run(ctx context.Context, sh *shell) error {
	switch {
	case s.community == "":
		return usageError("--community is missing")
	case s.timeout <= 0:
		return usageError("--timeout is more than 0")
	case s.member.claims == "-" && !s.yes:
		return usageError("--claims - reads standard input, where the answer would come from: give --yes, or the path of a file")
	}
	if err := s.member.check(); err != nil {
		return err
	}
	key, err := within(ctx, s.key.load)
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
	if s.api && s.apiURL == "" {
		s.apiURL = smoke.DefaultAPI(signer.Community())
	}
	path, err := signer.Community().ReturnPath(s.to)
	if err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	for _, space := range s.spaces {
		if _, err := ssotoken.ParseReturnPath(space); err != nil {
			return fmt.Errorf("--default-space: %w", err)
		}
	}
	member, err := s.member.read(ctx, sh)
	if err != nil {
		return err
	}
	claims, refused := member.Build()
	if refused != nil {
		return &ssotoken.ClaimsError{Fields: refused}
	}
	if err := s.ask(ctx, sh, signer.Community()); err != nil {
		return err
	}
	report, err := smoke.Login(ctx, smoke.Config{Signer: signer, Claims: claims, Path: path, DefaultSpaces: s.spaces,
		Timeout: s.timeout, Now: sh.now, API: s.apiURL, Settings: s.partner.settings})
	if err != nil {
		return err
	}
	return sh.report(s.json, report.Found(), report, func(w *screen, p paint) { printTrip(w, p, report, s.verbose) })
}

// ask asks whether to go on, since the login changes the community.
func (s *smokeTest) ask(ctx context.Context, sh *shell, community ssotoken.Community) error {
	if s.yes {
		return nil
	}
	wrapped(sh.stderr, "", "", fmt.Sprintf("This logs the member in at %s, and creates it there, or changes it to what was "+
		"given.", community)+map[bool]string{true: " Another token goes to the API."}[s.apiURL != ""], plain)
	fmt.Fprint(sh.stderr, "Go on? [y/N] ")
	answer, err := within(ctx, func() (string, error) { return bufio.NewReader(sh.stdin).ReadString('\n') })
	switch {
	case errors.Is(err, errStopped):
		return err
	case err != nil:
		fmt.Fprintln(sh.stderr)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errors.New("nothing was sent: answer y, or give --yes in scripts")
}

func printTrip(out *screen, p paint, r *smoke.Report, verbose bool) {
	line := func(name, text string) { row(out, p, 10, name, text) }
	words := map[smoke.Outcome]string{smoke.LoggedIn: p.in("32", "YES"), smoke.NotLoggedIn: p.in("1;31", "NO"),
		smoke.Unclear: p.in("33", "NOT SURE")}
	line("Logged in", words[r.LoggedIn])
	line("Community", r.Community)
	if r.Landed != "" {
		line("Landed at", visible(r.Landed, 200))
	}
	line("Took", fmt.Sprintf("%d ms, %s", r.Milliseconds, count(len(r.Hops), "request")))
	if r.ClockSeconds != nil {
		line("Clock", smoke.ClockText(*r.ClockSeconds))
	}
	for _, c := range r.Cookies {
		text := visible(c.Name, 60) + ": " + visible(strings.Join(c.Attributes, ", "), 200)
		if c.GuestHasIt {
			text += " (a guest has it too)"
		}
		line("Cookie", text)
	}
	for i, h := range r.Hops {
		text := fmt.Sprintf("%d %s", h.Status, visible(h.Path, 120))
		if h.To != "" {
			text += " → " + visible(h.To, 120)
		}
		line(map[bool]string{true: "Requests"}[i == 0], text)
	}
	for _, verdict := range worstFirst {
		for _, f := range r.Findings {
			if f.Verdict == verdict {
				printFinding(out, p, p.verdict(f.Verdict), string(f.Code), visible(f.Message, 600), f.Rule, f.Fix, verbose)
			}
		}
	}
	for _, note := range r.Notes {
		fmt.Fprintln(out)
		wrapped(out, "", "", visible(note, 600), plain)
	}
	fmt.Fprintln(out, "\n"+p.bold("Please send us this")+", as an issue at github.com/bettermode-go/sso:")
	for _, d := range r.Decisions {
		wrapped(out, "  ", "    ", d, plain)
	}
}
