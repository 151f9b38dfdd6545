package plugin

import "openwmi/provider/plugin/pluginpb"

// ServeRaw serves the protocol itself, for programs that do not keep to it.
var ServeRaw = serve

// NewServer returns what Serve serves.
func NewServer(value any) pluginpb.ProviderServer { return newServer(value) }
