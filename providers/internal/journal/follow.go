package journal

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"
)

// recheck bounds the time for which a change that nobody tells of stays unseen: on
// file systems of a network, and systems that cannot watch directories.
const recheck = 2 * time.Second

// maxRaised bounds the entries that are remembered so that they do not come twice.
const maxRaised = 4096

// Follow yields the entries that are written from now on, the oldest first as far
// as several files allow, until ctx ends, which is an error as any other. Those that
// journald moves from one file to another come once. An Entry may be read until the
// loop goes on. Its Number is what Entries would say.
//
// The errors are those of OpenSet, before anything else. Later, files that come and
// go are no error.
func Follow(ctx context.Context, dirs []string) iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {
		w := newWatcher(dirs)
		defer w.close()
		set, err := OpenSet(dirs)
		if err != nil {
			yield(nil, err)
			return
		}
		defer set.Close()
		f := &follower{set: set, read: map[ID]uint64{}, tails: map[ID]uint64{}, raised: map[stamp]bool{}}
		f.begin()
		for {
			if !f.yield(yield) {
				return
			}
			if err := w.wait(ctx); err != nil {
				yield(nil, err)
				return
			}
			set.Update() // what cannot be read now can be later
		}
	}
}

// A stamp is what an entry keeps when it is moved.
type stamp struct {
	boot                ID
	realtime, monotonic uint64
	xor                 uint64
}

func (e *Entry) stamp() stamp { return stamp{e.Boot, e.Realtime, e.Monotonic, e.xor} }

// A follower knows what has been seen.
type follower struct {
	set  *Set
	read map[ID]uint64 // the sequence number up to which a file has been read

	// An entry in a file that appears later is an old one if its boot has tails,
	// and it is not behind them.
	tails map[ID]uint64

	raised map[stamp]bool
	order  []stamp // of raised, the oldest first
}

// begin takes all that is there for seen.
func (f *follower) begin() {
	for _, m := range f.set.files {
		f.read[m.file.file] = m.tail
		all := m.all()
		var e Entry
		if all.n > 0 && m.stamp(all.at(all.n-1), &e) == nil {
			f.tails[e.Boot] = max(f.tails[e.Boot], e.Monotonic)
			f.remember(e.stamp())
		}
	}
}

// remember returns false if an entry has been remembered before.
func (f *follower) remember(s stamp) bool {
	if f.raised[s] {
		return false
	}
	if len(f.order) == maxRaised {
		delete(f.raised, f.order[0])
		f.order = f.order[1:]
	}
	f.raised[s] = true
	f.order = append(f.order, s)
	return true
}

// yield yields what is new; false if the loop is over.
func (f *follower) yield(yield func(*Entry, error) bool) bool {
	for i := range f.set.seqs {
		q := &f.set.seqs[i]
		var fresh []*tail
		for _, m := range q.files {
			if t := f.tail(m); t != nil {
				fresh = append(fresh, t)
			}
		}
		for {
			fresh = slices.DeleteFunc(fresh, func(t *tail) bool { return !t.fill() })
			if len(fresh) == 0 {
				break
			}
			next := slices.MinFunc(fresh, func(a, b *tail) int { return cmp.Compare(a.entry.Seqnum, b.entry.Seqnum) })
			e := next.entry
			next.entry = nil
			f.read[next.m.file.file] = e.Seqnum
			if tail, ok := f.tails[e.Boot]; ok && e.Monotonic < tail || !f.remember(e.stamp()) {
				continue
			}
			e.Number = q.base + e.Seqnum
			if !yield(e, nil) {
				return false
			}
		}
	}
	return true
}

// A tail is the entries of a file that have not been seen.
type tail struct {
	m     *member
	list  list
	at    uint64
	entry *Entry // the next, nil if it has to be read
}

// tail returns what is new in a file, nil if nothing is.
func (f *follower) tail(m *member) *tail {
	seen := f.read[m.file.file]
	if m.tail <= seen {
		return nil
	}
	t := &tail{m: m, list: m.all()}
	t.at = t.list.search(func(e *Entry) bool { return e.Seqnum > seen })
	return t
}

// fill reads the next entry; false if there is none.
func (t *tail) fill() bool {
	for ; t.entry == nil && t.at < t.list.n; t.at++ {
		e := new(Entry)
		if t.m.stamp(t.list.at(t.at), e) == nil {
			t.entry = e
		}
	}
	return t.entry != nil
}

// pause waits until it is time to look again.
func pause(ctx context.Context) error {
	t := time.NewTimer(recheck)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
