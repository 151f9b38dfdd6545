package main

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/internal/audit"
	"openwmi/internal/auth"
	"openwmi/wbem"
)

// auditDir is where, in the directory of a store, its audit log is.
const auditDir = "audit"

// openAudit opens the audit log of the store in a directory, nil if it keeps none:
// as long as nobody but the owner works with the store, who could change the log as
// well, there is one only if its directory was made.
func (c *cli) openAudit(dir string) (*cimom.AuditLog, error) {
	if c.serving {
		return c.startAudit(dir)
	}
	for _, name := range []string{auditDir, auth.Files[0]} {
		switch _, err := os.Stat(filepath.Join(dir, name)); {
		case err == nil:
			return c.startAudit(dir)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	return nil, nil
}

func (c *cli) startAudit(dir string) (*cimom.AuditLog, error) {
	return cimom.OpenAuditLog(filepath.Join(dir, auditDir), cimom.AuditOptions{Logger: c.log()})
}

func (c *cli) securityAuditCommand() *cobra.Command {
	var since, who string
	var denied, start bool
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Show who did what",
		Long: `Show the audit log of the store, the oldest record first: writes, calls of methods,
refusals, logons, and changes of who may do what. It never has values.

The log begins with the first user of the store, with wmi serve, or with --start. It
is in the directory audit of the store, in files of 16 MiB, of which the last 8 are
kept.`,
		Example: examples(`
			wmi security audit --since 24h --denied
			wmi security audit --user alice --since 2026-11-22 -o json
			wmi security audit --start`),
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if c.server != "" {
				return failed("ReadAudit", c.server, cim.Errorf(wbem.NotSupported, "the log is read on the computer of the server, with --data"))
			}
			dir, err := c.storeDir()
			if err != nil {
				return err
			}
			from, err := parseSince(since, time.Now())
			if err != nil {
				return usage(cmd, "%w", err)
			}
			if start {
				log, err := c.startAudit(dir)
				if err != nil {
					return err
				}
				return failed("ReadAudit", dir, log.Close())
			}
			return c.printAudit(c.auditRecords(filepath.Join(dir, auditDir), func(r *audit.Record) bool {
				return !r.Time.Before(from) && (!denied || isDenial(r)) && (who == "" || isBy(r, who))
			}))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&since, "since", "", "leave out what is older than `TIME`: 90m, 24h, 7d, 2026-11-22 or 2026-11-22T19:04:20Z")
	flags.StringVar(&who, "user", "", "show only what `NAME` did, with or without domain")
	flags.BoolVar(&denied, "denied", false, "show only what was refused")
	flags.BoolVar(&start, "start", false, "keep the log from now on")
	return cmd
}

// parseSince returns the time that a text means, the zero time for none.
func parseSince(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.RFC3339, time.DateTime, time.DateOnly} {
		if t, err := time.ParseInLocation(form, text, time.Local); err == nil {
			return t, nil
		}
	}
	unit := time.Duration(1)
	duration := text
	if days, ok := strings.CutSuffix(text, "d"); ok {
		duration, unit = days+"h", 24
	}
	d, err := time.ParseDuration(duration)
	if err != nil || d < 0 {
		return time.Time{}, fmt.Errorf("%q is neither a time such as 2026-11-22 nor a duration such as 24h", text)
	}
	return now.Add(-d * unit), nil
}

func isDenial(r *audit.Record) bool { return r.Kind == audit.Denial || r.Status == wbem.AccessDenied }

// isBy reports whether somebody did it; a name without domain is that of anybody
// called so.
func isBy(r *audit.Record, name string) bool {
	_, account, _ := strings.Cut(r.Who, `\`)
	return cim.EqualNames(r.Who, name) || cim.EqualNames(account, name)
}

// auditRecords yields the records of a log that are wanted. Lines that are none
// are told and left out.
func (c *cli) auditRecords(dir string, wanted func(*audit.Record) bool) iter.Seq2[audit.Record, error] {
	return func(yield func(audit.Record, error) bool) {
		for r, err := range audit.Read(dir) {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				yield(r, failed("ReadAudit", dir, cim.Errorf(wbem.NotFound, "no log is kept; wmi security audit --start begins one")))
				return
			case err != nil:
				c.warn(failed("ReadAudit", dir, err))
				continue
			}
			if wanted(&r) && !yield(r, nil) {
				return
			}
		}
	}
}

func (c *cli) printAudit(records iter.Seq2[audit.Record, error]) error {
	if c.listForm() == asJSON {
		for r, err := range records {
			if err == nil {
				err = c.encode(r)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	return c.printSequence([]string{"Time", "Kind", "Who", "From", "Operation", "Namespace", "Object", "Status", "Detail"}, func(yield func([]string, error) bool) {
		for r, err := range records {
			if err != nil {
				yield(nil, err)
				return
			}
			status, detail := r.Status.Name(), r.Detail
			if r.Count > 0 {
				detail = count(r.Count, "record", "records")
			}
			if !yield([]string{r.Time.Local().Format("2006-01-02 15:04:05.000"), string(r.Kind), r.Who, r.Peer, r.Operation, r.Namespace, r.Object, status, detail}, nil) {
				return
			}
		}
	})
}
