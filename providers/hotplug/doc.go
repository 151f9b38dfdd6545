// Package hotplug raises Win32_DeviceChangeEvent, Win32_VolumeChangeEvent and
// Win32_SystemConfigurationChangeEvent when devices come and go, and when file
// systems are mounted and unmounted.
//
// The kernel tells of devices by uevents; in a container it may not, and the log
// says so if they are refused. Devices that it makes up for its own work are left
// out. Volumes are what Win32_LogicalDisk knows of, and RAM disks (tmpfs), in the
// mount namespace of this process; the kernel says when to look.
//
// "Win32_VolumeChangeEvent class" in the WMI documentation; netlink(7);
// proc_pid_mountinfo(5)
package hotplug
