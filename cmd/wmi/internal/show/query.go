package show

import (
	"context"
	"slices"
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wql"
)

// Language is the one that queries are written in.
const Language = "WQL"

// Query says what columns the results of a query have. What is wrong with
// the query is left to the query itself to say.
func Query(ctx context.Context, svc wbem.Services, query string) (Layout, error) {
	q, err := wql.Parse(query)
	if err != nil {
		return Layout{}, nil
	}
	switch q := q.(type) {
	case *wql.Select:
		if q.IsSchema() {
			return Classes(), nil
		}
		classes, err := Hierarchy(ctx, svc, q.Class.Name, true)
		if err != nil || q.Columns == nil {
			return Instances(classes), err
		}
		return selectLayout(classes, q.Columns), nil
	case *wql.Associators:
		if q.ClassDefsOnly || q.SchemaOnly {
			return Classes(), nil
		}
		classes := *q
		classes.ClassDefsOnly, classes.KeysOnly = true, false
		return resultLayout(ctx, svc, q.ResultClass.Name, &classes, q.KeysOnly)
	case *wql.References:
		if q.ClassDefsOnly || q.SchemaOnly {
			return Classes(), nil
		}
		classes := *q
		classes.ClassDefsOnly, classes.KeysOnly = true, false
		return resultLayout(ctx, svc, q.ResultClass.Name, &classes, q.KeysOnly)
	}
	return Layout{}, nil
}

// selectLayout lays out what a SELECT with a list delivers, in the order of the
// list.
func selectLayout(classes []*cim.Class, list []*wql.Path) Layout {
	if len(classes) == 0 {
		return Layout{}
	}
	var columns []Column
	for _, path := range list {
		col := System(path.Names[0].Name)
		switch p := classes[0].Property(path.Names[0].Name); {
		case p == nil:
		case len(path.Names) == 1:
			col = Property(p)
		default:
			col = embeddedColumn(path)
		}
		if !slices.ContainsFunc(columns, func(c Column) bool { return cim.EqualNames(c.Name, col.Name) }) {
			columns = append(columns, col)
		}
	}
	return Layout{Table: columns, CSV: columns}
}

// embeddedColumn shows a property of an embedded object.
func embeddedColumn(path *wql.Path) Column {
	names := make([]string, len(path.Names))
	for i, n := range path.Names {
		names[i] = n.Name
	}
	return Column{Name: strings.Join(names, "."), Value: func(o cim.Object) cim.Value {
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
func resultLayout(ctx context.Context, svc wbem.Services, resultClass string, classesOf wql.Query, keysOnly bool) (Layout, error) {
	var classes []*cim.Class
	if resultClass != "" {
		var err error
		if classes, err = Hierarchy(ctx, svc, resultClass, true); err != nil {
			return Layout{}, err
		}
	} else {
		for o, err := range svc.Query(ctx, Language, classesOf.String(), wbem.Options{}) {
			if err != nil {
				return Layout{}, nil
			}
			if class, ok := o.(*cim.Class); ok {
				classes = append(classes, class)
			}
		}
	}
	l := Instances(classes)
	if keysOnly {
		isKey := func(col Column) bool {
			return slices.ContainsFunc(classes, func(c *cim.Class) bool {
				p := c.Property(col.Name)
				return p == nil || p.IsKey()
			})
		}
		other := func(col Column) bool { return !isKey(col) }
		l.Table, l.CSV = slices.DeleteFunc(l.Table, other), slices.DeleteFunc(l.CSV, other)
	}
	return l, nil
}

// Hierarchy returns a class and, if deep, its subclasses below it. Columns are
// made from it: every property that a row can have is known before the first
// row is read. A class that is not there is left to the operation to refuse.
func Hierarchy(ctx context.Context, svc wbem.Services, class string, deep bool) ([]*cim.Class, error) {
	top, err := svc.GetClass(ctx, class, wbem.Options{})
	switch {
	case wbem.StatusOf(err) == wbem.NotFound:
		return nil, nil
	case err != nil:
		return nil, err
	}
	classes := []*cim.Class{top}
	if !deep {
		return classes, nil
	}
	for sub, err := range svc.Classes(ctx, class, wbem.Options{}) {
		if err != nil {
			return nil, err
		}
		classes = append(classes, sub)
	}
	return classes, nil
}
