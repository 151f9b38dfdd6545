package perf

import (
	"context"
	"iter"
	"strings"

	"openwmi/providers/live"
)

// A table is a file with a name and a number in each line, as those of /proc are
// that count:
//
//	MemTotal:       24684084 kB
//	pgfault 712627974
//
// Of more numbers the first is kept.
type table map[string]uint64

// readTable returns NotAvailable where there is no such file.
func readTable(sys *live.System, name string) (table, error) {
	b, err := live.ReadFile(sys.ProcFile(name), 8*live.MaxFile)
	if err != nil {
		return nil, live.Unavailable(err)
	}
	t := table{}
	for line := range strings.Lines(string(b)) {
		name, rest, ok := strings.Cut(line, " ")
		if rest = strings.TrimLeft(rest, " "); ok && rest != "" && '0' <= rest[0] && rest[0] <= '9' {
			t[strings.TrimSuffix(name, ":")] = live.Uint(rest)
		}
	}
	return t, nil
}

// sum adds what stands at some names; ok is false if one is missing.
func (t table) sum(names ...string) (n uint64, ok bool) {
	for _, name := range names {
		v, ok := t[name]
		if !ok {
			return 0, false
		}
		n += v
	}
	return n, true
}

// list yields what is made of one reading.
func list[T any](read func(context.Context) ([]*T, error)) func(context.Context) iter.Seq2[*T, error] {
	return func(ctx context.Context) iter.Seq2[*T, error] {
		return func(yield func(*T, error) bool) {
			all, err := read(ctx)
			if err != nil {
				yield(nil, err)
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
