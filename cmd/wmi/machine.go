package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/providers"
	"openwmi/providers/interop"
	"openwmi/providers/view"
	"openwmi/wbem"
)

func (c *cli) machineCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "machine",
		Short: "Show this machine as WMI does: processes, disks, services ...",
		Long: `Put the classes of this machine into root\cimv2 of the store, or take them out again:
Win32_OperatingSystem, Win32_Process, Win32_Service, Win32_LogicalDisk and many more,
whose instances are read from the running system when they are asked for.

They are not in a new store: they are other classes than those of the CIM schema of
DMTF, with which root\cimv2 may be filled instead.`,
		Example: examples(`
			wmi machine install
			wmi query "SELECT Name, ProcessId FROM Win32_Process WHERE Name LIKE 'ssh%'"
			wmi exec 'Win32_Process.Handle="4711"' Terminate
			wmi machine                               # what there is
			wmi machine remove`),
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return group(cmd, args)
			}
			return c.machineState(cmd.Context())
		},
	}
	change := func(use, short, op, done string, do func(context.Context, wbem.Locator) error) *cobra.Command {
		return &cobra.Command{
			Use:   use,
			Short: short,
			Example: examples(`
				wmi machine ` + use),
			Args: exactly(),
			RunE: func(cmd *cobra.Command, _ []string) error {
				l, err := c.locator(cmd.Context())
				if err != nil {
					return err
				}
				if err := do(cmd.Context(), l); err != nil {
					return failed(op, providers.Namespace, err)
				}
				_, err = fmt.Fprintf(c.out, "%s %s %s\n", count(len(providers.Classes()), "class", "classes"), done, providers.Namespace)
				return err
			},
		}
	}
	cmd.AddCommand(
		change("install", "Put the classes of this machine into the store", "InstallMachine", "are in", providers.Install),
		change("remove", "Take the classes of this machine out of the store", "RemoveMachine", "are no longer in", providers.Remove),
	)
	return cmd
}

// machineState says whether the classes are there.
func (c *cli) machineState(ctx context.Context) error {
	l, err := c.locator(ctx)
	if err != nil {
		return err
	}
	state, err := providers.Installed(ctx, l)
	if err != nil {
		return err
	}
	text := "The classes of this machine are not in this store; put them there with wmi machine install."
	if state != providers.Absent {
		text = fmt.Sprintf("%s of this machine are in %s.", count(len(providers.Classes()), "class", "classes"), providers.Namespace)
	}
	_, err = fmt.Fprintln(c.out, text)
	return err
}

// builtIn returns the providers of this machine, that of views, and that of the
// interop namespace.
func (c *cli) builtIn() map[string]any {
	all := providers.New(providers.Options{Logger: c.log(), Control: c.control}).Providers()
	all[view.Name] = view.New(view.Options{})
	all[view.CLSID] = all[view.Name]
	all[interop.Name] = interop.New(interop.Options{Version: version()})
	return all
}

// updateMachine brings the classes of another version up to date.
func (c *cli) updateMachine(m *cimom.Manager) {
	ctx := context.Background() // it is done once, and quickly
	state, err := providers.Installed(ctx, m)
	if err == nil && state == providers.Outdated {
		err = providers.Install(ctx, m)
	}
	if err != nil {
		c.warn(failed("InstallMachine", providers.Namespace, err))
	}
}

// machineHint returns where the class comes from that an operation did not find, ""
// if it is none of this machine or these are in the store.
func (c *cli) machineHint(err error) string {
	if err == nil || c.manager == nil && c.remote == nil {
		return ""
	}
	f := describe(err)
	if f.status != wbem.InvalidClass && f.status != wbem.NotFound {
		return ""
	}
	words := strings.FieldsFunc(f.object+" "+f.detail, func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	for _, class := range providers.Classes() {
		if !strings.HasPrefix(class.Name, "Win32_") ||
			!slices.ContainsFunc(words, func(w string) bool { return cim.EqualNames(w, class.Name) }) {
			continue
		}
		l, err := c.locator(context.Background())
		if err != nil {
			return ""
		}
		if state, err := providers.Installed(context.Background(), l); err != nil || state != providers.Absent {
			return ""
		}
		return class.Name + " is a class of this machine: wmi machine install puts these into the store."
	}
	return ""
}
