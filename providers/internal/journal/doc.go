// Package journal reads the files in which journald keeps its log, as they stand
// on disk, without its library.
//
//	set, err := journal.OpenSet(dirs)
//	...
//	defer set.Close()
//	for e, err := range set.Entries(ctx, journal.Filter{Since: hourAgo}) {
//		message, _ := e.Get("MESSAGE")
//	}
//
// # The files
//
// A file is a header and objects, all numbers in little-endian order, which
// begin at offsets that are multiples of 8 and refer to each other by offset.
// An entry is a moment and a list of data objects; a data object is one
// FIELD=value, which is there once however many entries have it, and knows all of
// these. Entries are listed in arrays, each of which names the next and is about
// twice as long: one chain for the file, and one for each data object. A hash table
// leads to data objects, another to the fields, and a field to its data objects.
//
//	object  type (1) flags (1) - (6) size (8), then
//	data    hash, next in bucket, next of field, first entry, array, entries; payload
//	field   hash, next in bucket, first data; name
//	entry   sequence number, realtime, monotonic, boot (16), xor; data offsets
//	array   next array; entry offsets
//
// Entries of a file are in the order of their sequence numbers and of their times:
// journald begins a new file when the clock was set back. So both are found by
// bisection, a value by its hash, and nothing needs an index of ours.
//
// Files belong to a sequence, within which the numbers are unique; journald begins
// a new one when it finds its file damaged, or none. A Set puts the
// sequences one behind the other.
//
// # What is believed
//
// Files are read while they are written, and after a crash, so a reader passes
// over what makes no sense, as journalctl does: an entry that cannot be read is
// left out, a list ends where its chain does. Offsets of a chain must grow, so that
// every walk ends. MaxData, MaxEntry, MaxItems, MaxFiles and the limits beside
// them bound what a file can cost.
//
// A Set and all that comes from it belong to one goroutine.
//
// "Journal File Format" at systemd.io
package journal
