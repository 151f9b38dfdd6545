package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/cmd/wmi/internal/table"
	"openwmi/wbem"
)

func (c *cli) storeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store",
		Short: "Verify, back up, restore and salvage the store",
		Long: `Verify, back up, restore and salvage the store, the directory that --data names or the default
one.`,
		Example: examples(`
			wmi store verify
			wmi store backup /backup/wmi-monday
			wmi --data /srv/wmi store restore /backup/wmi-monday`),
		Args: cobra.ArbitraryArgs,
		RunE: group,
	}
	cmd.AddCommand(c.verifyCommand(), c.backupCommand(), c.restoreCommand(), c.salvageCommand(), c.pauseCommand(), c.resumeCommand())
	return cmd
}

func (c *cli) verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Prove that everything in the store fits together",
		Long: `Read the whole store and prove that everything fits together: each record decodes, each
instance has its class, each subclass its superclass, and indexes agree with records.
Nothing is changed.`,
		Example: examples(`
			wmi store verify
			wmi store verify && echo all is well`),
		Args: exactly(),
		RunE: func(cmd *cobra.Command, args []string) error {
			bar := c.progress()
			problems, err := c.verify(cmd.Context(), func(done, total int) { bar.set("records", done, total) })
			bar.end()
			if err != nil {
				return failed("Verify", c.dir, err)
			}
			for _, p := range problems {
				if _, err := fmt.Fprintln(c.out, table.Clean(p)); err != nil {
					return err
				}
			}
			if len(problems) > 0 {
				return failed("Verify", c.dir, cim.Errorf(wbem.CriticalError, "the store is inconsistent: %s",
					count(len(problems), "problem", "problems")))
			}
			_, err = fmt.Fprintf(c.out, "%s is consistent\n", c.dir)
			return err
		},
	}
}

func (c *cli) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup DIR",
		Short: "Write a copy of the store",
		Long: `Write a consistent copy of the store to DIR, which must not exist. The copy is a store
itself: --data can name it.`,
		Example: examples(`
			wmi store backup /backup/wmi-monday
			wmi --data /backup/wmi-monday namespaces`),
		Args: exactly("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, to := cmd.Context(), args[0]
			socket, err := c.localServer()
			if err != nil {
				return err
			}
			if socket != "" {
				if to, err = filepath.Abs(to); err == nil {
					err = maintain(ctx, socket, "backup", url.Values{"dir": {to}}, func(report) {})
				}
				return failed("Backup", args[0], err)
			}
			m, err := c.openExisting()
			if err != nil {
				return err
			}
			return failed("Backup", args[0], c.backup(ctx, m, to))
		},
	}
}

// verify proves that the store fits together, by the server that has it open or
// here, and returns what does not.
func (c *cli) verify(ctx context.Context, progress func(done, total int)) (problems []string, err error) {
	socket, err := c.localServer()
	if err != nil {
		return nil, err
	}
	if socket != "" {
		err := maintain(ctx, socket, "verify", nil, func(r report) {
			if r.Problem != "" {
				problems = append(problems, r.Problem)
			} else {
				progress(r.Done, r.Total)
			}
		})
		return problems, err
	}
	m, err := c.openExisting()
	if err != nil {
		return nil, err
	}
	found, err := m.Verify(ctx, progress)
	for _, p := range found {
		problems = append(problems, p.String())
	}
	return problems, err
}

// backup copies a store, and what is beside it.
func (c *cli) backup(ctx context.Context, m *cimom.Manager, to string) error {
	if err := m.Backup(ctx, to); err != nil {
		return err
	}
	return errors.Join(copyRecovery(c.dir, to), copyAccounts(c.dir, to))
}

// copyRecovery copies the MOF files that rebuild a store into its backup.
func copyRecovery(store, backup string) error {
	from := filepath.Join(store, recoveryDir)
	if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return os.CopyFS(filepath.Join(backup, recoveryDir), os.DirFS(from))
}

func (c *cli) restoreCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "restore DIR",
		Short: "Put a copy in the place of the store",
		Long: `Put the copy in DIR, which a backup has written, in the place of the store. The copy is
verified before; what the store held is moved aside, and its new name printed. Files beside
the store that the copy does not have, such as configurations, stay.

A server that has the store open does it, and begins anew with the copy. While clients are
connected it refuses, unless --force says that they are to be disconnected.`,
		Example: examples(`
			wmi store restore /backup/wmi-monday
			wmi store restore --force /backup/wmi-monday`),
		Args: exactly("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := c.localDir(); err != nil {
				return err
			}
			bar := c.progress()
			old, err := c.restore(cmd.Context(), args[0], force, func(done, total int) { bar.set("records", done, total) })
			bar.end()
			if err != nil || old == "" {
				return failed("Restore", args[0], err)
			}
			_, err = fmt.Fprintf(c.out, "%s\n", old)
			return err
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "disconnect the clients of a server that has the store open")
	return cmd
}

// restore has a backup put in the place of the store, by the server that has it open
// or here, and returns what the old one is called then.
func (c *cli) restore(ctx context.Context, backup string, force bool, progress func(done, total int)) (old string, err error) {
	socket, err := c.localServer()
	if err != nil {
		return "", err
	}
	if socket == "" {
		dir, err := c.storeDir()
		if err != nil {
			return "", err
		}
		return cimom.Restore(ctx, backup, dir, progress)
	}
	if backup, err = filepath.Abs(backup); err != nil {
		return "", err
	}
	args := url.Values{"dir": {backup}}
	if force {
		args.Set("force", "1")
	}
	err = maintain(ctx, socket, "restore", args, func(r report) {
		if r.Old != "" {
			old = r.Old
		} else {
			progress(r.Done, r.Total)
		}
	})
	return old, err
}

func (c *cli) pauseCommand() *cobra.Command {
	return c.pausing("pause", "Hold all requests to a server", `Hold all requests to the server that has the store open, after those that run have ended:
they wait, until wmi store resume or for 15 minutes at most. Backups can be made meanwhile.`)
}

func (c *cli) resumeCommand() *cobra.Command {
	return c.pausing("resume", "Let a server go on that was paused", `Let the server that has the store open go on, which was paused.`)
}

// pausing is a command that only a server can carry out.
func (c *cli) pausing(task, short, long string) *cobra.Command {
	return &cobra.Command{
		Use: task, Short: short, Long: long, Args: exactly(),
		Example: examples(`
			wmi store pause
			wmi store resume`),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := c.localDir(); err != nil {
				return err
			}
			op := strings.ToUpper(task[:1]) + task[1:]
			socket, err := c.localServer()
			if err == nil && socket == "" {
				err = cim.Errorf(wbem.InvalidOperation, "no server has the store open")
			}
			if err != nil {
				return failed(op, "store", err)
			}
			return failed(op, "store", maintain(cmd.Context(), socket, task, nil, func(report) {}))
		},
	}
}
