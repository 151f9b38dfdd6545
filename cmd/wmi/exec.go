package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/show"
	"openwmi/cmd/wmi/internal/table"
	"openwmi/wbem"
)

const opExec = "ExecMethod"

func (c *cli) execCommand() *cobra.Command {
	var async bool
	cmd := &cobra.Command{
		Use:   "exec PATH METHOD [NAME=TEXT | NAME:=VALUE]...",
		Short: "Execute a method",
		Long: `Execute a method of the instance or, for a static method, the class at a path, and
print what it returns: a table on a terminal, else JSON. What the method itself returns
is ReturnValue there.

NAME=TEXT takes a text for a parameter of any simple type; NAME:=VALUE takes a value of
MOF, such as a list in braces, NULL, or an embedded instance. Parameters that are not
named keep their defaults.

The exit status is 0 when the method could be executed, whatever ReturnValue is.`,
		Example: examples(`
			wmi exec Win32_Process Create CommandLine="sleep 60"
			wmi exec 'Win32_Process.Handle="4711"' Terminate Reason=1
			wmi exec 'Disk.Id="c"' Format 'Options:={"quick", "check"}' -o table
			wmi exec --async 'Disk.Id="c"' Format     # see the callbacks of ExecMethodAsync`),
		ValidArgsFunction: c.completeExec,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usage(cmd, "%s is missing", []string{"PATH", "METHOD"}[len(args)])
			}
			assignments, err := parseAssignments(args[2:])
			if err != nil {
				return usage(cmd, "%w", err)
			}
			return c.exec(cmd.Context(), args[0], args[1], assignments, async)
		},
	}
	cmd.Flags().BoolVar(&async, "async", false, "execute it through a sink and print its callbacks")
	return cmd
}

func (c *cli) exec(ctx context.Context, text, method string, assignments []assignment, async bool) error {
	path, svc, err := c.locate(ctx, opExec, text)
	if err != nil {
		return err
	}
	in, err := c.parameters(ctx, svc, path, method, assignments)
	if err != nil {
		return wbem.NewError(opExec, text, err)
	}
	if async {
		sink, completed := c.callbacks()
		err := wbem.ExecMethodAsync(ctx, svc, sink, path.String(), method, in, wbem.Options{Flags: wbem.SendStatus}, nil)
		if err != nil {
			return err // of the call itself: the sink hears nothing
		}
		return <-completed
	}
	out, err := svc.ExecMethod(ctx, path, method, in, wbem.Options{})
	if err != nil || out == nil {
		return wbem.NewError(opExec, text, err)
	}
	return c.printParameters(out)
}

// parameters returns the in-parameters of a method with the assignments made,
// nil if it has none. What is wrong with the path or the method is left to the
// method's execution to say.
func (c *cli) parameters(ctx context.Context, svc wbem.Services, path cim.Path, method string, assignments []assignment) (*cim.Instance, error) {
	m, err := methodAt(ctx, svc, path, method)
	if m == nil {
		return nil, err
	}
	sig := m.Signature(false)
	if sig == nil {
		if len(assignments) > 0 {
			return nil, noParameter(m, assignments[0].name)
		}
		return nil, nil
	}
	in := cim.NewInstance(sig)
	for _, a := range assignments {
		if sig.Property(a.name) == nil {
			return nil, noParameter(m, a.name)
		}
		v, err := c.valueFor(ctx, svc, sig, a)
		if err == nil {
			err = in.Set(a.name, v)
		}
		if err != nil {
			return nil, err
		}
	}
	return in, nil
}

func noParameter(m *cim.Method, name string) error {
	return cim.Errorf(wbem.InvalidMethodParameters, "method %s has no in-parameter %s", m.Name(), name)
}

// methodAt returns a method of the object at a path, nil if it has no such
// method or is not there. A method may be one of a subclass only.
func methodAt(ctx context.Context, svc wbem.Services, path cim.Path, method string) (*cim.Method, error) {
	class, err := svc.GetClass(ctx, path.Class, wbem.Options{})
	if err == nil && class.Method(method) == nil && path.IsInstance() {
		var inst *cim.Instance
		if inst, err = svc.GetInstance(ctx, path, wbem.Options{}); err == nil {
			class = inst.Class()
		}
	}
	switch {
	case errors.Is(err, wbem.NotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return class.Method(method), nil
}

// printParameters prints what a method returns.
func (c *cli) printParameters(out *cim.Instance) error {
	if f := c.listForm(); f != asTable {
		return c.printOne(f, out)
	}
	return c.tabulateParameters(out)
}

func (c *cli) tabulateParameters(out *cim.Instance) error {
	o := table.Options{Width: c.out.width()}
	if c.out.colour() {
		o.Heading = show.Bold
	}
	t := table.New(c.out, []table.Column{{Name: "Name"}, {Name: "Type"}, {Name: "Value"}}, o)
	for _, p := range show.InOrder(out.Class()) {
		v, _ := out.Get(p.Name())
		shown := ""
		if !v.IsNull() {
			shown = v.String()
		}
		if err := t.Row([]string{p.Name(), show.TypeOf(p), shown}); err != nil {
			return err
		}
	}
	return t.Close()
}

// completeExec completes a class, its methods, and their in-parameters with an
// equals sign.
func (c *cli) completeExec(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return c.completeClass(cmd, args, word)
	}
	const none = cobra.ShellCompDirectiveNoFileComp
	path, err := cim.ParsePath(args[0])
	if err != nil {
		return nil, none
	}
	svc := c.completing(cmd.Context(), path.Namespace)
	if svc == nil {
		return nil, none
	}
	class, err := svc.GetClass(cmd.Context(), path.Class, wbem.Options{})
	if err != nil {
		return nil, none
	}
	if len(args) == 1 {
		var names []string
		for _, m := range class.Methods() {
			names = append(names, m.Name()+"\t"+show.ReturnOf(m))
		}
		return names, none
	}
	m := class.Method(args[1])
	if m == nil || m.Signature(false) == nil {
		return nil, none
	}
	return completeAssignments(m.Signature(false), args[2:], word)
}
