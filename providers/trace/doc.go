// Package trace raises Win32_ProcessStartTrace and Win32_ProcessStopTrace when
// processes start and end.
//
// The kernel tells of each one by itself, on the process connector, but not in
// containers, and before Linux 6.6 only the superuser (CAP_NET_ADMIN). A process that
// is forked and becomes another program at once has started as that program; so the
// event of one that does not waits for a tenth of a second. When the kernel drops
// what is not read fast enough, the processes that there are are compared with
// those that there were, and the log says so.
//
// Without the connector the processes are compared once a second, and the log says
// why: processes that are shorter there are missed, and how one has ended is not
// known.
//
// "Win32_ProcessStartTrace class" in the WMI documentation; connector in the
// documentation of the kernel's driver API
package trace
