package kv

import (
	"errors"
	"fmt"
	"time"
)

// checkSpace keeps a transaction of n bytes from using up the reserve of the
// disk, which the engine needs to go on. The system is asked for the free space
// now and then only: often enough to notice other users of the disk, and before
// what we wrote ourselves can have used up the reserve.
func (s *store) checkSpace(n int) error {
	if s.opts.MinFree < 0 {
		return nil
	}
	s.unchecked += int64(n)
	short := s.fence.shortage()
	now := time.Now()
	if short == nil && s.unchecked < s.opts.MinFree/4 && now.Sub(s.checked) < 50*time.Millisecond {
		return nil
	}
	usage, err := s.fence.GetDiskUsage(s.fence.dir)
	if need := uint64(s.opts.MinFree) + uint64(n); err == nil && usage.AvailBytes < need {
		return fmt.Errorf("%w: %s: %d bytes are free, %d needed", ErrNoSpace, s.fence.dir, usage.AvailBytes, need)
	}
	if errors.Is(short, ErrNoSpace) {
		return short
	}
	s.checked, s.unchecked = now, 0
	return nil
}

const (
	maxMemTables   = 4  // that may be waiting to be written, and the one in use
	maxLevel0      = 12 // tables on top of each other in level 0
	beyondReach    = 1 << 20
	roomRetryAfter = 2 * time.Millisecond
)

// waitForRoom lets a transaction of n bytes wait while writing memtables into
// tables, or merging tables of level 0, lags behind.
//
// Pebble would do the same, but inside Apply, where nothing can end it: a
// transaction that fills the last memtable would wait as long as tables find no
// space, with the writer lock, and all others behind it. So Pebble's own limits
// are out of reach, and a transaction that waits here is refused when a
// shortage shows, or the store is closed. What Pebble has is asked for now and
// then only, because the answer takes some microseconds.
func (s *store) waitForRoom(n int) error {
	s.unmeasured += int64(n)
	if s.unmeasured < int64(s.memTableSize)/4 {
		return nil
	}
	for !s.hasRoom() {
		if err := s.failure(); err != nil {
			return err
		}
		if s.users.Load() >= closedBit {
			return ErrClosed
		}
		if err := s.fence.shortage(); err != nil {
			return err
		}
		time.Sleep(roomRetryAfter)
	}
	s.unmeasured = 0
	return nil
}

func (s *store) hasRoom() bool {
	m := s.db.Metrics()
	return m.MemTable.Size < maxMemTables*s.memTableSize && m.Levels[0].Sublevels < maxLevel0
}
