package kv

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// Group commit
//
// The problem: a sync takes 120 µs or more, a transaction a few; so many
// transactions must share a sync, and those that come must not wait for the
// sync of those that went before.
//
// A transaction runs under the writer lock: its function, its records into the
// log, its writes into the memtable, its OnApply functions. Then it gives up
// the lock, and the next one runs, while it waits for its sync. Pebble's log
// has one goroutine which writes what has gathered and syncs it, again and
// again as long as somebody waits; whoever came meanwhile shares the next sync.
// So the group grows by itself when the disk is slow or writers are many, and
// a lone writer waits for exactly one sync.
//
// The invariants:
//   - Transactions are applied, logged and numbered in the same order, that of
//     the lock.
//   - The log becomes durable from its start. When the sync of number n is
//     done, all up to n are durable, also the Buffered ones, which nobody waits
//     for. durable is the greatest n that is known to be; it never falls.
//   - OnDurable functions wait in a queue, in commit order. Who learns first
//     that n is durable runs all that are due up to n, under durableMu, and
//     only then raises durable. So they run in order, one at a time, and before
//     the Update they belong to returns.
//   - Nothing is acknowledged after the fence is down, unless it was known to
//     be durable before. Both are decided under durableMu, so that an Update
//     whose OnDurable has run never fails, and the other way round.
//
// Tried and dropped. Commits a second of one 1.3 kB value with 1 / 16 / 256
// writers on ext4, the best of some runs; raw appends of the same bytes, with
// one sync for all that wait, gave 8,400 / 57,000 / 610,000 over blocks written
// before and 5,800 / 38,000 / 310,000 over reserved ones:
//   - what is described: 9,500 / 65,000 / 141,000 with logs that are filled
//     ahead (see logFile), 5,900 / 36,000 / 135,000 without;
//   - a leader that applies one batch merged from all that wait, with a sync,
//     while others queue: 8,400 / 55,000 / 126,000, and the writes of a function
//     that fails would have to be taken out of the batch, which Pebble cannot;
//   - one goroutine that runs the functions of all who wait, to save handing
//     over the lock: a tenth more at 256 writers, and a function that panics or
//     calls runtime.Goexit would do so in a goroutine of somebody else;
//   - Pebble's Apply with a sync by every writer for itself, without the lock:
//     9,200 / 66,000 / 139,000. So the lock costs little; the limit is the disk,
//     at 256 writers with tables being written and merged.
//
// What a function does counts once more at 256 writers, since it has the lock:
// one read of a missing key among 300,000 takes 7 µs, and halves the rate.

// Update implements Store.
func (s *store) Update(d Durability, fn func(Tx) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	return s.update(d, fn)
}

// Sync implements Store.
func (s *store) Sync() error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	return s.sync()
}

func (s *store) sync() error {
	if s.opts.ReadOnly {
		return nil
	}
	return s.update(Durable, func(Tx) error { return nil })
}

func (s *store) update(d Durability, fn func(Tx) error) error {
	c, err := s.commit(d, fn)
	if err != nil {
		return err
	}
	switch {
	case d == Durable || c.seq <= s.durable.Load():
		return s.await(c)
	case c.queued > maxQueued:
		return s.sync()
	}
	return s.failure()
}

// A commit is a transaction that has been applied.
type commit struct {
	seq    uint64        // its number, or that of the last before it that wrote
	batch  *pebble.Batch // whose sync must be waited for; nil for nothing
	queued int           // transactions in the queue if it has OnDurable functions, else 0
}

// maxQueued is how many Buffered transactions may wait for their OnDurable
// functions to be called, before one of them syncs.
const maxQueued = 10_000

// commit runs a transaction up to the point where it only has to become
// durable.
func (s *store) commit(d Durability, fn func(Tx) error) (c commit, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opts.ReadOnly {
		return c, fmt.Errorf("%w: %s was opened to be read", ErrReadOnly, s.fence.dir)
	}
	if err := s.failure(); err != nil {
		return c, err
	}

	t := &tx{batch: s.db.NewIndexedBatch()}
	t.reader = reader{s, t.batch}
	defer t.finish()
	if err := fn(t); err != nil {
		return c, err
	}
	if t.err != nil {
		return c, t.err
	}

	wrote := !t.batch.Empty()
	if wrote {
		if err := s.checkSpace(t.batch.Len()); err != nil {
			return c, err
		}
		if err := s.waitForRoom(t.batch.Len()); err != nil {
			return c, err
		}
	}
	// A durable transaction that wrote nothing may have answered from what
	// others wrote, so that must be durable when it returns. An empty record
	// takes part in the sync.
	sync := d == Durable && s.wal && (wrote || s.durable.Load() < s.applied)
	if wrote || sync {
		c.batch, err = s.apply(t, sync)
		if err != nil {
			return c, err
		}
	}
	if wrote {
		s.applied++
		s.forgetSnapshot()
	}
	c.seq = s.applied
	if len(t.onDurable) > 0 {
		s.durableMu.Lock()
		s.queue = append(s.queue, durableCalls{c.seq, t.onDurable})
		c.queued = len(s.queue)
		s.durableMu.Unlock()
	}
	for _, fn := range t.onApply {
		fn()
	}
	return c, nil
}

// apply makes the writes of t visible and puts them into the log. It returns
// the batch when its sync can be waited for.
func (s *store) apply(t *tx, sync bool) (*pebble.Batch, error) {
	b := t.batch
	t.batch = nil // no longer ours alone
	s.written += int64(b.Len())
	err := func() (err error) {
		defer recovered(&err)
		if !sync {
			return s.db.Apply(b, pebble.NoSync)
		}
		if b.Empty() {
			if err := b.LogData(nil, nil); err != nil {
				return err
			}
		}
		return s.db.ApplyNoSyncWait(b, pebble.Sync)
	}()
	if err != nil {
		// Pebble has stopped halfway. After a panic it may have its locks.
		s.wedged = errors.As(err, new(pebblePanic))
		s.fence.fail(err)
		return nil, s.failure()
	}
	if s.failure() != nil {
		// Pebble may have reported this very commit as fatal, and then its
		// sync never comes.
		return nil, nil
	}
	if !sync {
		return nil, b.Close()
	}
	return b, nil
}

// await waits until c is durable, and runs the OnDurable functions due then.
func (s *store) await(c commit) error {
	if c.batch != nil {
		if err := c.batch.SyncWait(); err != nil {
			s.fence.fail(err)
		} else {
			_ = c.batch.Close()
		}
	}
	if c.queued == 0 && c.seq <= s.durable.Load() {
		return nil
	}
	s.durableMu.Lock()
	defer s.durableMu.Unlock()
	if c.seq > s.durable.Load() {
		if err := s.failure(); err != nil {
			return err
		}
	}
	for len(s.queue) > 0 && s.queue[0].seq <= c.seq {
		q := s.queue[0]
		s.queue[0] = durableCalls{}
		s.queue = s.queue[1:]
		for _, fn := range q.fns {
			fn(q.seq)
		}
	}
	if c.seq > s.durable.Load() {
		s.durable.Store(c.seq)
	}
	return nil
}

// durableCalls are the OnDurable functions of one transaction.
type durableCalls struct {
	seq uint64
	fns []func(seq uint64)
}
