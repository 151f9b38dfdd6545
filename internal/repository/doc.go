// Package repository is the CIM repository: namespaces, classes, instances and
// declarations of qualifiers as keys and values in a kv.Store, under the rules
// of put.md for everything that is static. It knows nothing of callers, rights,
// providers and locales.
//
// Reads go through a Namespace. They take no lock: the classes of a namespace
// are an immutable snapshot, instances come from a snapshot of the store. Many
// reads of one moment go through a View, which also finds instances by their
// keys, by properties that are indexed, and by what they refer to.
//
// Writes go through Repository.Update, one transaction over any number of
// namespaces, in which reads see what was written; all writers of a store take
// turns. A change becomes visible to readers as a whole, and subscribers learn
// of it when it is durable, in commit order. A CommitHook sees the changes before
// that, inside the transaction, and can have queues and states of bytes change
// together with them.
//
// A Repository and its Namespaces may be used by any number of goroutines, a View
// by one, a Tx only by the function that it was given to. Classes are shared and
// never changed; instances that are handed out belong to the caller.
//
// Errors carry a cim.Status; one that carries none, such as a damaged record
// (kv.ErrCorrupt), counts as Failed.
package repository
