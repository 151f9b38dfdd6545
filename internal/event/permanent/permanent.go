package permanent

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"openwmi/internal/access"
	"openwmi/internal/event"
	"openwmi/internal/repository"
	"openwmi/provider"
	"openwmi/wbem"
)

// MaxWait is how long a raiser of events waits for consumers: MaxWaitOnEvents of
// Win32_WMISetting (events.md 13).
const MaxWait = 2 * time.Second

const (
	// settleWait is how long a change waits to be in force. What takes longer,
	// such as a provider that is to be polled, goes on without.
	settleWait = 5 * time.Second

	// registerTimeout bounds the activation of one filter.
	registerTimeout = 30 * time.Second
)

// Options adjust Subscriptions. The zero value delivers nothing, and lets
// everybody subscribe to everything.
type Options struct {
	// Consumer does what logical consumers describe. Nil leaves events in their
	// queues, for a process that can deliver them.
	Consumer provider.EventConsumer

	// Creator returns the identity for what somebody has put who is no
	// administrator: whose rights decide about events. It is the same pointer
	// for the same SID. Nil makes all of them the service itself.
	Creator func(sid access.SID) *wbem.Identity

	// Enter returns nil if an identity, nil for the service itself, may have
	// events of a namespace. It is asked when a filter begins to run and, unless
	// that is the service's, in the transaction of each event that it matches; so
	// it returns soon and does not read from the store. Nil allows everything.
	Enter func(who *wbem.Identity, namespace string) error

	// Logger receives what went wrong and concerns no caller; nil discards it.
	Logger *slog.Logger
}

// Subscriptions are the permanent subscriptions of a repository. They may be used
// by several goroutines.
type Subscriptions struct {
	repo   *repository.Repository
	broker *event.Broker
	opts   Options
	log    *slog.Logger
	shapes shapes

	ctx         context.Context // ends when Close begins
	cancel      context.CancelFunc
	unsubscribe func()
	ready       chan struct{} // closed when what Start has found is in force
	setReady    func()        // closes it
	late        *time.Timer   // does that anyway

	settling settling
	delivery delivery
	bytes    atomic.Int64         // in all queues
	encoded  atomic.Pointer[item] // the last that was made

	// The model of what is in the repository. Only the goroutine that settles
	// changes it, with mu; others read it with mu.
	mu       sync.Mutex
	bindings map[objectKey]*binding
	filters  map[objectKey]*filter
	bound    map[objectKey]map[*binding]struct{} // by the filter, and by the consumer

	// What hopes for something to appear; only the goroutine that settles uses
	// it.
	inactive   map[*filter]struct{}  // that do not run
	unresolved map[*binding]struct{} // that name objects of classes, or in namespaces, that do not exist
}

// New returns the subscriptions of a repository and its broker. Nothing happens
// until Start. The caller closes them before the broker.
func New(repo *repository.Repository, broker *event.Broker, o Options) *Subscriptions {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Creator == nil {
		o.Creator = func(access.SID) *wbem.Identity { return nil }
	}
	if o.Enter == nil {
		o.Enter = func(*wbem.Identity, string) error { return nil }
	}
	s := &Subscriptions{
		repo: repo, broker: broker, opts: o, log: o.Logger,
		bindings: map[objectKey]*binding{}, filters: map[objectKey]*filter{}, bound: map[objectKey]map[*binding]struct{}{},
		inactive: map[*filter]struct{}{}, unresolved: map[*binding]struct{}{},
	}
	s.ready = make(chan struct{})
	s.setReady = sync.OnceFunc(func() {
		close(s.ready)
		s.open()
	})
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.settling.init()
	s.delivery.init()
	return s
}

// Start begins to read what is in the repository, and to deliver what waits in
// queues. It does not wait for that; Settle does.
func (s *Subscriptions) Start() {
	s.unsubscribe = s.repo.Subscribe(s.changed)
	s.note(func(t *todo) { t.all = true })
	s.late = time.AfterFunc(settleWait, s.setReady)
}

// Close ends the subscriptions. Consumers get a second to take what was put into
// queues since New, and a tenth for what was there before; what they have not
// taken then stays there for the next Start.
// Whoever raises events may go on. Closing twice does nothing.
func (s *Subscriptions) Close() {
	s.setReady()
	grace := s.finish()
	s.cancel()
	if s.unsubscribe != nil {
		s.unsubscribe()
		s.late.Stop()
	}
	s.settling.close()
	s.delivery.close(grace)
	s.saveTallies()
}
