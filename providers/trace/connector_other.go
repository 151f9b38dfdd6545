//go:build !linux

package trace

import "context"

// monotonic is nil: nothing is stamped by the system.
var monotonic func() uint64

// follow tells of processes until ctx ends.
func (p *Provider) follow(ctx context.Context, t *table) error { return compare(ctx, t) }
