package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"openwmi/cim"
	"openwmi/mof"
	"openwmi/mof/compile"
	"openwmi/wbem"
)

// Exit statuses of mofcomp besides those that compile.ExitStatus tells (mof.md 7).
const (
	compileDone   = 0
	compileFailed = 1 // could not connect
	badSwitches   = 2
)

// mofcomp is the MOF compiler of WMI. It speaks on standard output, also of
// errors, as that does, and returns its exit status.
func (c *cli) mofcomp(ctx context.Context, args []string) int {
	a, err := parseMofcomp(args)
	if err == nil && a.help {
		io.WriteString(c.out, mofcompUsage)
		return c.endMofcomp(a, nil, compileDone)
	}
	fmt.Fprintf(c.out, "WMI MOF Compiler %s\n", version())
	if err != nil {
		fmt.Fprintf(c.out, "%v\nmofcomp -? lists the switches.\n", err)
		return c.endMofcomp(nil, err, badSwitches)
	}
	err = c.runMofcomp(ctx, a)
	if e := c.close(); err == nil {
		err = e
	}
	if err == nil {
		fmt.Fprintln(c.out, "Done!")
		return c.endMofcomp(a, nil, compileDone)
	}
	var stopped *compile.Error
	if errors.As(err, &stopped) {
		stopped.WriteConsole(c.out)
		return c.endMofcomp(a, err, compile.ExitStatus(err))
	}
	f := describe(err)
	fmt.Fprintf(c.out, "An error occurred: %s %s\nCompiler returned error 0x%08X\n", f.object, f.detail, uint32(f.status))
	return c.endMofcomp(a, err, compileFailed)
}

// endMofcomp writes what is held back and the file with the result code.
func (c *cli) endMofcomp(a *mofcompArgs, err error, status int) int {
	c.close()
	if e := c.out.Flush(); e != nil && !isClosedPipe(e) && status == compileDone {
		status = compileFailed
	}
	if a != nil && a.statusFile != "" {
		code := wbem.OK
		if err != nil {
			code = describe(err).status
		}
		if e := os.WriteFile(a.statusFile, fmt.Appendf(nil, "0x%08X\n", uint32(code)), 0o666); e != nil {
			fmt.Fprintln(c.errs, e)
			status = max(status, compileFailed)
		}
	}
	return status
}

func (c *cli) runMofcomp(ctx context.Context, a *mofcompArgs) error {
	if a.binary != "" || a.resource != "" {
		return wbem.NewError("CompileFile", a.file, cim.Errorf(wbem.NotSupported, "binary MOF is not supported"))
	}
	if a.user != "" || a.password != "" || a.authority != "" {
		fmt.Fprintln(c.out, "Warning: credentials are ignored for this computer")
	}
	o := compile.Options{
		Dialect:       mof.WMI,
		Namespace:     a.namespace,
		ClassFlags:    a.class,
		InstanceFlags: a.instance,
		IncludeDirs:   a.include,
		Autorecover:   a.autorecover,
		ReadFile:      c.readMOF(ctx),
	}
	if a.dmtf {
		o.Dialect = mof.DMTF
	}
	if !a.check && a.neutral == "" {
		dir, err := c.storeDir()
		if err != nil {
			return err
		}
		o.Recovery = recovery(dir)
	}
	fmt.Fprintf(c.out, "Parsing MOF file: %s\n", a.file)
	program, err := compile.Parse(ctx, o, a.file)
	if err == nil && a.check {
		err = program.Check()
	}
	if err != nil {
		return err
	}
	for _, d := range program.Warnings().All() {
		at := d.File.Position(d.Pos)
		fmt.Fprintf(c.out, "%s (%d): warning: %s\n", at.File, at.Line, d.Msg)
	}
	fmt.Fprintln(c.out, "MOF file has been successfully parsed")
	switch {
	case a.check:
		return nil
	case a.neutral != "":
		return c.splitMOF(program, a)
	}
	if !a.autorecover && !program.Autorecover() {
		fmt.Fprintf(c.out, "Warning: %s has no #pragma autorecover, so it is not among the files that rebuild the store\n", a.file)
	}
	fmt.Fprintln(c.out, "Storing data in the repository...")
	l, err := c.locator(ctx)
	if err != nil {
		return err
	}
	_, err = program.Store(ctx, l)
	return err
}

// splitMOF writes what has no language to one file and the texts to another, both
// or none. localization.md 7
func (c *cli) splitMOF(program *compile.Program, a *mofcompArgs) error {
	neutral, texts, err := program.Split(a.amendment)
	if err != nil {
		return err
	}
	for _, f := range []struct{ name, what, text string }{
		{a.neutral, "language-neutral MOF", neutral},
		{a.localized, "localized MFL", texts},
	} {
		fmt.Fprintf(c.out, "Writing %s: %s\n", f.what, f.name)
		if err := os.WriteFile(f.name, compile.EncodeSplit(f.text), 0o666); err != nil {
			os.Remove(a.neutral)
			return failed("WriteFile", f.name, err)
		}
	}
	return nil
}

// readMOF returns what reads files for a compile. Its errors have a status,
// which mofcomp prints.
func (c *cli) readMOF(ctx context.Context) func(name string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		data, err := c.readInput(ctx, name)
		if err != nil {
			err = cim.Errorf(statusOf(err), "%s", cause(err))
		}
		return data, err
	}
}
