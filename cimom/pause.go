package cimom

import (
	"context"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
)

// MaxPause is how long a Manager stays paused that nobody resumes.
const MaxPause = 15 * time.Minute

// Pause keeps operations from being begun, which wait from then on, waits for those
// that run, and returns. What they ask in turn, such as a provider of its object
// manager, is answered. Of more than MaxOperations that wait, one more is
// ServerTooBusy. Events that are on their way are delivered meanwhile, and a Backup
// can be made.
//
// Resume ends that, and so do the end of ctx while Pause waits, Close, and MaxPause.
// The error is that of ctx, InvalidOperation if the Manager is paused already, and
// ShuttingDown. system-classes.md 11.2
func (m *Manager) Pause(ctx context.Context) error {
	return m.fail("Pause", "", m.pause(ctx))
}

func (m *Manager) pause(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed:
		return wbem.ShuttingDown
	case m.paused != nil:
		return cim.Errorf(wbem.InvalidOperation, "the store is paused already")
	}
	p := &pause{resumed: make(chan struct{})}
	p.timer = time.AfterFunc(MaxPause, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.paused == p {
			m.log.Warn("paused for too long, operations go on", "time", MaxPause)
			m.resume()
		}
	})
	m.paused = p
	stop := context.AfterFunc(ctx, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.idle.Broadcast()
	})
	defer stop()
	for m.running > 0 && m.paused == p && ctx.Err() == nil {
		m.idle.Wait()
	}
	switch {
	case m.closed:
		return wbem.ShuttingDown
	case m.paused != p:
		return cim.Errorf(wbem.ServerTooBusy, "operations that run did not end in time")
	case m.running > 0:
		m.resume()
		return ctx.Err()
	}
	return nil
}

// Resume ends a Pause: InvalidOperation if there is none, or not any more.
func (m *Manager) Resume() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.paused == nil {
		return m.fail("Resume", "", cim.Errorf(wbem.InvalidOperation, "the store is not paused"))
	}
	m.resume()
	return nil
}

// A pause is the time in which a Manager begins no operation.
type pause struct {
	resumed chan struct{}
	timer   *time.Timer
	waiting int // operations
}

// resume ends the pause; m.mu is held.
func (m *Manager) resume() {
	if m.paused != nil {
		m.paused.timer.Stop()
		close(m.paused.resumed)
		m.paused = nil
		m.idle.Broadcast()
	}
}

// await waits for the end of a pause; m.mu is held.
func (m *Manager) await(ctx context.Context) error {
	for m.paused != nil && callDepth(ctx) == 0 {
		p := m.paused
		if p.waiting >= MaxOperations {
			return cim.Errorf(wbem.ServerTooBusy, "the store is paused, and %d operations wait", p.waiting)
		}
		p.waiting++
		m.mu.Unlock()
		select {
		case <-p.resumed:
		case <-ctx.Done():
		}
		m.mu.Lock()
		p.waiting--
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}
