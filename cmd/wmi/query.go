package main

import (
	"context"
	"slices"

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
	for o, err := range svc.Query(ctx, language, query, wbem.Options{}) {
		if err != nil {
			return err
		}
		if err := p.Print(o); err != nil {
			return err
		}
	}
	return p.Close()
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
		name := path.Names[0].Name
		if len(path.Names) > 1 && cim.EqualNames(name, classes[0].Name()) {
			name = path.Names[1].Name
		}
		col := systemColumn(name)
		if p := classes[0].Property(name); p != nil {
			col = propertyColumn(p)
		}
		if !slices.ContainsFunc(columns, func(c column) bool { return cim.EqualNames(c.name, col.name) }) {
			columns = append(columns, col)
		}
	}
	return layout{table: columns, csv: columns}
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
