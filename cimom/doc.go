// Package cimom is the object manager: it answers what package wbem asks. Open
// and OpenMemory return a Manager, which is a wbem.Locator over a store in a
// directory or in memory.
//
//	m, err := cimom.Open(dir, cimom.Options{})
//	...
//	defer m.Close()
//	svc, err := m.Connect(ctx, `root\cimv2`, wbem.ConnectOptions{})
//
// An operation passes three stages. It is admitted: its flags are legal, the
// manager runs and the caller may enter the namespace; up to here an
// asynchronous call fails by itself, after that through its sink
// (wbem.Started). It is routed: the class says whether a provider or the
// repository answers, and the right for just that is checked. It is carried
// out by the repository, in one transaction.
//
// A Manager and its sessions may be used by any number of goroutines.
package cimom
