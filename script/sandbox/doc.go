// Package sandbox says what a script may touch beside WMI: files, commands and the
// environment.
//
// A [Policy] is empty at first: whatever it does not name ends with error 70, Permission
// denied, and a text that tells the object, what it wanted, and the flag that allows it.
// Reading and writing are two permissions: a folder that may be written may not be read
// for that reason, and deleting is writing. A folder stands for all that is in it; the
// folder itself may be listed and created, but not deleted or renamed. "/" stands for
// everything.
//
// A path is judged by where it leads. The symbolic links in it are resolved first, and
// what they lead to must be allowed; it is then opened below the allowed folder by an
// [os.Root], so that a link that appears after the judgement leads nowhere.
//
// # Paths
//
// Scripts were written for Windows: they look for the last "\" of a path and begin paths
// with "C:\". So paths have that form for them, in and out, on every system: Drives says
// which folder a letter is, at first C is "/", and C:\home\a.txt is /home/a.txt. A slash
// separates like a backslash, so that the system's own paths are understood too. Names
// are looked up as they are written, and then without regard to case, as Windows does, in
// folders of at most 1000 names.
// There are no network shares: \\server\share is a path that is not found. On Windows
// itself paths are what they are.
//
// A Sandbox belongs to one script, and is used by one goroutine.
package sandbox
