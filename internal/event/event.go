package event

import (
	"sync"
	"sync/atomic"
	"time"

	"openwmi/cim"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// An Event is something that happened, as all who learn of it share it. It
// never changes.
type Event struct {
	// Namespace is where it was raised.
	Namespace *repository.Namespace

	// Instance is of a class derived from __Event, or of __AggregateEvent, and
	// complete. It must not be changed, nor what is embedded in it.
	Instance *cim.Instance

	// Publisher is who caused the event, nil for the service itself.
	Publisher *wbem.Identity

	descriptor []byte // SECURITY_DESCRIPTOR, nil for none

	// others is the event for everyone but administrators, if it tells them
	// less; nil if it does not.
	others *Event

	timer   *timer // whose firing it is; nil for other events
	firings uint32

	size func() int64 // of the instance in memory, about

	// held counts the queues that have the event, so that its memory counts
	// once however many they are.
	held atomic.Int32
}

func newEvent(ns *repository.Namespace, inst *cim.Instance, publisher *wbem.Identity) *Event {
	e := &Event{Namespace: ns, Instance: inst, Publisher: publisher,
		size: sync.OnceValue(func() int64 { return sizeOf(inst, cim.MaxNesting) })}
	if k := inst.Class().PropertyIndex("SECURITY_DESCRIPTOR"); k >= 0 {
		e.descriptor = inst.At(k).Bytes()
	}
	return e
}

// seenBy returns the event as a registration may know it.
func (e *Event) seenBy(r *Registration) *Event {
	if e.others != nil && !r.receives(forAdministrators()) {
		return e.others
	}
	return e
}

// Size returns about how many bytes the event takes in memory.
func (e *Event) Size() int64 { return e.size() }

// What things take in memory, about.
const (
	instanceSize = 96
	valueSize    = 48
)

// sizeOf returns about how many bytes an instance takes, without its class.
// Objects nested deeper than that count as small ones.
func sizeOf(inst *cim.Instance, nesting int) int64 {
	n := int64(instanceSize)
	for k := range inst.Class().Properties() {
		n += valueSize
		if inst.IsSet(k) {
			n += contentSize(inst.At(k), nesting)
		}
	}
	return n
}

func contentSize(v cim.Value, nesting int) int64 {
	t := v.Type()
	switch {
	case v.IsNull():
		return 0
	case t == cim.TypeObject:
		if inst, ok := v.Object().(*cim.Instance); ok && nesting > 0 {
			return sizeOf(inst, nesting-1)
		}
		return instanceSize
	case t.IsArray() && t.Elem() == cim.TypeUint8:
		return int64(v.Len())
	case t.IsArray():
		n := int64(0)
		for i := range v.Len() {
			n += 16 + contentSize(v.Index(i), nesting)
		}
		return n
	}
	return int64(len(v.Text()))
}

// fileTime returns a time as TIME_CREATED has it: in units of 100 ns since
// 1601, UTC.
func fileTime(t time.Time) uint64 {
	const unixEpoch = 11644473600 // seconds from 1601 to 1970
	return uint64(t.Unix()+unixEpoch)*1e7 + uint64(t.Nanosecond()/100)
}
