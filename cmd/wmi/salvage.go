package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/cmd/wmi/internal/table"
	"openwmi/mof/compile"
	"openwmi/wbem"
)

func (c *cli) salvageCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "salvage",
		Short: "Make a sound store of a damaged one",
		Long: `Verify the store and, if it is damaged, put into its place a new one with all that can
be read of it and fits together. The files that mofcomp -autorecover has kept are compiled
then, for what is missing. What is lost is printed, and last the new name of the damaged
store, which stays as it is.

A backup, if there is one, has what is lost here: wmi store restore.`,
		Example: examples(`
			wmi store verify || wmi store salvage`),
		Args: exactly(),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := c.localDir()
			if err != nil {
				return err
			}
			bar := c.progress()
			old, left, err := cimom.Salvage(cmd.Context(), dir, bar.set)
			bar.end()
			for _, p := range left {
				fmt.Fprintln(c.out, table.Clean(p.String()))
			}
			if err != nil {
				return failed("Salvage", dir, err)
			}
			if old == "" {
				_, err := fmt.Fprintf(c.out, "%s is consistent\n", dir)
				return err
			}
			if err := c.rebuild(cmd.Context()); err != nil {
				return failed("Salvage", dir, err)
			}
			_, err = fmt.Fprintf(c.out, "%s has been salvaged; the damaged store is %s\n", dir, old)
			return err
		},
	}
}

// rebuild compiles the files that rebuild the store, for the objects that are
// missing. A file that cannot be compiled is told and passed over
// (system-classes.md 11.3).
func (c *cli) rebuild(ctx context.Context) error {
	m, err := c.open()
	if err != nil {
		return err
	}
	files, err := recovery(c.dir).Files()
	if err != nil {
		return err
	}
	for _, f := range files {
		program, err := compile.Parse(ctx, compile.Options{}, f.Copy)
		if err == nil {
			_, err = program.Store(ctx, missingOnly{m})
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			fmt.Fprintf(c.errs, "not compiled: %s: %v\n", f.Original, err)
		}
	}
	return nil
}

// missingOnly is a store in which nothing changes that is there.
type missingOnly struct{ *cimom.Manager }

func (l missingOnly) Connect(ctx context.Context, namespace string, o wbem.ConnectOptions) (wbem.Services, error) {
	svc, err := l.Manager.Connect(ctx, namespace, o)
	if err != nil {
		return nil, err
	}
	qualifiers, ok := svc.(wbem.QualifierStore)
	if !ok {
		return nil, cim.Errorf(wbem.NotSupported, "the store keeps no qualifiers")
	}
	return missing{svc, qualifiers}, nil
}

// missing is a session of such a store.
type missing struct {
	wbem.Services
	wbem.QualifierStore
}

func (s missing) PutClass(ctx context.Context, decl *cim.ClassDecl, o wbem.Options) error {
	o.Flags = o.Flags&^wbem.UpdateOnly | wbem.CreateOnly
	return unlessThere(s.Services.PutClass(ctx, decl, o))
}

func (s missing) PutInstance(ctx context.Context, inst *cim.Instance, o wbem.Options) (cim.Path, error) {
	path, _ := cim.RelPath(inst)
	o.Flags = o.Flags&^wbem.UpdateOnly | wbem.CreateOnly
	stored, err := s.Services.PutInstance(ctx, inst, o)
	if errors.Is(err, wbem.AlreadyExists) {
		return path, nil
	}
	return stored, err
}

func (s missing) SetQualifier(ctx context.Context, decl *cim.QualifierDecl, o wbem.Options) error {
	if _, err := s.GetQualifier(ctx, decl.Name); !errors.Is(err, wbem.NotFound) {
		return err
	}
	return s.QualifierStore.SetQualifier(ctx, decl, o)
}

// DeleteClass and DeleteInstance are what pragmas want before they create
// something anew.
func (s missing) DeleteClass(context.Context, string, wbem.Options) error { return nil }

func (s missing) DeleteInstance(context.Context, cim.Path, wbem.Options) error { return nil }

func unlessThere(err error) error {
	if errors.Is(err, wbem.AlreadyExists) {
		return nil
	}
	return err
}
