package main

import (
	"cmp"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/show"
	"openwmi/wbem"
)

func (c *cli) getCommand() *cobra.Command {
	var amended bool
	cmd := &cobra.Command{
		Use:   "get PATH",
		Short: "Print a class or an instance",
		Long: `Print the class or the instance at a path, as MOF unless --output says otherwise.

A path may name its namespace; otherwise it is in that of --namespace. Put a path
with keys in single quotes, so that the shell leaves its double quotes alone.`,
		Example: examples(`
			wmi get Disk                              # the class
			wmi get 'Disk.Id="c"'                     # an instance
			wmi get Settings=@                        # the instance of a singleton
			wmi get 'root\default:Disk.Id="c"' -o json
			LC_ALL=de_DE.UTF-8 wmi get --amended Disk # with German texts`),
		Args:              exactly("PATH"),
		ValidArgsFunction: c.completeClass,
		RunE: func(cmd *cobra.Command, args []string) error {
			var o wbem.Options
			if amended {
				o.Flags = wbem.UseAmendedQualifiers
			}
			path, svc, err := c.locate(cmd.Context(), "GetObject", args[0])
			if err != nil {
				return err
			}
			obj, err := wbem.Get(cmd.Context(), svc, path.String(), o)
			if err != nil {
				return err
			}
			return c.printOne(cmp.Or(c.form, asMOF), obj)
		},
	}
	cmd.Flags().BoolVar(&amended, "amended", false, "with the texts of your language")
	return cmd
}

// printOne prints a single object, as a table by its members instead of in one
// row.
func (c *cli) printOne(f form, obj cim.Object) error {
	if f == asTable {
		return show.Members(c.screen(), obj)
	}
	p, err := c.printer(f, func() (show.Layout, error) {
		if obj.Genus() == 1 {
			return show.Classes(), nil
		}
		return show.Instances([]*cim.Class{obj.Definition()}), nil
	})
	if err != nil {
		return err
	}
	if err := p.Print(obj); err != nil {
		return err
	}
	return p.Close()
}
