package main

import (
	"context"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/wbem"
)

func (c *cli) instancesCommand() *cobra.Command {
	var shallow bool
	cmd := &cobra.Command{
		Use:   "instances CLASS",
		Short: "List the instances of a class",
		Long: `List the instances of a class and of its subclasses, as they are read: a table on a
terminal, else JSON, one object a line.`,
		Example: examples(`
			wmi instances Disk
			wmi instances --shallow Disk              # without those of subclasses
			wmi instances Disk -o json | jq .Size
			wmi instances root/default:Disk -o csv`),
		Args:              exactly("CLASS"),
		ValidArgsFunction: c.completeClass,
		RunE: func(cmd *cobra.Command, args []string) error {
			path, svc, err := c.locateClass(cmd.Context(), "CreateInstanceEnum", args[0])
			if err != nil {
				return err
			}
			var o wbem.Options
			if shallow {
				o.Flags = wbem.Shallow
			}
			return c.printInstances(cmd.Context(), svc, path.Class, o)
		},
	}
	cmd.Flags().BoolVar(&shallow, "shallow", false, "only of this class, not of its subclasses")
	return cmd
}

// locateClass is locate for an argument that must be a class.
func (c *cli) locateClass(ctx context.Context, op, path string) (cim.Path, wbem.Services, error) {
	p, svc, err := c.locate(ctx, op, path)
	if err == nil && !p.IsClass() {
		err = wbem.NewError(op, path, cim.Errorf(wbem.InvalidClass, "it is an instance; a class is expected"))
	}
	return p, svc, err
}

// printInstances prints the instances of a class as they are read.
func (c *cli) printInstances(ctx context.Context, svc wbem.Services, class string, o wbem.Options) error {
	p, err := c.printer(c.listForm(), func() (layout, error) {
		classes, err := hierarchy(ctx, svc, class, o.Flags&wbem.Shallow == 0)
		return instanceLayout(classes), err
	})
	if err != nil {
		return err
	}
	return printAll(p, svc.Instances(ctx, class, o))
}

// hierarchy returns a class and, if deep, its subclasses below it. Columns are
// made from it: every property that a row can have is known before the first
// row is read. A class that is not there is left to the operation to refuse.
func hierarchy(ctx context.Context, svc wbem.Services, class string, deep bool) ([]*cim.Class, error) {
	top, err := svc.GetClass(ctx, class, wbem.Options{})
	switch {
	case wbem.StatusOf(err) == wbem.NotFound:
		return nil, nil
	case err != nil:
		return nil, err
	}
	classes := []*cim.Class{top}
	if !deep {
		return classes, nil
	}
	for sub, err := range svc.Classes(ctx, class, wbem.Options{}) {
		if err != nil {
			return nil, err
		}
		classes = append(classes, sub)
	}
	return classes, nil
}
