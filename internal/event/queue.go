package event

import (
	"fmt"

	"openwmi/cim"
)

// Limits on events that nobody has read yet.
const (
	// MaxQueue is how many events a subscription keeps: EventDropLimit in
	// [MS-WMI] 3.1.3.
	MaxQueue = 1000

	// MaxQueueBytes is about how much memory the events of one subscription
	// may take.
	MaxQueueBytes = 8 << 20
)

// A queue holds the events that a subscriber has not read, the oldest first.
// When there is no room for another one the oldest go, and are counted.
//
// Who has lost events is told twice at most before the queue is empty again:
// when it reads next, and, if more were lost since then, at the end.
type queue struct {
	ring  []item // a power of two long
	first int
	count int
	holding

	lost uint64 // events that have gone and were not reported
	told bool   // that some have gone, since the queue was empty
}

// An item is an event in a queue. Several firings of one timer become one item
// when nobody reads them (events.md 7).
type item struct {
	event *Event
	more  uint32 // firings besides those that the event tells of
}

func (q *queue) at(i int) *item { return &q.ring[(q.first+i)&(len(q.ring)-1)] }

// push appends an event and drops as many of the oldest as it must.
func (q *queue) push(e *Event) {
	size := e.Size()
	for q.count > 0 && (q.count >= MaxQueue || q.bytes.Load()+size > MaxQueueBytes) {
		q.drop()
	}
	if q.count == len(q.ring) {
		q.grow()
	}
	*q.at(q.count) = item{event: e}
	q.count++
	q.add(e)
}

func (q *queue) grow() {
	ring := make([]item, max(8, 2*len(q.ring)))
	for i := range q.count {
		ring[i] = *q.at(i)
	}
	q.ring, q.first = ring, 0
}

// last returns the newest item, nil if there is none.
func (q *queue) last() *item {
	if q.count == 0 {
		return nil
	}
	return q.at(q.count - 1)
}

func (q *queue) drop() {
	q.take()
	q.lost++
}

// take removes the oldest item.
func (q *queue) take() item {
	it := *q.at(0)
	*q.at(0) = item{}
	q.first = (q.first + 1) & (len(q.ring) - 1)
	q.count--
	q.remove(it.event)
	return it
}

// next returns what the subscriber reads next: an item, or an *Overflow, or
// neither.
func (q *queue) next() (it item, err error) {
	if q.lost > 0 && (!q.told || q.count == 0) {
		err = &Overflow{Lost: q.lost}
		q.lost, q.told = 0, q.count > 0
		return it, err
	}
	if q.count == 0 {
		q.told = false
		return it, nil
	}
	return q.take(), nil
}

// clear drops everything.
func (q *queue) clear() {
	for q.count > 0 {
		q.take()
	}
	q.ring, q.first = nil, 0
}

// An Overflow is the error QueueOverflow: the subscriber was too slow, and the
// oldest events are gone.
type Overflow struct {
	Lost uint64 // events since the last report
}

// Error says how many events were lost.
func (o *Overflow) Error() string {
	return fmt.Sprintf("%d events were lost, because they were not read in time", o.Lost)
}

// Unwrap returns the status with the same words, which callers are told.
func (o *Overflow) Unwrap() error { return cim.Errorf(cim.QueueOverflow, "%s", o.Error()) }
