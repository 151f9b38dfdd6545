// Package file supplies files and directories.
//
//	CIM_DataFile     whatever is no directory: files, symbolic links, sockets, devices
//	Win32_Directory  a directory
//
//	CIM_DirectoryContainsFile, Win32_SubDirectory  what is in a directory
//	Win32_LogicalDiskRootDirectory                 the directory that a disk is mounted at
//	CIM_ProcessExecutable                          the program that a process runs
//
// # Names
//
// The key, Name, is the absolute path: /etc/resolv.conf. In its parts Path is /etc/,
// with slashes at both ends, FileName resolv and Extension conf; a dot in front, as
// in .profile, begins no extension. Drive is the mount point of the file system,
// that is DeviceID of a Win32_LogicalDisk. A path of Windows, such as C:\x, names
// nothing.
//
// Each file has one name for each hard link, in which no part is a symbolic link:
// /bin/sh is NotFound where /bin is a link to /usr/bin. No link is ever followed.
// The system tells capital letters from others, so Name and Path in a condition are
// taken as they are written, and of several that differ in that alone only one is
// looked up. A name that is not UTF-8 cannot be a key: such a file is left out, with
// what is below it.
//
// File systems that the kernel makes up, such as /proc, have no files here.
//
// # Finding
//
// A file is looked up by Name without looking at others. A condition on Path reads
// that directory, one on Drive that file system, and an initial part that LIKE wants
// of Name or Path leads to the directories below which it is. Everything else is a
// walk through all file systems of this computer, but not those of others or of a
// program (FUSE), which keeps one batch of names for each directory on its way and
// ends with its context. What cannot be wanted by its FileName, its Extension or, where
// the directory tells it, its kind is passed by unread. What is more than 128 directories
// deep is left out. So are directories that cannot be read or have gone: a query has the
// files that its caller can see, as on Windows. Only a file asked for by name is
// AccessDenied.
//
// # Whom it tells what
//
// Files are read with the rights of this process, which may be the superuser's. A
// caller whom the object manager lets in is nobody to the file system, so that what
// he may see is decided here. Whoever this process runs as, and calls on this
// computer, sees what it sees. Everyone else sees what every account of this
// computer sees: files to which all directories on the way can be searched by owner,
// group and others, and, unless he names them, can be listed. A directory with an
// access control list is none of these, for that may exclude somebody.
// Options.Visible replaces this rule.
//
// Directories are opened one by one from the root and what was checked is what is
// used, whatever is renamed or linked meanwhile.
//
// statx(2), openat(2); "CIM_DataFile class" in the WMI documentation
package file
