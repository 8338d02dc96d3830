// Command ssotoken mints, inspects and checks the JWT SSO logins of a
// Bettermode community at a terminal, and runs a fake one.
//
//	ssotoken mint       make a token, or a login URL
//	ssotoken inspect    judge a token or a login URL, rule by rule
//	ssotoken doctor     check an Authorization URL from outside, whatever language it is written in
//	ssotoken check      look at all members before launch: who could not log in, and why
//	ssotoken smoke      make one real login of a test member, and say what came back
//	ssotoken community  run a fake community to log in to
//	ssotoken ready      say whether a fake community answers
//	ssotoken subject    print what the logs call a member
//	ssotoken explain    say what a code means, why, and what to do
//
// Each verb explains itself with --help. The exit status is 0 when all is fine, 1 for a finding or a failure, 2 for a
// wrong command line, 3 when doctor could not learn something, and 130 when Ctrl-C or SIGTERM stopped it.
//
// The community's key comes from the environment variable BETTERMODE_SSO_KEY, from another one (--key-env), or from a
// file (--key-file). It is never an argument, which other users of the machine can read. No verb prints that key, and
// only mint prints a token; community shows a key that it made, once.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/agnivade/levenshtein"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

func main() { os.Exit(onSystem(time.Now)) }

// onSystem runs the command line of this process, and returns its exit status.
func onSystem(now func() time.Time) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second signal ends it immediately
	build, ok := debug.ReadBuildInfo()
	if !ok { // not built by the go command
		build = &debug.BuildInfo{GoVersion: runtime.Version()}
	}
	isTerminal := func(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
	return run(ctx, os.Args[1:], &shell{
		stdin: os.Stdin, stdout: screenOf(os.Stdout), stderr: screenOf(os.Stderr), raw: os.Stdout, now: now,
		paint:       colours(isTerminal(os.Stdout)),
		progress:    isTerminal(os.Stderr),
		interactive: isTerminal(os.Stdin),
		build:       build,
	})
}

func colours(terminal bool) paint {
	return paint(terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb")
}

// A shell is what a command runs in.
type shell struct {
	stdin          io.Reader
	stdout, stderr *screen
	raw            io.Writer // standard output for workflow commands, which a screen would fence
	now            func() time.Time
	paint          paint
	progress       bool     // a line on stderr can be written over
	interactive    bool     // a person types standard input
	verb           string   // that runs
	variables      []string // flags, each before the variable that set it
	build          *debug.BuildInfo
}

// errFound ends a command with status 1. The report was printed before.
var errFound = errors.New("findings")

// A usageError is a wrong command line.
type usageError string

func (e usageError) Error() string { return string(e) }

// The exit statuses, which exitStatus explains.
const (
	statusFound   = 1
	statusUsage   = 2
	statusUnknown = 3
	statusStopped = 130 // 128 and the number of SIGINT, as shells have it
)

const exitStatus = "Exit status: 0 fine, 1 a finding or a failure, 2 a wrong command line, " +
	"3 something that doctor could not learn, 130 stopped by Ctrl-C or SIGTERM."

const purpose = "Mints, inspects and checks the JWT SSO logins of a Bettermode community, and runs a fake one."

// newRoot returns the command with its verbs.
func newRoot(sh *shell) *cobra.Command {
	root := &cobra.Command{
		Use: "ssotoken VERB [flags]", DisableFlagsInUseLine: true, Short: purpose, Version: sh.version(),
		SilenceErrors: true, SilenceUsage: true, // cobra's errors repeat arguments, and one may be a token
		DisableAutoGenTag: true,
		Args:              cobra.ArbitraryArgs,
	}
	root.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			help(root, sh.stderr)
			return errNoVerb
		}
		return misspelled("command", args[0], names(root))
	}
	root.AddCommand(newMint(sh), newInspect(sh), newDoctor(sh), newCheck(sh), newSmoke(sh), newCommunity(sh), newReady(sh),
		newSubject(sh), newExplain(sh), newVersion(sh), newMan(sh))
	root.SetHelpCommand(newHelp(sh))
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { help(cmd, sh.stdout) })
	root.SetFlagErrorFunc(flagError)
	root.SetVersionTemplate("{{.Version}}")
	root.SetIn(sh.stdin)
	root.SetOut(sh.stdout)
	root.SetErr(sh.stderr)
	root.InitDefaultCompletionCmd()
	completion := named(root, "completion")
	completion.Use, completion.DisableFlagsInUseLine = "completion SHELL", true
	completion.Short = "print what completes verbs and flags in bash, zsh, fish or PowerShell"
	completion.Args = cobra.ArbitraryArgs
	completion.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usageError("name a shell: bash, zsh, fish or powershell")
		}
		return misspelled("shell", args[0], names(completion))
	}
	return root
}

func names(cmd *cobra.Command) (names []string) {
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	return names
}

var errNoVerb = errors.New("no verb")

// A verb is a command with flags and no arguments.
func newVerb(sh *shell, name, summary, about, example string, run func(context.Context, *shell) error) *cobra.Command {
	cmd := &cobra.Command{Use: name + " [flags]", Short: summary, Long: about, Example: example, DisableFlagsInUseLine: true}
	cmd.Flags().SortFlags = false
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return usageError("unexpected argument: give everything by flags, and a token by standard input or a file; " +
			"other users can read a token or key on a command line, so treat it as leaked")
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		within := *sh
		within.verb = name
		return run(cmd.Context(), &within)
	}
	return cmd
}

// run returns the exit status.
func run(ctx context.Context, args []string, sh *shell) int {
	root := newRoot(sh)
	args = append([]string{}, args...) // not nil, for which cobra would take those of the process
	for i, arg := range args {
		if arg == "-help" || arg == "-version" {
			args[i] = "-" + arg
		}
	}
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	var usage usageError
	say := func(text string) {
		complain(sh.stderr, cmd.CommandPath()+": "+strings.NewReplacer(sh.variables...).Replace(text))
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errNoVerb):
		return statusUsage
	case ctx.Err() != nil:
		sh.stopped(cmd.CommandPath(), err)
		return statusStopped
	case errors.Is(err, errFound):
		return statusFound
	case errors.Is(err, errUnknown):
		return statusUnknown
	case errors.As(err, &usage):
	case cmd.HasParent() && cmd.Parent().Name() == "completion": // cobra's own error
		usage = usageError("unexpected argument")
	default:
		say(err.Error())
		return statusFound
	}
	say(string(usage))
	fmt.Fprintf(sh.stderr, "See %s --help.\n", cmd.CommandPath())
	return statusUsage
}

// stopped says that a signal ended the command, unless the report says so.
func (sh *shell) stopped(path string, err error) {
	if sh.interactive {
		fmt.Fprintln(sh.stderr) // after ^C
	}
	switch {
	case errors.Is(err, errFound), errors.Is(err, errUnknown):
	case errors.Is(err, errStopped):
		fmt.Fprintf(sh.stderr, "%s: stopped\n", path)
	default:
		complain(sh.stderr, path+": stopped: "+err.Error())
	}
}

// misspelled says that a word is none of those that there are. It repeats the word only if it can be no token.
func misspelled(what, word string, words []string) error {
	text := "unknown " + what
	if commandWord.MatchString(word) {
		text += fmt.Sprintf(" %q", word)
	}
	return usageError(text + suggestion(word, words))
}

// suggestion asks whether a similar word is meant, if there is one.
func suggestion(word string, words []string) string {
	meant, best := "", 3 // slips: fewer in a short word
	for _, other := range words {
		if slips := levenshtein.ComputeDistance(word[:min(len(word), 50)], other); slips < best && 2*slips < len(other) {
			meant, best = other, slips
		}
	}
	if meant == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", meant)
}

var commandWord = regexp.MustCompile(`^[A-Za-z-]{1,20}$`)

// flagError says what is wrong with a flag, without its value, which may be a secret in the wrong place.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var noValue *pflag.ValueRequiredError
	var bad *pflag.InvalidValueError
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return err
	case errors.As(err, &unknown):
		word, all := unknown.GetSpecifiedName(), unknown.GetSpecifiedShortnames()
		if all != "" && cmd.Flags().Lookup(strings.Split(all, "=")[0]) != nil { // -url
			return usageError("a flag has two dashes: --" + strings.Split(all, "=")[0])
		}
		word = "--" + word
		if all != "" {
			word = "-" + all
		}
		var flags []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { flags = append(flags, "--"+f.Name) })
		return misspelled("flag", word, flags)
	case errors.As(err, &noValue):
		return usageError("--" + noValue.GetFlag().Name + " needs a value")
	case errors.As(err, &bad):
		return usageError(fmt.Sprintf("invalid value for --%s: %s", bad.GetFlag().Name, reason(bad)))
	}
	return usageError("a flag is malformed")
}

// reason drops what package strconv or time repeats of a value.
func reason(bad *pflag.InvalidValueError) string {
	var ours flagReason
	switch {
	case errors.As(bad, &ours):
		return string(ours)
	case bad.GetFlag().Value.Type() == "duration":
		return "a time is written like 60s or 5m"
	}
	return "it has the wrong form"
}

// A flagReason says what is wrong with a flag's value, without the value.
type flagReason string

func (r flagReason) Error() string { return string(r) }
