package event

import (
	"context"
	"iter"
	"log/slog"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/internal/repository"
	"openwmi/wbem"
	"openwmi/wql"
)

// Options adjust a Broker. The zero value works, without dynamic classes.
type Options struct {
	// Poller reads the instances of dynamic classes. Without one a query that
	// would have to poll is ProviderNotCapable.
	Poller Poller

	// Access decides who may see what. Nil allows everything.
	Access Access

	// MinInterval is the shortest time between two polls, however short
	// WITHIN is. Zero means 100 ms (wql.md 10.2, Decision).
	MinInterval time.Duration

	// Commit, if not nil, is called in every transaction before events are made
	// of its changes, for those who check or note changes themselves: the
	// repository has one CommitHook, and the broker is it.
	Commit repository.CommitHook

	// Logger receives what went wrong and concerns no caller; nil discards it.
	Logger *slog.Logger
}

// A Poller reads instances for WITHIN.
type Poller interface {
	// Snapshot yields what a query selects, which is all properties of
	// instances of a class and its subclasses, as the identity sees them; nil is
	// the service itself. They belong to the caller; the query does not. It must
	// end when ctx does.
	Snapshot(ctx context.Context, namespace string, q *wql.Select, who *wbem.Identity) iter.Seq2[*cim.Instance, error]
}

// A Broker delivers events.
type Broker struct {
	repo    *repository.Repository
	opts    Options
	log     *slog.Logger
	sources sources
	ctx     context.Context // ends when the broker closes
	cancel  context.CancelFunc

	mu      sync.RWMutex // guards what follows
	spaces  map[*repository.Namespace]*space
	usage   usage
	users   map[string]*usage // by folded name
	stale   stale
	notices notices
	closed  bool

	memory      memory
	clock       schedule
	raisers     workers // for events of timers and groups
	pollers     pollers
	timers      timers
	unsubscribe func()
}

// New returns a Broker over a repository, whose CommitHook it is from now on.
// Timers stand still until Start is called. The caller closes the broker before
// the repository.
func New(repo *repository.Repository, o Options) (*Broker, error) {
	if o.MinInterval == 0 {
		o.MinInterval = 100 * time.Millisecond
	}
	if o.Access == nil {
		o.Access = everyone{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	b := &Broker{repo: repo, opts: o, log: o.Logger,
		spaces: map[*repository.Namespace]*space{}, users: map[string]*usage{}}
	var err error
	if b.sources, err = newSources(repo); err != nil {
		return nil, err
	}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.stale.alarm = newAlarm(b.recheck)
	b.notices.alarm = newAlarm(b.notify)
	b.pollers.byKey, b.timers.byKey = map[pollKey]*poll{}, map[timerKey]*timer{}
	repo.OnCommit(b.commit)
	b.unsubscribe = repo.Subscribe(b.changed)
	return b, nil
}

// Close ends all subscriptions and registrations with ShuttingDown and waits
// for what the broker does to end. Closing twice does nothing.
func (b *Broker) Close() {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return
	}
	b.closed = true
	var all []*Registration
	for _, s := range b.spaces {
		for r := range s.all {
			all = append(all, r)
		}
	}
	b.mu.Unlock()
	b.cancel()
	b.repo.OnCommit(nil)
	b.unsubscribe()
	b.clock.close()
	b.raisers.close()
	b.pollers.workers.close()
	b.saveLate()
	for _, r := range all {
		r.end(cim.Errorf(wbem.ShuttingDown, "the service ends"))
	}
}
