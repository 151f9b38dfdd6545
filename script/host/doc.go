// Package host runs scripts of Windows Script Host: VBScript and JScript files and the
// .wsf files that hold several of them.
//
// A [Program] is what a file says; it never changes. A [Session] is one run: it has the
// object WScript, makes the objects that scripts create, and delivers the events of
// sinks. All scripts of a session run on one goroutine, and so do their event handlers:
// events wait in a queue until the script is in WScript.Sleep, or waits for a person.
//
// The languages of a session share their globals: what one does not have it looks for in
// the other.
//
// A script is not trusted. What it may touch beside WMI is in Options.Policy, which is
// empty at first, and what it may use is bounded by Options and by its context.
package host
