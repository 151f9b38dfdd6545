package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"openwmi/cim"
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
			p, err := c.printer(c.listForm(), func() (layout, error) { return namespaceLayout(), nil })
			if err != nil {
				return err
			}
			if err := walkNamespaces(cmd.Context(), svc, func(inst *cim.Instance) error { return p.Print(inst) }); err != nil {
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
	err := walkNamespaces(ctx, svc, func(inst *cim.Instance) error {
		name, _ := inst.Get("Name")
		n := &node{label: name.Text()}
		above := top
		if at := inst.Origin(); at != nil {
			above = nodes[cim.Fold(at.Namespace)]
		}
		above.below = append(above.below, n)
		nodes[cim.Fold(namespaceOf(inst))] = n
		return nil
	})
	if err != nil {
		return err
	}
	return c.draw([]*node{top})
}

// namespaceLayout lays out instances of __Namespace.
func namespaceLayout() layout {
	full := column{name: "Namespace", value: func(o cim.Object) cim.Value {
		return cim.StringValue(namespaceOf(o.(*cim.Instance)))
	}}
	return layout{table: []column{full}, csv: []column{systemColumn("__PATH"), full}}
}

// namespaceOf returns the path of the namespace that an instance of __Namespace
// stands for.
func namespaceOf(inst *cim.Instance) string {
	name, _ := inst.Get("Name")
	if at := inst.Origin(); at != nil {
		return at.Namespace + `\` + name.Text()
	}
	return name.Text()
}

// walkNamespaces calls fn with the instance of each namespace below that of
// svc, by name, each before those below it.
func walkNamespaces(ctx context.Context, svc wbem.Services, fn func(*cim.Instance) error) error {
	children, err := childNamespaces(ctx, svc)
	if err != nil {
		return err
	}
	for _, inst := range children {
		name, _ := inst.Get("Name")
		if err := fn(inst); err != nil {
			return err
		}
		below, err := svc.OpenNamespace(ctx, name.Text(), wbem.Options{})
		if err != nil {
			return err
		}
		if err := walkNamespaces(ctx, below, fn); err != nil {
			return err
		}
	}
	return nil
}

// childNamespaces returns the instances of __Namespace in svc, by name.
func childNamespaces(ctx context.Context, svc wbem.Services) ([]*cim.Instance, error) {
	var children []*cim.Instance
	for inst, err := range svc.Instances(ctx, "__Namespace", wbem.Options{}) {
		if err != nil {
			return nil, err
		}
		children = append(children, inst)
	}
	slices.SortFunc(children, func(a, b *cim.Instance) int {
		x, _ := a.Get("Name")
		y, _ := b.Get("Name")
		return cim.CompareNames(x.Text(), y.Text())
	})
	return children, nil
}
