package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/internal/auth"
	"openwmi/wbem"
)

func (c *cli) userCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "user",
		Short: "Say who may log on from other computers",
		Long: `Keep the users and groups of the store, who log on with a password when they ask
from other computers. They are nobody whom the operating system knows: alice of the
store is openwmi\alice. What they may do the namespaces say, see wmi security; members
of the group Administrators may do everything.

The users are in users.json in the directory of the store. A server that runs there
notices changes within a second.`,
		Example: examples(`
			wmi user add alice --group operators
			wmi security set root 'O:BAG:BAD:(A;CI;0x6003F;;;BA)(A;CI;0x33;;;operators)'
			wmi user list`),
		Args: cobra.ArbitraryArgs,
		RunE: group,
	}
	cmd.AddCommand(c.userAddCommand(), c.userListCommand(), c.userSetCommand(), c.userPasswdCommand(), c.userDeleteCommand())
	return cmd
}

// usersDir returns the directory of the store whose users these are.
func (c *cli) usersDir(op, name string) (string, error) {
	if c.server != "" {
		return "", failed(op, name, cim.Errorf(wbem.NotSupported, "users are kept on the computer of the server, with --data"))
	}
	return c.storeDir()
}

// usersDo opens the users of the store, with the audit log, for fn.
func (c *cli) usersDo(op, name string, fn func(*auth.Users) error) error {
	dir, err := c.usersDir(op, name)
	if err != nil {
		return err
	}
	log, err := c.startAudit(dir)
	if err != nil {
		return failed(op, name, err)
	}
	users, err := auth.Open(dir, auth.Options{Audit: log, Logger: c.log()})
	if err == nil {
		err = fn(users)
	}
	return failed(op, name, errors.Join(err, log.Close()))
}

func (c *cli) userAddCommand() *cobra.Command {
	var n auth.NewUser
	var piped bool
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Add a user",
		Long: fmt.Sprintf(`Add a user to the store, and print its SID, which nobody else will ever have. The
password is asked for twice. It has at least %d characters and is kept as a hash that
takes a tenth of a second to check (argon2id).

A group comes to be with its first member. Clients that log on with NTLM need
--ntlm: then an NT hash of the password is kept as well, sealed with the key in
server.key.`, auth.MinPassword),
		Example: examples(`
			wmi user add alice --group operators --group readers
			wmi user add backup --ntlm --password-stdin < backup.password`),
		Args: exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			n.Name = args[0]
			return c.usersDo("AddUser", n.Name, func(users *auth.Users) (err error) {
				// What is wrong with the name comes before questions.
				if list, err := users.List(); err != nil {
					return err
				} else if has(list, n.Name) {
					return cim.Errorf(wbem.AlreadyExists, "there is a user %s", n.Name)
				}
				if n.Password, err = c.newPassword(cmd, piped); err != nil {
					return err
				}
				user, err := users.Add(n)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(c.out, user.SID)
				return err
			})
		},
	}
	cmd.Flags().StringArrayVarP(&n.Groups, "group", "g", nil, "make it a member of `GROUP`; may be repeated")
	cmd.Flags().BoolVar(&n.NTLM, "ntlm", false, "let it log on with NTLM, which needs an NT hash")
	passwordFlag(cmd, &piped)
	return cmd
}

func has(list []auth.User, name string) bool {
	for _, u := range list {
		if cim.EqualNames(u.Name, name) {
			return true
		}
	}
	return false
}

func (c *cli) userListCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the users",
		Long:    "List the users of the store with their groups.",
		Example: examples(`wmi user list -o json`),
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := c.usersDir("ListUsers", c.server)
			if err != nil {
				return err
			}
			users, err := auth.Open(dir, auth.Options{})
			if err != nil {
				return failed("ListUsers", dir, err)
			}
			list, err := users.List()
			if err != nil {
				return failed("ListUsers", dir, err)
			}
			return c.printUsers(list)
		},
	}
}

func (c *cli) printUsers(list []auth.User) error {
	if c.listForm() == asJSON {
		for _, u := range list {
			err := c.encode(struct {
				Name     string    `json:"name"`
				SID      string    `json:"sid"`
				Groups   []string  `json:"groups"`
				Disabled bool      `json:"disabled,omitempty"`
				NTLM     bool      `json:"ntlm,omitempty"`
				Created  time.Time `json:"created"`
				Changed  time.Time `json:"changed"`
			}{u.Name, u.SID, append([]string{}, u.Groups...), u.Disabled, u.NTLM, u.Created.Truncate(time.Second), u.Changed.Truncate(time.Second)})
			if err != nil {
				return err
			}
		}
		return nil
	}
	rows := make([][]string, 0, len(list))
	for _, u := range list {
		state := "enabled"
		if u.Disabled {
			state = "disabled"
		}
		if u.NTLM {
			state += " ntlm"
		}
		rows = append(rows, []string{u.Name, state, strings.Join(u.Groups, ", "), u.Changed.Local().Format(time.DateTime), u.SID})
	}
	return c.printRows([]string{"Name", "State", "Groups", "Changed", "SID"}, rows)
}

func (c *cli) userSetCommand() *cobra.Command {
	var change auth.Change
	cmd := &cobra.Command{
		Use:   "set NAME",
		Short: "Disable or enable a user, change its groups",
		Long: `Disable or enable a user, or change the groups to which it belongs. Sessions that it
has open are refused from then on, and it has to log on again.`,
		Example: examples(`
			wmi user set alice --disable
			wmi user set alice --join readers --leave operators`),
		Args: exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !change.Enable && !change.Disable && len(change.Join)+len(change.Leave) == 0 {
				return usage(cmd, "what is to be changed is missing")
			}
			return c.usersDo("SetUser", args[0], func(users *auth.Users) error { return users.Set(args[0], change) })
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&change.Disable, "disable", false, "let it log on no more")
	flags.BoolVar(&change.Enable, "enable", false, "let it log on again")
	flags.StringArrayVar(&change.Join, "join", nil, "make it a member of `GROUP`; may be repeated")
	flags.StringArrayVar(&change.Leave, "leave", nil, "end its membership of `GROUP`; may be repeated")
	exclusive(cmd, "disable", "enable")
	return cmd
}

func (c *cli) userPasswdCommand() *cobra.Command {
	var piped bool
	cmd := &cobra.Command{
		Use:   "passwd NAME",
		Short: "Give a user another password",
		Long:  "Give a user another password, which is asked for twice.",
		Example: examples(`
			wmi user passwd alice
			pwgen 20 1 | tee secret | wmi user passwd alice --password-stdin`),
		Args: exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.usersDo("SetPassword", args[0], func(users *auth.Users) error {
				password, err := c.newPassword(cmd, piped)
				if err != nil {
					return err
				}
				return users.SetPassword(args[0], password)
			})
		},
	}
	passwordFlag(cmd, &piped)
	return cmd
}

func (c *cli) userDeleteCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "delete NAME",
		Short: "Delete a user",
		Long: `Delete a user. Entries of namespaces that name it stay and mean nobody: a user who is
added later with the same name is another one.`,
		Example: examples(`wmi user delete alice`),
		Args:    exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.usersDo("DeleteUser", args[0], func(users *auth.Users) error { return users.Delete(args[0]) })
		},
	}
}

// copyAccounts copies the users of a store, and the key of the server, into its
// backup.
func copyAccounts(store, backup string) error {
	for _, name := range auth.Files {
		text, err := os.ReadFile(filepath.Join(store, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(backup, name), text, 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
