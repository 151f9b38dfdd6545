//go:build !linux

package hotplug

import "context"

// follow tells of volumes until ctx ends.
func (p *Provider) follow(ctx context.Context, h *herald) error { return h.poll(ctx) }
