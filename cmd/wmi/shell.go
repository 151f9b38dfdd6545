package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/shell"
	"openwmi/internal/source"
	"openwmi/script/host"
	"openwmi/script/vbscript"
	"openwmi/wbem"
)

func (c *cli) shellCommand() *cobra.Command {
	var f scriptFlags
	cmd := &cobra.Command{
		Use:   "shell",
		Short: "Ask and script at a prompt",
		Long: `Read lines and run them: queries, statements of VBScript or JScript, and commands that
begin with a point, of which .help tells. On a terminal there is a prompt with editing,
completion by Tab, and a history; elsewhere lines are read as they are, and the exit
status is 1 if one of them has failed, else that of WScript.Quit.

Scripts may use WMI with your rights, and nothing else: files, commands and the
environment are closed until a flag opens them.

The history is kept in openwmi/history in your state directory. Statements that begin
with a blank are not kept, and lines that may hold a password are not written.`,
		Example: examples(`
			wmi shell
			wmi shell -n root/default --connect cimxmls://alice@host
			echo 'SELECT * FROM Disk' | wmi shell -o csv
			echo '? GetObject("winmgmts:Disk").Properties_.Count' | wmi shell`),
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(cmd); err != nil {
				return err
			}
			return c.shell(cmd.Context(), f)
		},
	}
	f.add(cmd)
	return cmd
}

func (c *cli) shell(ctx context.Context, f scriptFlags) error {
	l, err := c.locator(ctx)
	if err != nil {
		return err
	}
	known, err := c.readComputers(l, f.computers)
	if err != nil {
		return err
	}
	terminal := c.typing() && c.out.terminal && os.Getenv("TERM") != "dumb"
	out := c.scriptOutput(func(error) {})
	scripts := &scriptShell{ctx: ctx, options: host.Options{
		Locator: known, Policy: f.policy, Memory: f.memory << 20,
		Stdin: c.input.Stream(true), Stdout: out, Stderr: c.scriptErrors(), Output: c.out.f,
		Ask: c.dialog(out), File: shell.File,
	}}
	o := shell.Options{
		Connect: func(ctx context.Context, namespace string) (wbem.Services, error) {
			return l.Connect(ctx, namespace, wbem.ConnectOptions{})
		},
		Namespace: c.namespace,
		Languages: scripts.languages(),
		Screen:    c.screen,
		Form:      c.form,
		Report:    c.reportStatement,
		Flush:     c.out.Flush,
	}
	if !terminal {
		// Scripts can read the lines that follow theirs.
		o.Lines = shell.Plain(c.input)
		failed, err := shell.New(o).Run(ctx)
		return cmp.Or(err, scripts.close(), failedStatements(failed), scripts.exit())
	}

	// At a prompt, Ctrl-C ends a statement and not the program.
	ctx, stop := signal.NotifyContext(context.WithoutCancel(ctx), syscall.SIGTERM)
	defer stop()
	idle := make(chan os.Signal, 1)
	signal.Notify(idle, os.Interrupt)
	defer signal.Stop(idle)
	scripts.ctx, o.Interruptible = ctx, scripts.interruptible
	o.Flush = func() error {
		if c.out.partial {
			// A prompt begins a line.
			if _, err := c.out.WriteString("\n"); err != nil {
				return err
			}
		}
		return c.out.Flush()
	}
	history := openHistory()
	defer history.Close()
	o.Lines = c.terminal(history)
	fmt.Fprintf(c.out, "wmi %s on %s, %s. .help tells more, Ctrl-D ends.\n", version(), cmp.Or(c.server, c.dir), host.VBScript.Name)
	_, err = shell.New(o).Run(ctx)
	if ctx.Err() != nil {
		err = nil // the end that was asked for
	}
	return cmp.Or(err, scripts.close(), scripts.exit())
}

// failedStatements is the error of lines that were read from no terminal.
func failedStatements(n int) error {
	if n == 0 {
		return nil
	}
	return failed("RunStatements", "standard input", cim.Errorf(wbem.Failed, "%s failed", count(n, "statement", "statements")))
}

// reportStatement tells what is wrong with a statement of the shell: of scripts as they
// are run elsewhere, with the place.
func (c *cli) reportStatement(err error) {
	if c.out.err != nil {
		return // that is the end, and told then
	}
	_, script := errors.AsType[*vbscript.Error](err)
	_, syntax := errors.AsType[*source.List](err)
	if script || syntax {
		host.Report(c.errs, shell.File, err)
		return
	}
	c.excerpt(err)
	c.errorLine(describe(err))
}

// terminal returns the lines that are typed on a terminal.
func (c *cli) terminal(history *shell.History) *shell.Terminal {
	fd := int(c.in.(*os.File).Fd())
	return shell.NewTerminal(shell.TerminalOptions{
		IO: struct {
			io.Reader
			io.Writer
		}{c.input, c.out.f},
		Raw: func() (func() error, error) {
			before, err := term.MakeRaw(fd)
			return func() error { return term.Restore(fd, before) }, err
		},
		Size: func() (width, height int) {
			width, height, _ = term.GetSize(fd)
			return width, height
		},
		History: history,
	})
}

// openHistory opens the history of this user. Where it cannot be kept there is one for
// this run.
func openHistory() *shell.History {
	dir, err := userStateDir()
	if err != nil {
		return &shell.History{}
	}
	h, _ := shell.OpenHistory(filepath.Join(dir, "openwmi", "history"))
	return h
}

// userStateDir returns where programs keep what they remember of a user: the XDG base
// directory specification, and its counterparts elsewhere.
func userStateDir() (string, error) {
	switch runtime.GOOS {
	case "windows", "darwin", "ios":
		return userDataDir()
	}
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "state"), err
}
