//go:build !linux

package plugin

// limitMemory does nothing: a process cannot set such a limit for another one
// here.
func limitMemory(int, uint64) error { return nil }
