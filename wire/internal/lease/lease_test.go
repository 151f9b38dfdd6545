package lease_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"openwmi/wbem"
	"openwmi/wire/internal/lease"
)

// of returns a user on a connection of some protection.
func of(user string) lease.Holder { return lease.Holder{User: user, Level: 5} }

// open returns a table that has a lease of a user, and its name.
func open(t *testing.T, max int, user string, timeout time.Duration, end func()) (*lease.Table, string) {
	t.Helper()
	table := lease.NewTable(max)
	if err := table.Admit(of(user)); err != nil {
		t.Fatal(err)
	}
	return table, table.Keep(&lease.Lease{Holder: of(user), Place: `root\cimv2`, Timeout: timeout, End: end})
}

// async-and-security.md#28
func TestUse(t *testing.T) {
	ends := 0
	table, id := open(t, 2, "kim", time.Minute, func() { ends++ })
	defer table.Close()
	for _, tt := range []struct {
		id    string
		who   lease.Holder
		place string
		want  error
	}{
		{id, of("eve"), `root\cimv2`, wbem.AccessDenied},
		{id, of("eve"), `root\other`, wbem.AccessDenied},
		{id, lease.Holder{User: "kim", Level: 4}, `root\cimv2`, wbem.AccessDenied},
		{id, of("kim"), `root\other`, lease.ErrUnknown},
		{id + "x", of("kim"), `root\cimv2`, lease.ErrUnknown},
		{"", of("kim"), `root\cimv2`, lease.ErrUnknown},
	} {
		if l, err := table.Use(tt.id, tt.who, tt.place); !errors.Is(err, tt.want) || l != nil {
			t.Errorf("%+v: %v", tt, err)
		}
	}
	l, err := table.Use(id, lease.Holder{User: "kim", Level: 6}, `ROOT\CIMV2`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := table.Use(id, of("kim"), `root\cimv2`); !errors.Is(err, lease.ErrUnknown) {
		t.Errorf("two have it: %v", err)
	}
	if table.Extend(id, of("kim"), time.Hour) {
		t.Error("one that is in use is extended")
	}
	if again := table.Keep(l); again != id {
		t.Errorf("it is %s, then %s", id, again)
	}
	if err := table.Admit(of("kim")); err != nil {
		t.Error(err)
	}
	if err := table.Admit(of("kim")); !errors.Is(err, wbem.QuotaViolation) {
		t.Error(err)
	}
	table.Release(of("kim"))
	table.Close()
	if ends != 1 || table.Users() != 0 || table.Len() != 0 {
		t.Errorf("%d ends, %d users", ends, table.Users())
	}
	if err := table.Admit(of("kim")); !errors.Is(err, wbem.ShuttingDown) {
		t.Error(err)
	}
}

// A lease ends when nobody uses it, by the time that it has then.
func TestIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ends atomic.Int32
		table, id := open(t, 1, "kim", time.Minute, func() { ends.Add(1) })
		defer table.Close()
		time.Sleep(50 * time.Second)
		l, err := table.Use(id, of("kim"), `root\cimv2`)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Second)
		table.Keep(l)
		time.Sleep(50 * time.Second)
		if table.Extend(id, of("eve"), time.Hour) || !table.Extend(id, of("kim"), 2*time.Minute) {
			t.Error("the wrong one has extended it")
		}
		time.Sleep(110 * time.Second)
		synctest.Wait()
		if ends.Load() != 0 {
			t.Error("it has ended too early")
		}
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if ends.Load() != 1 || table.Users() != 0 {
			t.Errorf("%d ends, %d users", ends.Load(), table.Users())
		}
	})
}

// Whoever waits is told that the table was closed, and nobody else is.
func TestWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := lease.NewTable(1)
		ctx, cancel := table.Waiting(t.Context(), time.Minute)
		cancel()
		if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
			t.Error(cause)
		}
		ctx, cancel = table.Waiting(t.Context(), time.Minute)
		defer cancel()
		time.Sleep(2 * time.Minute)
		if cause := context.Cause(ctx); !errors.Is(cause, context.DeadlineExceeded) {
			t.Error(cause)
		}
		ctx, cancel = table.Waiting(t.Context(), time.Minute)
		defer cancel()
		table.Close()
		<-ctx.Done()
		if cause := context.Cause(ctx); cause != wbem.ShuttingDown {
			t.Error(cause)
		}
	})
}

// Leases that are used, kept, extended, dropped and time out at once each end once,
// and nothing is left of them.
func TestRaces(t *testing.T) {
	const users, each = 4, 50
	table := lease.NewTable(each)
	var group sync.WaitGroup
	var mu sync.Mutex
	ends := map[string]int{}
	for u := range users {
		user := fmt.Sprint("user", u)
		for n := range each {
			if err := table.Admit(of(user)); err != nil {
				t.Fatal(err)
			}
			name := fmt.Sprint(user, "/", n)
			id := table.Keep(&lease.Lease{Holder: of(user), Timeout: time.Duration(n) * 10 * time.Microsecond, End: func() {
				mu.Lock()
				defer mu.Unlock()
				ends[name]++
			}})
			for k := range 2 {
				group.Go(func() {
					for range 20 {
						table.Extend(id, of(user), 50*time.Microsecond)
						l, err := table.Use(id, of(user), "")
						if err != nil {
							continue
						}
						if k == 1 && n%5 == 0 {
							table.Drop(l)
						} else {
							table.Keep(l)
						}
					}
				})
			}
		}
	}
	group.Wait()
	table.Close()
	for table.Users() > 0 { // a timer is dropping one
		runtime.Gosched()
	}
	mu.Lock()
	defer mu.Unlock()
	for name, n := range ends {
		if n != 1 {
			t.Errorf("%s has ended %d times", name, n)
		}
	}
	if len(ends) != users*each {
		t.Errorf("%d of %d have ended", len(ends), users*each)
	}
}
