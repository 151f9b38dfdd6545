package portable

import (
	"context"
	"iter"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/live"
	"openwmi/wbem"
)

// Options of the classes. The zero value is good.
type Options struct {
	System *live.System // of which only the name of the computer matters; nil is this one

	// Control says whether a caller may end processes, as that of
	// process.Options does. Nil allows nothing.
	Control func(r *provider.Request, method string) error
}

// complete returns the options with a System.
func (o Options) complete() Options {
	if o.System == nil {
		o.System = &live.System{}
	}
	return o
}

// computer returns the name of the computer.
func (o *Options) computer() cim.Value { return o.System.ComputerName() }

// list yields what is made of one reading, whose error is NotAvailable.
func list[T any](read func() ([]*T, error)) func(context.Context) iter.Seq2[*T, error] {
	return func(context.Context) iter.Seq2[*T, error] {
		return func(yield func(*T, error) bool) {
			all, err := read()
			if err != nil {
				yield(nil, cim.Errorf(wbem.NotAvailable, "%v", err))
				return
			}
			for _, o := range all {
				if !yield(o, nil) {
					return
				}
			}
		}
	}
}

// text is a field of a string, NULL for "".
func text[T any](name string, get func(*T) string) live.Field[T] {
	return live.Field[T]{Name: name, Get: func(o *T) cim.Value { return live.Text(get(o)) }}
}

// u16, u32 and u64 are fields of numbers, NULL for 0 and less.
func u16[T any, N int | int32](name string, get func(*T) N) live.Field[T] {
	return live.Field[T]{Name: name, Get: func(o *T) cim.Value {
		if n := get(o); n > 0 && n <= 1<<16-1 {
			return cim.Uint16Value(uint16(n))
		}
		return cim.Value{}
	}}
}

func u32[T any, N int | int32](name string, get func(*T) N) live.Field[T] {
	return live.Field[T]{Name: name, Get: func(o *T) cim.Value {
		if n := get(o); n > 0 {
			return cim.Uint32Value(uint32(n))
		}
		return cim.Value{}
	}}
}

func u64[T any](name string, get func(*T) uint64) live.Field[T] {
	return live.Field[T]{Name: name, Get: func(o *T) cim.Value {
		if n := get(o); n > 0 {
			return cim.Uint64Value(n)
		}
		return cim.Value{}
	}}
}
