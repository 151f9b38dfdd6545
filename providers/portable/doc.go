// Package portable supplies the classes that matter most on systems without
// /proc: macOS, Windows, the BSDs.
//
//	Win32_Process                      with Terminate and GetOwner
//	Win32_OperatingSystem, Win32_ComputerSystem
//	Win32_Processor
//	Win32_LogicalDisk
//	Win32_NetworkAdapter, Win32_NetworkAdapterConfiguration
//
// They are those that the packages beside this one declare, with the properties that
// gopsutil and the standard library can answer. These stand in for those of
// Linux (live.Provider.Replace); whatever is not here is NotAvailable there.
//
// It all works on Linux as well, which is how it is tested: it says of this machine
// what the providers of Linux say.
package portable
