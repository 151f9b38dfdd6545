//go:build !linux

package child

// apply does nothing: a process cannot set such limits for another one here.
func (l Limits) apply(int) error { return nil }

// awaitEnd can see the end of a process only by taking its number away.
func awaitEnd(int) bool { return false }

// Usage returns what the process uses at the moment; ok is false where that cannot
// be found out.
func (p *Process) Usage() (u Usage, ok bool) { return u, false }
