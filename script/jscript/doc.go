// Package jscript runs JScript, the other language of Windows Script Host, over
// [github.com/dop251/goja]. Values, automation objects, errors and the host are those of
// package vbscript, so that one host serves both languages.
//
// [Parse] reads a script and reports what is wrong with it; an [Interp] runs it and keeps
// its globals for the next. An Interp belongs to one goroutine, and so do the objects
// in it. A script reaches files, networks and the rest of the process only through its
// [vbscript.Host] and the objects that it is given.
//
// # The language
//
// The language is ECMAScript 3 with what JScript 5.8 has in Windows Script Host:
// ActiveXObject, GetObject, Enumerator, VBArray, ScriptEngine and its versions,
// CollectGarbage, Date.getVarDate, Error with number and description, RegExp.$1 and its
// like, the methods of strings that make HTML, assignment to a call
// (obj.Item("x") = 1), functions named object::event, comments that start with <!--.
// What later editions added is refused or absent, as there: JSON, forEach, let, =>.
// Conditional compilation is done (@cc_on, @if, @set), as on a machine with Windows.
//
// Values change as follows on their way to a script: Empty is undefined, Null and
// Nothing are null, all kinds of numbers are numbers, a date is an object of type "date"
// that new Date takes, an array an object of type "unknown" that new VBArray takes and
// that has toArray. On the way back a whole number of 32 bits is a Long, an object of
// JScript an automation object (see [vbscript.Elements] for arrays), and a String,
// Number or Boolean object its value. An object of a host is the same object of scripts as
// long as scripts have it; a member that it has not is undefined when it is read, and an
// error when it is called.
//
// # What is not as in JScript
//
//   - The place of an error is that of the call or member in the statement, not that of
//     the statement. An error in a text for eval has the place of the call of eval.
//   - Functions that eval declares inside of a function are global, and do not see its
//     local variables; other code that eval runs does. Called by another name, eval
//     works among the globals.
//   - The name of a function expression is declared in the scope around it when it is
//     evaluated, unless the scope has the name already; JScript declares it from the start.
//   - A character of a string is s.charAt(i) and s[i], which is undefined in JScript.
//   - for in shows names that are numbers first; JScript shows all in the order in which
//     they were made.
//   - A function has a name, which cannot be assigned, and no caller; f.arguments is there
//     inside of f only.
//   - The variables of conditional compilation that are true have the value 1.
//   - The source of a regular expression has its slashes escaped.
//   - Whether a method of an automation object is called on it by one of the names that
//     strings, arrays and dates have too (replace, join, test, ...), in the same case, is
//     asked from the object: see [vbscript.Membered].
//   - Dates are read by goja, which knows other forms of text than JScript.
//
// # Limits
//
// The context ends a run between two instructions of the script; functions that are
// built in and could work for long are bounded by the sizes of what they are given. Goja
// does not account for memory. What scripts hold is estimated instead, from the samples
// that Go's runtime takes of allocations: those that were made while the Interp ran, also
// by its host, and are still there after a collection of the heap. When that is more than
// [Options].Memory the run ends with error 7. The heap is collected to know it only when
// the process has allocated so much since it was last known. What other goroutines do, or
// other interpreters, does not count. Of more than 32 interpreters at a time the others are
// bounded by how much the heap of the process has grown since they were made. No single
// built-in function makes much more than the bound at once.
package jscript
