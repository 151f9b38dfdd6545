package permanent

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"time"

	"openwmi/internal/kv"
	"openwmi/internal/repository"
)

// A tally is what has become of the events of a binding since it was put. It is a
// state of the repository, under the name of the queue, so that the next process
// knows it as well.
type tally struct {
	mu    sync.Mutex // guards what follows
	now   counts
	saved counts // what the state says
}

type counts struct {
	delivered, failed, dropped uint64

	failing    bool // the last call has failed
	lastError  string
	lastFailed time.Time
}

// maxReason is how many bytes of the text of an error are kept.
const maxReason = 2000

// look returns the counts.
func (t *tally) look() counts {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now
}

func (t *tally) drop(n uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now.dropped += n
}

// count notes how a call has ended, and reports whether it is the first of a row
// of failures.
func (t *tally) count(delivered, failed uint64, err error) (first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := &t.now
	c.delivered += delivered
	c.failed += failed
	first = err != nil && !c.failing
	if c.failing = err != nil; c.failing {
		text := err.Error()
		c.lastError = strings.ToValidUTF8(text[:min(len(text), maxReason)], "")
		c.lastFailed = time.Now().Round(0)
	}
	return first
}

// loadTally reads the tally of b.
func (s *Subscriptions) loadTally(b *binding) error {
	value, err := s.repo.State(b.queue)
	if err != nil || value == nil {
		return err
	}
	c, err := decodeCounts(value)
	if err != nil {
		s.log.Error("counts of a binding lost", "binding", b.place.full, "cause", err)
		return nil
	}
	b.now, b.saved = c, c
	return nil
}

// saveTally writes the tally of b in a transaction, unless b is to be forgotten.
func (b *binding) saveTally(tx *repository.Tx) error {
	if b.link.Load() == nil {
		return nil
	}
	c := b.look()
	tx.OnDurable(func() {
		b.tally.mu.Lock()
		defer b.tally.mu.Unlock()
		b.saved = c
	})
	return tx.SetState(b.queue, c.append(nil))
}

// saveTallies writes what no delivery has written.
func (s *Subscriptions) saveTallies() {
	var unsaved []*binding
	s.mu.Lock()
	for _, b := range s.bindings {
		b.tally.mu.Lock()
		if b.now != b.saved {
			unsaved = append(unsaved, b)
		}
		b.tally.mu.Unlock()
	}
	s.mu.Unlock()
	if len(unsaved) == 0 {
		return
	}
	err := s.repo.Update(context.Background(), kv.Buffered, func(tx *repository.Tx) error {
		for _, b := range unsaved {
			if err := b.saveTally(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.log.Error("counts of bindings not stored", "cause", err)
	}
}

// The state:
//
//	state = 1 failing delivered failed dropped lastFailed lastError
//
// The numbers are varints, lastFailed in microseconds since 1970, 0 for never;
// failing is 0 or 1, and lastError goes to the end.
const tallyVersion = 1

func (c *counts) append(b []byte) []byte {
	b = append(b, tallyVersion, 0)
	if c.failing {
		b[len(b)-1] = 1
	}
	for _, n := range []uint64{c.delivered, c.failed, c.dropped} {
		b = binary.AppendUvarint(b, n)
	}
	at := int64(0)
	if !c.lastFailed.IsZero() {
		at = c.lastFailed.UnixMicro()
	}
	return append(binary.AppendVarint(b, at), c.lastError...)
}

func decodeCounts(b []byte) (c counts, err error) {
	if len(b) < 2 || b[0] != tallyVersion || b[1] > 1 {
		return c, fmt.Errorf("%w: counts of events have the version %.2x", kv.ErrCorrupt, b)
	}
	c.failing = b[1] == 1
	b = b[2:]
	size := 0
	for _, n := range []*uint64{&c.delivered, &c.failed, &c.dropped} {
		if *n, size = binary.Uvarint(b); size <= 0 {
			return counts{}, fmt.Errorf("%w: counts of events end too early", kv.ErrCorrupt)
		}
		b = b[size:]
	}
	at, size := binary.Varint(b)
	if size <= 0 {
		return counts{}, fmt.Errorf("%w: counts of events end too early", kv.ErrCorrupt)
	}
	if at != 0 {
		c.lastFailed = time.UnixMicro(at)
	}
	c.lastError = string(b[size:])
	return c, nil
}
