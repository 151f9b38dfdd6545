package main

import (
	"strings"

	"github.com/spf13/cobra"

	"openwmi/script/sandbox"
)

// scriptFlags are what scripts may do.
type scriptFlags struct {
	policy    sandbox.Policy
	memory    int64 // MB
	computers []string
}

// add adds the flags to a command.
func (f *scriptFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.policy.Read, "allow-read", nil, "let scripts read what is in `DIR`; / is everything")
	flags.StringArrayVar(&f.policy.Write, "allow-write", nil, "let scripts write and delete what is in `DIR`")
	flags.BoolVar(&f.policy.Run, "allow-run", false, "let scripts run commands")
	flags.BoolVar(&f.policy.Env, "allow-env", false, "let scripts read the environment")
	flags.Int64Var(&f.memory, "memory", 256, "how many `MB` the values of scripts may have")
	flags.StringArrayVar(&f.computers, "computer", nil, "the server that a computer in scripts is, as `NAME=URL`")
	must(cmd.MarkFlagDirname("allow-read"))
	must(cmd.MarkFlagDirname("allow-write"))
}

// maxMemory is the most that --memory takes, in MB.
const maxMemory = 1 << 20

// check checks the values.
func (f *scriptFlags) check(cmd *cobra.Command) error {
	if f.memory < 1 || f.memory > maxMemory {
		return usage(cmd, "--memory takes 1 to %d MB, and not %d", maxMemory, f.memory)
	}
	for _, c := range f.computers {
		if name, url, _ := strings.Cut(c, "="); name == "" || url == "" {
			return usage(cmd, "--computer takes NAME=URL, and not %q", c)
		}
	}
	return nil
}
