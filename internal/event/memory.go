package event

import (
	"sync"
	"sync/atomic"
)

// What unread events may take.
const (
	// MaxQueuedBytes is about how much memory the events of all subscriptions
	// may take together, each counted once: HighThresholdOnEvents
	// (events.md 13, Decision). Beyond it those that hold most lose their
	// oldest events.
	MaxQueuedBytes = 20_000_000

	// QueueShare is how many bytes of events each queue, and the groups of
	// each registration, keep nevertheless. So all together take at most
	// MaxQueuedBytes and a share for each of them, whose number quotas bound.
	QueueShare = 32 << 10
)

// A memory is what the events of all holders take. An event counts once however
// many hold it.
type memory struct {
	bytes atomic.Int64

	trimming sync.Mutex // held while holders give up events, above their locks
	mu       sync.Mutex // guards large; below the locks of holders
	large    map[*holding]struct{}
}

// A holding is what one holder, a queue or the groups of a registration, has of
// the memory. The lock of the holder guards it, but for bytes, which is
// changed under it and read without.
type holding struct {
	memory *memory
	bytes  atomic.Int64
	large  bool // it is more than its share
	// shed gives up the oldest event, if there is one. It takes the lock of the
	// holder.
	shed func()
}

// add counts an event that the holder has from now on.
func (h *holding) add(e *Event) {
	size := e.Size()
	if e.held.Add(1) == 1 {
		h.memory.bytes.Add(size)
	}
	h.change(size)
}

// remove counts an event that it has no longer.
func (h *holding) remove(e *Event) {
	size := e.Size()
	if e.held.Add(-1) == 0 {
		h.memory.bytes.Add(-size)
	}
	h.change(-size)
}

func (h *holding) change(n int64) {
	large := h.bytes.Add(n) > QueueShare
	if large == h.large {
		return
	}
	h.large = large
	m := h.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	if !large {
		delete(m.large, h)
		return
	}
	if m.large == nil {
		m.large = map[*holding]struct{}{}
	}
	m.large[h] = struct{}{}
}

// trim has the largest holders give up events, as long as all take too much.
// Whoever has added an event calls it, without the lock of a holder.
func (m *memory) trim() {
	if m.bytes.Load() <= MaxQueuedBytes {
		return
	}
	m.trimming.Lock()
	defer m.trimming.Unlock()
	for m.bytes.Load() > MaxQueuedBytes {
		all := m.largest()
		if len(all) == 0 {
			return // nobody has more than a share
		}
		most := int64(0)
		for _, h := range all {
			most = max(most, h.bytes.Load())
		}
		// Those that are about as large give up events too, so that it takes a
		// few rounds even if thousands share the same events, which are gone when
		// the last has given them up.
		level := max(QueueShare, most-most/8)
		for _, h := range all {
			for h.bytes.Load() > level && m.bytes.Load() > MaxQueuedBytes {
				h.shed()
			}
		}
	}
}

// largest returns the holders that have more than their share.
func (m *memory) largest() []*holding {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]*holding, 0, len(m.large))
	for h := range m.large {
		all = append(all, h)
	}
	return all
}
