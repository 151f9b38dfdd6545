package plugin

import (
	"time"

	"openwmi/provider/plugin/pluginpb"
)

// ServeRaw serves the protocol itself, for programs that do not keep to it.
var ServeRaw = serve

// NewServer returns what Serve serves.
func NewServer(value any) pluginpb.ProviderServer { return newServer(value) }

// Only returns the name of the only program of a host.
func Only(h *Host) string {
	for name := range h.config {
		return name
	}
	return ""
}

// Check compares what programs use with the quotas now.
func Check(h *Host) { h.check() }

// Retry forgets failures, so that the next call tries again.
func Retry(h *Host) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.programs {
		p.mu.Lock()
		p.retry = time.Time{}
		p.mu.Unlock()
	}
}

// ServeAt is Listen with a listener.
var ServeAt = serveAt
