package main

import (
	"cmp"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/table"
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
		return c.printMembers(obj)
	}
	p, err := c.printer(f, func() (layout, error) {
		if obj.Genus() == 1 {
			return classLayout(), nil
		}
		return instanceLayout([]*cim.Class{obj.Definition()}), nil
	})
	if err != nil {
		return err
	}
	if err := p.Print(obj); err != nil {
		return err
	}
	return p.Close()
}

// printMembers prints an object as a table with a row for each member.
func (c *cli) printMembers(obj cim.Object) error {
	o := table.Options{Width: c.out.width(), OmitEmpty: c.out.terminal}
	if c.out.colour() {
		o.Heading = bold
	}
	value := "Value"
	if obj.Genus() == 1 {
		value = "Default"
	}
	t := table.New(c.out, []table.Column{{Name: "Name"}, {Name: "Type"}, {Name: value}, {Name: "Is"}, {Name: "Origin"}}, o)
	for _, p := range inOrder(obj.Definition()) {
		v := p.Default()
		if inst, ok := obj.(*cim.Instance); ok {
			v, _ = inst.Get(p.Name())
		}
		var shown string
		if !v.IsNull() {
			shown = v.String()
		}
		if err := t.Row([]string{p.Name(), typeOf(p), shown, roleOf(p), p.Origin()}); err != nil {
			return err
		}
	}
	if obj.Genus() == 1 {
		for _, m := range obj.Definition().Methods() {
			if err := t.Row([]string{m.Name() + "()", returnOf(m), "", "method", m.Origin()}); err != nil {
				return err
			}
		}
	}
	return t.Close()
}

// typeOf returns the type of a property as MOF declares it.
func typeOf(p *cim.Property) string {
	name := p.Type().Elem().String()
	switch {
	case p.Type().Elem() == cim.TypeReference && p.Class() != "":
		name = p.Class() + " ref"
	case p.Type().Elem() == cim.TypeReference:
		name = "object ref"
	case p.Type().Elem() == cim.TypeObject && p.Class() != "":
		name = p.Class()
	}
	if p.Type().IsArray() {
		name += "[]"
	}
	return name
}

func returnOf(m *cim.Method) string {
	if t, _ := m.Return(); t != 0 {
		return t.String()
	}
	return "void"
}

// roleOf says what a value of the property must be.
func roleOf(p *cim.Property) string {
	switch {
	case p.IsKey():
		return "key"
	case p.IsIndexed():
		return "indexed"
	case p.NotNull():
		return "not null"
	}
	return ""
}
