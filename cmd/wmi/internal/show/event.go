package show

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/table"
	"openwmi/mof"
	"openwmi/wbem"
)

// An eventPrinter writes events for people: a line with the time, what happened
// and to what, and below it the properties that changed or that tell more.
//
//	15:04:05.000  modified  Disk.Id="c"
//	              Size      500 -> 600
type eventPrinter struct {
	w      io.Writer
	colour bool
}

// Events returns the printer of the events of a query: as a table means the form
// for people.
func Events(ctx context.Context, out Screen, f Form, svc wbem.Services, query string) (Printer, error) {
	if f == Table {
		return &eventPrinter{w: out.W, colour: out.Colour}, nil
	}
	return New(out, f, func() (Layout, error) {
		l, err := Query(ctx, svc, query)
		if len(l.CSV) > 0 && l.CSV[0].Name == "__PATH" {
			l.CSV[0] = System("__CLASS") // events have no path
		}
		return l, err
	})
}

// operations name the events about objects.
var operations = []struct{ suffix, name, colour string }{
	{"creationevent", "created", "32"},
	{"modificationevent", "modified", "33"},
	{"deletionevent", "deleted", "31"},
}

// Print implements Printer.
func (p *eventPrinter) Print(o cim.Object) error {
	event := o.(*cim.Instance)
	var b strings.Builder
	what, colour := event.ClassName(), "36"
	for _, op := range operations {
		if strings.HasSuffix(cim.Fold(event.ClassName()), cim.Fold(op.suffix)) && strings.HasPrefix(event.ClassName(), "__") {
			what, colour = op.name, op.colour
		}
	}
	target, previous := eventObjects(event)
	fmt.Fprintf(&b, "%s  %s", eventTime(event), p.paint(colour, what))
	if target != nil {
		fmt.Fprintf(&b, "  %s", table.Clean(nameOf(target)))
	}
	b.WriteString("\n")
	switch {
	case previous != nil:
		p.changes(&b, previous, target)
	case target == nil:
		p.properties(&b, event)
	}
	_, err := io.WriteString(p.w, b.String())
	return err
}

// Release implements Printer.
func (p *eventPrinter) Release() error { return nil }

// Close implements Printer.
func (p *eventPrinter) Close() error { return nil }

// eventObjects returns the object that an event is about, and how it was.
func eventObjects(event *cim.Instance) (target, previous cim.Object) {
	for _, kind := range []string{"Instance", "Class", "Namespace"} {
		if v, ok := event.Get("Target" + kind); ok && !v.IsNull() {
			target = v.Object()
			if v, ok := event.Get("Previous" + kind); ok && !v.IsNull() {
				previous = v.Object()
			}
			return target, previous
		}
	}
	return nil, nil
}

// nameOf returns the path of an object below its namespace.
func nameOf(o cim.Object) string {
	if p, ok := cim.RelPath(o); ok {
		return p.RelPath()
	}
	return o.ClassName()
}

// eventTime is when an event was raised, or now if it does not say.
func eventTime(event *cim.Instance) string {
	at := time.Now()
	if v, ok := event.Get("TIME_CREATED"); ok && !v.IsNull() {
		at = fileTime(v.Uint())
	}
	return at.Format("15:04:05.000")
}

// fileTime returns the time that many intervals of 100 ns after 1601.
func fileTime(n uint64) time.Time {
	const epoch = 11644473600 // seconds from 1601 to 1970
	return time.Unix(int64(n/1e7)-epoch, int64(n%1e7)*100)
}

const indent = "              " // as wide as the time and two blanks

// changes writes the properties that differ.
func (p *eventPrinter) changes(b *strings.Builder, before, after cim.Object) {
	now, ok := after.(*cim.Instance)
	if !ok {
		p.edits(b, mof.Text(before, mof.TextOptions{}), mof.Text(after, mof.TextOptions{}))
		return
	}
	old := before.(*cim.Instance)
	type change struct{ name, from, to string }
	var changed []change
	width := len("modified")
	for _, prop := range InOrder(now.Definition()) {
		to, _ := now.Get(prop.Name())
		from, _ := old.Get(prop.Name())
		if from.Equal(to) {
			continue
		}
		changed = append(changed, change{prop.Name(), display(from), display(to)})
		width = max(width, table.Width(prop.Name()))
	}
	for _, ch := range changed {
		fmt.Fprintf(b, "%s%s  %s -> %s\n", indent, table.Pad(ch.name, width, false), p.paint("31", ch.from), p.paint("32", ch.to))
	}
}

// maxEdits bounds the lines of a class of which the changes are found.
const maxEdits = 2000

// edits writes the lines of a text that went and came.
func (p *eventPrinter) edits(b *strings.Builder, before, after string) {
	old, now := strings.Split(before, "\n"), strings.Split(after, "\n")
	if len(old) > maxEdits || len(now) > maxEdits {
		return
	}
	// common[i][j] is how many lines old[i:] and now[j:] have in common.
	common := make([][]int, len(old)+1)
	for i := range common {
		common[i] = make([]int, len(now)+1)
	}
	for i := len(old) - 1; i >= 0; i-- {
		for j := len(now) - 1; j >= 0; j-- {
			if old[i] == now[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(old) || j < len(now); {
		switch {
		case i < len(old) && j < len(now) && old[i] == now[j]:
			i++
			j++
		case j == len(now) || i < len(old) && common[i+1][j] >= common[i][j+1]:
			fmt.Fprintf(b, "%s%s\n", indent, p.paint("31", "- "+table.Clean(strings.TrimSpace(old[i]))))
			i++
		default:
			fmt.Fprintf(b, "%s%s\n", indent, p.paint("32", "+ "+table.Clean(strings.TrimSpace(now[j]))))
			j++
		}
	}
}

// properties writes what an event of another kind says.
func (p *eventPrinter) properties(b *strings.Builder, event *cim.Instance) {
	props := slices.DeleteFunc(InOrder(event.Definition()), func(prop *cim.Property) bool {
		v, _ := event.Get(prop.Name())
		return v.IsNull() || cim.EqualNames(prop.Name(), "TIME_CREATED") || cim.EqualNames(prop.Name(), "SECURITY_DESCRIPTOR")
	})
	width := len("modified")
	for _, prop := range props {
		width = max(width, table.Width(prop.Name()))
	}
	for _, prop := range props {
		v, _ := event.Get(prop.Name())
		fmt.Fprintf(b, "%s%s  %s\n", indent, table.Pad(prop.Name(), width, false), display(v))
	}
}

// display returns a value on one line.
func display(v cim.Value) string {
	if v.IsNull() {
		return "NULL"
	}
	return table.Clean(v.String())
}

// paint colours a text if the terminal shows colours.
func (p *eventPrinter) paint(colour, s string) string {
	if !p.colour {
		return s
	}
	return "\x1b[" + colour + "m" + s + "\x1b[0m"
}
