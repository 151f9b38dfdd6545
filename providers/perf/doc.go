// Package perf supplies performance counters.
//
//	Win32_PerfRawData_PerfOS_System          /proc/stat, /proc/loadavg
//	Win32_PerfRawData_PerfOS_Processor       /proc/stat, /proc/interrupts, /proc/softirqs
//	Win32_PerfRawData_PerfOS_Memory          /proc/meminfo, /proc/vmstat
//	Win32_PerfRawData_PerfProc_Process       /proc/PID
//	Win32_PerfRawData_PerfDisk_LogicalDisk   /proc/diskstats, by mounted file system
//	Win32_PerfRawData_PerfDisk_PhysicalDisk  /proc/diskstats, by disk
//	Win32_PerfRawData_Tcpip_NetworkInterface /proc/net/dev
//
// and for each of them the class with Formatted instead of Raw in its name.
//
// # Raw and formatted
//
// A raw class has numbers that mean something only next to others: how long a
// processor has been idle since the start of the system, how many bytes a disk has
// read. The qualifier CounterType of each says what is to be computed from two
// samples of it, and Timestamp_PerfTime, Timestamp_Sys100NS and Timestamp_Object,
// with the Frequency of each, say when they were taken.
//
// New returns the provider of the raw classes. A Cooker supplies the formatted
// ones, from any raw class of the namespace, by its qualifiers alone: it asks the
// namespace for the raw instances, remembers them, and computes (formula.go) what
// has happened since the last time that somebody asked.
//
// # What a formatted value is about
//
// Nothing waits for a second sample. A value is that of the time
//
//   - between the last sample before and now. Samples that are taken within a tenth
//     of a second count as one, and both are compared with the one before, so that
//     two callers do not leave each other with nothing to measure;
//   - for an instance that was not asked for before, since it began: that is what
//     its counter of the type PERF_ELAPSED_TIME says, such as the start of a
//     process, and where it has none the start of the system. A counter of 32
//     bits may have wrapped since then, and is NULL.
//
// A counter that went backwards is a new one, and NULL this time; one of 32 bits
// that has wrapped did not. So a value is never negative, and never absurd.
package perf
