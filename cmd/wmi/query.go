package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/show"
	"openwmi/wbem"
	"openwmi/wql"
)

// language is the one that queries are written in.
const language = show.Language

func (c *cli) queryCommand() *cobra.Command {
	var explain, analyze bool
	cmd := &cobra.Command{
		Use:   "query WQL",
		Short: "Ask for instances or classes",
		Long: `Run a query and print its results as they are found: a table on a terminal, else
JSON, one object a line.

Data queries, SELECT ... FROM CLASS; schema queries, SELECT * FROM meta_class; and
ASSOCIATORS OF and REFERENCES OF {PATH} are understood. Event queries are for "wmi
watch".`,
		Example: examples(`
			wmi query 'SELECT * FROM Disk WHERE Size > 500 AND NOT Label LIKE "tmp%"'
			wmi query 'SELECT Id, Size FROM Disk' -o csv > disks.csv
			wmi query 'SELECT * FROM meta_class WHERE __THIS ISA "Disk"'
			wmi query 'ASSOCIATORS OF {Disk.Id="c"} WHERE ResultClass = Partition'
			wmi query --explain 'SELECT * FROM Disk WHERE Id = "c"'
			wmi query --analyze 'SELECT * FROM Disk WHERE Size > 500'`),
		Args: exactly("WQL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			svc, err := c.services(cmd.Context(), "")
			switch {
			case err != nil:
				return err
			case explain || analyze:
				return c.explain(cmd.Context(), svc, args[0], analyze)
			}
			return c.printQuery(cmd.Context(), svc, args[0])
		},
	}
	cmd.Flags().BoolVar(&explain, "explain", false, "print how the query would be answered, and do not run it")
	cmd.Flags().BoolVar(&analyze, "analyze", false, "run the query, and print how it was answered instead of the results")
	return cmd
}

// printQuery prints the results of a query as they are found.
func (c *cli) printQuery(ctx context.Context, svc wbem.Services, query string) error {
	p, err := c.printer(c.listForm(), func() (show.Layout, error) { return show.Query(ctx, svc, query) })
	if err != nil {
		return err
	}
	found := false
	results := svc.Query(ctx, language, query, wbem.Options{})
	err = show.All(p, func(yield func(cim.Object, error) bool) {
		for o, err := range results {
			found = true
			if !yield(o, err) {
				return
			}
		}
	})
	if err == nil && !found && isTerminal(c.errs) && asksForEvents(ctx, svc, query) {
		fmt.Fprintln(c.errs, "Events are not stored; \"wmi watch\" shows them as they happen.")
	}
	return err
}

// asksForEvents reports whether a query is for a class of events.
func asksForEvents(ctx context.Context, svc wbem.Services, query string) bool {
	q, _ := wql.Parse(query)
	sel, ok := q.(*wql.Select)
	if !ok {
		return false
	}
	class, err := svc.GetClass(ctx, sel.Class.Name, wbem.Options{})
	return err == nil && class.IsA("__Event")
}
