package kv

import "github.com/cockroachdb/pebble/v2"

// A sharedSnapshot is used by all who read between the same two transactions.
// To close a snapshot makes Pebble look for a compaction that can be done now,
// which takes a quarter of the time of a cached Get; so a View doesn't do it.
type sharedSnapshot struct {
	*pebble.Snapshot
	users int // guarded by snapMu
}

// shareSnapshot returns a snapshot of the current state, for release.
func (s *store) shareSnapshot() *sharedSnapshot {
	s.snapMu.Lock()
	defer s.snapMu.Unlock()
	if s.snap == nil {
		s.snap = &sharedSnapshot{Snapshot: s.db.NewSnapshot()}
	}
	s.snap.users++
	return s.snap
}

func (s *store) release(snap *sharedSnapshot) error {
	s.snapMu.Lock()
	snap.users--
	last := snap.users == 0 && snap != s.snap
	s.snapMu.Unlock()
	if last {
		return snap.Close()
	}
	return nil
}

// forgetSnapshot is called when the state has changed, before anybody is told.
func (s *store) forgetSnapshot() {
	s.snapMu.Lock()
	snap := s.snap
	s.snap = nil
	unused := snap != nil && snap.users == 0
	s.snapMu.Unlock()
	if unused {
		_ = snap.Close() // Pebble has no error to return
	}
}

// View implements Store.
func (s *store) View(fn func(Reader) error) error {
	snap, err := s.Snapshot()
	if err != nil {
		return err
	}
	defer snap.Close()
	return fn(snap)
}

// Snapshot implements Store.
func (s *store) Snapshot() (Snapshot, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	shared := s.shareSnapshot()
	return &snapshot{reader: reader{s, shared}, shared: shared}, nil
}

// A snapshot is one user of a sharedSnapshot.
type snapshot struct {
	reader
	shared *sharedSnapshot // nil once closed
}

func (s *snapshot) Get(key []byte) ([]byte, bool, error) {
	if s.shared == nil {
		return nil, false, ErrClosed
	}
	return s.reader.Get(key)
}

func (s *snapshot) Scan(lo, hi []byte) (Iterator, error) {
	if s.shared == nil {
		return nil, ErrClosed
	}
	return s.reader.Scan(lo, hi)
}

func (s *snapshot) Close() error {
	if s.shared == nil {
		return ErrClosed
	}
	shared := s.shared
	s.shared = nil
	defer s.store.leave()
	return s.store.release(shared)
}
