package main

import (
	"context"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/show"
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
	p, err := c.printer(c.listForm(), func() (show.Layout, error) {
		classes, err := show.Hierarchy(ctx, svc, class, o.Flags&wbem.Shallow == 0)
		return show.Instances(classes), err
	})
	if err != nil {
		return err
	}
	return show.All(p, svc.Instances(ctx, class, o))
}
