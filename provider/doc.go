// Package provider is the contract between the object manager and providers,
// which supply what the repository does not hold: the instances of dynamic
// classes, single properties of others, what methods do, and events.
//
// A provider is a Go value with some of the methods of the interfaces here, each
// of which it may have or not:
//
//	InstanceEnumerator  Instances        instances of a class
//	InstanceGetter      GetInstance      one instance by its keys
//	InstanceQuerier     QueryInstances   those that fit conditions
//	InstancePutter      PutInstance      create and replace
//	PartialPutter       PutProperties    change some properties
//	InstanceDeleter     DeleteInstance
//	MethodExecutor      ExecMethod       methods of classes and instances
//	PropertyGetter      GetProperty      single properties of stored instances
//	PropertyPutter      PutProperty
//	EventProvider       ProvideEvents    events of what happens elsewhere
//	EventConsumer       Consume          something done with events
//
// Opener makes one value for each namespace, QueryWatcher and AccessChecker
// tell an event provider who listens.
//
// Which of them it has is found out from its type, so a provider says what it
// means to have, and the compiler looks:
//
//	type disks struct{ ... }
//
//	var _ provider.InstanceEnumerator = (*disks)(nil)
//
// The object manager does not take a value that has one of these methods with
// another type, or on its pointer only (Check).
//
// # Registration
//
// Which classes a provider serves, and what may be asked of it, stands in the
// namespace of the classes, as everywhere in WMI (system-classes.md 4 and 9):
//
//	instance of __Win32Provider as $P { Name = "Disks"; };
//	instance of __InstanceProviderRegistration {
//		provider = $P; SupportsGet = TRUE; SupportsEnumeration = TRUE;
//	};
//	[dynamic, provider("Disks")] class Disk { [key] string Id; uint64 Size; };
//
// The object manager is given the Go value under a name: that in CLSID behind
// "builtin:", or CLSID as it stands, or Name. What the registration
// does not allow is ProviderNotCapable without a call, and so is a method that
// the value does not have.
//
// # Calls
//
// A provider is called by several goroutines at once. It answers as soon as it
// can and ends when ctx does: whoever called then no longer waits. Only the ctx
// of a method goes on until the object manager closes. Every call
// has a Request, which says who asks for what, and belongs to the call.
//
// Classes never change and may be kept. An instance that is handed over, in
// either direction, belongs to the one who gets it.
//
// The object manager checks what it gets: class, types and keys. What is wrong,
// and a panic, is ProviderFailure for the caller of that operation, and for
// nobody else.
//
// # Errors
//
// A provider returns a status by itself (wbem.NotFound), with words
// (cim.Errorf(wbem.ReadOnly, "...")), or with an object of its own class derived
// from __ExtendedStatus (&wbem.Error{Status: ..., Object: ...}). The caller gets
// just that. Any other error is ProviderFailure, and its text goes to the log
// alone.
package provider
