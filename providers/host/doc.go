// Package host supplies what a computer is as a whole: its operating system,
// hardware and firmware, environment and time.
//
//	Win32_OperatingSystem  /proc, os-release(5); InstallDate is when / was made
//	Win32_ComputerSystem   /proc, /sys/devices/system/cpu, /sys/class/dmi/id
//	Win32_BIOS             /sys/class/dmi/id; no instance on a machine without
//	Win32_BaseBoard        the same
//	Win32_TimeZone         the time zone of this process
//	Win32_LocalTime        its clock
//	Win32_UTCTime          its clock
//	Win32_Environment      the variables in /etc/environment
package host
