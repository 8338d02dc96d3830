package main

import (
	"fmt"
	"strings"
)

func completionVerb() verb {
	shells := map[string]func([]verb) string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}
	return verb{
		name: "completion", summary: "print what completes verbs and flags in bash, zsh or fish",
		about: `Prints a script for a shell, which then completes verbs, flags, and the paths
of files. It holds the verbs and flags of this version: write it again after an
update.`,
		example: `  source <(ssotoken completion bash)                  # for ~/.bashrc
  ssotoken completion zsh > "${fpath[1]}/_ssotoken"   # before compinit
  ssotoken completion fish > ~/.config/fish/completions/ssotoken.fish`,
		words: []string{"bash", "zsh", "fish"},
		flags: noFlags(func(sh *shell, args []string) error {
			if len(args) == 0 {
				return usageError("name a shell: bash, zsh or fish")
			}
			_, err := fmt.Fprint(sh.stdout, shells[args[0]](allVerbs()))
			return err
		}),
	}
}

func verbNames(all []verb) []string {
	var names []string
	for _, v := range all {
		names = append(names, v.name)
	}
	return names
}

// flagForms lists the options of a verb that are of some sort, as -name.
func flagForms(v verb, is func(option) bool) []string {
	var forms []string
	for _, o := range v.options() {
		if is(o) {
			forms = append(forms, "-"+o.name)
		}
	}
	return forms
}

// bashCompletion also runs in the bash 3.2 of macOS. Readline completes paths
// where the function gives nothing.
func bashCompletion(all []verb) string {
	var b strings.Builder
	b.WriteString("# bash completion for ssotoken\n_ssotoken() {\n  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words= paths= values=\n  COMPREPLY=()\n")
	fmt.Fprintf(&b, "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    COMPREPLY=($(compgen -W '%s' -- \"$cur\"))\n    return\n  fi\n", strings.Join(verbNames(all), " "))
	b.WriteString("  case ${COMP_WORDS[1]} in\n")
	for _, v := range all {
		words := flagForms(v, func(option) bool { return true })
		paths := flagForms(v, option.isPath)
		values := flagForms(v, func(o option) bool { return o.value != "" && !o.isPath() })
		fmt.Fprintf(&b, "  %s) words='%s' paths=' %s ' values=' %s ' ;;\n", v.name, strings.Join(append(words, v.words...), " "), strings.Join(paths, " "), strings.Join(values, " "))
	}
	b.WriteString(`  esac
  case $paths in *" $prev "*) return ;; esac
  compopt +o default 2>/dev/null
  case $values in *" $prev "*) return ;; esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _ssotoken ssotoken
`)
	return b.String()
}

func zshCompletion(all []verb) string {
	quote := strings.NewReplacer("'", `'\''`, "[", `\[`, "]", `\]`, ":", `\:`, "\n", " ").Replace
	var b strings.Builder
	b.WriteString("#compdef ssotoken\n# zsh completion for ssotoken\n_ssotoken() {\n  local -a verbs\n  verbs=(\n")
	for _, v := range all {
		fmt.Fprintf(&b, "    '%s:%s'\n", v.name, quote(v.summary))
	}
	b.WriteString("  )\n  if (( CURRENT == 2 )); then\n    _describe verb verbs\n    return\n  fi\n  local verb=$words[2]\n  shift words\n  (( CURRENT-- ))\n  case $verb in\n")
	for _, v := range all {
		fmt.Fprintf(&b, "  %s)\n    _arguments", v.name)
		for _, o := range v.options() {
			value := ""
			switch {
			case o.isPath():
				value = ":" + o.value + ":_files"
			case o.value != "":
				value = ":" + quote(o.value) + ": "
			}
			fmt.Fprintf(&b, " \\\n      '*-%s[%s]%s'", o.name, quote(o.usage), value)
		}
		if v.words != nil {
			fmt.Fprintf(&b, " \\\n      ':word:(%s)'", strings.Join(v.words, " "))
		}
		b.WriteString("\n    ;;\n")
	}
	b.WriteString("  esac\n}\nif [ \"$funcstack[1]\" = _ssotoken ]; then _ssotoken \"$@\"; else compdef _ssotoken ssotoken; fi\n")
	return b.String()
}

func fishCompletion(all []verb) string {
	quote := func(s string) string {
		return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", " ").Replace(s) + "'"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# fish completion for ssotoken\ncomplete -c ssotoken -f\nset -l verbs %s\n", strings.Join(verbNames(all), " "))
	for _, v := range all {
		fmt.Fprintf(&b, "complete -c ssotoken -n \"not __fish_seen_subcommand_from $verbs\" -a %s -d %s\n", v.name, quote(v.summary))
	}
	for _, v := range all {
		on := fmt.Sprintf("complete -c ssotoken -n '__fish_seen_subcommand_from %s'", v.name)
		for _, o := range v.options() {
			value := ""
			switch {
			case o.isPath():
				value = " -rF"
			case o.value != "":
				value = " -x"
			}
			fmt.Fprintf(&b, "%s -o %s%s -d %s\n", on, o.name, value, quote(o.usage))
		}
		if v.words != nil {
			fmt.Fprintf(&b, "%s -a %s\n", on, quote(strings.Join(v.words, " ")))
		}
	}
	return b.String()
}
