package main

import (
	"context"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/show"
	"openwmi/wbem"
)

// Completion of arguments reads the store, if there is one that is free. Where
// it cannot help it stays silent.

// completing opens a session to complete arguments from, nil if there is none.
func (c *cli) completing(ctx context.Context, namespace string) wbem.Services {
	dir, err := c.storeDir()
	if err != nil || c.server != "" {
		return nil
	}
	if _, err := os.Stat(dir); err != nil {
		return nil // it is not for completion to create a store
	}
	svc, err := c.services(ctx, namespace)
	if err != nil {
		return nil
	}
	return svc
}

// completeClass completes the first argument as the name of a class.
func (c *cli) completeClass(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	svc := c.completing(cmd.Context(), "")
	if svc == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, err := classNames(cmd.Context(), svc)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completePut completes a class, and then its properties with an equals sign.
func (c *cli) completePut(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return c.completeClass(cmd, args, word)
	}
	svc := c.completing(cmd.Context(), "")
	if svc == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	class, err := svc.GetClass(cmd.Context(), args[0], wbem.Options{})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return completeAssignments(class, args[1:], word)
}

// completeAssignments completes the names of properties that are not among the
// assignments yet, with an equals sign.
func completeAssignments(class *cim.Class, assigned []string, word string) ([]string, cobra.ShellCompDirective) {
	if strings.Contains(word, "=") {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	given := map[string]bool{}
	for _, arg := range assigned {
		name, _, _ := strings.Cut(arg, "=")
		given[cim.Fold(strings.TrimSuffix(name, ":"))] = true
	}
	var names []string
	for _, p := range show.InOrder(class) {
		if !given[cim.Fold(p.Name())] {
			names = append(names, p.Name()+"=\t"+show.TypeOf(p))
		}
	}
	return names, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

// completeNamespace completes the path of a namespace.
func (c *cli) completeNamespace(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	svc := c.completing(cmd.Context(), "root")
	if svc == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := []string{"root"}
	err := show.WalkNamespaces(cmd.Context(), svc, func(inst *cim.Instance) error {
		// Slashes need no quotes in a shell.
		names = append(names, strings.ReplaceAll(show.NamespaceOf(inst), `\`, "/"))
		return nil
	})
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
