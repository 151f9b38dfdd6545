package main

import (
	"github.com/spf13/cobra"

	"openwmi/wbem"
)

func (c *cli) deleteCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "delete PATH",
		Short: "Delete a class or an instance",
		Long: `Delete the class or the instance at a path. With a class go its subclasses and the
instances of all of them; with an instance of __Namespace goes the namespace.`,
		Example: examples(`
			wmi delete 'Disk.Id="c"'
			wmi delete Disk
			wmi delete 'root:__Namespace.Name="lab"'`),
		Args:              exactly("PATH"),
		ValidArgsFunction: c.completeClass,
		RunE: func(cmd *cobra.Command, args []string) error {
			path, svc, err := c.locate(cmd.Context(), "DeleteInstance", args[0])
			if err != nil {
				return err
			}
			return wbem.Delete(cmd.Context(), svc, path.String(), wbem.Options{})
		},
	}
}
