// Wmi is the command line of OpenWMI: it compiles MOF, reads and writes classes
// and instances, keeps stores, and shows what all this can do. Called by the
// name mofcomp it is the MOF compiler of WMI.
//
// It exits with 0 when all was done, 1 when an operation failed, and 2 when the
// command line is wrong. After a failure the last line on standard error is
//
//	wmi: OPERATION OBJECT: NAME (0x80041002): detail
package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() { os.Exit(run(os.Args, (*cli).builtIn)) }

// run runs the program with the providers that are built in, by name, and
// returns the exit status.
func run(args []string, builtIn func(*cli) map[string]any) int {
	// A reader that goes away, such as head, is no failure: the write returns
	// an error instead of a signal, and the run ends in order.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// Once the work is being cancelled, a second signal kills.
	context.AfterFunc(ctx, stop)
	defer stop()

	c := newCLI(os.Stdin, os.Stdout, os.Stderr)
	c.providers = builtIn(c)
	if programName(args[0]) == "mofcomp" {
		return c.mofcomp(ctx, args[1:])
	}
	return c.wmi(ctx, args[1:])
}

// programName is the name that the program was called by.
func programName(arg0 string) string {
	return strings.TrimSuffix(strings.ToLower(filepath.Base(arg0)), ".exe")
}
