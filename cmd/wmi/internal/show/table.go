package show

import (
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/table"
)

// A tablePrinter writes objects as rows of a table. People who wait for the next
// row soon see those that were found.
type tablePrinter struct {
	columns []Column

	mu    sync.Mutex // guards what follows
	table *table.Writer
	soon  *time.Timer // nil if nobody looks on
}

// patience is how long rows may be held back before those who look on.
const patience = 250 * time.Millisecond

func newTablePrinter(out Screen, columns []Column) *tablePrinter {
	o := table.Options{Width: out.Width, OmitEmpty: out.Terminal}
	if out.Colour {
		o.Heading = Bold
	}
	head := make([]table.Column, len(columns))
	for i, c := range columns {
		head[i] = table.Column{Name: c.Name, Right: c.Right}
	}
	p := &tablePrinter{columns: columns, table: table.New(out.W, head, o)}
	if out.Terminal {
		// An error comes back with the next row.
		p.soon = time.AfterFunc(patience, func() { _ = p.Release() })
	}
	return p
}

// Print implements Printer.
func (p *tablePrinter) Print(o cim.Object) error {
	cells := make([]string, len(p.columns))
	for i, c := range p.columns {
		if v := c.Value(o); !v.IsNull() {
			cells[i] = v.String()
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.table.Row(cells)
}

// Release implements Printer.
func (p *tablePrinter) Release() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.table.Release()
}

// Close implements Printer.
func (p *tablePrinter) Close() error {
	if p.soon != nil {
		p.soon.Stop()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.table.Close()
}
