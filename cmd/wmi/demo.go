package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/cmd/wmi/internal/demo"
	"openwmi/wbem"
)

func (c *cli) demoCommand() *cobra.Command {
	var keep string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Tell what PutAsync does, as a story that checks itself",
		Long: `Compile a small schema into a store of its own, make every kind of call that the page of
SWbemServicesEx.PutAsync describes, and print each call and each callback with its
asynchronous context. The story knows what has to come back; where something else does,
it says so, and the exit status is 1.`,
		Example: examples(`
			wmi demo
			wmi demo --keep /tmp/garden               # and look around in the store afterwards`),
		Args: exactly(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := c.alone(cmd); err != nil {
				return err
			}
			return c.demo(cmd, keep)
		},
	}
	cmd.Flags().StringVar(&keep, "keep", "", "make the store in `DIR`, which must not exist or be empty, and leave it there")
	must(cmd.MarkFlagDirname("keep"))
	return cmd
}

func (c *cli) demo(cmd *cobra.Command, keep string) (err error) {
	dir, place := keep, keep
	if keep == "" {
		if dir, err = os.MkdirTemp("", "wmi-demo-"); err != nil {
			return failed("Demo", "", err)
		}
		defer os.RemoveAll(dir)
		place = "in a temporary directory"
	} else if entries, err := os.ReadDir(keep); err == nil && len(entries) > 0 {
		return usage(cmd, "%s is not empty; the story begins with an empty store", keep)
	}
	m, err := cimom.Open(dir, cimom.Options{})
	if err != nil {
		return failed("Demo", dir, err)
	}
	defer func() {
		if e := m.Close(); err == nil {
			err = failed("Demo", dir, e)
		}
	}()
	unmet, err := demo.Run(cmd.Context(), m, demo.Options{Out: c.out, Colour: c.out.colour(), Store: place})
	switch {
	case err != nil:
		return failed("Demo", "story", err)
	case unmet > 0:
		return failed("Demo", "story", cim.Errorf(wbem.Failed, "%s not met", count(unmet, "expectation", "expectations")))
	}
	if keep != "" && isTerminal(c.errs) {
		fmt.Fprintf(c.errs, "Look around: wmi --data %s -n root/garden instances Garden_Device\n", keep)
	}
	return nil
}
