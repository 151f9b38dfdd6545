package automation

import "openwmi/script/vbscript"

// A Fire sends an event to the script that has connected an object. It may be called on
// any goroutine, waits while the script is behind, and does nothing when the script has
// ended.
type Fire func(event string, args ...vbscript.Value)
