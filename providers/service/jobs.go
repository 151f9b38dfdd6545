package service

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"

	"openwmi/cim"
	"openwmi/wbem"
)

// maxEnded bounds the ends of jobs that are kept while somebody waits for one.
const maxEnded = 1 << 14

// A jobs knows how jobs of systemd have ended. The end of one may be told before
// the answer is read that says which job it is; so all are kept as long as
// anybody waits.
type jobs struct {
	mu      sync.Mutex // guards what follows
	owner   string     // the unique name of systemd on the bus; no other is believed
	waiting int
	ended   map[dbus.ObjectPath]string // results
	news    chan struct{}              // closed when ended has changed
}

func newJobs() *jobs {
	return &jobs{ended: map[dbus.ObjectPath]string{}, news: make(chan struct{})}
}

// DeliverSignal implements dbus.SignalHandler. The signal has the number of the
// job, its path, the unit and the result. Whoever is on the bus can send us one, but
// not with another name as the sender: "Message Routing" in the D-Bus specification
func (j *jobs) DeliverSignal(_, name string, s *dbus.Signal) {
	if name != "JobRemoved" || len(s.Body) != 4 {
		return
	}
	path, ok := s.Body[1].(dbus.ObjectPath)
	result, ok2 := s.Body[3].(string)
	if !ok || !ok2 {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if s.Sender != j.owner || j.waiting == 0 || len(j.ended) >= maxEnded {
		return
	}
	j.ended[path] = result
	close(j.news)
	j.news = make(chan struct{})
}

// begin is called before a job is queued by systemd, which has that name, end when
// nobody waits for it any more.
func (j *jobs) begin(owner string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.owner = owner
	j.waiting++
}

func (j *jobs) end() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.waiting--; j.waiting == 0 {
		clear(j.ended)
	}
}

// wait returns how a job has ended.
func (j *jobs) wait(ctx context.Context, job dbus.ObjectPath, lost <-chan struct{}) (string, error) {
	for {
		j.mu.Lock()
		result, ok := j.ended[job]
		news := j.news
		j.mu.Unlock()
		if ok {
			return result, nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return "", ctx.Err()
		case <-lost:
			return "", cim.Errorf(wbem.NotAvailable, "the connection to systemd was lost before %s ended", job)
		}
	}
}

// errSlow is that a job takes too long. It goes on.
var errSlow = errors.New("the job has not ended in time")

// job has systemd start or stop a unit, and returns how that has ended. The
// errors are those of call, and errSlow.
func (b *bus) job(ctx context.Context, timeout time.Duration, method, unit string) (string, error) {
	timed, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	c, err := b.connect(timed, true)
	if err != nil {
		return "", b.failure(ctx, timed, method, err)
	}
	// It is another one after systemd has been executed anew.
	var owner string
	if err := c.BusObject().CallWithContext(timed, "org.freedesktop.DBus.GetNameOwner", 0, systemd).Store(&owner); err != nil {
		return "", b.failure(ctx, timed, method, err)
	}
	c.jobs.begin(owner)
	defer c.jobs.end()
	body, err := b.call(ctx, root, manager+"."+method, unit, "replace")
	if err != nil {
		return "", err
	}
	job, ok := only[dbus.ObjectPath](body)
	if !ok {
		return "", strange(method)
	}
	waited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	result, err := c.jobs.wait(waited, job, c.Context().Done())
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = errSlow
	}
	return result, err
}

// only returns the one value that an answer has to have.
func only[T any](body []any) (v T, ok bool) {
	if len(body) != 1 {
		return v, false
	}
	v, ok = body[0].(T)
	return v, ok
}

// strange is the error of an answer that has other types than it should.
func strange(method string) error {
	return cim.Errorf(wbem.Failed, "systemd's answer to %s is not what it should be", method)
}
