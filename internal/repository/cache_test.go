package repository

import (
	"fmt"
	"testing"

	"openwmi/cim"
)

func TestCache(t *testing.T) {
	c := derive(t, nil, classB())
	inst := func(s string) *cim.Instance {
		i := cim.NewInstance(c)
		i.Put(c.PropertyIndex("S"), cim.StringValue(s))
		return i
	}
	text := func(i *cim.Instance) string { return i.At(c.PropertyIndex("S")).Text() }
	const limit = 256 << 10
	cache := newCache(limit)
	key := []byte("key")

	// What is handed out is a copy.
	_, ticket := cache.get(key, c)
	first := cache.add(key, inst("a"), 100, ticket)
	first.Put(c.PropertyIndex("S"), cim.StringValue("changed"))
	second, _ := cache.get(key, c)
	if second == nil || text(second) != "a" {
		t.Errorf("the cache has %v", second)
	}
	// Another class object is another class.
	if got, _ := cache.get(key, derive(t, nil, classB())); got != nil {
		t.Error("an instance with an old class")
	}
	// A reader that was overtaken keeps what it has for itself.
	cache.invalidate(key)
	_, ticket = cache.get(key, c)
	cache.invalidate(key)
	if got := cache.add(key, inst("old"), 100, ticket); text(got) != "old" {
		t.Errorf("got %v", got)
	}
	if got, _ := cache.get(key, c); got != nil {
		t.Error("an old value has come into the cache")
	}
	// It keeps to its bounds, and what is used stays.
	_, ticket = cache.get(key, c)
	cache.add(key, inst("used"), 100, ticket)
	for i := range 1000 {
		key := fmt.Append(nil, i)
		_, ticket := cache.get(key, c)
		cache.add(key, inst("x"), 300, ticket)
		cache.get([]byte("key"), c)
	}
	total := 0
	for i := range cache.shards {
		s := &cache.shards[i]
		sum := 0
		for k, item := range s.items {
			sum += item.size
			if s.clock[item.at] != item || item.key != k {
				t.Error("the clock is not in order")
			}
		}
		if sum != s.bytes || len(s.items) != len(s.clock) {
			t.Errorf("a shard has %d bytes and counts %d", sum, s.bytes)
		}
		total += sum
	}
	if total > limit || total < limit/2 {
		t.Errorf("%d bytes in a cache for %d", total, limit)
	}
	if got, _ := cache.get(key, c); got == nil {
		t.Error("what was always used is gone")
	}
	// Too large for a shard.
	_, ticket = cache.get([]byte("large"), c)
	cache.add([]byte("large"), inst("x"), limit/cacheShards, ticket)
	if got, _ := cache.get([]byte("large"), c); got != nil {
		t.Error("one instance fills a shard")
	}
}
