package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

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

// exactly, atLeast and atMost check the number of arguments; names say what they
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
