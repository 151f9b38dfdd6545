package event

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
)

// stateKey returns the key of the state of the timer: its names are longer than
// keys may be.
func (k timerKey) stateKey() []byte {
	sum := sha256.Sum256([]byte(cim.Fold(k.ns.Path()) + "\x00" + k.id))
	return append([]byte("event/timer/"), sum[:]...)
}

// The state of a timer is when it is due: nanoseconds since 1970 in eight bytes,
// big-endian. An absolute timer that is done has never.
var never = time.Unix(0, math.MaxInt64)

func timerState(due time.Time) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(due.UnixNano()))
}

func parseTimerState(b []byte) (due time.Time, ok bool) {
	if len(b) != 8 {
		return due, false
	}
	return time.Unix(0, int64(binary.BigEndian.Uint64(b))), true
}

// timerSpaces is the key of the state that has the paths of the namespaces in
// which there ever was a timer, one a line, so that no others are read when the
// service starts.
var timerSpaces = []byte("event/timers")

// noteSpace adds a namespace to timerSpaces.
func noteSpace(tx *repository.Tx, path string) error {
	stored, err := tx.State(timerSpaces)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(stored)) {
		if cim.EqualNames(strings.TrimSuffix(line, "\n"), path) {
			return nil
		}
	}
	return tx.SetState(timerSpaces, slices.Concat(stored, []byte(path+"\n")))
}

// saveTimers stores when timers are due.
func (b *Broker) saveTimers(d kv.Durability, list ...*timer) error {
	stored := make(map[*timer]time.Time, len(list))
	err := b.repo.Update(context.Background(), d, func(tx *repository.Tx) error {
		clear(stored)
		for _, t := range list {
			due, ok, err := b.saves(tx, t)
			if err == nil && ok {
				stored[t] = due
				err = tx.SetState(t.key.stateKey(), timerState(due))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.timers.mu.Lock()
	defer b.timers.mu.Unlock()
	for t, due := range stored {
		t.saved = due
	}
	return nil
}

// saves returns when a timer is due. It is not to be stored if the instruction
// has changed, since then another timer takes its place.
func (b *Broker) saves(tx *repository.Tx, t *timer) (due time.Time, ok bool, err error) {
	stored, err := tx.State(t.key.stateKey())
	if err != nil {
		return due, false, err
	}
	b.timers.mu.Lock()
	defer b.timers.mu.Unlock()
	current := t.saved.IsZero() || bytes.Equal(stored, timerState(t.saved))
	return t.due, current && b.timers.byKey[t.key] == t, nil
}

// saveLate stores when the timers are due of which that is not known, so that
// the next start knows exactly what it has missed.
func (b *Broker) saveLate() {
	b.timers.mu.Lock()
	var late []*timer
	for _, t := range b.timers.byKey {
		if !t.due.Equal(t.saved) {
			late = append(late, t)
		}
	}
	b.timers.mu.Unlock()
	if len(late) == 0 {
		return
	}
	if err := b.saveTimers(kv.Buffered, late...); err != nil {
		b.log.Error("timers not saved", "cause", err)
	}
}
