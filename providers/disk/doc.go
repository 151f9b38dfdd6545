// Package disk supplies disks, their partitions, and the file systems on them.
//
//	Win32_LogicalDisk    a mounted file system, by its mount point
//	Win32_Volume         the same, by its device
//	Win32_DiskDrive      a disk
//	Win32_DiskPartition  a part of it
//
//	Win32_DiskDriveToDiskPartition, Win32_LogicalDiskToPartition  what is on what
//
// A file system is one on a device, or on another computer: those that the kernel
// makes up, such as /proc and /run, are none, nor are other views of one that is
// mounted elsewhere. What is free on it is asked for only when somebody wants to
// know, because a server may take its time.
//
// proc_pid_mountinfo(5); Documentation/ABI/stable/sysfs-block of the kernel
package disk
