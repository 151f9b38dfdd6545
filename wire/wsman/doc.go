// Package wsman carries the contract of package wbem over WS-Management: DMTF
// DSP0226, with the bindings to CIM of DSP0227 and DSP0230, as WinRM and its
// clients speak it ([MS-WSMV]).
//
// A [Server] is an http.Handler that exports any wbem.Locator. Resource URIs are
// those of DMTF, with the namespace in the selector __cimnamespace, and those of
// Microsoft, which have it in the URI.
//
// # Faults
//
// A failed operation is a fault with the subcode of the specification that is
// nearest to the WBEM status. Its detail has the status itself, as WinRM writes
// it: the code of WSManFault, with the error object of the provider if there is
// one.
package wsman
