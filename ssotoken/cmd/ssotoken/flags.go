package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// groupOf is the annotation of a flag with the heading under which help lists it, and its usage with the value's name
// marked.
const groupOf = "group"

// group adds flags under a heading. Help lists groups in the order in which they were added.
func group(cmd *cobra.Command, heading string, add func(*pflag.FlagSet)) {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.SortFlags = false
	add(flags)
	flags.VisitAll(func(f *pflag.Flag) {
		f.Annotations = map[string][]string{groupOf: {heading, f.Usage}}
		var value string
		value, f.Usage = pflag.UnquoteUsage(f)
		if f.Value.Type() == "stringToString" {
			f.DefValue = "" // pflag would show that it is empty
		}
		cmd.Flags().AddFlag(f)
		switch {
		case value == "path":
			cmd.MarkFlagFilename(f.Name)
		case value == "folder":
			cmd.MarkFlagDirname(f.Name)
		case value == "code":
			cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(ruleCodes(), cobra.ShellCompDirectiveNoFileComp))
		case value == "verdict":
			cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions([]string{"fail", "warn", "info"}, cobra.ShellCompDirectiveNoFileComp))
		case f.NoOptDefVal == "":
			cmd.RegisterFlagCompletionFunc(f.Name, cobra.NoFileCompletions)
		}
	})
}

// variable is the environment variable of a flag.
func variable(flag string) string {
	return "SSOTOKEN_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// ofService matches what Kubernetes sets in every container beside a Service that is called ssotoken.
var ofService = regexp.MustCompile(`^SSOTOKEN_(SERVICE_|PORT$|PORT_\d)`)

// fromEnvironment lets a verb's flags come from their variables, unless they are on the command line. An empty variable
// is unset. An error names the variable where it would name the flag.
func fromEnvironment(sh *shell, cmd *cobra.Command) {
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var known []string
		named(cmd, "community").LocalFlags().VisitAll(func(f *pflag.Flag) { known = append(known, variable(f.Name)) })
		for _, entry := range os.Environ() {
			name, _, _ := strings.Cut(entry, "=")
			if strings.HasPrefix(name, variable("")) && !slices.Contains(known, name) && !ofService.MatchString(name) {
				complain(sh.stderr, cmd.CommandPath()+": no flag has the variable "+name+suggestion(name, known))
			}
		}
		var err error
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			text := os.Getenv(variable(f.Name))
			if f.Changed || text == "" {
				return
			}
			sh.variables = append(sh.variables, "--"+f.Name, variable(f.Name))
			values := []string{text}
			if f.Value.Type() == "stringArray" {
				values = strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
			}
			for _, value := range values {
				err = cmp.Or(err, cmd.Flags().Set(f.Name, value))
			}
		})
		if err != nil {
			return flagError(cmd, err)
		}
		return run(cmd, args)
	}
}

// output adds what most verbs have.
func output(cmd *cobra.Command, asJSON, verbose *bool, what string) {
	group(cmd, "Output", func(flags *pflag.FlagSet) {
		flags.BoolVar(asJSON, "json", false, "print JSON")
		if verbose != nil {
			flags.BoolVarP(verbose, "verbose", "v", false, what)
		}
	})
}

// keyVariable is where the key is unless a flag says otherwise.
const keyVariable = "BETTERMODE_SSO_KEY"

const errTwoKeys = usageError("--key-env and --key-file: give one of the two")

type keyFlags struct{ env, file string }

func addKeyFlags(cmd *cobra.Command) *keyFlags {
	k := &keyFlags{}
	group(cmd, "The key", func(flags *pflag.FlagSet) {
		flags.StringVar(&k.env, "key-env", "", "`name` of the environment variable with the key (default "+keyVariable+")")
		flags.StringVar(&k.file, "key-file", "", "`path` of a file with only the key, such as a mounted secret")
	})
	return k
}

// isGiven reports whether there is a key to load: without a flag, the default variable may be unset.
func (k *keyFlags) isGiven() bool { return k.env != "" || k.file != "" || os.Getenv(keyVariable) != "" }

// load reads the key. An error repeats the name in a flag only if it exists: it may be the key itself.
func (k *keyFlags) load() (ssotoken.Key, error) {
	switch {
	case k.env != "" && k.file != "":
		return ssotoken.Key{}, errTwoKeys
	case k.file != "":
		key, err := ssotoken.KeyFromFile(k.file)
		return key, unnamed("--key-file", err)
	case k.env == "" && os.Getenv(keyVariable) == "":
		return ssotoken.Key{}, contract.KeyMissing.Errorf("no key: set %s, or name another variable by --key-env or a file by --key-file",
			keyVariable)
	case k.env == "":
		return ssotoken.KeyFromEnv(keyVariable)
	}
	if _, isSet := os.LookupEnv(k.env); !isSet {
		return ssotoken.Key{}, contract.KeyMissing.Errorf("no key: the environment has no variable with the name in --key-env")
	}
	return ssotoken.KeyFromEnv(k.env)
}

// unnamed drops the path from an error of the file system.
func unnamed(flagName string, err error) error {
	if why := cause(err); why != err {
		return fmt.Errorf("the file that %s names: %w", flagName, why)
	}
	return err
}

// cause is what the file system said, without the path.
func cause(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
