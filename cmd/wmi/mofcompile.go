package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"openwmi/internal/source"
	"openwmi/mof"
	"openwmi/mof/compile"
	"openwmi/wbem"
)

// compileFlags are the flags of mof compile.
type compileFlags struct {
	into     string
	check    bool
	dialect  dialect
	class    putMode
	instance putMode
	amended  string
}

func (c *cli) mofCompileCommand() *cobra.Command {
	f := compileFlags{
		class:    putMode{words: []string{"create-only", "update-only", "safe", "force"}},
		instance: putMode{words: []string{"create-only", "update-only"}},
	}
	cmd := &cobra.Command{
		Use:   "compile FILE...",
		Short: "Store the classes and instances of MOF files",
		Long: `Store the classes and instances that MOF files declare, in the order of the files. All
files are read first, with what they include; when one is wrong, all its errors are
shown and nothing is stored. Storing stops at the first object that is refused; what
was stored before stays.

Objects go to the namespace of --namespace, which must exist, or that of -N, which is
created; a #pragma namespace wins over both. "-" is standard input.`,
		Example: examples(`
			wmi mof compile disk.mof
			wmi mof compile -N root/lab classes.mof instances.mof
			wmi mof compile --check *.mof             # what is wrong, without storing
			wmi mof compile --class force disk.mof    # whatever it takes
			wmi mof compile --amended MS_407 disk.mof # its texts are German`),
		Args: atLeast("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.compile(cmd, f, args)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"mof", "mfl"}, cobra.ShellCompDirectiveFilterFileExt
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.into, "into", "N", "", "store in the namespace `NS`, which is created when missing")
	flags.BoolVar(&f.check, "check", false, "store nothing, ask nothing: only look for errors in the files")
	flags.Var(&f.dialect, "dialect", "follow the rules of `DIALECT`: auto, wmi, dmtf")
	flags.Var(&f.class, "class", "put classes in `MODE`: "+strings.Join(f.class.words, ", "))
	flags.Var(&f.instance, "instance", "put instances in `MODE`: "+strings.Join(f.instance.words, ", "))
	flags.StringVar(&f.amended, "amended", "", "store localizable texts as those of `LOCALE`, apart from the classes")
	must(cmd.RegisterFlagCompletionFunc("into", c.completeNamespace))
	must(cmd.RegisterFlagCompletionFunc("dialect", cobra.FixedCompletions(dialectNames, cobra.ShellCompDirectiveNoFileComp)))
	must(cmd.RegisterFlagCompletionFunc("class", cobra.FixedCompletions(f.class.words, cobra.ShellCompDirectiveNoFileComp)))
	must(cmd.RegisterFlagCompletionFunc("instance", cobra.FixedCompletions(f.instance.words, cobra.ShellCompDirectiveNoFileComp)))
	return cmd
}

func (c *cli) compile(cmd *cobra.Command, f compileFlags, files []string) error {
	ctx := cmd.Context()
	o := compile.Options{
		Dialect:         mof.Dialect(f.dialect),
		Namespace:       c.namespace,
		CreateNamespace: f.into != "",
		ClassFlags:      f.class.flags,
		InstanceFlags:   f.instance.flags,
		ReadFile:        func(name string) ([]byte, error) { return c.readInput(ctx, name) },
	}
	if f.into != "" {
		o.Namespace = f.into
	}
	if f.amended != "" {
		o.ClassFlags |= wbem.UseAmendedQualifiers
		o.Connect.Locale = f.amended
	}
	var store wbem.Locator
	if !f.check {
		// Before the files are read: a store that cannot be opened is worse
		// than what may be wrong with them.
		var err error
		if store, o.Server, err = c.place(ctx); err != nil {
			return err
		}
		if !slices.Contains(files, "-") && c.dir != "" {
			o.Recovery = recovery(c.dir)
		}
	}
	bar := c.progress()
	defer bar.end()
	o.Progress = func(done, total int) { bar.set("objects", done, total) }
	program, err := compile.Parse(ctx, o, files...)
	if err == nil && f.check {
		err = program.Check()
	}
	if err != nil {
		return err
	}
	program.Warnings().Render(c.errs)
	if f.check {
		return nil
	}
	result, err := program.Store(ctx, store)
	bar.end()
	switch {
	case err != nil:
		fmt.Fprintf(c.errs, "stored before the error: %s\n", result)
		return c.allErrors(program, err)
	case isTerminal(c.errs):
		fmt.Fprintln(c.errs, result)
	}
	return nil
}

// allErrors returns the error of an object that could not be stored, or, where
// the files themselves show what is wrong with it, all that they show.
func (c *cli) allErrors(program *compile.Program, err error) error {
	var stopped *compile.Error
	if !errors.As(err, &stopped) || stopped.At == nil {
		return err
	}
	shown := program.Check()
	var list *source.List
	if !errors.As(shown, &list) {
		return err
	}
	for _, d := range list.All() {
		if d.File == stopped.At.File && d.Pos == stopped.At.Pos {
			return shown
		}
	}
	list.Render(c.errs)
	return err
}

// A dialect is the value of --dialect.
type dialect mof.Dialect

var dialectNames = []string{"auto", "wmi", "dmtf"}

// Set implements pflag.Value.
func (d *dialect) Set(s string) error {
	for i, name := range dialectNames {
		if strings.EqualFold(s, name) {
			*d = dialect(i)
			return nil
		}
	}
	return errors.New("it must be one of " + strings.Join(dialectNames, ", "))
}

func (d *dialect) String() string { return dialectNames[*d] }

// Type implements pflag.Value.
func (d *dialect) Type() string { return "dialect" }

// A putMode is the value of --class and --instance: how what exists, or does
// not, is treated.
type putMode struct {
	words []string // that are allowed
	given []string
	flags wbem.Flags
}

var modeFlags = map[string]wbem.Flags{
	"create-only": wbem.CreateOnly,
	"update-only": wbem.UpdateOnly,
	"safe":        wbem.UpdateSafeMode,
	"force":       wbem.UpdateForceMode,
}

// Set implements pflag.Value. Given again, it adds to what was given before, as
// update-only and safe go together.
func (m *putMode) Set(s string) error {
	for word := range strings.SplitSeq(s, ",") {
		known := false
		for _, w := range m.words {
			known = known || w == word
		}
		if !known {
			return errors.New("it must be one of " + strings.Join(m.words, ", "))
		}
		m.given = append(m.given, word)
		m.flags |= modeFlags[word]
	}
	const exclusive = wbem.UpdateSafeMode | wbem.UpdateForceMode
	const existence = wbem.CreateOnly | wbem.UpdateOnly
	if m.flags&exclusive == exclusive || m.flags&existence == existence {
		return errors.New("they exclude each other")
	}
	return nil
}

func (m *putMode) String() string { return strings.Join(m.given, ",") }

// Type implements pflag.Value.
func (m *putMode) Type() string { return "mode" }
