// Package scrrun has the objects of the Microsoft Scripting Runtime: the
// Scripting.Dictionary, and the Scripting.FileSystemObject with its drives, folders,
// files and text streams.
//
// What a script may read and write is up to a [sandbox.Sandbox], which also tells how
// its paths look. A [Runtime] belongs to one script and is used by one goroutine.
//
// # Text
//
// A file is UTF-8 unless the script asks for Unicode, which is UTF-16LE with a byte order
// mark. A byte order mark before UTF-8 is no text, and bytes that are no UTF-8 are taken
// as ISO 8859-1, which old files mostly are. WriteLine ends lines in files with CR LF, as
// scripts expect that split texts at vbCrLf; ReadLine takes LF with and without CR.
// Streams of a host, such as the standard output, have LF.
//
// # Limits
//
// One read yields at most 256 MiB, else error 7. A runtime has at most 256 open files,
// else error 67; what a script can't reach any more is closed. Dictionaries have the
// memory that Options tells.
//
// # What differs from Windows
//
// A short name is the name. Attributes are those that the system has: ReadOnly is a file
// that its owner may not write, Hidden one whose name begins with a dot, Alias a symbolic
// link; every other file has Archive. Only ReadOnly can be changed; changes of Archive
// are ignored, since no backup looks at it, and error 5 tells of others. What has a
// backslash in its name can't be named, and is in no collection. There are no network
// shares. The error numbers are those that the pages of the reference name,
// "FileSystemObject Methods", "TextStream Methods" and "Dictionary Methods", or the
// number that VBScript has for the matter.
package scrrun
