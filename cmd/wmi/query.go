package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wql"
)

// language is the one that queries are written in.
const language = "WQL"

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
	p, err := c.printer(c.listForm(), func() (layout, error) { return queryLayout(ctx, svc, query) })
	if err != nil {
		return err
	}
	found := false
	results := svc.Query(ctx, language, query, wbem.Options{})
	err = printAll(p, func(yield func(cim.Object, error) bool) {
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

// queryLayout says what columns the results of a query have. What is wrong with
// the query is left to the query itself to say.
func queryLayout(ctx context.Context, svc wbem.Services, query string) (layout, error) {
	q, err := wql.Parse(query)
	if err != nil {
		return layout{}, nil
	}
	switch q := q.(type) {
	case *wql.Select:
		if q.IsSchema() {
			return classLayout(), nil
		}
		classes, err := hierarchy(ctx, svc, q.Class.Name, true)
		if err != nil || q.Columns == nil {
			return instanceLayout(classes), err
		}
		return selectLayout(classes, q.Columns), nil
	case *wql.Associators:
		if q.ClassDefsOnly || q.SchemaOnly {
			return classLayout(), nil
		}
		classes := *q
		classes.ClassDefsOnly, classes.KeysOnly = true, false
		return resultLayout(ctx, svc, q.ResultClass.Name, &classes, q.KeysOnly)
	case *wql.References:
		if q.ClassDefsOnly || q.SchemaOnly {
			return classLayout(), nil
		}
		classes := *q
		classes.ClassDefsOnly, classes.KeysOnly = true, false
		return resultLayout(ctx, svc, q.ResultClass.Name, &classes, q.KeysOnly)
	}
	return layout{}, nil
}

// selectLayout lays out what a SELECT with a list delivers, in the order of the
// list.
func selectLayout(classes []*cim.Class, list []*wql.Path) layout {
	if len(classes) == 0 {
		return layout{}
	}
	var columns []column
	for _, path := range list {
		col := systemColumn(path.Names[0].Name)
		switch p := classes[0].Property(path.Names[0].Name); {
		case p == nil:
		case len(path.Names) == 1:
			col = propertyColumn(p)
		default:
			col = embeddedColumn(path)
		}
		if !slices.ContainsFunc(columns, func(c column) bool { return cim.EqualNames(c.name, col.name) }) {
			columns = append(columns, col)
		}
	}
	return layout{table: columns, csv: columns}
}

// embeddedColumn shows a property of an embedded object.
func embeddedColumn(path *wql.Path) column {
	names := make([]string, len(path.Names))
	for i, n := range path.Names {
		names[i] = n.Name
	}
	return column{name: strings.Join(names, "."), value: func(o cim.Object) cim.Value {
		var v cim.Value
		for _, name := range names {
			inst, ok := o.(*cim.Instance)
			if !ok {
				return cim.Value{}
			}
			if v, ok = inst.Get(name); !ok {
				v, _ = cim.System(inst, name)
			}
			o = nil
			if v.Type() == cim.TypeObject && !v.IsNull() {
				o = v.Object()
			}
		}
		return v
	}}
}

// resultLayout lays out the results of an association query. Their classes are
// those below ResultClass or, without one, those that the same query finds.
func resultLayout(ctx context.Context, svc wbem.Services, resultClass string, classesOf wql.Query, keysOnly bool) (layout, error) {
	var classes []*cim.Class
	if resultClass != "" {
		var err error
		if classes, err = hierarchy(ctx, svc, resultClass, true); err != nil {
			return layout{}, err
		}
	} else {
		for o, err := range svc.Query(ctx, language, classesOf.String(), wbem.Options{}) {
			if err != nil {
				return layout{}, nil
			}
			if class, ok := o.(*cim.Class); ok {
				classes = append(classes, class)
			}
		}
	}
	l := instanceLayout(classes)
	if keysOnly {
		isKey := func(col column) bool {
			return slices.ContainsFunc(classes, func(c *cim.Class) bool {
				p := c.Property(col.name)
				return p == nil || p.IsKey()
			})
		}
		other := func(col column) bool { return !isKey(col) }
		l.table, l.csv = slices.DeleteFunc(l.table, other), slices.DeleteFunc(l.csv, other)
	}
	return l, nil
}
