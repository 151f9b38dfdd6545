// Package process supplies Win32_Process and Win32_Thread from /proc.
//
// A process is looked up by its number, in Handle or ProcessId, without looking at
// others; any other condition on a property reads of each process just the file
// that the property stands in. What another user's process does not show us is
// NULL, and one that ends while it is read is left out.
//
// The kernel tells nobody but the user of a process which file it is of, how many it
// has open, and what it has read and written. As this process may be the superuser's,
// these are NULL for all callers but its own user: live.IsSelf.
//
// proc(5); "Win32_Process class" in the WMI documentation
package process
