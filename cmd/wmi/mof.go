package main

import (
	"github.com/spf13/cobra"
)

func (c *cli) mofCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mof",
		Short: "Compile and format MOF files",
		Example: examples(`
			wmi mof compile disk.mof
			wmi mof format -w disk.mof`),
		Args: cobra.ArbitraryArgs,
		RunE: group,
	}
	cmd.AddCommand(c.mofCompileCommand(), c.mofFormatCommand())
	return cmd
}
