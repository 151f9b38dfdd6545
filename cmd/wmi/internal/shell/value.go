package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/show"
	"openwmi/cmd/wmi/internal/table"
	"openwmi/script/automation"
	"openwmi/script/vbscript"
	"openwmi/scripting"
)

// printValue shows a value of a script: an object of WMI as its properties, a set of them
// as a table, an array or collection with a line for each element, another object as its
// members.
func (s *Shell) printValue(ctx context.Context, v vbscript.Value) error {
	switch x := automation.Unwrap(v).(type) {
	case *scripting.Object:
		o, err := x.CIM()
		if err != nil {
			return err
		}
		return s.showOne(s.form(s.o.Screen()), o)
	case *scripting.ObjectSet:
		return s.printSet(ctx, x)
	}
	out := s.o.Screen()
	if a := v.Array(); a != nil {
		return printArray(out.W, a)
	}
	o := v.Object()
	if o == nil {
		_, err := fmt.Fprintln(out.W, text(v))
		return err
	}
	if c, ok := o.(vbscript.Collection); ok {
		if done, err := printCollection(ctx, out, c); done {
			return err
		}
	}
	return printMembers(ctx, out, v)
}

// text returns a value for people: as CStr does where it can.
func text(v vbscript.Value) string {
	if v.Type() == vbscript.TypeEmpty {
		return "Empty"
	}
	if t, ok := v.Text(); ok {
		// Lines stay lines; what else controls a terminal is shown.
		lines := strings.Split(strings.ReplaceAll(t, "\r\n", "\n"), "\n")
		for i, line := range lines {
			parts := strings.Split(line, "\t")
			for j, part := range parts {
				parts[j] = table.Clean(part)
			}
			lines[i] = strings.Join(parts, "\t")
		}
		return strings.Join(lines, "\n")
	}
	if o := v.Object(); o != nil {
		return o.TypeName()
	}
	return table.Clean(v.String())
}

// gather is how many objects of a set are read before its columns are chosen: those of
// their classes.
const gather = 1000

func (s *Shell) printSet(ctx context.Context, set *scripting.ObjectSet) error {
	next, stop := iter.Pull2(set.All())
	defer stop()
	object := func() (o cim.Object, err error, ok bool) {
		x, err, ok := next()
		switch {
		case ctx.Err() != nil:
			err, ok = ctx.Err(), true
		case ok && err == nil:
			o, err = x.CIM()
		}
		return o, err, ok
	}
	var held []cim.Object
	var classes []*cim.Class
	var failure error
	for len(held) < gather {
		o, err, ok := object()
		if failure = err; !ok || err != nil {
			break
		}
		if held = append(held, o); !slices.Contains(classes, o.Definition()) {
			classes = append(classes, o.Definition())
		}
	}
	return s.showAll(ctx, func(out show.Screen, f show.Form) (show.Printer, error) {
		return show.New(out, f, func() (show.Layout, error) {
			if len(held) > 0 && held[0].Genus() == 1 {
				return show.Classes(), nil
			}
			return show.Instances(classes), nil
		})
	}, func(yield func(cim.Object, error) bool) {
		for _, o := range held {
			if !yield(o, nil) {
				return
			}
		}
		if failure != nil {
			yield(nil, failure)
			return
		}
		for {
			o, err, ok := object()
			if !ok || !yield(o, err) || err != nil {
				return
			}
		}
	})
}

// maxElements bounds the elements of an array or collection that are shown.
const maxElements = 10000

// printCollection shows the elements of a collection, a line each: those with a name with
// it and their value. It reports false, and shows nothing, for what is no collection
// although it could be one.
func printCollection(ctx context.Context, out show.Screen, c vbscript.Collection) (done bool, err error) {
	t := table.New(out.W, []table.Column{{Name: "#", Right: true}, {Name: "Name"}, {Name: "Value"}}, table.Options{Width: out.Width, OmitEmpty: true})
	n := 0
	for v, err := range c.Each(ctx) {
		if e, ok := errors.AsType[*vbscript.Error](err); ok && n == 0 && e.Number == errNoCollection {
			return false, nil
		}
		if err != nil {
			return true, errors.Join(t.Close(), err)
		}
		if n == maxElements {
			break
		}
		if err := t.Row(elementCells(ctx, n, v)); err != nil {
			return true, err
		}
		n++
	}
	if n == 0 {
		_, err := fmt.Fprintln(out.W, "(nothing there)")
		return true, err
	}
	return true, t.Close()
}

// errNoCollection is the number of the error of For Each over an object that is none.
const errNoCollection = 451

func elementCells(ctx context.Context, i int, v vbscript.Value) []string {
	cells := []string{strconv.Itoa(i), "", text(v)}
	o := v.Object()
	if o == nil {
		return cells
	}
	if name, err := o.Get(ctx, "Name", vbscript.Args{}); err == nil {
		cells[1] = text(name)
		if value, err := o.Get(ctx, "Value", vbscript.Args{}); err == nil {
			cells[2] = text(value)
		}
	}
	return cells
}

// printArray shows the elements of an array with their indexes.
func printArray(w io.Writer, a *vbscript.Array) error {
	dims := a.Dims()
	at := make([]int, len(dims))
	for i, v := range a.Elems() {
		if i == maxElements {
			break
		}
		index := make([]string, len(dims))
		for d := range dims {
			index[d] = strconv.Itoa(dims[d].Lower + at[d])
		}
		if _, err := fmt.Fprintf(w, "(%s)  %s\n", strings.Join(index, ", "), text(v)); err != nil {
			return err
		}
		for d := range at {
			if at[d]++; at[d] < dims[d].Len {
				break
			}
			at[d] = 0
		}
	}
	return nil
}

// printMembers shows what an object is and what its members are called; one that does not
// tell them as its default value.
func printMembers(ctx context.Context, out show.Screen, v vbscript.Value) error {
	head, names := v.Object().TypeName(), automation.Names(v)
	if len(names) == 0 {
		if value, err := vbscript.Resolve(ctx, v); err == nil {
			head = text(value)
		}
	}
	if _, err := fmt.Fprintln(out.W, head); err != nil || len(names) == 0 {
		return err
	}
	width := out.Width
	if width == 0 {
		width = 80
	}
	writeColumns(out.W, names, width)
	return nil
}
