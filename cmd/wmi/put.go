package main

import (
	"context"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/wbem"
)

// putFlags are the flags of put.
type putFlags struct {
	createOnly, updateOnly bool
	safe, force            bool
	amended                bool
	async, dryRun          bool
	file                   string
}

func (c *cli) putCommand() *cobra.Command {
	var f putFlags
	cmd := &cobra.Command{
		Use:   "put {CLASS [NAME=TEXT | NAME:=VALUE]... | -f FILE.mof}",
		Short: "Create or change an instance or a class",
		Long: `Put an instance of CLASS, or the class or instance that a file declares, and print
its path.

With CLASS, the stored instance with the same keys is read, or a new one spawned when
there is none; the named properties are set, and it is put. NAME=TEXT takes a text
for a property of any simple type; NAME:=VALUE takes a value of MOF, such as a list in
braces, NULL, or an embedded instance.

With -f, the file has exactly one declaration, which is put as it stands: an instance
is replaced, a class gets this definition. "-" is standard input.`,
		Example: examples(`
			wmi put Disk Id=c Size=500 'Tags:={"fast", "backup"}' Note:=NULL
			wmi put --create-only Disk Id=c           # fails when it is there
			wmi put -f disk.mof --dry-run             # what would a new definition do?
			wmi put -f disk.mof --safe
			wmi put --async Disk Id=d                 # see the callbacks of PutAsync`),
		ValidArgsFunction: c.completePut,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.put(cmd, f, args)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.createOnly, "create-only", false, "fail if it exists")
	flags.BoolVar(&f.updateOnly, "update-only", false, "fail if it does not exist")
	flags.BoolVar(&f.safe, "safe", false, "change a class that has subclasses, unless something conflicts")
	flags.BoolVar(&f.force, "force", false, "change a class whatever conflicts: delete that, and its instances")
	flags.BoolVar(&f.amended, "amended", false, "write localized texts too, to the namespace of your language")
	flags.BoolVar(&f.async, "async", false, "put through a sink and print its callbacks")
	flags.BoolVar(&f.dryRun, "dry-run", false, "say what a put of a class would do, and do nothing")
	flags.StringVarP(&f.file, "file", "f", "", "put what `FILE` declares")
	exclusive(cmd, "create-only", "update-only")
	exclusive(cmd, "safe", "force")
	exclusive(cmd, "async", "dry-run")
	must(cmd.MarkFlagFilename("file", "mof", "mfl"))
	return cmd
}

// flags returns the flags of the operation.
func (f *putFlags) flags() wbem.Flags {
	var out wbem.Flags
	for _, b := range []struct {
		set  bool
		flag wbem.Flags
	}{
		{f.createOnly, wbem.CreateOnly},
		{f.updateOnly, wbem.UpdateOnly},
		{f.safe, wbem.UpdateSafeMode},
		{f.force, wbem.UpdateForceMode},
		{f.amended, wbem.UseAmendedQualifiers},
	} {
		if b.set {
			out |= b.flag
		}
	}
	return out
}

func (c *cli) put(cmd *cobra.Command, f putFlags, args []string) error {
	ctx := cmd.Context()
	var p *putting
	var err error
	switch {
	case f.file != "" && len(args) > 0:
		return usage(cmd, "%q is too much: the file says what to put", args[0])
	case f.file != "":
		p, err = c.readDeclaration(ctx, f.file)
	case len(args) == 0:
		return usage(cmd, "CLASS or -f FILE is missing")
	case f.dryRun:
		return usage(cmd, "--dry-run is for a class in a file (-f)")
	default:
		var assignments []assignment
		if assignments, err = parseAssignments(args[1:]); err != nil {
			return usage(cmd, "%w", err)
		}
		p, err = c.assign(ctx, args[0], assignments)
	}
	if err != nil {
		return err
	}
	o := wbem.Options{Flags: f.flags() | p.flags}
	switch {
	case f.dryRun && p.class == nil:
		return usage(cmd, "--dry-run is for classes; %s declares an instance", f.file)
	case f.dryRun:
		return c.planPut(ctx, p, o)
	case f.async:
		return c.putAsync(ctx, p, o)
	}
	return c.putSync(ctx, p, o)
}

// A putting is what is to be put, and where: a class or an instance.
type putting struct {
	svc   wbem.Services
	class *cim.ClassDecl
	inst  *cim.Instance
	flags wbem.Flags // from directives of the file
}

// putSync puts and prints the path.
func (c *cli) putSync(ctx context.Context, p *putting, o wbem.Options) error {
	path := cim.Path{Server: p.svc.Server(), Namespace: p.svc.Namespace()}
	var err error
	if p.class != nil {
		path.Class = p.class.Name
		err = wbem.NewError("PutClass", path.Class, p.svc.PutClass(ctx, p.class, o))
	} else {
		path, err = p.svc.PutInstance(ctx, p.inst, o)
		err = wbem.NewError("PutInstance", p.inst.ClassName(), err)
	}
	if err != nil {
		return err
	}
	_, err = c.out.WriteString(path.String() + "\n")
	return err
}
