package kvtest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/internal/kv"
)

// testModel runs random transactions against the store and against a map, and
// compares what both show: in the transaction, after it, and in snapshots
// taken earlier.
func testModel(t *testing.T, e Engine) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	m := &modelTest{T: t, rng: rand.New(rand.NewPCG(seed, 0)), store: e.open(t), model: model{}}
	rounds := 400
	if testing.Short() {
		rounds = 100
	}
	for i := range rounds {
		m.transaction()
		switch {
		case m.rng.IntN(20) == 0 && len(m.snaps) < 4:
			m.takeSnapshot()
		case m.rng.IntN(20) == 0:
			m.dropSnapshots()
		case m.rng.IntN(50) == 0 && e.Reopen != nil:
			m.dropSnapshots()
			m.store = e.Reopen(t, m.store)
		}
		if t.Failed() {
			t.Fatalf("failed in round %d", i)
		}
	}
	m.dropSnapshots()
	if err := m.store.Close(); err != nil {
		t.Error(err)
	}
}

type model map[string]string

func (m model) keys(lo, hi []byte) []string {
	var keys []string
	for k := range m {
		if k >= string(lo) && (hi == nil || k < string(hi)) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

type modelTest struct {
	*testing.T
	rng   *rand.Rand
	store kv.Store
	model model
	snaps []modelSnapshot
}

type modelSnapshot struct {
	kv.Snapshot
	model model
}

// key returns one of few keys, so that they meet; some long, some with high
// or low bytes.
func (m *modelTest) key() []byte {
	switch n := m.rng.IntN(40); {
	case n == 0:
		return bytes.Repeat([]byte{0xff}, 1+m.rng.IntN(3))
	case n == 1:
		return make([]byte, 1+m.rng.IntN(3))
	case n < 4:
		return fmt.Appendf(nil, "%d%s", n, bytes.Repeat([]byte("long"), 500))
	default:
		return fmt.Appendf(nil, "%c%d", 'a'+n%8, m.rng.IntN(20))
	}
}

func (m *modelTest) value() []byte {
	n := m.rng.IntN(100)
	if m.rng.IntN(30) == 0 {
		n = m.rng.IntN(300 << 10)
	}
	return bytes.Repeat([]byte{byte('A' + m.rng.IntN(26))}, n)
}

// bounds returns a range; the upper bound is nil at times.
func (m *modelTest) bounds() (lo, hi []byte) {
	lo, hi = m.key(), m.key()
	if bytes.Compare(lo, hi) > 0 && m.rng.IntN(10) > 0 {
		lo, hi = hi, lo
	}
	if m.rng.IntN(10) == 0 {
		lo = nil
	}
	if m.rng.IntN(10) == 0 {
		hi = nil
	}
	return lo, hi
}

func (m *modelTest) transaction() {
	fail := m.rng.IntN(8) == 0
	next := maps.Clone(m.model)
	err := m.store.Update(durability(m.rng.IntN(3)), func(tx kv.Tx) error {
		for range m.rng.IntN(12) {
			m.write(tx, next)
			if m.rng.IntN(3) == 0 {
				m.compare(tx, next)
			}
		}
		if fail {
			return errTest
		}
		return nil
	})
	switch {
	case fail && !errors.Is(err, errTest):
		m.Errorf("update returned %v", err)
	case !fail && err != nil:
		m.Errorf("update: %v", err)
	case !fail:
		m.model = next
	}
	if err := m.store.View(func(r kv.Reader) error { m.compare(r, m.model); return nil }); err != nil {
		m.Errorf("view: %v", err)
	}
	for _, s := range m.snaps {
		m.compare(s, s.model)
	}
}

func (m *modelTest) write(tx kv.Tx, model model) {
	var err error
	switch n := m.rng.IntN(20); {
	case n < 12:
		k, v := m.key(), m.value()
		err = tx.Put(k, v)
		model[string(k)] = string(v)
	case n < 18:
		k := m.key()
		err = tx.Delete(k)
		delete(model, string(k))
	default:
		lo, hi := m.bounds()
		err = tx.DeleteRange(lo, hi)
		for _, k := range model.keys(lo, hi) {
			delete(model, k)
		}
	}
	if err != nil {
		m.Errorf("write: %v", err)
	}
}

// compare compares a key, a range, and some seeks.
func (m *modelTest) compare(r kv.Reader, model model) {
	key := m.key()
	want, wantOK := model[string(key)]
	if value, ok, err := r.Get(key); err != nil || ok != wantOK || string(value) != want {
		m.Errorf("get %.20q = %.20q, %t, %v; want %.20q, %t", key, value, ok, err, want, wantOK)
	}
	lo, hi := m.bounds()
	var all []string
	for _, k := range model.keys(lo, hi) {
		all = append(all, k, model[k])
	}
	if diff := cmp.Diff(append([]string{}, all...), dump(m.T, r, lo, hi)); diff != "" {
		m.Errorf("scan %.20q to %.20q (-want +got):\n%.2000s", lo, hi, diff)
	}

	it, err := r.Scan(lo, hi)
	if err != nil {
		m.Fatal(err)
	}
	for range 3 {
		from := m.key()
		keys := model.keys([]byte(max(string(from), string(lo))), hi)
		ok := it.Seek(from)
		for i := 0; ; i++ {
			if ok != (i < len(keys)) || ok && string(it.Key()) != keys[i] {
				m.Errorf("seek %.20q in %.20q to %.20q, %d steps on: %.20q", from, lo, hi, i, it.Key())
			}
			if !ok || i == 2 {
				break
			}
			ok = it.Next()
		}
	}
	if err := it.Close(); err != nil {
		m.Error(err)
	}
}

func (m *modelTest) takeSnapshot() {
	s, err := m.store.Snapshot()
	if err != nil {
		m.Fatal(err)
	}
	m.snaps = append(m.snaps, modelSnapshot{s, maps.Clone(m.model)})
}

func (m *modelTest) dropSnapshots() {
	for _, s := range m.snaps {
		if err := s.Close(); err != nil {
			m.Error(err)
		}
	}
	m.snaps = nil
}
