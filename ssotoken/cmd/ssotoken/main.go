// Command ssotoken mints, inspects and checks the JWT SSO logins of a
// Bettermode community at a terminal, and runs a fake one.
//
//	ssotoken mint     make a token, or a login URL
//	ssotoken inspect  take a token or a login URL apart, rule by rule
//	ssotoken doctor   check an Authorization URL from outside, whatever language it is written in
//	ssotoken check    look at all members before launch: who could not log in, and why
//	ssotoken smoke    make one real login of a test member, and say what came back
//	ssotoken community
//	                  run a fake community to log in to
//	ssotoken version  say which ssotoken this is
//
// Each verb explains itself with -h; completion and man print what a shell and
// man(1) read. The exit status is 0 when all is fine, 1 for a finding or a failure, 2 for a
// wrong command line, and 130 when Ctrl-C or SIGTERM stopped it.
//
// The community's key comes from the environment variable BETTERMODE_SSO_KEY,
// from another one (-key-env), or from a file (-key-file). It is never an
// argument, which other users of the machine can read. No verb prints that key,
// and only mint prints a token; community shows a key that it made, once.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/internal/spelling"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second signal ends it at once
	build, ok := debug.ReadBuildInfo()
	if !ok { // not built by the go command
		build = &debug.BuildInfo{GoVersion: runtime.Version()}
	}
	os.Exit(run(ctx, os.Args[1:], &shell{
		stdin: os.Stdin, stdout: screenOf(os.Stdout), stderr: screenOf(os.Stderr), now: time.Now,
		paint:       colours(isTerminal(os.Stdout)),
		progress:    isTerminal(os.Stderr),
		interactive: isTerminal(os.Stdin),
		build:       build,
	}))
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && !isNull(info)
}

// isNull reports whether a character device is the one that holds nothing.
func isNull(info os.FileInfo) bool {
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(info, null)
}

func colours(terminal bool) paint {
	return paint(terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb")
}

// A shell is what a command runs in.
type shell struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time
	paint          paint
	progress       bool          // a line on stderr can be written over
	interactive    bool          // a person types standard input
	flags          *flag.FlagSet // of the verb that runs
	build          *debug.BuildInfo
}

// A verb declares its flags, and gives what runs once they are parsed.
type verb struct {
	name, summary, about, example string
	flags                         func(*flag.FlagSet) func(context.Context, *shell) error
	words                         []string // it takes one of these as its argument, or none
}

// verbs are what the command is for.
var verbs = []verb{mintVerb, inspectVerb, doctorVerb, checkVerb, smokeVerb, communityVerb, versionVerb}

// allVerbs are verbs, and those that explain them.
func allVerbs() []verb {
	return append(slices.Clone(verbs), helpVerb(), completionVerb(), manVerb())
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

const exitStatus = "Exit status: 0 fine, 1 a finding or a failure, 2 a wrong command line, 3 something that doctor could not learn, 130 stopped by Ctrl-C or SIGTERM."

// run returns the exit status.
func run(ctx context.Context, args []string, sh *shell) int {
	if len(args) == 0 {
		overview(sh.stderr)
		return statusUsage
	}
	name := args[0]
	switch name {
	case "-h", "-help", "--help":
		name = "help"
	case "-version", "--version":
		name = "version"
	}
	var names []string
	for _, v := range allVerbs() {
		if v.name == name {
			return v.run(ctx, args[1:], sh)
		}
		names = append(names, v.name)
	}
	// The argument is not repeated: it may be a token.
	complain(sh.stderr, "ssotoken: the first argument is none of the verbs"+didYouMean("", name, names))
	fmt.Fprintln(sh.stderr, "See ssotoken -h.")
	return statusUsage
}

func didYouMean(before, misspelled string, words []string) string {
	if word := spelling.Nearest(misspelled, words); word != "" {
		return ": did you mean " + before + word + "?"
	}
	return ""
}

func (v verb) run(ctx context.Context, args []string, sh *shell) int {
	flags, act := v.flagSet()
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		v.help(sh.stdout)
		return 0
	case err != nil:
		err = usageError(givenValue.ReplaceAllString(err.Error(), "value for") + v.meantFlag(err))
	case v.words != nil && flags.NArg() == 1 && !slices.Contains(v.words, flags.Arg(0)):
		err = usageError("the argument is none of " + strings.Join(v.words, ", ") + didYouMean("", flags.Arg(0), v.words))
	case flags.NArg() > 0 && (v.words == nil || flags.NArg() > 1):
		// The argument is not repeated: it may be a token.
		err = usageError("unexpected argument: give everything by flags, and a token by standard input or a file; other users can read a token or key on a command line, so treat it as leaked")
	default:
		within := *sh
		within.flags, within.stdin = flags, stoppable(ctx, sh.stdin)
		err = act(ctx, &within)
	}
	var usage usageError
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil:
		v.stopped(sh, err)
		return statusStopped
	case errors.Is(err, errFound):
		return statusFound
	case errors.Is(err, errUnknown):
		return statusUnknown
	case errors.As(err, &usage):
		complain(sh.stderr, fmt.Sprintf("ssotoken %s: %s", v.name, usage))
		fmt.Fprintf(sh.stderr, "See ssotoken %s -h.\n", v.name)
		return statusUsage
	}
	complain(sh.stderr, fmt.Sprintf("ssotoken %s: %s", v.name, err))
	return statusFound
}

// stopped says that a signal ended the command, unless the report says so.
func (v verb) stopped(sh *shell, err error) {
	if sh.interactive {
		fmt.Fprintln(sh.stderr) // after ^C
	}
	switch {
	case errors.Is(err, errFound), errors.Is(err, errUnknown):
	case errors.Is(err, errStopped):
		fmt.Fprintf(sh.stderr, "ssotoken %s: stopped\n", v.name)
	default:
		complain(sh.stderr, fmt.Sprintf("ssotoken %s: stopped: %s", v.name, err))
	}
}

// flagSet gives the flags of a verb, which print nothing by themselves, and
// what runs once they are parsed.
func (v verb) flagSet() (*flag.FlagSet, func(context.Context, *shell) error) {
	flags := flag.NewFlagSet(v.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	return flags, v.flags(flags)
}

// meantFlag guesses which flag was meant by one that there is not.
func (v verb) meantFlag(err error) string {
	_, name, isUnknown := strings.Cut(err.Error(), "not defined: -")
	if !isUnknown {
		return ""
	}
	var names []string
	flags, _ := v.flagSet()
	flags.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	return didYouMean("-", name, names)
}

// givenValue is where package flag repeats a bad value, which may be a secret
// in the wrong place.
var givenValue = regexp.MustCompile(`(?s)(?:boolean )?value ".*" for(?: flag)?`)

// keyVariable is where the key is unless a flag says otherwise.
const keyVariable = "BETTERMODE_SSO_KEY"

const errTwoKeys = usageError("-key-env and -key-file: give one of the two")

type keyFlags struct{ env, file string }

func addKeyFlags(flags *flag.FlagSet) *keyFlags {
	k := &keyFlags{}
	flags.StringVar(&k.env, "key-env", "", "`name` of the environment variable with the key (default "+keyVariable+")")
	flags.StringVar(&k.file, "key-file", "", "`path` of a file with only the key, such as a mounted secret")
	return k
}

// isGiven reports whether there is a key to load: without a flag, the default
// variable may be unset.
func (k *keyFlags) isGiven() bool { return k.env != "" || k.file != "" || os.Getenv(keyVariable) != "" }

// load reads the key. An error repeats the name in a flag only if it exists: it
// may be the key itself.
func (k *keyFlags) load() (ssotoken.Key, error) {
	switch {
	case k.env != "" && k.file != "":
		return ssotoken.Key{}, errTwoKeys
	case k.file != "":
		key, err := ssotoken.KeyFromFile(k.file)
		return key, unnamed("-key-file", err)
	case k.env == "" && os.Getenv(keyVariable) == "":
		return ssotoken.Key{}, fmt.Errorf("%w: set %s, or name another variable by -key-env or a file by -key-file", contract.Reason(contract.KeyMissing), keyVariable)
	case k.env == "":
		return ssotoken.KeyFromEnv(keyVariable)
	}
	if _, isSet := os.LookupEnv(k.env); !isSet {
		return ssotoken.Key{}, fmt.Errorf("%w: the environment has no variable of the name that -key-env gives", contract.Reason(contract.KeyMissing))
	}
	return ssotoken.KeyFromEnv(k.env)
}

// unnamed drops the path from an error of the file system.
func unnamed(flagName string, err error) error {
	var pathError *os.PathError
	if errors.As(err, &pathError) {
		return fmt.Errorf("the file that %s names: %w", flagName, pathError.Err)
	}
	return err
}
