// Package cpu supplies processors and memory.
//
//	Win32_Processor       a chip with all its cores: /sys/devices/system/cpu, /proc/cpuinfo
//	Win32_PhysicalMemory  a memory module: /sys/firmware/dmi/entries
//
// On a processor that is no x86 some of what /proc/cpuinfo says is missing, and
// NULL. The entries of the firmware, which virtual machines seldom have, are for
// the superuser.
package cpu
