package wshom

import "maps"

// Constants are those of the type library "Windows Script Host Object Model", by their
// names.
func Constants() map[string]int32 { return maps.Clone(constants) }

var constants = map[string]int32{
	// WshExecStatus
	"WshRunning": 0, "WshFinished": 1, "WshFailed": 2,
	// WshWindowStyle
	"WshHide": 0, "WshNormalFocus": 1, "WshMinimizedFocus": 2, "WshMaximizedFocus": 3, "WshNormalNoFocus": 4, "WshMinimizedNoFocus": 6,
}
