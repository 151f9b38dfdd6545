package repository

import (
	"hash/maphash"
	"sync"

	"openwmi/cim"
)

// A cache keeps decoded instances that were read lately, by their keys in the
// store. What it holds is never handed out, only clones.
//
// It follows the commits: whoever changes or deletes an instance invalidates
// its key when the change has become visible. A reader that misses may hold a
// value from before that moment, so it gets a ticket before it reads, and what
// it adds counts only if nothing in the shard was invalidated since.
//
// An instance whose class object is not the current one is as good as absent,
// because its class may have gained qualifiers; instances of classes that are
// gone cannot be asked for, because ids of classes are not used again. Both
// leave the cache by themselves.
//
// Each shard is a clock: an entry that was used since the hand last passed it
// stays for another round.
type cache struct {
	seed   maphash.Seed
	shards [cacheShards]cacheShard
}

const cacheShards = 16

type cacheShard struct {
	mu    sync.Mutex // guards what follows
	items map[string]*cacheItem
	clock []*cacheItem
	hand  int
	bytes int
	limit int
	epoch uint64 // counts invalidations
}

type cacheItem struct {
	key  string
	inst *cim.Instance
	size int
	used bool
	at   int // position in clock
}

// A ticket says what a reader has seen of a cache before it read.
type ticket struct {
	shard *cacheShard
	epoch uint64
}

// newCache returns a cache for about that many bytes, nil for none. All methods
// work on nil.
func newCache(bytes int64) *cache {
	if bytes <= 0 {
		return nil
	}
	c := &cache{seed: maphash.MakeSeed()}
	for i := range c.shards {
		c.shards[i].items = map[string]*cacheItem{}
		c.shards[i].limit = int(bytes / cacheShards)
	}
	return c
}

func (c *cache) shard(key []byte) *cacheShard {
	return &c.shards[maphash.Bytes(c.seed, key)%cacheShards]
}

// get returns a clone of the instance with that key and class, or nil and a
// ticket for add.
func (c *cache) get(key []byte, class *cim.Class) (*cim.Instance, ticket) {
	if c == nil {
		return nil, ticket{}
	}
	s := c.shard(key)
	s.mu.Lock()
	item := s.items[string(key)]
	if item == nil || item.inst.Class() != class {
		t := ticket{s, s.epoch}
		s.mu.Unlock()
		return nil, t
	}
	item.used = true
	inst := item.inst
	s.mu.Unlock()
	return inst.Clone(), ticket{}
}

// Sizes of what an instance takes besides its record.
const (
	itemSize = 200
	slotSize = 40
)

// add keeps inst, which was read under a ticket, and returns a clone of it or,
// if it cannot be kept, itself. size is the length of its record.
func (c *cache) add(key []byte, inst *cim.Instance, size int, t ticket) *cim.Instance {
	if c == nil {
		return inst
	}
	s := c.shard(key)
	if s != t.shard {
		return inst // it was found under another key than it was looked for
	}
	size += itemSize + len(key) + slotSize*len(inst.Class().Properties())
	if size > s.limit/8 {
		return inst
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch != t.epoch {
		return inst
	}
	if old := s.items[string(key)]; old != nil {
		s.remove(old)
	}
	for s.bytes+size > s.limit {
		s.evict()
	}
	item := &cacheItem{key: string(key), inst: inst, size: size, at: len(s.clock)}
	s.items[item.key] = item
	s.clock = append(s.clock, item)
	s.bytes += size
	return inst.Clone()
}

// evict removes the next entry that was not used since the hand passed it.
func (s *cacheShard) evict() {
	for {
		if s.hand >= len(s.clock) {
			s.hand = 0
		}
		item := s.clock[s.hand]
		if !item.used {
			s.remove(item)
			return
		}
		item.used = false
		s.hand++
	}
}

func (s *cacheShard) remove(item *cacheItem) {
	delete(s.items, item.key)
	last := len(s.clock) - 1
	s.clock[item.at] = s.clock[last]
	s.clock[item.at].at = item.at
	s.clock[last] = nil
	s.clock = s.clock[:last]
	s.bytes -= item.size
}

// invalidate removes the instance with that key.
func (c *cache) invalidate(key []byte) {
	if c == nil {
		return
	}
	s := c.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
	if item := s.items[string(key)]; item != nil {
		s.remove(item)
	}
}
