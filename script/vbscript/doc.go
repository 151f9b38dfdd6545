// Package vbscript runs VBScript 5: a lexer, a parser that reports every syntax
// error of a file at once, and an interpreter that compiles a script once to Go
// closures, with variables in numbered slots, before it runs.
//
// [Parse] reads a script; the [Script] never changes and may be run by several
// interpreters. An [Interp] holds the globals and the state of one run; it belongs to
// one goroutine, and so do the values in it. What is outside of the language
// (objects, CreateObject, MsgBox) comes from a [Host] and from [Object] values.
//
// A script is not trusted: the limits in [Options] and the context end it with an
// error, never with a Go panic. Run-time errors are [*Error] with the numbers
// and texts of VBScript.
//
// The sources for the behaviour are the VBScript Language Reference, [MS-VBSAL]
// and [MS-OAUT] for the coercions. The locale is en-US until SetLocale chooses en-GB, de-DE
// or fr-FR. Where a script resumes after an error in the head of a block under On Error
// Resume Next: in the body, as VBScript does; Next then raises error 92 or 451. The first
// element of a For Each belongs to the head: when it fails, Next raises its error again.
package vbscript
