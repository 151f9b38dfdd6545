// Package providers makes a Linux machine answer like a WMI machine in
// root\cimv2: classes such as Win32_Process, with the names, types, units and
// values that scripts expect, read from the running system when they are asked
// for.
//
//	set := providers.New(providers.Options{})
//	m, err := cimom.Open(dir, cimom.Options{Providers: set.Providers()})
//	...
//	err = providers.Install(ctx, m)
//
// The packages below this one have one subject each:
//
//	account   users and groups
//	cpu       processors and memory
//	disk      disks, partitions and file systems
//	eventlog  the journal
//	file      files and directories
//	host      the operating system, the computer, its time
//	hotplug   devices and volumes that come and go
//	network   interfaces and routes
//	perf      performance counters
//	process   processes and threads
//	service   services
//	session   who is logged on
//	share     shares of Samba
//	software  packages that are installed
//	trace     processes that start and end
//
// and live is what they share. Package declared, which is not of the set, supplies
// classes that an administrator declares. What Linux cannot answer is NULL, never made up;
// the MOF of each package says which properties these are. On other systems,
// which have no /proc, portable stands in for the classes that matter most, and
// everything else is NotAvailable.
//
// # The CIM schema
//
// The classes derive from those that root\cimv2 of Windows has, CIM 2.0 with
// keys of WMI: Win32_Process has the key Handle, where today's CIM schema of
// DMTF has six keys in its CIM_Process. The two cannot be in one namespace. So MOF
// belongs into a store whose root\cimv2 has no CIM_ManagedSystemElement of its
// own; where it is there already, Install changes nothing and says so. And in a store with these classes the schema
// of DMTF is compiled into another namespace, such as root\interop, as on
// Windows: into root\cimv2 it is refused, because keys of classes that have
// subclasses would change.
package providers
