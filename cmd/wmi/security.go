package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"iter"
	"os/user"
	"strings"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/show"
	"openwmi/cmd/wmi/internal/table"
	"openwmi/wbem"
)

func (c *cli) securityCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "security",
		Short: "Say who may use a namespace",
		Long: `Say who may use a namespace, and ask what somebody may do and why.

Whoever can read the files of the store, as this command does, may do everything
in it. All others need rights: Enable to connect and to read, MethodExecute to run
methods, PartialWrite to write instances, FullWrite to write classes and what
belongs to the system, WriteProvider to write what providers have, RemoteEnable to
do any of that from another computer, ReadControl and WriteDAC to read and change
these rights. At first only administrators have them.

A namespace has what its own entries say and what it inherits from the one above.`,
		Args: cobra.ArbitraryArgs,
		RunE: group,
	}
	cmd.AddCommand(c.securityGetCommand(), c.securitySetCommand(), c.securityExplainCommand(), c.securityAuditCommand())
	return cmd
}

func (c *cli) securityGetCommand() *cobra.Command {
	var sddl bool
	cmd := &cobra.Command{
		Use:   "get [NAMESPACE]",
		Short: "List who has which right in a namespace",
		Long: `List the entries of the namespace in the order in which they count: the first that
mentions a right decides it for those whom it names. Entries with the scope
"below" count in the namespaces below it only.`,
		Example: examples(`
			wmi security get root/cimv2
			wmi security get root --sddl > root.sddl`),
		Args:              atMost("NAMESPACE"),
		ValidArgsFunction: c.completeFirstNamespace,
		RunE: func(cmd *cobra.Command, args []string) error {
			m, svc, err := c.securityManager(cmd, args)
			if err != nil {
				return err
			}
			security, err := m.Security(cmd.Context())
			if err != nil {
				return err
			}
			if sddl {
				_, err := fmt.Fprintln(c.out, security.SDDL)
				return err
			}
			return c.printSecurity(svc.Namespace(), security)
		},
	}
	cmd.Flags().BoolVar(&sddl, "sddl", false, "write the descriptor as SDDL")
	return cmd
}

func (c *cli) securitySetCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "set NAMESPACE SDDL",
		Short: "Say who may use a namespace",
		Long: `Replace the entries of the namespace by those of an SDDL text. It needs an owner
(O:), a group (G:) and a list (D:), each entry of which is

  (A;FLAGS;RIGHTS;;;WHO)    allow, or with D instead of A deny

FLAGS are CI for the namespaces below as well, NP for those immediately below
only, and IO for not in this one. RIGHTS are a number or letters: CC Enable, DC
MethodExecute, LC FullWrite, SW PartialWrite, RP WriteProvider, WP RemoteEnable,
RC ReadControl, WD WriteDAC. WHO is a SID, two letters such as BA (administrators), AU
(whoever has a name and a password) and WD (everyone), or the name of a user or group
of the store or of this computer. Inherited entries (ID) are left out: they come from
the namespace above.

A second list (S:) with entries (AU;SAFA;RIGHTS;;;WHO) has what is granted (SA) and
refused (FA) put into the audit log.`,
		Example: examples(`
			wmi security set root 'O:BAG:BAD:(A;CI;0x6003F;;;BA)(A;CI;0x13;;;AU)'
			wmi security set root/cimv2 'O:BAG:BAD:(A;CI;0x33;;;operators)'
			wmi security set root/cimv2 "$(cat cimv2.sddl)"`),
		Args:              exactly("NAMESPACE", "SDDL"),
		ValidArgsFunction: c.completeFirstNamespace,
		RunE: func(cmd *cobra.Command, args []string) error {
			m, _, err := c.securityManager(cmd, args)
			if err != nil {
				return err
			}
			return m.SetSecurity(cmd.Context(), args[1])
		},
	}
}

func (c *cli) securityExplainCommand() *cobra.Command {
	var groups []string
	who := &wbem.Identity{Level: 6}
	cmd := &cobra.Command{
		Use:   "explain USER [NAMESPACE]",
		Short: "Say what somebody may do in a namespace, and why",
		Long: `Say of each right whether the user has it, and because of which entry. The groups
are those that the user has in the store or on this computer, and those of --group.
Where both know the name, openwmi\USER is that of the store.`,
		Example: examples(`
			wmi security explain alice root/cimv2
			wmi security explain 'LAB\alice' root/cimv2 --group 'LAB\operators' --remote`),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(cmd, "USER is missing")
			}
			return atMost("USER", "NAMESPACE")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			m, svc, err := c.securityManager(cmd, args[1:])
			if err != nil {
				return err
			}
			who.Name, who.Groups = args[0], append(groupsOf(args[0]), groups...)
			e, err := m.ExplainAccess(cmd.Context(), who)
			if err != nil {
				return err
			}
			return c.printExplanation(svc.Namespace(), who, e)
		},
	}
	cmd.Flags().StringArrayVar(&groups, "group", nil, "belongs to `GROUP` as well; may be repeated")
	cmd.Flags().BoolVar(&who.Remote, "remote", false, "calls from another computer")
	return cmd
}

// groupsOf returns the names of the groups to which a user of this computer
// belongs, as far as the system knows them.
func groupsOf(name string) []string {
	u, err := user.Lookup(name)
	if err != nil {
		return nil
	}
	ids, err := u.GroupIds()
	if err != nil {
		return nil
	}
	var names []string
	for _, id := range ids {
		if g, err := user.LookupGroupId(id); err == nil {
			names = append(names, g.Name)
		}
	}
	return names
}

// securityManager opens the namespace that the first argument names, else that
// of --namespace.
func (c *cli) securityManager(cmd *cobra.Command, args []string) (wbem.SecurityManager, wbem.Services, error) {
	namespace := ""
	if len(args) > 0 {
		namespace = args[0]
	}
	svc, err := c.services(cmd.Context(), namespace)
	if err != nil {
		return nil, nil, err
	}
	m, ok := svc.(wbem.SecurityManager)
	if !ok {
		return nil, nil, failed("GetSecurityDescriptor", svc.Namespace(), cim.Errorf(wbem.NotSupported, "this server does not say who may use it"))
	}
	return m, svc, nil
}

// completeFirstNamespace completes the first argument.
func (c *cli) completeFirstNamespace(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return c.completeNamespace(cmd, args, word)
}

// scope says where an entry counts.
func scope(e wbem.SecurityEntry) string {
	below := "below"
	if e.ChildrenOnly {
		below = "children"
	}
	switch {
	case e.Here && e.Below:
		return "here and " + below
	case e.Below:
		return below
	}
	return "here"
}

func verb(allows bool) string {
	if allows {
		return "allow"
	}
	return "deny"
}

func (c *cli) printSecurity(namespace string, s *wbem.NamespaceSecurity) error {
	if c.listForm() == asJSON {
		type entry struct {
			Type      string   `json:"type"`
			Who       string   `json:"who"`
			SID       string   `json:"sid"`
			Rights    []string `json:"rights"`
			Scope     string   `json:"scope"`
			Inherited bool     `json:"inherited,omitempty"`
		}
		entries := make([]entry, 0, len(s.Entries))
		for _, e := range s.Entries {
			entries = append(entries, entry{verb(!e.Deny), e.Who, e.SID, e.Rights, scope(e), e.Inherited})
		}
		return c.encode(struct {
			Namespace string  `json:"namespace"`
			Owner     string  `json:"owner"`
			Group     string  `json:"group"`
			Encrypted bool    `json:"requiresEncryption,omitempty"`
			Entries   []entry `json:"entries"`
			SDDL      string  `json:"sddl"`
		}{namespace, s.Owner, s.Group, s.Encrypted, entries, s.SDDL})
	}
	rows := make([][]string, 0, len(s.Entries))
	for _, e := range s.Entries {
		from := ""
		if e.Inherited {
			from = "inherited"
		}
		rows = append(rows, []string{verb(!e.Deny), e.Who, scope(e), from, strings.Join(e.Rights, " ")})
	}
	return c.printRows([]string{"Type", "Who", "Scope", "From", "Rights"}, rows)
}

func (c *cli) printExplanation(namespace string, who *wbem.Identity, e *wbem.AccessExplanation) error {
	if c.listForm() == asJSON {
		type right struct {
			Right   string `json:"right"`
			Granted bool   `json:"granted"`
			Why     string `json:"why"`
		}
		rights := make([]right, 0, len(e.Rights))
		for _, r := range e.Rights {
			rights = append(rights, right(r))
		}
		return c.encode(struct {
			Namespace string   `json:"namespace"`
			User      string   `json:"user"`
			Groups    []string `json:"groups,omitempty"`
			SIDs      []string `json:"sids"`
			Refused   string   `json:"refused,omitempty"`
			Rights    []right  `json:"rights"`
		}{namespace, who.Name, who.Groups, e.SIDs, e.Refused, rights})
	}
	rows := make([][]string, 0, len(e.Rights))
	for _, r := range e.Rights {
		has := "no"
		switch {
		case r.Granted && e.Refused != "":
			has = "(yes)"
		case r.Granted:
			has = "yes"
		}
		rows = append(rows, []string{r.Right, has, r.Why})
	}
	if err := c.printRows([]string{"Right", "Granted", "Why"}, rows); err != nil || e.Refused == "" {
		return err
	}
	_, err := fmt.Fprintf(c.out, "None of it is of use: %s.\n", e.Refused)
	return err
}

// printRows writes a table, or it as CSV.
func (c *cli) printRows(head []string, rows [][]string) error {
	return c.printSequence(head, func(yield func([]string, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	})
}

// printSequence is printRows for rows that come one after the other.
func (c *cli) printSequence(head []string, rows iter.Seq2[[]string, error]) error {
	switch f := c.listForm(); f {
	case asCSV:
		w := csv.NewWriter(c.out)
		err := w.Write(head)
		for row, bad := range rows {
			if err = errors.Join(err, bad); err == nil {
				err = w.Write(row)
			}
			if err != nil {
				return err
			}
		}
		w.Flush()
		return w.Error()
	case asTable:
		o := table.Options{Width: c.out.width(), OmitEmpty: c.out.terminal}
		if c.out.colour() {
			o.Heading = show.Bold
		}
		columns := make([]table.Column, len(head))
		for i, name := range head {
			columns[i] = table.Column{Name: name}
		}
		w := table.New(c.out, columns, o)
		for row, err := range rows {
			if err == nil {
				err = w.Row(row)
			}
			if err != nil {
				return err
			}
		}
		return w.Close()
	default:
		return failed("Write", "standard output", cim.Errorf(wbem.InvalidParameter, "this has the forms table, json and csv, not %s", f))
	}
}
