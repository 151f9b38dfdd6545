// Package process supplies Win32_Process and Win32_Thread from /proc.
//
// A process is looked up by its number, in Handle or ProcessId, without looking at
// others; any other condition on a property reads of each process just the file
// that the property stands in. What another user's process does not show us is
// NULL, and one that ends while it is read is left out.
//
// proc(5); "Win32_Process class" in the WMI documentation
package process
