package permanent

import (
	"context"
	"errors"
	"time"

	"openwmi/cim"
	"openwmi/internal/event"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
	"openwmi/provider"
	"openwmi/wbem"
)

// A batch is what a consumer is given at once, when it lags.
const (
	batchItems = 64
	batchBytes = 256 << 10
)

// ConsumeTimeout bounds one call of a consumer. The consumers of this project
// have limits of their own, which are shorter.
const ConsumeTimeout = 15 * time.Minute

// deliver hands the next events in the queue of b to the consumer and removes
// them. It returns the number of the last, and whether there may be more.
func (s *Subscriptions) deliver(b *binding) (done uint64, more bool) {
	l := b.link.Load()
	if l == nil {
		return 0, false
	}
	done, more, err := s.deliverBatch(b, l)
	switch {
	case err == nil:
	case s.delivery.ctx.Err() != nil, isGone(err): // the model says so soon
		return done, false
	default:
		s.log.Error("queue of a binding not served", "binding", b.place.full, "cause", err)
		s.wakeLater(b)
		return done, false
	}
	return done, more
}

func (s *Subscriptions) deliverBatch(b *binding, l *link) (done uint64, more bool, err error) {
	items, err := s.nextItems(b)
	if err != nil {
		return 0, false, err
	}
	if len(items) == 0 {
		b.overflowing.Store(false)
		return 0, false, nil
	}
	if items[len(items)-1].Number > b.durable.Load() {
		// Nobody learns of a change that a crash could undo.
		if err := s.repo.Sync(); err != nil {
			return 0, false, err
		}
	}
	at := l.consumer
	consumer, err := at.read()
	if err != nil {
		return 0, false, err
	}
	if sid, err := creator(consumer); err != nil || sid != b.creator {
		return 0, false, nil // the model says so soon
	}
	n, err := s.consume(b, l, consumer, items)
	if n == 0 {
		return 0, false, err
	}
	items = items[:n]
	size := int64(0)
	// What is delivered once more after a crash is no harm.
	err = s.repo.Update(context.Background(), kv.Buffered, func(tx *repository.Tx) error {
		size = 0
		for _, it := range items {
			if err := tx.Remove(b.queue, it.Number); err != nil {
				return err
			}
			size += int64(len(it.Data))
		}
		return b.saveTally(tx)
	})
	if err != nil {
		return 0, false, err
	}
	s.bytes.Add(-size)
	return items[n-1].Number, true, nil
}

// nextItems returns the first items in the queue of b.
func (s *Subscriptions) nextItems(b *binding) ([]repository.Item, error) {
	_, _, done := b.work.look()
	var items []repository.Item
	size := 0
	for it, err := range s.repo.Queue(b.queue, done+1) {
		if err != nil {
			return nil, err
		}
		items = append(items, it)
		if size += len(it.Data); len(items) == batchItems || size >= batchBytes {
			break
		}
	}
	return items, nil
}

// consume hands events to the consumer, and tells of those that it does not take.
// It returns how many of the items are done with; the others are to be delivered
// again. The error says why that is none.
func (s *Subscriptions) consume(b *binding, l *link, consumer *cim.Instance, items []repository.Item) (int, error) {
	events := make([]provider.Event, 0, len(items))
	places := make([]int, 0, len(items)) // of the events
	for i, it := range items {
		e, err := s.decode(it.Data)
		if err != nil {
			s.log.Error("event lost, since it is damaged", "binding", b.place.full, "cause", err)
			b.count(0, 1, err)
			continue
		}
		events, places = append(events, e), append(places, i)
	}
	if len(events) == 0 {
		return len(items), nil
	}
	err := s.call(l, consumer, events)
	each := undelivered(err, len(events))
	done := len(items)
	for i, err := range each {
		// When the consumer was told to end, nobody knows why it has failed.
		if err != nil && (s.delivery.ctx.Err() != nil || errors.Is(err, provider.ErrNotAttempted)) {
			each, done = each[:i], places[i]
			break
		}
	}
	if len(each) == 0 {
		return done, err
	}
	failures := uint64(0)
	for i, err := range each {
		if err != nil {
			s.tellFailure(l, &events[i], err)
			failures++
		}
	}
	switch some := (*provider.Undelivered)(nil); {
	case failures == 0:
		err = nil
	case errors.As(err, &some):
		err = &provider.Undelivered{Errs: each}
	}
	if b.count(uint64(len(each))-failures, failures, err) {
		s.log.Warn("consumer fails", "consumer", l.consumer.full, "cause", err)
	}
	return done, nil
}

// call calls the consumer.
func (s *Subscriptions) call(l *link, consumer *cim.Instance, events []provider.Event) error {
	if l.Impersonate {
		return cim.Errorf(wbem.NotSupported, "MaintainSecurityContext is TRUE, and the consumer cannot act as whoever raised the event")
	}
	ctx, cancel := context.WithTimeout(s.delivery.ctx, ConsumeTimeout)
	defer cancel()
	return s.opts.Consumer.Consume(ctx, consumer, events)
}

// undelivered returns for each of n events why it was not delivered.
func undelivered(err error, n int) []error {
	each := make([]error, n)
	var some *provider.Undelivered
	if errors.As(err, &some) {
		copy(each, some.Errs)
		return each
	}
	for i := range each {
		each[i] = err
	}
	return each
}

// tellFailure raises the event of an event that a consumer did not take.
func (s *Subscriptions) tellFailure(l *link, e *provider.Event, cause error) {
	d := event.Dropped{Namespace: l.consumer.ns.Path(), Event: e.Instance, Consumer: l.consumer.full}
	if err := s.broker.ConsumerFailure(s.delivery.ctx, d, cause); err != nil {
		s.log.Error("event of a failure not raised", "consumer", l.consumer.full, "cause", err)
	}
}
