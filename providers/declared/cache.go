package declared

import (
	"context"
	"time"

	"openwmi/cim"
)

// A cache keeps the instances of a class for some time.
type cache struct {
	keep  time.Duration
	turn  chan struct{} // has an element while somebody has what follows
	rows  []*cim.Instance
	until time.Time
}

func newCache(keep time.Duration) *cache { return &cache{keep: keep, turn: make(chan struct{}, 1)} }

// get returns the instances, which must not be changed, and reads them if they
// are too old. Others wait for one who reads.
func (c *cache) get(ctx context.Context, read func() ([]*cim.Instance, error)) ([]*cim.Instance, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if time.Now().Before(c.until) {
		return c.rows, nil
	}
	rows, err := read()
	if err != nil {
		return nil, err
	}
	c.rows, c.until = rows, time.Now().Add(c.keep)
	return rows, nil
}
