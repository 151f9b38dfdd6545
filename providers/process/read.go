package process

import (
	"context"
	"iter"
	"time"

	"openwmi/cim"
	"openwmi/providers/live"
)

// A Process is one for a caller in this program, who needs no instance of
// Win32_Process. Each file of it is read once, when something is first asked that
// stands there. It belongs to one goroutine.
type Process struct {
	o      *object
	fields map[string]func(*object) cim.Value
}

// Get returns a property of Win32_Process: NULL if it is not known, or there is
// none of that name.
func (p *Process) Get(property string) cim.Value {
	if get := p.fields[property]; get != nil {
		return get(p.o)
	}
	return cim.Value{}
}

// Started returns how long after the system the process was started.
func (p *Process) Started() (after time.Duration, ok bool) {
	s := p.o.s()
	return time.Duration(s.Start) * (time.Second / live.Ticks), s.HasStart && s.Start < 1<<39
}

// Gone reports whether the process had ended when it was read.
func (p *Process) Gone() bool { return p.o.gone }

// Read returns how the processes of a system are found: NotAvailable where there
// is no /proc.
func Read(sys *live.System) func(context.Context) iter.Seq2[*Process, error] {
	provider := New(Options{System: sys})
	class := provider.processes()
	fields := map[string]func(*object) cim.Value{}
	for _, f := range class.Fields {
		fields[f.Name] = f.Get
	}
	return func(ctx context.Context) iter.Seq2[*Process, error] {
		return func(yield func(*Process, error) bool) {
			for o, err := range class.All(ctx) {
				if err != nil {
					yield(nil, err)
					return
				}
				if !yield(&Process{o, fields}, nil) {
					return
				}
			}
		}
	}
}
