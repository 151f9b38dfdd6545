package main

import (
	"context"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/show"
	"openwmi/wbem"
)

func (c *cli) namespacesCommand() *cobra.Command {
	var tree bool
	cmd := &cobra.Command{
		Use:   "namespaces",
		Short: "List namespaces",
		Long: `List all namespaces, or with --namespace those below it, at any depth.

A namespace is an instance of __Namespace in the one above: put one to create it.`,
		Example: examples(`
			wmi namespaces --tree
			wmi namespaces -n root/lab
			wmi put -n root __Namespace Name=lab      # create root\lab`),
		Args: exactly(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if tree && c.form != "" && c.form != asTable {
				return usage(cmd, "--tree is for people, it has no form %s", c.form)
			}
			top := "root"
			if cmd.Flags().Changed("namespace") {
				top = c.namespace
			}
			svc, err := c.services(cmd.Context(), top)
			if err != nil {
				return err
			}
			if tree {
				return c.printNamespaceTree(cmd.Context(), svc)
			}
			p, err := c.printer(c.listForm(), func() (show.Layout, error) { return show.Namespaces(), nil })
			if err != nil {
				return err
			}
			if err := show.WalkNamespaces(cmd.Context(), svc, func(inst *cim.Instance) error { return p.Print(inst) }); err != nil {
				return err
			}
			return p.Close()
		},
	}
	cmd.Flags().BoolVar(&tree, "tree", false, "draw which stands below which")
	return cmd
}

func (c *cli) printNamespaceTree(ctx context.Context, svc wbem.Services) error {
	top := &node{label: svc.Namespace()}
	nodes := map[string]*node{cim.Fold(top.label): top}
	err := show.WalkNamespaces(ctx, svc, func(inst *cim.Instance) error {
		name, _ := inst.Get("Name")
		n := &node{label: name.Text()}
		above := top
		if at := inst.Origin(); at != nil {
			above = nodes[cim.Fold(at.Namespace)]
		}
		above.below = append(above.below, n)
		nodes[cim.Fold(show.NamespaceOf(inst))] = n
		return nil
	})
	if err != nil {
		return err
	}
	return c.draw([]*node{top})
}
