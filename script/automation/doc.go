// Package automation makes Go values into objects that scripts use.
//
// A [Class] is a table: the name that scripts see, and for each member its signature as
// automation documents it and the Go method behind it.
//
//	{"Item(path, flags=0)", (*scripting.ObjectSet).Item, nil}
//
// A [Library] holds the classes of some Go types and does the rest: it finds members
// without regard to case, fills in what a script left out, converts arguments to what
// the Go method takes and results to what scripts have, wraps Go values of its types
// into objects and unwraps objects that are passed as arguments.
package automation
