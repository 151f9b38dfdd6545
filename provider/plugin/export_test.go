package plugin

// ServeRaw serves the protocol itself, for programs that do not keep to it.
var ServeRaw = serve
