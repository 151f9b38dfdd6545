package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/internal/source"
	"openwmi/script/host"
	"openwmi/script/vbscript"
	"openwmi/wbem"
)

// runFlags are how a script is run.
type runFlags struct {
	scriptFlags
	onlyCheck bool
	batch     bool
	engine    string
	job       string
	timeout   time.Duration
}

func (c *cli) runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run SCRIPT [ARG...]",
		Short: "Run a script for Windows Script Host: .vbs, .js, .wsf",
		Long: `Run VBScript and JScript as cscript does, against the store, this machine's classes
("wmi machine install") or a server (--connect). GetObject("winmgmts:"), the objects of
WbemScripting with their asynchronous calls and sinks, WScript, Scripting.Dictionary,
Scripting.FileSystemObject, WScript.Shell and WScript.Network are there.

A script may use WMI with your rights, and nothing else: files, commands and the
environment are closed until a flag opens them. Where a script names another computer,
as in GetObject("winmgmts:\\web01"), --computer or computers.json in the directory of
the store says which server that is.

cscript's switches are understood before and after the script: //E:ENGINE, //T:SECONDS,
//Job:ID, //B and //I, //NoLogo; others change nothing. The exit status is that of
WScript.Quit, else 1 when the script has failed. Unix keeps eight bits of it: what would
be 0 there although it is not is 255.`,
		Example: examples(`
			wmi run inventory.vbs
			wmi run //T:30 disks.js /all
			wmi run --allow-read . --allow-write out report.wsf
			wmi run --computer web01=cimxmls://alice@web01.example disks.vbs
			wmi run --check *.vbs                     # all syntax errors, nothing is run`),
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			words, switches := splitSwitches(args)
			if len(switches) > 0 && cmd.ArgsLenAtDash() < 0 {
				// A switch has ended the flags, and more may stand behind it.
				if err := cmd.ParseFlags(words); err != nil {
					return usage(cmd, "%w", err)
				}
				words = cmd.Flags().Args()
			}
			if err := f.apply(cmd, switches); err != nil {
				return err
			}
			if len(words) == 0 {
				return usage(cmd, "the script is missing")
			}
			if f.onlyCheck {
				return c.checkAll(cmd, &f, words)
			}
			return c.run(cmd, f, words[0], words[1:])
		},
	}
	flags := cmd.Flags()
	flags.SetInterspersed(false) // what follows the script is the script's
	f.add(cmd)
	flags.BoolVar(&f.onlyCheck, "check", false, "only report the syntax errors of the files")
	flags.StringVar(&f.engine, "engine", "", "the `LANGUAGE` of the script: VBScript or JScript (default by the file's extension)")
	flags.StringVar(&f.job, "job", "", "the `ID` of the job of a .wsf file (default the first)")
	flags.DurationVar(&f.timeout, "timeout", 0, "end the script after this time, such as 30s")
	must(cmd.RegisterFlagCompletionFunc("engine", cobra.FixedCompletions([]string{"VBScript", "JScript"}, cobra.ShellCompDirectiveNoFileComp)))
	return cmd
}

// splitSwitches takes cscript's switches out of a command line: they begin with //, and
// may stand anywhere.
func splitSwitches(args []string) (words, switches []string) {
	for _, a := range args {
		if strings.HasPrefix(a, "//") && len(a) > 2 {
			switches = append(switches, a[2:])
		} else {
			words = append(words, a)
		}
	}
	return words, switches
}

// maxTimeout is the longest that //T takes, in seconds.
const maxTimeout = 32767

// apply takes over cscript's switches. ("cscript")
func (f *runFlags) apply(cmd *cobra.Command, switches []string) error {
	for _, s := range switches {
		name, value, _ := strings.Cut(s, ":")
		switch strings.ToLower(name) {
		case "e":
			f.engine = value
		case "job":
			f.job = value
		case "b":
			f.batch = true
		case "i":
			f.batch = false
		case "t":
			n, err := strconv.Atoi(value)
			if err != nil || n < 0 || n > maxTimeout {
				return usage(cmd, "//T takes 0 to %d seconds, and not %q", maxTimeout, value)
			}
			f.timeout = time.Duration(n) * time.Second
		case "nologo", "logo", "s", "u", "d", "x", "h":
			// There is no logo, no registry to keep switches in, and no debugger.
		default:
			return usage(cmd, "there is no switch //%s", s)
		}
	}
	if f.timeout < 0 {
		return usage(cmd, "--timeout is no time: %v", f.timeout)
	}
	return f.check(cmd)
}

// load reads a script.
func (f *runFlags) load(cmd *cobra.Command, name string) (*host.Program, error) {
	var language *host.Language
	if f.engine != "" {
		var err error
		if language, err = host.LanguageOf(f.engine); err != nil {
			return nil, usage(cmd, "%v", err)
		}
	}
	p, err := host.Load(name, language, f.job)
	var list *source.List
	switch {
	case err == nil:
		return p, nil
	case errors.As(err, &list), errors.Is(err, os.ErrNotExist), errors.Is(err, os.ErrPermission):
		return nil, failed("LoadScript", name, err)
	}
	return nil, failed("LoadScript", name, cim.Errorf(wbem.InvalidParameter, "%s", strings.TrimPrefix(cause(err), name+": ")))
}

// checkAll reports the syntax errors of all files.
func (c *cli) checkAll(cmd *cobra.Command, f *runFlags, names []string) error {
	var syntax source.List
	var first error // of a file that can't be read
	for _, name := range names {
		_, err := f.load(cmd, name)
		var list *source.List
		switch {
		case errors.As(err, &list):
			for _, d := range list.All() {
				syntax.Add(d)
			}
		case err != nil && first != nil:
			c.warn(err)
		case err != nil:
			first = err
		}
	}
	if first == nil {
		return failed("LoadScript", "", syntax.Err())
	}
	c.excerpt(syntax.Err())
	return first
}

// run runs a script.
func (c *cli) run(cmd *cobra.Command, f runFlags, name string, args []string) error {
	p, err := f.load(cmd, name)
	if err != nil {
		return err
	}
	l, err := c.locator(cmd.Context())
	if err != nil {
		return err
	}
	known, err := c.readComputers(l, f.computers)
	if err != nil {
		return err
	}
	// A script whose output nobody reads any more has no reason to go on.
	ctx, cancel := context.WithCancelCause(cmd.Context())
	defer cancel(nil)
	out := c.scriptOutput(cancel)
	s, err := host.NewSession(ctx, host.Options{
		Locator: known, Policy: f.policy,
		Stdin: c.input.Stream(false), Stdout: out, Stderr: c.scriptErrors(), Output: c.out.f,
		Ask: c.dialog(out), Batch: f.batch,
		File: name, Args: args,
		Timeout: f.timeout, Memory: f.memory << 20,
	})
	if err != nil {
		return failed("RunScript", name, cim.Errorf(wbem.InvalidParameter, "%v", err))
	}
	err = s.Run(p)
	if e := s.Close(); err == nil {
		err = e
	}
	code, quit := s.Code()
	switch {
	case c.out.err != nil:
		return c.out.err
	case err != nil:
		return c.scriptFailure(name, err)
	case quit:
		return exitError(code)
	case s.Failed():
		return exitError(exitFailed)
	}
	return nil
}

// scriptFailure writes where and why a script failed as cscript does, and returns it for
// the error line.
func (c *cli) scriptFailure(name string, err error) error {
	interrupted := errors.Is(err, context.Canceled)
	if c.out.terminal && (interrupted || c.out.partial) {
		// What is wrong begins a line, also behind the ^C that the terminal shows.
		if _, err := c.out.WriteString("\n"); err != nil {
			return err
		}
	}
	status, place, detail := scriptStatus(err), name, "the script ended with an error"
	var e *vbscript.Error
	if errors.As(err, &e) {
		if e.Position.Line > 0 {
			place = fmt.Sprintf("%s:%d:%d", e.Position.File, e.Position.Line, e.Position.Column)
		}
	}
	var below *wbem.Error
	switch {
	case interrupted:
		detail = "the script was interrupted"
	case errors.As(err, &below) && status == wbem.ServerUnavailable:
		// The script has a text of its language, which does not say why.
		detail = describe(below).detail
	}
	if !interrupted {
		host.Report(c.scriptErrors(), name, err)
	}
	return failed("RunScript", place, cim.Errorf(status, "%s", detail))
}

// scriptStatus is the status of why a script failed: the number that it sees, where that is
// one of WMI, else that of what failed below it.
func scriptStatus(err error) wbem.Status {
	var e *vbscript.Error
	if errors.As(err, &e) && wbem.Status(uint32(e.Number))>>16 == wbem.Failed>>16 {
		return wbem.Status(uint32(e.Number))
	}
	return statusOf(err)
}

// exitError is the exit status of a script that has said everything itself.
type exitError int

func (e exitError) Error() string { return "exit status " + strconv.Itoa(int(e)) }

// status returns what the system is told. Windows keeps 32 bits of it, and others eight:
// a code that is not 0 but would be there, and so success, becomes 255.
func (e exitError) status() int {
	if runtime.GOOS != "windows" && e != 0 && e&0xFF == 0 {
		return 0xFF
	}
	return int(e)
}
