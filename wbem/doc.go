// Package wbem is the contract between those who ask and those who answer: a
// Locator connects to a namespace, Services reads and writes its classes and
// instances.
//
// Every operation is synchronous, takes a context and, where it has many
// results, is a sequence; events are read from a Subscription. Asynchronous
// calls (PutInstanceAsync and the like, to a Sink), semisynchronous ones
// (BeginPutInstance and the like, to a CallResult; EnumerateInstances, to an
// Enumerator) and protocols are adapters over that, written once, here. The
// object manager in package cimom implements the contract embedded; clients of
// protocols implement it over the network; servers export any implementation.
//
// Errors that cross the contract are *Error and carry a Status, so that
// errors.Is(err, wbem.NotFound) works. A context that ends makes CallCancelled
// or, at its deadline, Timeout.
package wbem
