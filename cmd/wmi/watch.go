package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"openwmi/cmd/wmi/internal/show"
	"openwmi/wbem"
)

func (c *cli) watchCommand() *cobra.Command {
	var events int
	var limit time.Duration
	cmd := &cobra.Command{
		Use:   "watch WQL [-- COMMAND...]",
		Short: "Show events as they happen",
		Long: `Subscribe with an event query and print each event as it comes: on a terminal when it
was, what happened to which object, and how its properties changed; else JSON, one
event a line. It ends with Ctrl-C, after the given number of events, or after the
given time.

A store belongs to one process at a time. A command of wmi after -- is run within
this one, once the subscription stands; when it has ended, the events that it made
are printed, and that is the end unless --count or --for says otherwise.`,
		Example: examples(`
			wmi watch 'SELECT * FROM __InstanceOperationEvent WHERE TargetInstance ISA "Disk"'
			wmi watch --count 1 'SELECT * FROM __ClassCreationEvent'
			wmi watch 'SELECT * FROM __InstanceModificationEvent WHERE TargetInstance ISA "Disk"' -- put Disk Id=c Size=600`),
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch dash := cmd.ArgsLenAtDash(); {
			case len(args) == 0 || dash == 0:
				return usage(cmd, "WQL is missing")
			case len(args) > 1 && dash != 1:
				return usage(cmd, "%q is too much", args[1])
			case dash == 1 && len(args) == 1:
				return usage(cmd, "COMMAND is missing after --")
			case events < 0 || limit < 0:
				return usage(cmd, "--count and --for must not be negative")
			}
			w := watching{c: c, query: args[0], command: args[1:], events: events}
			return w.run(cmd.Context(), limit)
		},
	}
	cmd.Flags().IntVar(&events, "count", 0, "end after `N` events (default: never)")
	cmd.Flags().DurationVar(&limit, "for", 0, "end after a `TIME` such as 30s or 5m (default: never)")
	return cmd
}

// A watching is one run of the command watch.
type watching struct {
	c       *cli
	query   string
	command []string // to be run meanwhile
	events  int      // to end after, 0 for never

	show show.Printer
	seen int
}

func (w *watching) run(ctx context.Context, limit time.Duration) error {
	svc, err := w.c.services(ctx, "")
	if err != nil {
		return err
	}
	if w.show, err = show.Events(ctx, w.c.screen(), w.c.listForm(), svc, w.query); err != nil {
		return err
	}
	sub, err := svc.Subscribe(ctx, language, w.query, wbem.Options{})
	if err != nil {
		return err
	}
	defer sub.Close()
	if len(w.command) == 0 && isTerminal(w.c.errs) {
		fmt.Fprintln(w.c.errs, "Watching; Ctrl-C ends it.")
	}

	reading := ctx
	if limit > 0 {
		var cancel context.CancelFunc
		reading, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	var failure error
	if len(w.command) > 0 {
		var done context.CancelFunc
		reading, done = context.WithCancel(reading)
		defer done()
		ended := make(chan error, 1)
		go func() {
			err := w.runCommand(ctx)
			ended <- err
			if err != nil || w.events == 0 && limit == 0 {
				done()
			}
		}()
		err = w.read(reading, sub)
		failure = <-ended
		if ctx.Err() == nil && errors.Is(err, wbem.CallCancelled) {
			err = w.drain(ctx, sub)
		}
	} else {
		err = w.read(reading, sub)
	}
	switch {
	case err == nil:
	case errors.Is(err, wbem.Timeout) && ctx.Err() == nil, errors.Is(err, wbem.CallCancelled):
		// The end that was asked for.
	default:
		return err
	}
	if err := w.show.Close(); err != nil {
		return err
	}
	return failure
}

// read prints events until there have been enough or ctx ends.
func (w *watching) read(ctx context.Context, sub wbem.Subscription) error {
	for w.events == 0 || w.seen < w.events {
		event, err := sub.Next(ctx)
		switch {
		case errors.Is(err, wbem.QueueOverflow):
			fmt.Fprintf(w.c.errs, "wmi: %v\n", err)
			continue
		case err != nil:
			return err
		}
		w.seen++
		if err := w.show.Print(event); err != nil {
			return err
		}
		if err := w.c.out.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// drain prints the events that are there already.
func (w *watching) drain(ctx context.Context, sub wbem.Subscription) error {
	ctx, cancel := context.WithTimeout(ctx, 0)
	defer cancel()
	return w.read(ctx, sub)
}

// runCommand runs a command of wmi on the store that is open.
func (w *watching) runCommand(ctx context.Context) error {
	args := w.command
	if args[0] == "wmi" {
		args = args[1:]
	}
	other := *w.c
	other.out = newOutput(w.c.errs)
	root := other.root()
	other.namespace = w.c.namespace // unless the command says otherwise
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		for _, name := range []string{"data", "connect"} {
			if cmd.Flags().Changed(name) {
				return usage(cmd, "after -- a command works on the same store, without --%s", name)
			}
		}
		return nil
	}
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if e := other.out.Flush(); err == nil {
		err = e
	}
	return err
}
