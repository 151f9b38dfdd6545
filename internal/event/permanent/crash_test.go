package permanent_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"openwmi/cim"
	"openwmi/internal/event"
	"openwmi/internal/event/permanent"
	"openwmi/internal/kv"
	"openwmi/internal/kv/kvfault"
	"openwmi/internal/repository"
	"openwmi/provider"
)

// A ledger is a consumer that notes the Id or N of the events that it gets, with
// the IDs of the events.
type ledger struct {
	mu   sync.Mutex
	seen map[string]map[string]bool
}

func (l *ledger) Consume(_ context.Context, _ *cim.Instance, events []provider.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range events {
		key := eventKey(e.Instance)
		if l.seen[key] == nil {
			l.seen[key] = map[string]bool{}
		}
		l.seen[key][e.ID] = true
	}
	return nil
}

// eventKey returns what tells an event of the workload from the others.
func eventKey(e *cim.Instance) string {
	if n, ok := e.Get("N"); ok {
		return "published " + n.String()
	}
	target, _ := e.Get("TargetInstance")
	id, _ := target.Object().(*cim.Instance).Get("Id")
	return id.Text()
}

// unclosed keeps a store from being closed by the repository: the test does that.
type unclosed struct{ kv.Store }

func (unclosed) Close() error { return nil }

// A desk is permanent subscriptions over a store.
type desk struct {
	repo   *repository.Repository
	broker *event.Broker
	subs   *permanent.Subscriptions
}

func openDesk(store kv.Store, consumer provider.EventConsumer) (*desk, error) {
	repo, err := repository.Open(store, repository.Options{Server: "SERVER"})
	if err != nil {
		return nil, err
	}
	d := &desk{repo: repo}
	if d.broker, err = event.New(repo, event.Options{}); err != nil {
		return nil, err
	}
	d.subs = permanent.New(repo, d.broker, permanent.Options{Consumer: consumer})
	d.subs.Start()
	d.subs.Settle(context.Background())
	return d, nil
}

// close gives the consumer the time to take what is queued.
func (d *desk) close() {
	d.subs.Close()
	d.broker.Close()
}

// drain has everything delivered that is queued in a store. It returns the desk,
// which is closed.
func drain(store kv.Store, consumer provider.EventConsumer) (*desk, error) {
	for range 100 { // one is enough, unless the computer is very busy
		d, err := openDesk(store, consumer)
		if err != nil {
			return nil, err
		}
		d.close()
		if queues, err := d.repo.Queues(context.Background()); err != nil || len(queues) == 0 {
			return d, err
		}
	}
	return nil, errors.New("some queue does not become empty")
}

// prepare makes classes and a subscription, if they are not there yet.
func (d *desk) prepare() error {
	if _, err := d.repo.Namespace(namespace); err == nil {
		return nil
	}
	return d.update(func(tx *repository.Tx) error {
		if err := createClasses(tx); err != nil {
			return err
		}
		ns, err := tx.Namespace(namespace)
		if err != nil {
			return err
		}
		put := func(class string, pairs ...any) {
			c, e := tx.Class(ns, class)
			if e != nil || err != nil {
				err = e
				return
			}
			var inst *cim.Instance
			if inst, err = fill(c, pairs...); err == nil {
				_, err = tx.PutInstance(ns, inst, 0, nil)
			}
		}
		put("T_Consumer", "Name", "c")
		for name, query := range map[string]string{"items": creations, "published": "SELECT * FROM T_Event"} {
			put("__EventFilter", "Name", name, "Query", query, "QueryLanguage", "WQL")
			put("__FilterToConsumerBinding", "Filter", `__EventFilter="`+name+`"`, "Consumer", `T_Consumer="c"`)
		}
		return err
	})
}

func (d *desk) update(fn func(tx *repository.Tx) error) error {
	return d.subs.During(context.Background(), func(ctx context.Context) error {
		return d.repo.Update(ctx, kv.Durable, fn)
	})
}

func (d *desk) put(id string) error {
	ns, err := d.repo.Namespace(namespace)
	if err != nil {
		return err
	}
	inst, err := spawn(ns, "T_Item", "Id", id)
	if err != nil {
		return err
	}
	return d.update(func(tx *repository.Tx) error {
		_, err := tx.PutInstance(ns, inst, 0, nil)
		return err
	})
}

func (d *desk) publish(n int) error {
	ns, err := d.repo.Namespace(namespace)
	if err != nil {
		return err
	}
	inst, err := spawn(ns, "T_Event", "N", n)
	if err != nil {
		return err
	}
	return d.broker.Publish(context.Background(), namespace, nil, inst)
}

// TestCrash stops the disk in each operation of a workload, or every third, in
// several ways.
// Every event whose change or publication was acknowledged must have been
// delivered, before or after that, always with the same ID, and none of a change
// that was undone.
func TestCrash(t *testing.T) {
	for fault, step := range map[kvfault.Fault]int{kvfault.PowerLoss: 1, kvfault.Kill: 1, kvfault.TornPowerLoss: 3, kvfault.IOError: 3} {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			kvfault.Test(t, fault, step, kv.Options{}, func() kvfault.Run {
				c := &crash{acked: map[string]bool{}, ledger: ledger{seen: map[string]map[string]bool{}}}
				return kvfault.Run{Work: c.work, Check: c.check}
			})
		})
	}
}

type crash struct {
	acked  map[string]bool
	ledger ledger
}

func (c *crash) work(store kv.Store) error {
	d, err := openDesk(unclosed{store}, &c.ledger)
	if err != nil {
		return err
	}
	defer d.close()
	if err := d.prepare(); err != nil {
		return err
	}
	for i := range 6 {
		id := fmt.Sprintf("item %d", i)
		if err := d.put(id); err != nil {
			return err
		}
		c.acked[id] = true
		if err := d.publish(i); err != nil {
			return err
		}
		c.acked[fmt.Sprintf("published %d", i)] = true
	}
	return nil
}

func (c *crash) check(store kv.Store) error {
	before := ledger{seen: maps.Clone(c.ledger.seen)}
	d, err := drain(unclosed{store}, &c.ledger)
	if err != nil {
		return err
	}
	for key := range c.acked {
		if len(c.ledger.seen[key]) == 0 {
			return fmt.Errorf("%s was acknowledged and not delivered", key)
		}
	}
	for key, ids := range c.ledger.seen {
		if len(ids) != 1 {
			return fmt.Errorf("%s was delivered with %d IDs", key, len(ids))
		}
	}
	for key := range before.seen {
		if strings.HasPrefix(key, "published") {
			continue
		}
		ns, err := d.repo.Namespace(namespace)
		if err != nil {
			return fmt.Errorf("%s was delivered, and there is no namespace: %w", key, err)
		}
		if _, err := ns.Instance(cim.MustParsePath(`T_Item.Id="`+key+`"`), false); err != nil {
			return fmt.Errorf("%s was delivered, and does not exist: %w", key, err)
		}
	}
	problems, err := d.repo.Verify(context.Background(), nil)
	if err != nil || len(problems) > 0 {
		return fmt.Errorf("the store: %v, %w", problems, err)
	}
	return nil
}

// A journal is a consumer that appends the events that it gets to a file.
type journal struct{ file *os.File }

func (j journal) Consume(_ context.Context, _ *cim.Instance, events []provider.Event) error {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%s\t%s\n", eventKey(e.Instance), e.ID)
	}
	_, err := j.file.WriteString(b.String())
	return err
}

// childDir says to this program, as a child of TestKill, where the store is.
const childDir = "OPENWMI_PERMANENT_TEST_STORE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := child(dir, os.Getenv(childDir+"_ROUND")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child puts items and says so until it is killed.
func child(dir, round string) error {
	file, err := os.OpenFile(filepath.Join(dir, "journal"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	store, err := kv.Open(filepath.Join(dir, "store"), kv.Options{})
	if err != nil {
		return err
	}
	d, err := openDesk(store, journal{file})
	if err != nil {
		return err
	}
	if err := d.prepare(); err != nil {
		return err
	}
	for i := 0; ; i++ {
		id := fmt.Sprintf("%s.%d", round, i)
		if err := d.put(id); err != nil {
			return err
		}
		if _, err := fmt.Println(id); err != nil {
			return err
		}
	}
}

// TestKill kills a process that puts items, and accounts for all events when the
// store was opened once more.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	var acked []string
	for round := range 4 {
		acked = append(acked, killed(t, dir, round, 20+round*37)...)
	}
	file, err := os.OpenFile(filepath.Join(dir, "journal"), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	store, err := kv.Open(filepath.Join(dir, "store"), kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := drain(unclosed{store}, journal{file}); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	lines := 0
	for line := range strings.Lines(string(text)) {
		key, id, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok {
			t.Fatalf("journal: %q", line)
		}
		if ids[key] != "" && ids[key] != id {
			t.Errorf("%s was delivered as %s and as %s", key, ids[key], id)
		}
		ids[key] = id
		lines++
	}
	for _, key := range acked {
		if ids[key] == "" {
			t.Errorf("%s was acknowledged and not delivered", key)
		}
	}
	t.Logf("%d acknowledged, %d delivered, %d of them again", len(acked), len(ids), lines-len(ids))
}

// killed runs a child, kills it when it has said n lines, and returns what it has
// said.
func killed(t *testing.T, dir string, round, n int) (acked []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir, fmt.Sprintf("%s_ROUND=%d", childDir, round))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		acked = append(acked, lines.Text())
		if len(acked) == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	_, _ = io.Copy(io.Discard, out)
	if err := cmd.Wait(); err == nil {
		t.Error("the child has ended by itself")
	}
	if len(acked) < n {
		t.Fatalf("the child has put %d items", len(acked))
	}
	return acked
}
