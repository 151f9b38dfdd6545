package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"openwmi/cimom"
)

// A cli is one run of the program.
type cli struct {
	in   io.Reader
	out  *output
	errs *os.File // standard error

	// Global flags.
	data      string // directory of the store, "" for the default
	server    string // --connect
	namespace string
	form      form // "" for the default of the command

	manager *cimom.Manager // nil until the store is needed
	dir     string         // where it is
}

func newCLI(in io.Reader, out, errs *os.File) *cli {
	return &cli{in: in, out: newOutput(out), errs: errs}
}

// wmi runs one command line and returns the exit status.
func (c *cli) wmi(ctx context.Context, args []string) int {
	root := c.root()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil && cmd != nil && !cmd.Runnable() {
		cmd = root
	}
	return c.end(cmd, err)
}

// end closes what is open and reports the first thing that went wrong.
func (c *cli) end(cmd *cobra.Command, err error) int {
	if e := c.close(); err == nil {
		err = e
	}
	if e := c.out.Flush(); err == nil {
		err = e
	}
	return c.report(cmd, err)
}

const about = `Wmi keeps namespaces, classes and instances as Windows Management Instrumentation
does, on any computer: it compiles MOF, writes objects with WMI's rules and
statuses, and reads them back as MOF, JSON, CSV, XML or a table.

Everything lives in a store, a directory that is created when it is first used.`

// root builds the tree of commands.
func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "wmi",
		Short: "Namespaces, classes and instances as WMI keeps them",
		Long:  about,
		Example: examples(`
			wmi demo                                  # what it can do, in a second
			wmi mof compile disk.mof                  # store the classes and instances of a file
			wmi put Disk Id=c Size=500                # create or change an instance
			wmi get 'Disk.Id="c"'                     # read it back as MOF
			wmi instances Disk -o csv > disks.csv`),
		Version:       version(),
		Args:          cobra.ArbitraryArgs,
		RunE:          group,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.errs)
	root.SetVersionTemplate("wmi {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usage(cmd, "%w", err) })

	flags := root.PersistentFlags()
	flags.StringVar(&c.data, "data", "", "`DIR` of the store (default $OPENWMI_DATA, else in your data directory)")
	flags.StringVar(&c.server, "connect", "", "`URL` of a server to ask instead of the store")
	flags.StringVarP(&c.namespace, "namespace", "n", defaultNamespace, "namespace `NS` to work in; / and \\ are the same")
	flags.VarP(&c.form, "output", "o", "`FORM` of the output: "+strings.Join(formNames(), ", "))
	must(root.RegisterFlagCompletionFunc("namespace", c.completeNamespace))
	must(root.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formNames(), cobra.ShellCompDirectiveNoFileComp)))
	must(root.MarkPersistentFlagDirname("data"))

	root.AddGroup(
		&cobra.Group{ID: "objects", Title: "Classes and instances:"},
		&cobra.Group{ID: "store", Title: "MOF and stores:"},
		&cobra.Group{ID: "try", Title: "See for yourself:"},
	)
	add := func(id string, commands ...*cobra.Command) {
		for _, cmd := range commands {
			cmd.GroupID = id
			root.AddCommand(cmd)
		}
	}
	add("objects", c.getCommand(), c.putCommand(), c.deleteCommand(), c.classesCommand(), c.instancesCommand(), c.namespacesCommand())
	add("store", c.mofCommand(), c.storeCommand())
	add("try", c.demoCommand(), c.benchCommand())
	return root
}

// group is what a command does that only has commands below it.
func group(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	suggestion := ""
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		suggestion = ", did you mean " + strings.Join(near, " or ") + "?"
	}
	return usage(cmd, "there is no command %q%s", args[0], suggestion)
}

// exactly, atLeast and none check the number of arguments; names say what they
// are.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return usage(cmd, "%s is missing", names[len(args)])
		case len(args) > len(names):
			return usage(cmd, "%q is too much", args[len(names)])
		}
		return nil
	}
}

func atLeast(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage(cmd, "%s is missing", name)
		}
		return nil
	}
}

func atMost(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > len(names) {
			return usage(cmd, "%q is too much", args[len(names)])
		}
		return nil
	}
}

// exclusive makes it a wrong command line to give two of the flags.
func exclusive(cmd *cobra.Command, names ...string) {
	before := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		var given []string
		for _, name := range names {
			if cmd.Flags().Changed(name) {
				given = append(given, "--"+name)
			}
		}
		switch {
		case len(given) > 1:
			return usage(cmd, "%s exclude each other", strings.Join(given, " and "))
		case before != nil:
			return before(cmd, args)
		}
		return nil
	}
}

// usage returns an error that says that the command line is wrong.
func usage(cmd *cobra.Command, format string, args ...any) error {
	return &usageError{cmd.CommandPath(), fmt.Errorf(format, args...)}
}

// A usageError says that the command line is wrong: exit status 2.
type usageError struct {
	command string // such as "wmi put"
	err     error
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func isUsage(err error) bool {
	var u *usageError
	return errors.As(err, &u)
}

// examples returns text without the indentation of its first line.
func examples(text string) string {
	lines := strings.Split(strings.Trim(text, "\n"), "\n")
	indent := lines[0][:len(lines[0])-len(strings.TrimLeft(lines[0], "\t "))]
	for i, line := range lines {
		lines[i] = "  " + strings.TrimPrefix(line, indent)
	}
	return strings.Join(lines, "\n")
}

// must is for what fails only when the tree of commands is built wrongly.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
