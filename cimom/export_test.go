package cimom

import "openwmi/provider"

// Consumers is what the broker hands events to.
func (m *Manager) Consumers() provider.EventConsumer { return consumerRouter{m} }
