package cimom

import (
	"context"
	"iter"
	"sync"

	"openwmi/cim"
	"openwmi/wbem"
)

// MaxSequences is how many enumerations may be open at once; one more is
// QuotaViolation. Each that reads instances holds a snapshot of the store.
const MaxSequences = 5000

// An open sequence is an enumeration that somebody is in the midst of. While
// the consumer has the object, nothing runs here: the sequence does not count
// as an operation, and Close may end it. The next step then fails.
type sequence struct {
	mu    sync.Mutex // held while the sequence makes a step or is ended
	stop  func()
	ended bool
}

func (q *sequence) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.ended {
		q.ended = true
		q.stop()
	}
}

func (m *Manager) addSequence(q *sequence) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed:
		return wbem.ShuttingDown
	case len(m.sequences) >= MaxSequences:
		return cim.Errorf(wbem.QuotaViolation, "%d enumerations are open already", len(m.sequences))
	}
	m.sequences[q] = struct{}{}
	return nil
}

func (m *Manager) removeSequence(q *sequence) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sequences, q)
}

// endSequences ends what is open, once no new ones can be added.
func (m *Manager) endSequences() {
	m.mu.Lock()
	open := make([]*sequence, 0, len(m.sequences))
	for q := range m.sequences {
		open = append(open, q)
	}
	m.mu.Unlock()
	for _, q := range open {
		q.end()
	}
}

// sequenceOf is the sequence of an operation: start is called when somebody
// begins to read, with the session of the operation, and returns the objects, one
// step of which is one operation.
func sequenceOf[T any](ctx context.Context, s *session, a admission, start func(*session) (iter.Seq2[T, error], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		run, err := s.admit(ctx, a)
		if err != nil {
			yield(none, err)
			return
		}
		defer run.record()
		objects, err := start(run.s)
		s.m.end()
		if err != nil {
			yield(none, run.fail(a.path, err))
			return
		}
		next, stop := iter.Pull2(objects)
		q := &sequence{stop: stop}
		if err := s.m.addSequence(q); err != nil {
			stop()
			yield(none, run.fail(a.path, err))
			return
		}
		defer s.m.removeSequence(q)
		defer q.end()
		for {
			object, err, ok := step(ctx, s.m, q, next)
			if !ok {
				return
			}
			if err != nil {
				yield(none, run.fail(a.path, err))
				return
			}
			if !yield(object, nil) {
				return
			}
		}
	}
}

// step makes one step of a sequence, as an operation.
func step[T any](ctx context.Context, m *Manager, q *sequence, next func() (T, error, bool)) (object T, err error, ok bool) {
	if err := ctx.Err(); err != nil {
		return object, err, true
	}
	if err := m.begin(ctx); err != nil {
		return object, err, true
	}
	defer m.end()
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		return object, wbem.ShuttingDown, true
	}
	return next()
}
