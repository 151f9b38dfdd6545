// Package heapuse tells how much memory a part of the process has taken and still holds,
// apart from what the rest holds.
//
// Go's runtime has no such account. But it samples what is allocated, every 512 KiB or so,
// with the stack, and knows which samples are left after a collection. What runs by
// [Account.Run] has a function on its stack that is the account's own: the samples with it
// tell what the account holds. So the figure is an estimate. Of 16 MiB it is off by a
// fifth, of 256 MiB by a twentieth. What is allocated by other goroutines, or more than
// about 30 calls below Run, is not in it.
//
// All may be used by several goroutines.
package heapuse

import (
	"math"
	"runtime"
	"sync"
)

// accounts is how many there are at a time.
const accounts = len(through)

// pool has the accounts. They are taken in turn, so that what one held is mostly gone when
// it is taken again.
var pool struct {
	once sync.Once
	pcs  map[uintptr]int // where the function of each account calls; written once

	mu    sync.Mutex // guards the following
	taken [accounts]bool
	next  int
}

// An Account is what some code holds.
type Account struct {
	index int

	mu   sync.Mutex // guards base
	base int64      // what is not its own; -1 before the first look
}

// Open returns an account. It returns nil when all 32 are taken, and when the runtime takes
// no samples. It has to be closed.
func Open() *Account {
	if runtime.MemProfileRate <= 0 {
		return nil
	}
	pool.once.Do(locate)
	if len(pool.pcs) != accounts {
		return nil
	}
	pool.mu.Lock()
	defer pool.mu.Unlock()
	for range accounts {
		i := pool.next
		pool.next = (pool.next + 1) % accounts
		if !pool.taken[i] {
			pool.taken[i] = true
			return &Account{index: i, base: -1}
		}
	}
	return nil
}

// Close gives the account back. It is called once, when nothing runs by it any more.
func (a *Account) Close() {
	pool.mu.Lock()
	defer pool.mu.Unlock()
	pool.taken[a.index] = false
}

// locate finds where the functions of the accounts call.
func locate() {
	pool.pcs = make(map[uintptr]int, accounts)
	for i, run := range through {
		run(func() {
			var pc [1]uintptr
			if runtime.Callers(2, pc[:]) == 1 {
				pool.pcs[pc[0]] = i
			}
		})
	}
}

// Run runs f, whose allocations are those of the account.
func (a *Account) Run(f func()) { through[a.index](f) }

// Held returns how many bytes the account held when the last collection began. It takes
// about a tenth of a millisecond. What is held at the first call is not counted: that is
// what who had the account before has left.
func (a *Account) Held() int64 {
	n := read(a.index)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.base < 0 {
		a.base = n
	}
	return max(n-a.base, 0)
}

// read adds up the samples of an account.
func read(index int) (sum int64) {
	var records []runtime.MemProfileRecord
	n, ok := runtime.MemProfile(nil, false)
	for !ok {
		records = make([]runtime.MemProfileRecord, n+100) // there may be more by now
		n, ok = runtime.MemProfile(records, false)
	}
	for i := range records[:n] {
		r := &records[i]
		for _, pc := range r.Stack() {
			if account, ok := pool.pcs[pc]; ok {
				if account == index {
					sum += estimate(r.InUseObjects(), r.InUseBytes())
				}
				break
			}
		}
	}
	return sum
}

// estimate returns how many bytes samples stand for: an allocation of n bytes is sampled
// with the probability 1-exp(-n/rate).
func estimate(objects, bytes int64) int64 {
	if objects == 0 || bytes == 0 {
		return 0
	}
	size := float64(bytes) / float64(objects)
	return int64(float64(bytes) / (1 - math.Exp(-size/float64(runtime.MemProfileRate))))
}
