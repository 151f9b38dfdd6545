// Package cimxml carries the contract of package wbem over CIM-XML: DMTF DSP0200
// (CIM Operations over HTTP), DSP0201 and DSP0203 (the elements).
//
// A [Server] is an http.Handler that exports any wbem.Locator: the intrinsic
// operations, the pulled enumerations, extrinsic methods. What is a request and
// what the elements in it are is found out while the body is read, and results
// are written while they are found, so that neither is ever in memory as a whole.
//
// A [Client] is a locator that asks a server: with native operations one of this
// package, any other with standard ones, which say less (standard.go). A
// [Listener] takes indications.
//
// # Statuses
//
// A failed operation is an ERROR with the CIM status that is nearest to the
// WBEM status (StatusCode), and the WBEM status in words. What is wrong with the
// message itself is an HTTP status with the header CIMError.
//
// # What differs between the two worlds
//
// CIM-XML means other things by some operations than WMI, and the server does
// what clients of CIM-XML expect: a class with subclasses or instances is not
// deleted, system classes are listed only when they are asked for by name, the
// properties of subclasses are left out if DeepInheritance is false. A class is
// modified as safely as WMI's default mode allows. LocalOnly is ignored for
// instances, as DSP0200 advises.
package cimxml
