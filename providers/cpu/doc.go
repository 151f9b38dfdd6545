// Package cpu supplies Win32_Processor: the chips with processors, from
// /sys/devices/system/cpu and /proc/cpuinfo. One instance is a chip, with all its
// cores. On a processor that is no x86 some of what /proc/cpuinfo says is missing,
// and NULL.
package cpu
