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
//
// Each verb explains itself with -h. The exit status is 0 when all is fine, 1
// for a finding or a failure, and 2 for a wrong command line.
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
	"syscall"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], &shell{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, now: time.Now,
		paint:    colours(isTerminal(os.Stdout)),
		progress: isTerminal(os.Stderr),
	}))
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
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
	progress       bool // a line on stderr can be written over
}

// A verb declares its flags, and gives what runs once they are parsed.
type verb struct {
	name, summary, about, example string
	flags                         func(*flag.FlagSet) func(context.Context, *shell) error
}

var verbs = []verb{mintVerb, inspectVerb, doctorVerb, checkVerb, smokeVerb, communityVerb}

// errFound ends a command with status 1. The report was printed before.
var errFound = errors.New("findings")

// A usageError is a wrong command line.
type usageError string

func (e usageError) Error() string { return string(e) }

// run returns the exit status.
func run(ctx context.Context, args []string, sh *shell) int {
	if len(args) == 0 {
		help(sh.stderr)
		return 2
	}
	switch args[0] {
	case "-h", "-help", "--help", "help":
		help(sh.stdout)
		return 0
	}
	for _, v := range verbs {
		if v.name == args[0] {
			return v.run(ctx, args[1:], sh)
		}
	}
	fmt.Fprintln(sh.stderr, "ssotoken: the first argument is none of the verbs; see ssotoken -h")
	return 2
}

func (v verb) run(ctx context.Context, args []string, sh *shell) int {
	flags := flag.NewFlagSet(v.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	act := v.flags(flags)
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		v.help(sh.stdout, flags)
		return 0
	case err != nil:
		err = usageError(givenValue.ReplaceAllString(err.Error(), "value for"))
	case flags.NArg() > 0:
		// The argument is not repeated: it may be a token.
		err = usageError("unexpected argument: give everything by flags, and a token by standard input or a file; other users can read a token or key on a command line, so treat it as leaked")
	default:
		err = act(ctx, sh)
	}
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errFound):
		return 1
	case errors.Is(err, errUnknown):
		return 3
	case errors.As(err, &usage):
		fmt.Fprintf(sh.stderr, "ssotoken %s: %s\nSee ssotoken %s -h.\n", v.name, usage, v.name)
		return 2
	}
	fmt.Fprintf(sh.stderr, "ssotoken %s: %s\n", v.name, err)
	return 1
}

// givenValue is where package flag repeats a bad value, which may be a secret
// in the wrong place.
var givenValue = regexp.MustCompile(`(?s)(?:boolean )?value ".*" for(?: flag)?`)

func help(w io.Writer) {
	fmt.Fprint(w, "ssotoken mints, inspects and checks the JWT SSO logins of a Bettermode community,\nand runs a fake one.\n\nUsage: ssotoken VERB [flags]\n\n")
	for _, v := range verbs {
		fmt.Fprintf(w, "  %-9s  %s\n", v.name, v.summary)
	}
	fmt.Fprintf(w, "\nssotoken VERB -h explains each, with an example. %s\n", exitStatus)
}

const exitStatus = "Exit status: 0 fine, 1 a finding or a failure, 2 a wrong command line."

func (v verb) help(w io.Writer, flags *flag.FlagSet) {
	fmt.Fprintf(w, "Usage: ssotoken %s [flags]\n\n%s\n\nFlags:\n", v.name, v.about)
	flags.SetOutput(w)
	flags.PrintDefaults()
	fmt.Fprintf(w, "\nExample:\n%s\n\n%s\n", v.example, exitStatus)
}

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
		return ssotoken.Key{}, fmt.Errorf("%w: set %s, or name another variable by -key-env or a file by -key-file", ssotoken.ErrKeyMissing, keyVariable)
	case k.env == "":
		return ssotoken.KeyFromEnv(keyVariable)
	}
	if _, isSet := os.LookupEnv(k.env); !isSet {
		return ssotoken.Key{}, fmt.Errorf("%w: the environment has no variable of the name that -key-env gives", ssotoken.ErrKeyMissing)
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

// maxInput bounds what is read from standard input or a file.
const maxInput = 1 << 20

// readInput reads a file, or standard input for "-".
func (sh *shell) readInput(flagName, path string) ([]byte, error) {
	in := sh.stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, unnamed(flagName, err)
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxInput+1))
	if err != nil {
		return nil, unnamed(flagName, err)
	}
	if len(data) > maxInput {
		return nil, fmt.Errorf("the input has more than %d bytes", maxInput)
	}
	return data, nil
}
